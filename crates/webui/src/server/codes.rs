//! Enrolment codes: made here, shown once.
//!
//! A code is asked for by posting `csrf`, `site` (an id), `kind` (`agent` or `device-direct`) and
//! `days` (how long it is good) to `/codes`.

use std::fmt;

use jiff::Timestamp;
use wire::envelope::SenderKind;

use super::SiteName;

/// Is the page that makes enrolment codes.
#[derive(Clone, Debug)]
pub struct Codes {
    /// To choose from.
    pub sites: Vec<SiteName>,
    /// The code that was just made.
    pub made: Option<MadeCode>,
    /// Codes that nobody has used yet.
    pub open: Vec<OpenCode>,
    /// Whether the person may make codes.
    pub may_make: bool,
}

/// Is a new code; nobody sees it again.
#[derive(Clone)]
pub struct MadeCode {
    /// `RM1-…`.
    pub code: String,
    pub kind: SenderKind,
    pub site: Option<SiteName>,
    pub expires_at: Timestamp,
}

impl fmt::Debug for MadeCode {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("MadeCode")
            .field("code", &"…")
            .field("kind", &self.kind)
            .field("expires_at", &self.expires_at)
            .finish_non_exhaustive()
    }
}

/// Is a code that waits; its text is not kept.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct OpenCode {
    pub kind: SenderKind,
    pub site: Option<SiteName>,
    pub made_at: Timestamp,
    pub made_by: Option<String>,
    pub expires_at: Timestamp,
}
