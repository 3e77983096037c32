//! People's passwords: argon2id, slow on purpose, a few at a time.

use argon2::password_hash::phc::PasswordHash;
use argon2::{Argon2, PasswordHasher, PasswordVerifier};

/// Is the fewest characters of a password that somebody chooses.
pub const SHORTEST: usize = 12;
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
    let hash = Argon2::default().hash_password(password.as_bytes());
    Ok(hash.expect("the parameters are the library's own, and the operating system has random numbers").to_string())
}

/// Says whether a password is the one of this text.
pub fn fits(password: &str, text: &str) -> bool {
    let Ok(hash) = PasswordHash::new(text) else { return false };
    password.len() <= LONGEST && Argon2::default().verify_password(password.as_bytes(), &hash).is_ok()
}

/// Takes as long as [`fits`] does, so that a name that does not exist cannot be told from a wrong password.
pub fn pretend(password: &str) {
    // The hash of a password that nobody knows, made once by `hash`.
    const NOBODY: &str = "$argon2id$v=19$m=19456,t=2,p=1$c29tZXNhbHR0aGF0aXNubw$0000000000000000000000000000000000000000000";
    let _ = std::hint::black_box(fits(password, NOBODY));
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_password_fits_its_own_hash_only() {
        let text = hash("correct horse battery").unwrap();
        assert!(text.starts_with("$argon2id$"), "{text}");
        assert!(fits("correct horse battery", &text));
        assert!(!fits("correct horse battery ", &text));
        assert!(!fits("anything at all", "no hash"));
    }

    #[test]
    fn passwords_that_are_too_short_or_too_long_are_refused() {
        assert_eq!(hash("short"), Err(PasswordError::Short(5)));
        assert_eq!(hash(&"x".repeat(2000)), Err(PasswordError::Long(2000)));
    }

    #[test]
    fn pretending_does_the_whole_work() {
        let text = "$argon2id$v=19$m=19456,t=2,p=1$c29tZXNhbHR0aGF0aXNubw$0000000000000000000000000000000000000000000";
        assert!(PasswordHash::new(text).is_ok());
        pretend("anything at all");
    }
}
