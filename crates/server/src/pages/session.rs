//! Who is logged in: a cookie whose hash the store knows.

use std::sync::Arc;

use axum::extract::FromRequestParts;
use axum::http::request::Parts;
use axum::http::{HeaderMap, HeaderValue, header};
use jiff::tz::TimeZone;
use store::{SecretHash, UserId};
use webui::{Clock, Frame, Notice};

use super::{NoPage, changes_something};
use crate::app::App;
use crate::auth::Viewer;
use crate::credential::{Purpose, ServerKey};

/// Is the cookie of a session. Its prefix makes browsers insist on TLS, this host and all paths.
///
/// Source: RFC 6265bis §4.1.3.2.
const SESSION: &str = "__Host-session";
/// Is the cookie of the login form, from before there is a session.
const VISIT: &str = "__Host-visit";
/// Is the longest secret of a cookie of ours.
const LONGEST: usize = 100;

/// Is somebody who is logged in.
#[derive(Clone)]
pub struct Person {
    pub viewer: Viewer,
    pub user: UserId,
    /// The secret of the session.
    secret: String,
    csrf: String,
}

impl Person {
    /// Returns what stands around a page for this person.
    pub fn frame(&self, app: &App, notice: Option<Notice>) -> Frame {
        let clock = Clock { now: app.now(), zone: TimeZone::system() };
        Frame { clock, person: self.viewer.name.clone(), csrf: self.csrf.clone(), notice }
    }

    /// Says whether a form came from a page that this session was shown.
    pub fn has_sent(&self, app: &App, csrf: &str) -> bool {
        is_token(&app.key, &self.secret, csrf)
    }

    /// Returns the hash by which the store knows the session.
    pub fn session(&self, app: &App) -> SecretHash {
        session_hash(&app.key, &self.secret)
    }
}

impl FromRequestParts<Arc<App>> for Person {
    type Rejection = NoPage;

    async fn from_request_parts(parts: &mut Parts, app: &Arc<App>) -> Result<Self, NoPage> {
        let nobody = || {
            let is_form = changes_something(&parts.method);
            let next = if is_form { "/" } else { parts.uri.path_and_query().map_or("/", |path| path.as_str()) };
            NoPage::LogIn { next: next.to_owned() }
        };
        let secret = cookie(&parts.headers, SESSION).ok_or_else(nobody)?;
        let user = app.store.user_by_session(session_hash(&app.key, &secret), app.now()).await?.ok_or_else(nobody)?;
        let csrf = token(&app.key, &secret);
        let viewer = Viewer { scope: user.scope, role: user.role, name: user.name };
        Ok(Person { viewer, user: user.id, secret, csrf })
    }
}

/// Returns the hash of a session's secret.
pub fn session_hash(key: &ServerKey, secret: &str) -> SecretHash {
    SecretHash(key.hash(Purpose::Session, secret))
}

/// Returns the token that forms carry.
pub fn token(key: &ServerKey, secret: &str) -> String {
    use base64::Engine as _;
    base64::engine::general_purpose::URL_SAFE_NO_PAD.encode(key.hash(Purpose::Form, secret))
}

/// Says whether a token is the one of this secret, in a time that tells nothing.
pub fn is_token(key: &ServerKey, secret: &str, said: &str) -> bool {
    aws_lc_rs::constant_time::verify_slices_are_equal(token(key, secret).as_bytes(), said.as_bytes()).is_ok()
}

/// Returns the secret of the visit, from before somebody is logged in.
pub fn visit(headers: &HeaderMap) -> Option<String> {
    cookie(headers, VISIT)
}

/// Returns the header that begins a session of so many seconds.
pub fn begin(secret: &str, seconds: i64) -> HeaderValue {
    set(SESSION, secret, seconds)
}

/// Returns the header that ends a session.
pub fn end() -> HeaderValue {
    set(SESSION, "", 0)
}

/// Returns the header that begins a visit.
pub fn begin_visit(secret: &str) -> HeaderValue {
    set(VISIT, secret, 60 * 60)
}

fn set(name: &str, value: &str, seconds: i64) -> HeaderValue {
    let text = format!("{name}={value}; Path=/; Secure; HttpOnly; SameSite=Strict; Max-Age={seconds}");
    HeaderValue::try_from(text).expect("names and secrets of ours are visible ASCII")
}

fn cookie(headers: &HeaderMap, name: &str) -> Option<String> {
    let cookies = headers.get_all(header::COOKIE).iter().filter_map(|value| value.to_str().ok()).flat_map(|value| value.split(';'));
    let mut values = cookies.filter_map(|cookie| cookie.trim().split_once('=')).filter(|(known, _)| *known == name);
    let (_, value) = values.next()?;
    let is_ours =
        !value.is_empty() && value.len() <= LONGEST && value.bytes().all(|octet| octet.is_ascii_alphanumeric() || b"-_".contains(&octet));
    is_ours.then(|| value.to_owned())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_cookie_is_found_among_others() {
        let headers = HeaderMap::from_iter([(header::COOKIE, "a=b; __Host-session=abc_-1; c=d".parse().unwrap())]);
        assert_eq!(cookie(&headers, SESSION).as_deref(), Some("abc_-1"));
        for strange in ["__Host-session=", "__Host-session=a b", "x__Host-session=a"] {
            assert_eq!(cookie(&HeaderMap::from_iter([(header::COOKIE, strange.parse().unwrap())]), SESSION), None, "{strange}");
        }
    }

    #[test]
    fn a_form_belongs_to_its_session() {
        let key = ServerKey::new(&[1; 32]);
        assert!(is_token(&key, "one", &token(&key, "one")));
        assert!(!is_token(&key, "other", &token(&key, "one")));
        assert!(!is_token(&key, "one", ""));
    }
}
