//! Which devices have not been read for too long, since when, and why as far as known.

use jiff::{SignedDuration, Timestamp};
use serde::{Deserialize, Serialize};
use wire::{Facts, Value};

use crate::lifecycle::{GRACE, State, later};
use crate::view::View;

/// Is why nothing comes from a device, or from a sender.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Why {
    /// The agent or module itself is silent: its computer is off, its link is cut, or it has stopped working.
    SenderSilent,
    SenderStopped,
    SenderDisabled,
    SenderRetired,
    /// Has credentials and has never reported.
    NeverReported,
    /// Switched off, as the sender tells.
    Off,
    Asleep,
    Unreachable,
    Refusing,
    /// The sender reports, but not about this device.
    NotRead,
    /// The times that the sender tells cannot be.
    WrongClock,
}

impl Why {
    /// Says it in words.
    pub fn says(self) -> &'static str {
        match self {
            Why::SenderSilent => "the agent is silent: its computer is off, its link is cut, or it has stopped working",
            Why::SenderStopped => "the agent was stopped",
            Why::SenderDisabled => "the agent is disabled",
            Why::SenderRetired => "the agent is retired",
            Why::NeverReported => "the agent has never reported",
            Why::Off => "the printer is off",
            Why::Asleep => "the printer is asleep",
            Why::Unreachable => "nothing answers at the printer's address",
            Why::Refusing => "the printer refuses to answer: its community or access list has changed",
            Why::NotRead => "the agent reports, but has not read this printer",
            Why::WrongClock => "the agent's clock is wrong",
        }
    }

    /// Returns why a sender in this state sends nothing.
    pub fn of_state(state: State) -> Option<Self> {
        match state {
            State::Provisioned => Some(Why::NeverReported),
            State::Running => None,
            State::Unresponsive => Some(Why::SenderSilent),
            State::Stopped => Some(Why::SenderStopped),
            State::Disabled => Some(Why::SenderDisabled),
            State::Retired => Some(Why::SenderRetired),
        }
    }
}

/// Is a view and the state of the sender that it comes from.
#[derive(Clone, Copy, Debug)]
pub struct Watched<'a> {
    pub view: &'a View,
    pub sender: State,
    /// How often the sender reports.
    pub period: SignedDuration,
}

/// Says since when a device should have been read, and why it was not.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Overdue {
    /// When the reading was due that never came.
    pub since: Timestamp,
    pub why: Why,
}

/// Is a day on which clocks are set back. A daily reading that follows it comes an hour later than a
/// day after the last, and no device is overdue for that.
const LONGEST_DAY: SignedDuration = SignedDuration::from_hours(25);

/// Returns whether a device is overdue: not read for a period and never less than a day, by any path.
pub fn overdue(views: &[Watched<'_>], now: Timestamp) -> Option<Overdue> {
    let day = SignedDuration::from_hours(24);
    let due = |watched: &Watched<'_>| later(watched.view.answered_at().unwrap_or(watched.view.received_at), watched.period.max(day));
    // The path that was heard last tells why.
    let last = views.iter().max_by_key(|watched| (due(watched), watched.view.received_at))?;
    let since = due(last);
    if now <= later(since, GRACE + LONGEST_DAY - day) {
        return None;
    }
    let why = Why::of_state(last.sender)
        .or_else(|| (!last.view.has_plausible_clock()).then_some(Why::WrongClock))
        .or_else(|| absence(&last.view.facts))
        .unwrap_or(Why::NotRead);
    Some(Overdue { since, why })
}

/// Returns why a device did not answer, as its presence tells.
fn absence(facts: &Facts) -> Option<Why> {
    let Some(Value::Text(presence)) = facts.get("presence") else { return None };
    match presence.as_str() {
        "off" => Some(Why::Off),
        "asleep" => Some(Why::Asleep),
        "unreachable" => Some(Why::Unreachable),
        "refusing" => Some(Why::Refusing),
        _ => None,
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use wire::{Key, Reading};

    const DAILY: SignedDuration = SignedDuration::from_hours(24);

    fn at(text: &str) -> Timestamp {
        text.parse().unwrap()
    }

    fn view(presence: &str) -> View {
        let facts = Facts::from([(Key::from("presence"), "ready".into())]);
        let mut view = View::unseen(at("2026-11-24T02:30:00Z"));
        view.take(&Reading::whole(1, at("2026-11-24T02:00:00Z"), &facts), at("2026-11-24T02:30:00Z")).unwrap();
        let facts = Facts::from([(Key::from("presence"), presence.into())]);
        view.take(&Reading::glimpse(1, at("2026-11-25T02:00:00Z"), &facts), at("2026-11-25T02:30:00Z")).unwrap();
        view
    }

    /// D-10: a report that was expected and did not come is told.
    #[test]
    fn a_device_is_overdue_from_the_reading_that_did_not_come() {
        let view = view("unreachable");
        let watched = [Watched { view: &view, sender: State::Running, period: DAILY }];
        assert_eq!(overdue(&watched, at("2026-11-25T03:59:00Z")), None);
        let expected = Overdue { since: at("2026-11-25T02:00:00Z"), why: Why::Unreachable };
        assert_eq!(overdue(&watched, at("2026-11-25T04:01:00Z")), Some(expected));
    }

    /// D-16: one reason for a device that is not reached, and no complaint of each supply.
    #[test]
    fn a_silent_sender_explains_more_than_what_it_last_said() {
        let view = view("unreachable");
        let now = at("2026-11-27T00:00:00Z");
        for (sender, presence, expected) in [
            (State::Unresponsive, "unreachable", Why::SenderSilent),
            (State::Stopped, "off", Why::SenderStopped),
            (State::Running, "unreachable", Why::Unreachable),
        ] {
            let why = overdue(&[Watched { view: &view, sender, period: DAILY }], now).unwrap().why;
            assert_eq!(why, expected, "{sender:?} {presence}");
        }
    }

    #[test]
    fn one_path_that_reads_it_is_enough() {
        let (old, mut fresh) = (view("off"), view("ready"));
        let facts = Facts::from([(Key::from("presence"), "ready".into())]);
        fresh.take(&Reading::whole(1, at("2026-11-26T23:00:00Z"), &facts), at("2026-11-26T23:00:00Z")).unwrap();
        let watched = [
            Watched { view: &old, sender: State::Unresponsive, period: DAILY },
            Watched { view: &fresh, sender: State::Running, period: DAILY },
        ];
        assert_eq!(overdue(&watched, at("2026-11-27T00:00:00Z")), None);
    }
}
