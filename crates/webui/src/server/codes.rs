//! Enrolment codes: made here, shown once.
//!
//! A code is asked for by posting `csrf`, `site` (a name, of a known site or a new one), `kind` (`agent` or `device-direct`) and
//! `days` (how long it is good) to `/codes`.

use std::fmt;

use askama::Template;
use jiff::Timestamp;
use wire::envelope::SenderKind;

use super::SiteName;
use crate::clock::{Clock, When};
use crate::frame::{Frame, Notice, Program, Shell, finish};
use crate::words;

/// Is the page that makes enrolment codes.
#[derive(Clone, Debug)]
pub struct Codes {
    /// To choose from; a new name can be typed as well, so that a server without sites gets its first.
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

#[derive(Template)]
#[template(path = "server/codes.html")]
struct Page<'a> {
    shell: Shell<'a>,
    sites: &'a [SiteName],
    may_make: bool,
    made: Option<Shown<'a>>,
    open: Vec<Line<'a>>,
}

/// Is the new code with what to type on the other side.
struct Shown<'a> {
    code: &'a str,
    command: String,
    kind: &'static str,
    site: Option<&'a str>,
    expires: When,
    expires_at: String,
}

struct Line<'a> {
    kind: &'static str,
    site: Option<&'a str>,
    made: When,
    made_by: Option<&'a str>,
    is_expired: bool,
    expires: When,
}

impl Codes {
    /// Returns the page.
    pub fn render(&self, frame: &Frame) -> String {
        let clock = &frame.clock;
        finish(&Page {
            shell: Shell::new(Program::Server, frame, "/codes", "Enrolment"),
            sites: &self.sites,
            may_make: self.may_make,
            made: self.made.as_ref().map(|made| Shown::of(clock, made)),
            open: self.open.iter().map(|code| Line::of(clock, code)).collect(),
        })
    }
}

impl<'a> Shown<'a> {
    fn of(clock: &Clock, made: &'a MadeCode) -> Self {
        let program = match made.kind {
            SenderKind::Agent => "roundsman-agent",
            SenderKind::DeviceDirect => "roundsman-device",
        };
        Shown {
            code: &made.code,
            command: format!("{program} enroll {}", made.code),
            kind: words::sender(made.kind),
            site: made.site.as_ref().map(|site| site.name.as_str()),
            expires: clock.until(made.expires_at),
            expires_at: clock.minute(made.expires_at),
        }
    }
}

impl<'a> Line<'a> {
    fn of(clock: &Clock, code: &'a OpenCode) -> Self {
        Line {
            kind: words::sender(code.kind),
            site: code.site.as_ref().map(|site| site.name.as_str()),
            made: clock.ago(code.made_at),
            made_by: code.made_by.as_deref(),
            is_expired: code.expires_at <= clock.now,
            expires: clock.until(code.expires_at),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_code_does_not_show_in_logs() {
        let made = MadeCode { code: "RM1-secret".into(), kind: SenderKind::Agent, site: None, expires_at: Timestamp::UNIX_EPOCH };
        assert!(!format!("{made:?}").contains("secret"));
    }
}
