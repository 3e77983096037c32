//! What is said around a report: enrolment, hello, reply and refusal.

use alloc::string::String;
use alloc::vec::Vec;
use jiff::Timestamp;
use serde::{Deserialize, Serialize};

use crate::commands::Command;
use crate::envelope::{SenderKind, Software};

/// Is the content type of a refusal.
///
/// Source: RFC 9457.
pub const PROBLEM_TYPE: &str = "application/problem+json";

/// Is the `type` of the refusal that asks for a whole report: the base named is not the server's.
pub const NEEDS_FULL: &str = "urn:roundsman:problem:needs-full";
/// Is the `type` of the refusal of a report whose sequence number has been passed already.
pub const STALE: &str = "urn:roundsman:problem:stale";
/// Is the `type` of the refusal of a module that tells of another printer than the one it was enrolled for.
pub const ANOTHER_DEVICE: &str = "urn:roundsman:problem:another-device";
/// Is the `type` of the refusal of a version that the server does not speak.
pub const VERSION: &str = "urn:roundsman:problem:version";

/// Is the answer to `GET /api/v1/hello`, which a sender asks for before it sends anything.
///
/// It proves that the server knows the sender, and says where the two stand.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Hello {
    /// The report versions that the server takes, newest first.
    pub speaks: Vec<String>,
    /// The server's clock.
    pub now: Timestamp,
    /// The newest report that the server has on disk; changes are told against this one.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub last_report: Option<LastReport>,
}

/// Names the newest report of a sender that the server has on disk.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct LastReport {
    pub id: String,
    pub sequence: u64,
}

/// Is the answer to a report. It is given only when the report is on the server's disk.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Reply {
    /// The report's id.
    pub report: String,
    pub taken: Taken,
    /// What the sender is asked to do; unknown commands are reported as refused.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub commands: Vec<Command>,
}

/// Says what became of a report.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Taken {
    Accepted,
    /// It was on disk already; nothing has changed.
    Duplicate,
}

/// Asks for credentials: `POST /api/v1/enrol`.
#[derive(Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct EnrolRequest {
    /// The secret of a one-time code ([`crate::code::EnrolmentCode`]) or a tenant's token.
    pub secret: String,
    pub kind: SenderKind,
    /// How the sender is to be called until somebody renames it; the site's name, usually.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub name: Option<String>,
    pub software: Software,
}

impl core::fmt::Debug for EnrolRequest {
    fn fmt(&self, f: &mut core::fmt::Formatter<'_>) -> core::fmt::Result {
        f.debug_struct("EnrolRequest").field("kind", &self.kind).field("name", &self.name).finish_non_exhaustive()
    }
}

/// Is what a sender calls with from now on: user name and password of HTTP Basic authentication.
#[derive(Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct EnrolReply {
    /// The sender's id, which is its user name.
    pub sender: String,
    /// 256 random bits made by the server, as base64url without padding. The server keeps only a keyed hash.
    pub secret: String,
}

impl core::fmt::Debug for EnrolReply {
    fn fmt(&self, f: &mut core::fmt::Formatter<'_>) -> core::fmt::Result {
        f.debug_struct("EnrolReply").field("sender", &self.sender).finish_non_exhaustive()
    }
}

/// Is a refusal, as problem details.
///
/// Source: RFC 9457.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Problem {
    /// A URI that names the kind; `about:blank` when the status says it all.
    #[serde(rename = "type", default = "blank")]
    pub kind: String,
    #[serde(default)]
    pub title: String,
    #[serde(default)]
    pub status: u16,
    /// What is wrong here, and what to do.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub detail: Option<String>,
    /// Of [`VERSION`]: what the server takes instead.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub speaks: Vec<String>,
    /// Of [`NEEDS_FULL`] and [`STALE`]: where the server stands.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub last_report: Option<LastReport>,
}

fn blank() -> String {
    String::from("about:blank")
}
