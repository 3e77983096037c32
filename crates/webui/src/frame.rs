//! What stands around every page: navigation, who is logged in, the way out; and the last look at
//! the text before it leaves.

use std::fmt;

use askama::Template;
use askama::filters::HtmlSafe;
use report::text::is_safe;

use crate::clock::Clock;
use crate::style;

/// Is what every page of a logged-in person needs around its contents.
#[derive(Clone)]
pub struct Frame {
    pub clock: Clock,
    /// Who is logged in, as they know themselves.
    pub person: String,
    /// The session's token against forged requests; every form carries it as field `csrf`.
    pub csrf: String,
    /// What became of the form that led here.
    pub notice: Option<Notice>,
}

impl fmt::Debug for Frame {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Frame")
            .field("clock", &self.clock)
            .field("person", &self.person)
            .field("csrf", &"…")
            .field("notice", &self.notice)
            .finish()
    }
}

/// Is one sentence above the contents.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Notice {
    Done(String),
    Failed(String),
}

/// Is whose pages they are.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Program {
    Server,
    Agent,
}

impl Program {
    fn word(self) -> &'static str {
        match self {
            Program::Server => "server",
            Program::Agent => "agent",
        }
    }

    /// Lists the first pages by address.
    fn rooms(self) -> &'static [(&'static str, &'static str)] {
        match self {
            Program::Server => &[("/", "Devices"), ("/agents", "Agents"), ("/codes", "Enrolment")],
            Program::Agent => &[
                ("/", "Synchronisation"),
                ("/devices", "Devices"),
                ("/ledger", "Ledger"),
                ("/preview", "Preview"),
                ("/privacy", "Privacy"),
            ],
        }
    }
}

/// Is the shell of a page as its template wants it.
pub(crate) struct Shell<'a> {
    pub program: &'static str,
    pub title: String,
    pub style: &'static str,
    pub rooms: Vec<Room>,
    pub person: &'a str,
    pub csrf: Csrf<'a>,
    pub notice: Option<&'a Notice>,
    /// When the page was made, and by whose clocks.
    pub made_at: Option<String>,
}

/// Is one entry of the navigation.
pub(crate) struct Room {
    pub address: &'static str,
    pub label: &'static str,
    pub is_here: bool,
}

/// Is the hidden field of a form.
#[derive(Clone, Copy, Template)]
#[template(source = r#"<input type="hidden" name="csrf" value="{{ token }}">"#, ext = "html")]
pub(crate) struct Csrf<'a> {
    pub token: &'a str,
}

impl HtmlSafe for Csrf<'_> {}

impl<'a> Shell<'a> {
    /// Makes the shell of a page that belongs to the room at `here`.
    pub fn new(program: Program, frame: &'a Frame, here: &str, title: impl Into<String>) -> Self {
        let rooms = program.rooms().iter().map(|(address, label)| Room { address, label, is_here: *address == here });
        Shell {
            rooms: rooms.collect(),
            person: &frame.person,
            csrf: Csrf { token: &frame.csrf },
            notice: frame.notice.as_ref(),
            made_at: Some(frame.clock.minute(frame.clock.now)),
            ..Shell::bare(program, title)
        }
    }

    /// Makes the shell of a page for nobody in particular.
    pub fn bare(program: Program, title: impl Into<String>) -> Self {
        Shell {
            program: program.word(),
            title: title.into(),
            style: style::address(),
            rooms: Vec::new(),
            person: "",
            csrf: Csrf { token: "" },
            notice: None,
            made_at: None,
        }
    }
}

/// Renders a page and takes out whatever could steer a terminal or turn the direction of writing.
///
/// Done here, on the finished text, because no template can forget it.
pub(crate) fn finish(page: &impl Template) -> String {
    let mut text = page.render().expect("writing to memory does not fail");
    text.retain(|c| c == '\n' || is_safe(c));
    text
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_token_does_not_show_in_logs() {
        let clock = Clock { now: jiff::Timestamp::UNIX_EPOCH, zone: jiff::tz::TimeZone::UTC };
        let frame = Frame { clock, person: "ada".into(), csrf: "s3cret".into(), notice: None };
        assert!(!format!("{frame:?}").contains("s3cret"));
    }

    #[test]
    fn a_token_cannot_leave_its_field() {
        assert!(!Csrf { token: "\"><script>" }.to_string().contains("<script"));
    }
}
