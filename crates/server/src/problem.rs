//! Refusals as problem details.
//!
//! Source: RFC 9457.

use axum::Json;
use axum::http::{HeaderValue, StatusCode, header};
use axum::response::{IntoResponse, Response};
use store::StoreError;
use wire::talk::{ANOTHER_DEVICE, LastReport, NEEDS_FULL, PROBLEM_TYPE, Problem, STALE, VERSION};

/// Is a request that is refused, and how the caller is told.
#[derive(Debug)]
pub struct Refused {
    /// Boxed because it is rare, and errors are returned through many functions.
    problem: Box<Problem>,
    retry_after: Option<u64>,
    challenge: Option<&'static str>,
}

/// Is what is said to a caller whose name and password are not known.
const BASIC: &str = "Basic realm=\"roundsman\", charset=\"UTF-8\"";
const BEARER: &str = "Bearer realm=\"roundsman\"";

impl Refused {
    /// Makes a refusal of which the status says everything, with a detail for the person who reads it.
    pub fn new(status: StatusCode, detail: impl Into<String>) -> Self {
        let problem = Problem {
            kind: "about:blank".to_owned(),
            title: status.canonical_reason().unwrap_or("Refused").to_owned(),
            status: status.as_u16(),
            detail: Some(detail.into()),
            ..Problem::default()
        };
        Refused { problem: Box::new(problem), retry_after: None, challenge: None }
    }

    /// Refuses who is not known, where name and password are expected.
    pub fn unknown_sender() -> Self {
        let detail = "the name or the password is not known; enrol again with a new code if this does not end";
        Refused { challenge: Some(BASIC), ..Self::new(StatusCode::UNAUTHORIZED, detail) }
    }

    /// Refuses who is not known, where a token is expected.
    pub fn unknown_token() -> Self {
        let detail = "expected an API token as \"Authorization: Bearer TOKEN\"; `roundsman-server token new` makes one";
        Refused { challenge: Some(BEARER), ..Self::new(StatusCode::UNAUTHORIZED, detail) }
    }

    pub fn forbidden(detail: impl Into<String>) -> Self {
        Self::new(StatusCode::FORBIDDEN, detail)
    }

    pub fn not_found(what: &str) -> Self {
        Self::new(StatusCode::NOT_FOUND, format!("there is no such {what}"))
    }

    pub fn malformed(detail: impl Into<String>) -> Self {
        Self::new(StatusCode::BAD_REQUEST, detail)
    }

    pub fn unprocessable(detail: impl Into<String>) -> Self {
        Self::new(StatusCode::UNPROCESSABLE_ENTITY, detail)
    }

    /// Refuses for so many seconds.
    pub fn too_many(detail: impl Into<String>, seconds: u64) -> Self {
        Self { retry_after: Some(seconds.max(1)), ..Self::new(StatusCode::TOO_MANY_REQUESTS, detail) }
    }

    /// Asks to come later: the server has too much to do, or cannot write.
    pub fn later(detail: impl Into<String>, seconds: u64) -> Self {
        Self { retry_after: Some(seconds.max(1)), ..Self::new(StatusCode::SERVICE_UNAVAILABLE, detail) }
    }

    /// Tells that the fault is the server's. What it was stands in the log, under the request's id.
    pub fn internal() -> Self {
        Self::new(StatusCode::INTERNAL_SERVER_ERROR, "the server has failed; its log says why, under the request id of this answer")
    }

    /// Asks for a whole report.
    pub fn needs_full(last_report: Option<LastReport>) -> Self {
        let detail = "the base of this report is not the newest one here; send a whole report";
        Self::conflict(NEEDS_FULL, "A whole report is needed", detail, last_report)
    }

    /// Refuses a report that others have passed.
    pub fn stale(last_report: Option<LastReport>) -> Self {
        let detail = "a report with a higher sequence number is here already; give this content a new one";
        Self::conflict(STALE, "The report has been passed", detail, last_report)
    }

    /// Refuses a module that tells of another printer than the one it was enrolled for.
    pub fn another_device() -> Self {
        let detail = "these credentials belong to a module in a printer with another serial number; enrol this one for itself";
        Self::conflict(ANOTHER_DEVICE, "The module is in another printer", detail, None)
    }

    fn conflict(kind: &str, title: &str, detail: &str, last_report: Option<LastReport>) -> Self {
        let mut refused = Self::new(StatusCode::CONFLICT, detail);
        refused.problem.kind = kind.to_owned();
        refused.problem.title = title.to_owned();
        refused.problem.last_report = last_report;
        refused
    }

    /// Refuses a version, and says which ones are spoken.
    pub fn version(detail: impl Into<String>) -> Self {
        let mut refused = Self::new(StatusCode::UNPROCESSABLE_ENTITY, detail);
        refused.problem.kind = VERSION.to_owned();
        refused.problem.title = "The version is not spoken here".to_owned();
        refused.problem.speaks = vec![wire::SCHEMA.to_owned()];
        refused
    }

    pub fn status(&self) -> StatusCode {
        StatusCode::from_u16(self.problem.status).expect("made from a status")
    }

    /// Returns what is wrong, for a log or a page.
    pub fn detail(&self) -> &str {
        self.problem.detail.as_deref().unwrap_or(&self.problem.title)
    }
}

impl IntoResponse for Refused {
    fn into_response(self) -> Response {
        let mut response = (self.status(), Json(&self.problem)).into_response();
        let headers = response.headers_mut();
        headers.insert(header::CONTENT_TYPE, HeaderValue::from_static(PROBLEM_TYPE));
        if let Some(challenge) = self.challenge {
            headers.insert(header::WWW_AUTHENTICATE, HeaderValue::from_static(challenge));
        }
        if let Some(seconds) = self.retry_after {
            headers.insert(header::RETRY_AFTER, seconds.into());
        }
        response
    }
}

/// Says what a fault of the store means to the caller; the fault itself goes to the log.
impl From<StoreError> for Refused {
    fn from(error: StoreError) -> Self {
        match error {
            StoreError::NotFound { what } => Self::not_found(what),
            StoreError::NameTaken { .. } | StoreError::Contradiction { .. } => Self::new(StatusCode::CONFLICT, error.to_string()),
            StoreError::Busy => Self::later("the server has much to write at the moment", 5),
            StoreError::Unreachable { .. } | StoreError::Conflict { .. } => {
                tracing::error!(error = %chain(&error), "the database does not do what it is asked");
                Self::later("the server cannot reach its database at the moment", 10)
            }
            StoreError::Closed => Self::later("the server is stopping", 30),
            StoreError::Full | StoreError::ReadOnly { .. } => {
                tracing::error!(error = %chain(&error), "the store cannot be written");
                Self::later("the server cannot write at the moment; its operator is told", 300)
            }
            error => {
                tracing::error!(error = %chain(&error), "the store failed");
                Self::internal()
            }
        }
    }
}

/// Joins an error and its causes into one line.
pub fn chain(error: &dyn std::error::Error) -> String {
    let mut text = error.to_string();
    let mut cause = error.source();
    while let Some(error) = cause {
        text.push_str(": ");
        text.push_str(&error.to_string());
        cause = error.source();
    }
    text
}
