//! What the server's answers mean, for ports whose HTTP client knows only status and body.

use alloc::string::{String, ToString};
use alloc::vec::Vec;
use core::time::Duration;

use wire::commands::{Action, Command};
use wire::rhythm::{Rhythm, Schedule, TimeOfDay};
use wire::talk::{self, EnrolReply, EnrolRequest, Hello, LastReport, Problem, Reply, Taken};

use crate::json::read::In;
use crate::json::write;
use crate::platform::Trouble;

/// Is the most commands and versions of one answer that are looked at.
const MOST: usize = 64;

/// Is an answer as it came.
#[derive(Clone, Copy, Debug)]
pub struct Answer<'a> {
    pub status: u16,
    /// Of the header `Retry-After`, in seconds.
    pub retry_after: Option<u32>,
    pub body: &'a [u8],
}

/// Writes the body of `POST /api/v1/enrol`.
pub fn enrol_body(request: &EnrolRequest) -> Vec<u8> {
    write::enrol(request)
}

/// Reads the answer to `GET /api/v1/hello`.
///
/// # Errors
/// Fails with what the server's refusal means to a module.
pub fn hello(answer: Answer<'_>) -> Result<Hello, Trouble> {
    let (mut speaks, mut now, mut last_report) = (Vec::new(), None, None);
    content(answer, |input, name| {
        match name {
            "speaks" => texts(input, &mut speaks)?,
            "now" => now = Some(input.time()?),
            "last_report" => last_report = input.maybe(last)?,
            _ => input.skip()?,
        }
        Some(())
    })?;
    Ok(Hello { speaks, now: now.ok_or_else(foreign)?, last_report })
}

/// Reads the answer to `POST /api/v1/reports`.
///
/// # Errors
/// As [`hello`].
pub fn reply(answer: Answer<'_>) -> Result<Reply, Trouble> {
    let (mut report, mut taken, mut commands) = (None, None, Vec::new());
    content(answer, |input, name| {
        match name {
            "report" => report = Some(input.string()?),
            "taken" => {
                taken = match input.string()?.as_str() {
                    "accepted" => Some(Taken::Accepted),
                    "duplicate" => Some(Taken::Duplicate),
                    _ => None,
                }
            }
            "commands" => input.list(|input| {
                let command = command(input)?;
                if commands.len() < MOST {
                    commands.push(command);
                }
                Some(())
            })?,
            _ => input.skip()?,
        }
        Some(())
    })?;
    Ok(Reply { report: report.ok_or_else(foreign)?, taken: taken.ok_or_else(foreign)?, commands })
}

/// Reads the answer to `POST /api/v1/enrol`.
///
/// # Errors
/// As [`hello`].
pub fn enrolled(answer: Answer<'_>) -> Result<EnrolReply, Trouble> {
    let (mut sender, mut secret) = (None, None);
    content(answer, |input, name| {
        match name {
            "sender" => sender = Some(input.string()?),
            "secret" => secret = Some(input.string()?),
            _ => input.skip()?,
        }
        Some(())
    })?;
    Ok(EnrolReply { sender: sender.ok_or_else(foreign)?, secret: secret.ok_or_else(foreign)? })
}

fn content(answer: Answer<'_>, member: impl FnMut(&mut In<'_>, &str) -> Option<()>) -> Result<(), Trouble> {
    match answer.status {
        200 | 201 => In::new(answer.body).object(member).ok_or_else(foreign),
        _ => Err(trouble(answer)),
    }
}

fn foreign() -> Trouble {
    Trouble::Later { why: "what answered is no roundsman server: its JSON cannot be read".to_string(), wait: None }
}

fn texts(input: &mut In<'_>, into: &mut Vec<String>) -> Option<()> {
    input.list(|input| {
        let text = input.string()?;
        if into.len() < MOST {
            into.push(text);
        }
        Some(())
    })
}

fn last(input: &mut In<'_>) -> Option<LastReport> {
    let (mut id, mut sequence) = (None, None);
    input.object(|input, name| {
        match name {
            "id" => id = Some(input.string()?),
            "sequence" => sequence = Some(input.number()?),
            _ => input.skip()?,
        }
        Some(())
    })?;
    Some(LastReport { id: id?, sequence: sequence? })
}

