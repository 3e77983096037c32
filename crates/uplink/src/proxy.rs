//! Getting through a site's proxy: HTTP `CONNECT` and SOCKS 5, both with user and password.

mod connect;
mod socks;

use std::io;
use std::str::FromStr;

use zeroize::Zeroizing;

use crate::server::{self, ServerError};
use crate::stream::Stream;

/// Is a proxy and what it wants to know of us.
///
/// It sees the server's name and port, and encrypted octets. Its password travels as the proxy's
/// protocol has it, which is in clear: it should open the proxy and nothing else.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Proxy {
    pub kind: ProxyKind,
    pub host: String,
    pub port: u16,
    pub login: Option<Login>,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum ProxyKind {
    /// Source: RFC 9110 §9.3.6.
    Connect,
    /// The proxy looks the server's name up. Source: RFC 1928, RFC 1929.
    Socks5,
}

/// Is a user name and password.
#[derive(Clone, PartialEq, Eq)]
pub struct Login {
    pub user: String,
    pub password: Zeroizing<String>,
}

impl std::fmt::Debug for Login {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Login").field("user", &self.user).field("password", &"…").finish()
    }
}

/// Says why a proxy gave no connection.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum ProxyReason {
    #[error("it wants a user name and a password; configure them")]
    WantsPassword,
    #[error("it refuses the user name or the password")]
    PasswordRefused,
    #[error("it does not allow connections to this server and port ({0}); ask whoever runs it")]
    NotAllowed(String),
    #[error("it cannot reach the server ({0})")]
    ServerUnreachable(String),
    #[error("its answer is not that of a proxy of this kind ({0}); check kind, host and port")]
    NotAProxy(&'static str),
}

/// Says why a talk with a proxy ended: by its answer, or by the network.
#[derive(Debug)]
pub(crate) enum ProxyFailure {
    Reason(ProxyReason),
    Io(io::Error),
}

impl From<ProxyReason> for ProxyFailure {
    fn from(reason: ProxyReason) -> Self {
        ProxyFailure::Reason(reason)
    }
}

impl From<io::Error> for ProxyFailure {
    fn from(error: io::Error) -> Self {
        ProxyFailure::Io(error)
    }
}

/// Says what is wrong with the text of a proxy.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum ProxyError {
    #[error("a proxy begins with `http://` or `socks5://`, as in `http://user:password@proxy.example.com:3128`")]
    Kind,
    #[error(
        "the proxy's user name or password cannot be sent; it is empty, longer than 255 octets, or has control characters or a colon in the name"
    )]
    Login,
    #[error("the proxy's host cannot be used")]
    Host(#[from] ServerError),
}

impl Proxy {
    /// Checks what the protocols cannot carry.
    pub(crate) fn check(&self) -> Result<(), ProxyError> {
        server::check_host(&self.host)?;
        let Some(login) = &self.login else { return Ok(()) };
        let fits = |text: &str| text.len() <= 255 && !text.chars().any(char::is_control);
        let user_is_fit = fits(&login.user) && !login.user.is_empty() && !login.user.contains(':');
        // A SOCKS password has at least one octet. Source: RFC 1929 §2.
        let password_is_fit = fits(&login.password) && (self.kind == ProxyKind::Connect || !login.password.is_empty());
        if user_is_fit && password_is_fit { Ok(()) } else { Err(ProxyError::Login) }
    }

    /// Has the proxy connect to the server; afterwards the stream leads there.
    pub(crate) fn open(&self, stream: &mut Stream, host: &str, port: u16, user_agent: &str) -> Result<(), ProxyFailure> {
        match self.kind {
            ProxyKind::Connect => connect::open(stream, host, port, self.login.as_ref(), user_agent),
            ProxyKind::Socks5 => socks::open(stream, host, port, self.login.as_ref()),
        }
    }
}

impl FromStr for Proxy {
    type Err = ProxyError;

    /// Reads `http://user:password@host:port` or `socks5://…`; `%40` stands for `@` in a password.
    fn from_str(text: &str) -> Result<Self, ProxyError> {
        let (kind, rest, default) = match text.trim().split_once("://").ok_or(ProxyError::Kind)? {
            ("http", rest) => (ProxyKind::Connect, rest, 3128),
            ("socks5" | "socks5h", rest) => (ProxyKind::Socks5, rest, 1080),
            _ => return Err(ProxyError::Kind),
        };
        let rest = rest.strip_suffix('/').unwrap_or(rest);
        let (login, place) = rest.rsplit_once('@').map_or((None, rest), |(login, place)| (Some(login), place));
        let login = login
            .map(|login| {
                let (user, password) = login.split_once(':').unwrap_or((login, ""));
                Some(Login { user: percent_decoded(user)?, password: Zeroizing::new(percent_decoded(password)?) })
            })
            .map(|login| login.ok_or(ProxyError::Login))
            .transpose()?;
        let (host, port) = server::split(place, default)?;
        let proxy = Proxy { kind, host, port, login };
        proxy.check()?;
        Ok(proxy)
    }
}

impl std::fmt::Display for Proxy {
    /// Shows where the proxy is, without its login.
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str(&server::authority(&self.host, self.port))
    }
}

fn percent_decoded(text: &str) -> Option<String> {
    let mut octets = Vec::with_capacity(text.len());
    let mut rest = text.bytes();
    while let Some(octet) = rest.next() {
        octets.push(match octet {
            b'%' => {
                let mut digit = || char::from(rest.next()?).to_digit(16);
                (digit()? << 4 | digit()?) as u8
            }
            octet => octet,
        });
    }
    String::from_utf8(octets).ok()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_proxy_is_written_as_a_url() {
        let proxy: Proxy = "http://fleet:p%40ss:word@proxy.example.com:3128/".parse().unwrap();
        assert_eq!((proxy.kind, proxy.to_string().as_str()), (ProxyKind::Connect, "proxy.example.com:3128"));
        let login = proxy.login.unwrap();
        assert_eq!((login.user.as_str(), login.password.as_str()), ("fleet", "p@ss:word"));
        let proxy: Proxy = "socks5://[::1]".parse().unwrap();
        assert_eq!((proxy.kind, proxy.host.as_str(), proxy.port, proxy.login), (ProxyKind::Socks5, "::1", 1080, None));
    }

    #[test]
    fn what_cannot_be_sent_is_refused() {
        for text in [
            "proxy:3128",
            "ftp://proxy",
            "http://",
            "http://a%0d%0ab:c@proxy",
            "http://a%zz@proxy",
            "socks5://user@proxy",
            "http://:x@proxy",
        ] {
            assert!(text.parse::<Proxy>().is_err(), "{text}");
        }
        assert!(format!("socks5://{}:x@proxy", "u".repeat(256)).parse::<Proxy>().is_err());
    }

    #[test]
    fn a_proxy_in_a_log_keeps_its_password() {
        let proxy: Proxy = "http://fleet:geheim@proxy".parse().unwrap();
        assert!(!format!("{proxy:?} {proxy}").contains("geheim"));
    }
}
