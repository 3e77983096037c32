//! Name and password in the head of a request.
//!
//! Source: RFC 7617.

use axum::http::{HeaderMap, header};
use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;

/// Is the longest header that is looked at; ours have about 130 octets.
const LONGEST: usize = 512;

/// Returns name and password, if the head has them.
pub fn name_and_password(headers: &HeaderMap) -> Option<(String, String)> {
    let value = headers.get(header::AUTHORIZATION)?.as_bytes();
    if value.len() > LONGEST {
        return None;
    }
    let (scheme, rest) = value.split_at_checked(6)?;
    if !scheme.eq_ignore_ascii_case(b"basic ") {
        return None;
    }
    let octets = STANDARD.decode(rest.trim_ascii()).ok()?;
    let text = String::from_utf8(octets).ok()?;
    text.split_once(':').map(|(name, password)| (name.to_owned(), password.to_owned()))
}

/// Returns the token of a head that has one.
///
/// Source: RFC 6750 §2.1.
pub fn bearer(headers: &HeaderMap) -> Option<&str> {
    let value = headers.get(header::AUTHORIZATION)?.to_str().ok()?;
    let (scheme, token) = value.split_once(' ')?;
    (scheme.eq_ignore_ascii_case("bearer") && value.len() <= LONGEST).then_some(token.trim())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn head(value: &str) -> HeaderMap {
        HeaderMap::from_iter([(header::AUTHORIZATION, value.parse().unwrap())])
    }

    #[test]
    fn name_and_password_are_read_as_rfc_7617_writes_them() {
        // The example of RFC 7617 §2.
        let read = name_and_password(&head("Basic QWxhZGRpbjpvcGVuIHNlc2FtZQ==")).unwrap();
        assert_eq!(read, ("Aladdin".to_owned(), "open sesame".to_owned()));
        for value in ["Bearer x", "Basic", "Basic !!!", "Basic QWxhZGRpbg==", "basic", &format!("Basic {}", "QUFB".repeat(500))] {
            assert_eq!(name_and_password(&head(value)), None, "{value}");
        }
        assert_eq!(name_and_password(&HeaderMap::new()), None);
    }

    #[test]
    fn a_token_is_read() {
        assert_eq!(bearer(&head("bearer abc")), Some("abc"));
        assert_eq!(bearer(&head("Basic abc")), None);
    }
}
