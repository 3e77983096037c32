//! What an answer that is not "yes" means.

use std::time::{Duration, SystemTime};

use jiff::Timestamp;
use wire::talk::{self, Problem};

use crate::error::{ProtocolReason, Said, UplinkError};
use crate::http::{Head, Response};
use crate::retry_after;
use crate::text::shown;

const MOST_SAID: usize = 500;

/// Turns an answer whose status is not a success into the error that it is.
pub(crate) fn refusal(server: &str, response: &Response) -> UplinkError {
    let head = &response.head;
    let problem = problem(response);
    let said = Said(shown(problem.detail.as_deref().unwrap_or(&problem.title), MOST_SAID));
    if problem.kind == talk::VERSION {
        let speaks = problem.speaks.iter().take(8).map(|version| shown(version, 60)).collect();
        return UplinkError::Version { speaks, said };
    }
    let protocol = |source| UplinkError::Protocol { server: server.to_owned(), source };
    match head.status {
        300..=399 => protocol(ProtocolReason::Redirect { to: shown(head.value("location").unwrap_or_default(), 200) }),
        401 => UplinkError::Credentials(said),
        403 => UplinkError::Forbidden(said),
        409 if problem.kind == talk::NEEDS_FULL => UplinkError::NeedsFull { said, last_report: problem.last_report },
        409 if problem.kind == talk::STALE => UplinkError::Stale { said, last_report: problem.last_report },
        409 if problem.kind == talk::ANOTHER_DEVICE => UplinkError::AnotherDevice(said),
        413 => UplinkError::TooLarge(said),
        429 | 503 => UplinkError::Busy { retry_after: wait(head), said },
        status @ 400..=499 => UplinkError::Refused { status, said },
        status @ 500..=599 => UplinkError::Server { status, retry_after: wait(head), said },
        status => protocol(ProtocolReason::Status(status)),
    }
}

/// Returns the problem details of an answer; another content says nothing.
fn problem(response: &Response) -> Problem {
    let is_problem = is_of_type(&response.head, talk::PROBLEM_TYPE);
    is_problem.then(|| serde_json::from_slice(&response.body).ok()).flatten().unwrap_or_default()
}

/// Returns whether the content type is `wanted`, whatever its parameters.
pub(crate) fn is_of_type(head: &Head, wanted: &str) -> bool {
    let given = head.value("content-type").unwrap_or_default();
    given.split(';').next().unwrap_or_default().trim().eq_ignore_ascii_case(wanted)
}

fn wait(head: &Head) -> Option<Duration> {
    // A date means the server's clock; ours may be wrong.
    let now = head.value("date").and_then(retry_after::date).unwrap_or_else(host_clock);
    retry_after::parse(head.value("retry-after")?, now)
}

fn host_clock() -> Timestamp {
    let since = SystemTime::now().duration_since(SystemTime::UNIX_EPOCH).unwrap_or_default();
    Timestamp::from_second(i64::try_from(since.as_secs()).unwrap_or(i64::MAX)).unwrap_or(Timestamp::MAX)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn of(text: &str) -> UplinkError {
        let response = crate::http::read_response(&mut text.as_bytes()).unwrap();
        refusal("server:443", &response)
    }

    fn problem(status: u16, json: &str) -> String {
        format!(
            "HTTP/1.1 {status} No\r\nContent-Type: application/problem+json; charset=utf-8\r\nRetry-After: 7\r\nContent-Length: {}\r\n\r\n{json}",
            json.len()
        )
    }

    #[test]
    fn every_status_has_its_meaning() {
        let named = |status: u16| format!("{:?}", of(&problem(status, "{}")));
        for (status, name) in [
            (401, "Credentials"),
            (403, "Forbidden"),
            (404, "Refused"),
            (409, "Refused"),
            (413, "TooLarge"),
            (429, "Busy"),
            (500, "Server"),
            (503, "Busy"),
            (302, "Protocol"),
            (206, "Protocol"),
        ] {
            assert!(named(status).starts_with(name), "{status}: {}", named(status));
        }
    }

    #[test]
    fn a_problem_is_told_without_what_moves_a_terminal() {
        let error = of(&problem(403, r#"{"title": "No", "detail": "site\u001b[2J is\r\n locked"}"#));
        assert_eq!(error.to_string(), "the server does not allow this; it says: site[2J is locked");
        let error = of(&problem(403, &format!(r#"{{"detail": "{}"}}"#, "x".repeat(9000))));
        assert!(error.to_string().len() < 600);
        let error = of("HTTP/1.1 403 No\r\nContent-Type: text/html\r\nContent-Length: 3\r\n\r\n<a>");
        assert_eq!(error, UplinkError::Forbidden(Said::default()));
    }

    #[test]
    fn a_problem_type_says_more_than_its_status() {
        let error = of(&problem(409, r#"{"type": "urn:roundsman:problem:needs-full", "last_report": {"id": "a", "sequence": 7}}"#));
        assert!(matches!(error, UplinkError::NeedsFull { last_report: Some(ref last), .. } if last.sequence == 7), "{error:?}");
        assert!(matches!(of(&problem(409, r#"{"type": "urn:roundsman:problem:stale"}"#)), UplinkError::Stale { .. }));
        let error = of(&problem(400, r#"{"type": "urn:roundsman:problem:version", "speaks": ["roundsman.report/2"]}"#));
        assert!(error.to_string().contains("but roundsman.report/2"), "{error}");
    }

    #[test]
    fn a_busy_server_says_when_to_come_back_by_its_own_clock() {
        assert_eq!(of(&problem(503, "{}")).retry_after(), Some(Duration::from_secs(7)));
        let text = "HTTP/1.1 503 No\r\nDate: Sun, 01 Jan 2040 10:00:00 GMT\r\nRetry-After: Sun, 01 Jan 2040 10:01:00 GMT\r\nContent-Length: 0\r\n\r\n";
        assert_eq!(of(text).retry_after(), Some(Duration::from_secs(60)));
    }

    #[test]
    fn a_redirect_is_told_and_not_followed() {
        let error = of("HTTP/1.1 307 There\r\nLocation: https://evil.example/\r\nContent-Length: 0\r\n\r\n");
        let UplinkError::Protocol { source, .. } = error else { panic!("{error}") };
        assert!(source.to_string().contains("https://evil.example/"));
    }
}
