//! People's passwords: slow on purpose, a few at a time.
//!
//! Argon2id, or PBKDF2-HMAC-SHA-512 in the FIPS build. The stored text says which, so a store can go from
//! one build to the other; what a build does not verify it names ([`set_anew`]).

#[cfg(all(feature = "argon2", not(feature = "fips")))]
mod argon;
#[cfg(not(all(feature = "argon2", not(feature = "fips"))))]
#[path = "password/no_argon.rs"]
mod argon;
mod pbkdf2;

/// Is the fewest characters of a password that somebody chooses.
///
/// 14 under FIPS: SP 800-132 wants 112 bits, and the module counts octets.
pub const SHORTEST: usize = if cryptography::IS_FIPS { 14 } else { 12 };
/// Is the most octets of a password: a longer one costs time and adds nothing.
pub const LONGEST: usize = 1024;

/// Says why a password is not taken.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum PasswordError {
    #[error("the password has {0} characters; at least {SHORTEST} are needed")]
    Short(usize),
    #[error("the password has {0} octets; at most {LONGEST} are taken")]
    Long(usize),
}

/// Returns the text by which the store knows a password.
///
/// # Errors
/// Fails on passwords that are too short or too long.
pub fn hash(password: &str) -> Result<String, PasswordError> {
    let count = password.chars().count();
    if count < SHORTEST {
        return Err(PasswordError::Short(count));
    }
    if password.len() > LONGEST {
        return Err(PasswordError::Long(password.len()));
    }
    Ok(argon::hash(password).unwrap_or_else(|| pbkdf2::hash(password)))
}

/// Says whether a password is the one of this text.
pub fn fits(password: &str, text: &str) -> bool {
    password.len() <= LONGEST && (pbkdf2::fits(password, text) || argon::fits(password, text))
}

/// Says what is to be done about a text that no password fits in this build.
pub fn set_anew(text: &str) -> Option<&'static str> {
    let is_refused = text.starts_with("$argon2") && !argon::IS_HERE;
    is_refused.then_some(
        "the password is kept by argon2id, which is not approved (FIPS 140); set it anew with `roundsman-server user password NAME`",
    )
}

/// Takes as long as [`fits`] does, so that a name that does not exist cannot be told from a wrong password.
pub fn pretend(password: &str) {
    let nobody = if argon::IS_HERE { argon::NOBODY } else { pbkdf2::NOBODY };
    let _ = std::hint::black_box(fits(password, nobody));
}

#[cfg(test)]
mod tests {
    use super::*;

    const BY_ARGON: &str = "$argon2id$v=19$m=19456,t=2,p=1$c29tZXNhbHR0aGF0aXNubw$0000000000000000000000000000000000000000000";

    #[test]
    fn a_password_fits_its_own_hash_only() {
        let text = hash("correct horse battery").unwrap();
        assert_eq!(text.starts_with("$argon2id$"), argon::IS_HERE, "{text}");
        assert_eq!(text.starts_with("$pbkdf2-sha512$"), !argon::IS_HERE, "{text}");
        assert!(fits("correct horse battery", &text));
        assert!(!fits("correct horse battery ", &text));
        assert!(!fits("anything at all", "no hash"));
        assert_eq!(set_anew(&text), None);
    }

    #[test]
    fn passwords_kept_by_the_fips_build_fit_everywhere() {
        let text = pbkdf2::hash("correct horse battery");
        assert!(fits("correct horse battery", &text));
        assert!(!fits("correct horse batterx", &text));
        assert_eq!(set_anew(&text), None);
    }

    #[test]
    fn passwords_that_are_too_short_or_too_long_are_refused() {
        assert_eq!(hash("short"), Err(PasswordError::Short(5)));
        assert_eq!(hash(&"x".repeat(2000)), Err(PasswordError::Long(2000)));
        assert!(hash(&"x".repeat(SHORTEST)).is_ok());
        assert!(hash(&"x".repeat(SHORTEST - 1)).is_err());
    }

    #[test]
    fn pretending_does_the_whole_work() {
        assert!(pbkdf2::parts(pbkdf2::NOBODY).is_some());
        pretend("anything at all");
    }

    #[test]
    fn under_fips_argon2_is_refused_by_name_with_what_to_do() {
        let refusal = set_anew(BY_ARGON);
        assert_eq!(refusal.is_some(), !argon::IS_HERE);
        if let Some(refusal) = refusal {
            assert!(refusal.contains("argon2id") && refusal.contains("`roundsman-server user password NAME`"), "{refusal}");
            assert!(!fits("anything at all", BY_ARGON));
        }
    }
}