fn command(input: &mut In<'_>) -> Option<Command> {
    let (mut id, mut issued_at, mut expires_at, mut action, mut planned) = (None, None, None, None, None);
    input.object(|input, name| {
        match name {
            "id" => id = Some(input.string()?),
            "issued_at" => issued_at = Some(input.time()?),
            "expires_at" => expires_at = Some(input.time()?),
            "action" => action = Some(input.string()?),
            "schedule" => planned = Some(schedule(input)?),
            _ => input.skip()?,
        }
        Some(())
    })?;
    let action = match (action?.as_str(), planned) {
        ("read-now", _) => Action::ReadNow,
        ("send-full-report", _) => Action::SendFullReport,
        ("set-schedule", Some(schedule)) => Action::SetSchedule { schedule },
        // What is newer than this module is refused by it, and not unread.
        _ => Action::Unknown,
    };
    Some(Command { id: id?, issued_at: issued_at?, expires_at: expires_at?, action })
}

fn schedule(input: &mut In<'_>) -> Option<Schedule> {
    let (mut rhythm, mut time_zone) = (None, None);
    input.object(|input, name| {
        match name {
            "time_zone" => time_zone = Some(input.string()?),
            "rhythm" => input.object(|input, name| {
                match name {
                    "daily" => rhythm = Some(daily(input)?),
                    "every_seconds" => rhythm = Some(Rhythm::Every { seconds: input.number()?.try_into().ok()? }),
                    _ => input.skip()?,
                }
                Some(())
            })?,
            _ => input.skip()?,
        }
        Some(())
    })?;
    Some(Schedule { rhythm: rhythm?, time_zone: time_zone? })
}

fn daily(input: &mut In<'_>) -> Option<Rhythm> {
    let (mut at, mut spread) = (None, 0);
    input.object(|input, name| {
        match name {
            "at" => {
                let text = input.string()?;
                let (hour, minute) = text.split_once(':')?;
                at = TimeOfDay::new(hour.parse().ok()?, minute.parse().ok()?);
            }
            "spread_minutes" => spread = input.number()?,
            _ => input.skip()?,
        }
        Some(())
    })?;
    Some(Rhythm::Daily { at: at?, spread_minutes: spread.try_into().ok()? })
}

fn problem(input: &mut In<'_>) -> Option<Problem> {
    let mut problem = Problem::default();
    input.object(|input, name| {
        match name {
            "type" => problem.kind = input.string()?,
            "title" => problem.title = input.string()?,
            "detail" => problem.detail = input.maybe(In::string)?,
            "last_report" => problem.last_report = input.maybe(last)?,
            _ => input.skip()?,
        }
        Some(())
    })?;
    Some(problem)
}

