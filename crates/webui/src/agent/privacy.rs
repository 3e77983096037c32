//! What leaves the site, and what the site keeps to itself.

use askama::Template;
use report::text::count;
use wire::privacy::{DEVICE_FIELDS, Field, Group, REPORT_FIELDS};

use crate::frame::{Frame, Notice, Program, Shell, finish};

/// Is the page of what may leave.
#[derive(Clone, Debug)]
pub struct Privacy {
    /// What the site has switched off.
    pub withheld: Vec<Group>,
    /// The file in which it is switched off and on.
    pub configuration_file: Option<String>,
}

#[derive(Template)]
#[template(path = "agent/privacy.html")]
struct Page<'a> {
    shell: Shell<'a>,
    configuration_file: Option<&'a str>,
    groups: Vec<Line>,
}

struct Line {
    group: Group,
    state: State,
    /// Such as "12 fields".
    count: String,
    fields: Vec<&'static Field>,
}

/// Is whether a group leaves.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum State {
    Sent,
    /// Sent, and nobody can switch it off: a report without it is worth nothing.
    Needed,
    Withheld,
}

impl State {
    fn of(group: Group, withheld: &[Group]) -> Self {
        match (withheld.contains(&group), group.can_be_withheld()) {
            (_, false) => State::Needed,
            (true, true) => State::Withheld,
            (false, true) => State::Sent,
        }
    }

    fn word(self) -> &'static str {
        match self {
            State::Sent => "sent",
            State::Needed => "always sent",
            State::Withheld => "withheld",
        }
    }
}

impl Privacy {
    /// Returns the page.
    pub fn render(&self, frame: &Frame) -> String {
        let line = |group: Group| {
            let fields: Vec<_> = DEVICE_FIELDS.iter().chain(REPORT_FIELDS).filter(|field| field.group == group).collect();
            Line { group, state: State::of(group, &self.withheld), count: count(fields.len(), "field"), fields }
        };
        finish(&Page {
            shell: Shell::new(Program::Agent, frame, "/privacy", "What leaves this site"),
            configuration_file: self.configuration_file.as_deref(),
            groups: Group::ALL.map(line).into(),
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_cannot_be_withheld_is_not_called_withheld() {
        assert_eq!(State::of(Group::Identity, &[Group::Identity]), State::Needed);
        assert_eq!(State::of(Group::Locations, &[Group::Locations]), State::Withheld);
        assert_eq!(State::of(Group::Locations, &[]), State::Sent);
    }
}
