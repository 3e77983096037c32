//! What the server's answers mean, for ports whose HTTP client knows only status and body.

use alloc::string::{String, ToString};
use core::time::Duration;

use serde::de::DeserializeOwned;
use wire::talk::{self, EnrolReply, Hello, Problem, Reply};

use crate::platform::Trouble;

/// Is an answer as it came.
#[derive(Clone, Copy, Debug)]
pub struct Answer<'a> {
    pub status: u16,
    /// Of the header `Retry-After`, in seconds.
    pub retry_after: Option<u32>,
    pub body: &'a [u8],
}

/// Reads the answer to `GET /api/v1/hello`.
///
/// # Errors
/// Fails with what the server's refusal means to a module.
pub fn hello(answer: Answer<'_>) -> Result<Hello, Trouble> {
    content(answer)
}

/// Reads the answer to `POST /api/v1/reports`.
///
/// # Errors
/// As [`hello`].
pub fn reply(answer: Answer<'_>) -> Result<Reply, Trouble> {
    content(answer)
}

/// Reads the answer to `POST /api/v1/enrol`.
///
/// # Errors
/// As [`hello`].
pub fn enrolled(answer: Answer<'_>) -> Result<EnrolReply, Trouble> {
    content(answer)
}

fn content<T: DeserializeOwned>(answer: Answer<'_>) -> Result<T, Trouble> {
    if !matches!(answer.status, 200 | 201) {
        return Err(trouble(answer));
    }
    let later = |_| Trouble::Later { why: "what answered is no roundsman server: its JSON cannot be read".to_string(), wait: None };
    serde_json::from_slice(answer.body).map_err(later)
}

fn trouble(answer: Answer<'_>) -> Trouble {
    let problem: Problem = serde_json::from_slice(answer.body).unwrap_or_default();
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