fn trouble(answer: Answer<'_>) -> Trouble {
    let problem = problem(&mut In::new(answer.body)).unwrap_or_default();
    let said: String = problem.detail.as_deref().unwrap_or(&problem.title).chars().filter(|sign| !sign.is_control()).take(300).collect();
    let why = alloc::format!("the server answered {}: {said}", answer.status);
    match answer.status {
        401 => Trouble::Unknown(why),
        403 => Trouble::Forbidden(why),
        409 if problem.kind == talk::NEEDS_FULL => Trouble::NeedsFull(problem.last_report),
        409 if problem.kind == talk::STALE => Trouble::Stale(problem.last_report),
        409 if problem.kind == talk::ANOTHER_DEVICE => Trouble::AnotherDevice(why),
        400 | 409 | 413 | 415 | 422 => Trouble::Rejected(why),
        429 | 500..=599 => Trouble::Later { why, wait: answer.retry_after.map(|seconds| Duration::from_secs(seconds.into())) },
        _ => Trouble::Blocked(why),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use jiff::Timestamp;

    fn ok(body: &str) -> Answer<'_> {
        Answer { status: 200, retry_after: None, body: body.as_bytes() }
    }

    fn at(text: &str) -> Timestamp {
        text.parse().unwrap()
    }

    #[test]
    fn answers_are_read_as_wire_writes_them() {
        let last_report = Some(LastReport { id: "r \"1\" é".into(), sequence: u64::MAX });
        let given = Hello { speaks: alloc::vec!["a".into(), wire::SCHEMA.into()], now: at("2026-11-25T02:17:04Z"), last_report };
        assert_eq!(hello(ok(&serde_json::to_string(&given).unwrap())).unwrap(), given);
        let schedule = |rhythm| Action::SetSchedule { schedule: Schedule { rhythm, time_zone: "Europe/Amsterdam".into() } };
        let daily = Rhythm::Daily { at: "23:05".parse().unwrap(), spread_minutes: 60 };
        let actions = [Action::ReadNow, Action::SendFullReport, schedule(daily), schedule(Rhythm::Every { seconds: 900 })];
        let command =
            |action| Command { id: "c".into(), issued_at: at("2026-11-25T02:17:04Z"), expires_at: at("2026-11-26T02:17:04Z"), action };
        let given = Reply { report: "r".into(), taken: Taken::Duplicate, commands: actions.into_iter().map(command).collect() };
        assert_eq!(reply(ok(&serde_json::to_string(&given).unwrap())).unwrap(), given);
        let given = EnrolReply { sender: "s".into(), secret: "t".into() };
        assert_eq!(enrolled(ok(&serde_json::to_string(&given).unwrap())).unwrap(), given);
    }

    #[test]
    fn what_is_newer_is_passed_over_and_an_unknown_action_is_still_a_command() {
        let text = r#"{ "new" : [1, -2.5e3, {"a":null}, true], "speaks":[], "now":"2026-11-25T02:17:04.123Z", "last_report":null }"#;
        assert_eq!(hello(ok(text)).unwrap().now, at("2026-11-25T02:17:04Z"));
        let text = r#"{"report":"r","taken":"accepted","commands":[{"id":"c","issued_at":"2026-11-25T02:17:04Z","expires_at":"2026-11-25T02:17:04Z","action":"dance","to":{"x":1}}]}"#;
        assert_eq!(reply(ok(text)).unwrap().commands[0].action, Action::Unknown);
        assert_eq!(enrolled(ok(r#"{"sender":"\ud83d\ude00\u00e9\n","secret":"s"}"#)).unwrap().sender, "\u{1f600}é\n");
    }

    #[test]
    fn what_is_no_answer_is_none_wherever_it_breaks() {
        let whole = r#"{"report":"r","taken":"accepted","commands":[{"id":"c","issued_at":"2026-11-25T02:17:04Z","expires_at":"2026-11-25T02:17:04Z","action":"read-now"}]}"#;
        for cut in 0..whole.len() {
            assert!(reply(ok(&whole[..cut])).is_err(), "{cut}");
        }
        for octet in 0..whole.len() {
            for flip in [1, 0x20, 0x80] {
                let mut changed = whole.as_bytes().to_vec();
                changed[octet] ^= flip;
                let _ = reply(Answer { status: 200, retry_after: None, body: &changed });
            }
        }
        assert!(hello(ok(&"[".repeat(100_000))).is_err());
        assert!(hello(ok(&alloc::format!("{{\"a\":{}", "{\"a\":".repeat(100_000)))).is_err());
        for time in ["2026-13-25T02:17:04Z", "2026-11-25T02:17:04", "2026-11-25 02:17:04Z", "2026-11-25T02:17:04+01:00", "x", ""] {
            assert!(hello(ok(&alloc::format!(r#"{{"speaks":[],"now":"{time}"}}"#))).is_err(), "{time}");
        }
    }

    #[test]
    fn refusals_are_told_apart() {
        let refused = |status, body: &str| hello(Answer { status, retry_after: Some(7), body: body.as_bytes() }).unwrap_err();
        let stale = r#"{"type":"urn:roundsman:problem:stale","last_report":{"id":"r","sequence":3}}"#;
        assert_eq!(refused(409, stale), Trouble::Stale(Some(LastReport { id: "r".into(), sequence: 3 })));
        assert!(matches!(refused(409, r#"{"type":"urn:roundsman:problem:needs-full"}"#), Trouble::NeedsFull(None)));
        assert!(matches!(refused(401, "{}"), Trouble::Unknown(_)));
        assert!(matches!(refused(503, "<html>"), Trouble::Later { wait: Some(wait), .. } if wait.as_secs() == 7));
        assert!(matches!(refused(302, ""), Trouble::Blocked(_)));
    }
}
