//! In which state an agent or a module is, as far as the server can know.

use jiff::{SignedDuration, Timestamp};
use serde::{Deserialize, Serialize};

/// Is how long a sender may be silent, beyond what its schedule allows, before it counts as unresponsive.
pub const SILENCE: SignedDuration = SignedDuration::from_hours(24);

/// Is how long after its planned time a report is still on its way: the sender's own retries take half an hour.
pub const GRACE: SignedDuration = SignedDuration::from_hours(1);

/// Is the state of a sender.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum State {
    /// Has credentials and has never reported.
    Provisioned,
    Running,
    /// Nothing was heard for a day and past the planned time. Nobody knows why.
    Unresponsive,
    /// Said that it goes out of service.
    Stopped,
    /// Not listened to: an operator, or its own noise, has switched it off.
    Disabled,
    /// Gone for good; its devices stay in history.
    Retired,
}

impl State {
    /// Returns the word for people and for the API.
    pub fn word(self) -> &'static str {
        match self {
            State::Provisioned => "provisioned",
            State::Running => "running",
            State::Unresponsive => "unresponsive",
            State::Stopped => "stopped",
            State::Disabled => "disabled",
            State::Retired => "retired",
        }
    }
}

/// Is what the state follows from.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Signs {
    pub retired_at: Option<Timestamp>,
    pub disabled_at: Option<Timestamp>,
    /// When the last report said that the sender stops.
    pub stopped_at: Option<Timestamp>,
    pub last_report_at: Option<Timestamp>,
    /// Any authenticated call.
    pub last_contact_at: Option<Timestamp>,
    /// The next planned report after the last contact.
    pub next_at: Option<Timestamp>,
}

/// Returns the state and since when it holds.
pub fn state(signs: &Signs, now: Timestamp) -> (State, Option<Timestamp>) {
    if let Some(since) = signs.retired_at {
        return (State::Retired, Some(since));
    }
    if let Some(since) = signs.disabled_at {
        return (State::Disabled, Some(since));
    }
    if let Some(since) = signs.stopped_at {
        return (State::Stopped, Some(since));
    }
    let Some(last_report_at) = signs.last_report_at else { return (State::Provisioned, None) };
    let heard_at = signs.last_contact_at.unwrap_or(last_report_at).max(last_report_at);
    let day_over = later(heard_at, SILENCE);
    let silent_from = signs.next_at.map_or(day_over, |next_at| later(next_at, GRACE).max(day_over));
    if now > silent_from { (State::Unresponsive, Some(heard_at)) } else { (State::Running, None) }
}

/// Adds a duration, staying at the end of time where it would pass it.
pub(crate) fn later(at: Timestamp, by: SignedDuration) -> Timestamp {
    at.saturating_add(by).unwrap_or(Timestamp::MAX)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn at(text: &str) -> Timestamp {
        text.parse().unwrap()
    }

    fn daily() -> Signs {
        Signs {
            last_report_at: Some(at("2026-11-24T02:30:00Z")),
            last_contact_at: Some(at("2026-11-24T02:30:00Z")),
            next_at: Some(at("2026-11-25T02:30:00Z")),
            ..Signs::default()
        }
    }

    #[test]
    fn a_daily_sender_is_unresponsive_a_day_later_and_past_its_hour() {
        assert_eq!(state(&daily(), at("2026-11-25T03:29:00Z")).0, State::Running);
        assert_eq!(state(&daily(), at("2026-11-25T03:31:00Z")), (State::Unresponsive, daily().last_report_at));
    }

    #[test]
    fn a_sender_of_every_minute_has_a_day_too() {
        let signs = Signs { next_at: Some(at("2026-11-24T02:31:00Z")), ..daily() };
        assert_eq!(state(&signs, at("2026-11-25T02:29:00Z")).0, State::Running);
        assert_eq!(state(&signs, at("2026-11-25T02:31:00Z")).0, State::Unresponsive);
    }

    #[test]
    fn what_people_decided_comes_before_what_was_heard() {
        let now = at("2026-12-25T00:00:00Z");
        assert_eq!(state(&Signs::default(), now).0, State::Provisioned);
        let stopped = Signs { stopped_at: Some(at("2026-11-24T02:30:00Z")), ..daily() };
        assert_eq!(state(&stopped, now).0, State::Stopped);
        let disabled = Signs { disabled_at: Some(now), ..stopped };
        assert_eq!(state(&disabled, now).0, State::Disabled);
        assert_eq!(state(&Signs { retired_at: Some(now), ..disabled }, now).0, State::Retired);
    }
}
