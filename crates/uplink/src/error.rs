//! Why something could not be sent.

use std::time::Duration;

use wire::talk::LastReport;

use crate::http::Malformed;
use crate::network::NetworkReason;
use crate::proxy::{ProxyError, ProxyReason};
use crate::server::ServerError;
use crate::tls::TlsReason;

/// Is what the server said about a refusal, fit to be shown; empty if it said nothing.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Said(pub(crate) String);

impl Said {
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl std::fmt::Display for Said {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        if self.0.is_empty() { Ok(()) } else { write!(f, "; it says: {}", self.0) }
    }
}

/// Says why the server has not taken what was to be sent.
///
/// Display tells what failed; where there is a cause, `source()` tells why.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum UplinkError {
    #[error("no secure connection to {server}")]
    Tls { server: String, source: TlsReason },
    #[error("cannot reach {server}")]
    Network { server: String, source: NetworkReason },
    #[error("the proxy {proxy} gave no connection to {server}")]
    Proxy { proxy: String, server: String, source: ProxyReason },
    /// 401.
    #[error("the server does not accept this sender's credentials{0}; enrol it again")]
    Credentials(Said),
    /// 403.
    #[error("the server does not allow this{0}")]
    Forbidden(Said),
    /// 409: the report tells changes against another report than the server has.
    #[error("the server wants a whole report{said}")]
    NeedsFull { said: Said, last_report: Option<LastReport> },
    /// 409: the server has a newer report of this sender.
    #[error("the server has a newer report of this sender{said}")]
    Stale { said: Said, last_report: Option<LastReport> },
    /// 409: the credentials belong to a module in another printer.
    #[error("the server knows another printer under these credentials{0}; enrol this one for itself")]
    AnotherDevice(Said),
    /// 413.
    #[error("the server finds the report too large{0}")]
    TooLarge(Said),
    #[error("the server does not speak this version of a report, but {}{said}; update this program or the server", speaks.join(", "))]
    Version { speaks: Vec<String>, said: Said },
    /// 429 and 503.
    #[error("the server is busy{said}")]
    Busy { retry_after: Option<Duration>, said: Said },
    /// Any other 5xx.
    #[error("the server failed with status {status}{said}")]
    Server { status: u16, retry_after: Option<Duration>, said: Said },
    /// Any other 4xx.
    #[error("the server refused the request with status {status}{said}")]
    Refused { status: u16, said: Said },
    #[error("the answer of {server} is not that of a roundsman server")]
    Protocol { server: String, source: ProtocolReason },
    #[error("the settings for sending cannot be used")]
    Settings { source: SettingsReason },
}

/// Says in which way an answer is not what was to be expected.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum ProtocolReason {
    #[error(transparent)]
    Malformed(#[from] Malformed),
    #[error("it points to {to:?}, which is not followed; if that is right, configure it as the server")]
    Redirect { to: String },
    #[error("it has the status {0}, which says neither yes nor no")]
    Status(u16),
    #[error("its content is {found:?}, expected application/json; does another program, or a login page, answer there?")]
    ContentType { found: String },
    #[error("its JSON cannot be read: {0}")]
    Json(String),
}

/// Says which setting is wrong.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum SettingsReason {
    #[error(transparent)]
    Server(#[from] ServerError),
    #[error(transparent)]
    Proxy(#[from] ProxyError),
    #[error("no authority is given, so nobody could be trusted")]
    NoAuthority,
    #[error("the certificates or the key: {0}")]
    Certificates(String),
    #[error("the user agent {0:?} has characters that cannot be sent")]
    UserAgent(String),
    #[error("the sender's id or secret has characters that cannot be sent; enrol it again")]
    Credentials,
}

impl UplinkError {
    /// Returns whether the same may succeed soon, without anybody doing anything.
    ///
    /// A certificate that is not trusted or credentials that are not accepted stay so: the next
    /// planned time is early enough.
    pub fn is_worth_retrying(&self) -> bool {
        match self {
            UplinkError::Network { .. } | UplinkError::Busy { .. } | UplinkError::Server { .. } => true,
            UplinkError::Proxy { source, .. } => matches!(source, ProxyReason::ServerUnreachable(_)),
            _ => false,
        }
    }

    /// Returns how long the server wants to be left alone.
    pub fn retry_after(&self) -> Option<Duration> {
        match self {
            UplinkError::Busy { retry_after, .. } | UplinkError::Server { retry_after, .. } => *retry_after,
            _ => None,
        }
    }
}
