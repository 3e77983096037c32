//! Passwords by argon2id.

use argon2::password_hash::phc::PasswordHash;
use argon2::{Argon2, PasswordHasher, PasswordVerifier};

/// Is whether this build knows argon2id.
pub const IS_HERE: bool = true;

/// Is the hash of a password that nobody knows.
pub const NOBODY: &str = "$argon2id$v=19$m=19456,t=2,p=1$c29tZXNhbHR0aGF0aXNubw$0000000000000000000000000000000000000000000";

pub fn hash(password: &str) -> Option<String> {
    let hash = Argon2::default().hash_password(password.as_bytes());
    Some(hash.expect("the parameters are the library's own, and the operating system has random numbers").to_string())
}

pub fn fits(password: &str, text: &str) -> bool {
    PasswordHash::new(text).is_ok_and(|hash| Argon2::default().verify_password(password.as_bytes(), &hash).is_ok())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn nobody_has_a_hash_like_everybody() {
        assert!(PasswordHash::new(NOBODY).is_ok());
    }
}
