//! What the server may ask of the agent, and what the agent makes of it.

use jiff::Timestamp;
use wire::commands::{Action, Command, Outcome, OutcomeKind};
use wire::json::LONGEST_ID;
use wire::rhythm::Schedule;

use crate::config::Mode;
use crate::store::{Store, StoreError};

/// Is under which name the store remembers the schedule that the server has set.
pub const SCHEDULE: &str = "schedule";

/// Is what the caller has to do.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Wanted {
    /// Every device is to be read; the command with this id ends when that is done.
    Read { command: String },
    /// Reports are to go at other times; the store has it already.
    Schedule(Box<Schedule>),
}

/// Is what became of a command so far.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Taken {
    /// Whether there is something new to report.
    pub is_news: bool,
    pub wanted: Option<Wanted>,
}

/// Takes a command: it is on disk before anything is done, and runs at most once.
///
/// # Errors
/// Fails if the store does not obey; the command has not begun then, or ends as unknown.
pub fn take(store: &mut Store, command: &Command, mode: Mode, now: Timestamp) -> Result<Taken, StoreError> {
    if command.id.is_empty() || command.id.len() > LONGEST_ID || !command.id.bytes().all(|octet| octet.is_ascii_graphic()) {
        tracing::warn!("the server sent a command without a usable id; it is ignored");
        return Ok(Taken::default());
    }
    if !store.begin(command, now)? {
        return Ok(Taken::default());
    }
    tracing::info!(command = command.id, action = ?command.action, "the server asks for something");
    let end = |store: &mut Store, outcome, detail: Option<&str>| {
        store.end(&Outcome { command: command.id.clone(), outcome, at: now, detail: detail.map(str::to_owned) })
    };
    let news = Taken { is_news: true, wanted: None };
    if mode == Mode::Locked {
        end(store, OutcomeKind::Refused, Some("the site takes no commands"))?;
        return Ok(news);
    }
    if command.expires_at <= now {
        end(store, OutcomeKind::Expired, None)?;
        return Ok(news);
    }
    match &command.action {
        Action::ReadNow => Ok(Taken { is_news: false, wanted: Some(Wanted::Read { command: command.id.clone() }) }),
        Action::SetSchedule { schedule } => {
            if jiff::tz::TimeZone::get(&schedule.time_zone).is_err() {
                let detail = format!("unknown time zone {:?}", schedule.time_zone.chars().take(60).collect::<String>());
                end(store, OutcomeKind::Failed, Some(&detail))?;
                return Ok(news);
            }
            store.at_once(|store| {
                store.remember(SCHEDULE, schedule)?;
                end(store, OutcomeKind::Done, None)
            })?;
            Ok(Taken { is_news: true, wanted: Some(Wanted::Schedule(Box::new(schedule.clone()))) })
        }
        Action::SendFullReport => {
            store.forget_base()?;
            end(store, OutcomeKind::Done, None)?;
            Ok(news)
        }
        Action::Unknown => {
            end(store, OutcomeKind::Refused, Some("this agent does not know the command"))?;
            Ok(news)
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::testing::Folder;
    use jiff::ToSpan;

    fn now() -> Timestamp {
        "2026-11-25T12:00:00Z".parse().unwrap()
    }

    fn command(id: &str, action: Action) -> Command {
        Command { id: id.into(), issued_at: now(), expires_at: now() + 1.hour(), action }
    }

    fn outcome(store: &Store, id: &str) -> OutcomeKind {
        store.outcome_of(id).unwrap().unwrap().outcome
    }

    #[test]
    fn a_command_that_came_twice_is_taken_once() {
        let folder = Folder::new();
        let mut store = Store::open(folder.path()).unwrap();
        let read = command("c1", Action::ReadNow);
        let first = take(&mut store, &read, Mode::Normal, now()).unwrap();
        assert_eq!(first.wanted, Some(Wanted::Read { command: "c1".into() }));
        assert_eq!(take(&mut store, &read, Mode::Normal, now()).unwrap(), Taken::default());
    }

    #[test]
    fn what_came_too_late_or_is_unknown_does_not_run() {
        let folder = Folder::new();
        let mut store = Store::open(folder.path()).unwrap();
        let late = Command { expires_at: now(), ..command("c1", Action::ReadNow) };
        assert_eq!(take(&mut store, &late, Mode::Normal, now()).unwrap().wanted, None);
        assert_eq!(outcome(&store, "c1"), OutcomeKind::Expired);
        take(&mut store, &command("c2", Action::Unknown), Mode::Normal, now()).unwrap();
        assert_eq!(outcome(&store, "c2"), OutcomeKind::Refused);
        take(&mut store, &command("c3", Action::SendFullReport), Mode::Locked, now()).unwrap();
        assert_eq!(outcome(&store, "c3"), OutcomeKind::Refused);
    }

    #[test]
    fn a_schedule_is_taken_with_a_zone_that_exists() {
        let folder = Folder::new();
        let mut store = Store::open(folder.path()).unwrap();
        let schedule = |zone: &str| Schedule { rhythm: wire::rhythm::Rhythm::Every { seconds: 900 }, time_zone: zone.into() };
        let wrong = command("c1", Action::SetSchedule { schedule: schedule("Middle/Earth") });
        assert_eq!(take(&mut store, &wrong, Mode::Normal, now()).unwrap().wanted, None);
        assert_eq!(outcome(&store, "c1"), OutcomeKind::Failed);
        let right = command("c2", Action::SetSchedule { schedule: schedule("Europe/Amsterdam") });
        assert!(take(&mut store, &right, Mode::Normal, now()).unwrap().wanted.is_some());
        assert_eq!(store.recall::<Schedule>(SCHEDULE).unwrap(), Some(schedule("Europe/Amsterdam")));
    }

    #[test]
    fn an_id_that_cannot_be_one_is_ignored() {
        let folder = Folder::new();
        let mut store = Store::open(folder.path()).unwrap();
        for id in ["", "with blank", &"x".repeat(65)] {
            assert_eq!(take(&mut store, &command(id, Action::ReadNow), Mode::Normal, now()).unwrap(), Taken::default());
        }
    }
}
