//! Who brings cryptography into the FIPS build. One module does it; what else comes along is named here.

use std::collections::BTreeMap;
use std::process::Command;

use anyhow::{Result, bail};

use crate::process;

/// How `cargo tree` is asked: one crate a line, its depth before it.
pub const FORM: &str = "--prefix depth --format |{p}";

/// Crates that do cryptography themselves, or bring a library that does.
const CRYPTOGRAPHY: &[&str] = &[
    "aead",
    "aes",
    "aes-gcm",
    "argon2",
    "aws-lc-sys",
    "blake2",
    "blake3",
    "block-padding",
    "boring",
    "cbc",
    "chacha20",
    "chacha20poly1305",
    "cipher",
    "des",
    "digest",
    "ecdsa",
    "ed25519-dalek",
    "hkdf",
    "hmac",
    "mbedtls",
    "md-5",
    "md4",
    "md5",
    "native-tls",
    "openssl",
    "openssl-sys",
    "p256",
    "p384",
    "password-hash",
    "pbkdf2",
    "ring",
    "rsa",
    "scrypt",
    "sha1",
    "sha2",
    "sha3",
    "x25519-dalek",
];

/// What is let in all the same: the crate, who alone may bring it, and why.
const EXCEPTIONS: &[(&str, &str, &str)] = &[
    ("aws-lc-sys", "aws-lc-rs", "rustls names it beside the FIPS module; nothing of it is linked, which the symbols show"),
    ("hmac", "postgres-protocol", LOGIN),
    ("md-5", "postgres-protocol", LOGIN),
    ("sha2", "postgres-protocol", LOGIN),
    ("chacha20", "rand", "the nonce of the login to PostgreSQL"),
    ("digest", "hmac", "a trait"),
    ("digest", "md-5", "a trait"),
    ("digest", "sha2", "a trait"),
];

const LOGIN: &str = "the login to PostgreSQL with a password, inside TLS; docs/operations/fips.md says what to do without";

/// Fails if something outside the exceptions does cryptography.
pub fn check(tree: &mut Command) -> Result<()> {
    let output = tree.output()?;
    if !output.status.success() {
        bail!("`{}`: {}", process::line(tree), String::from_utf8_lossy(&output.stderr).trim());
    }
    for ((name, by), why) in found(&String::from_utf8(output.stdout)?) {
        match why {
            Some(why) => println!("  {name}, by {by}: {why}"),
            None => bail!(
                "{by} brings {name} into the FIPS build, which does cryptography outside the module; take it out, or name it with its reason in xtask/src/fips/tree.rs and docs/operations/fips.md"
            ),
        }
    }
    Ok(())
}

/// Returns each crate that does cryptography, who brings it, and why that is let in.
fn found(tree: &str) -> BTreeMap<(String, String), Option<&'static str>> {
    let mut found = BTreeMap::new();
    let mut above: Vec<&str> = Vec::new();
    for line in tree.lines() {
        let Some((depth, package)) = line.split_once('|') else { continue };
        let (Ok(depth), Some(name)) = (depth.parse::<usize>(), package.split(' ').next()) else { continue };
        above.truncate(depth);
        let by = above.last().copied().unwrap_or_default();
        above.push(name);
        if CRYPTOGRAPHY.contains(&name) {
            let exception = EXCEPTIONS.iter().find(|(what, whose, _)| *what == name && *whose == by);
            found.insert((name.to_owned(), by.to_owned()), exception.map(|(.., why)| *why));
        }
    }
    found
}

#[cfg(test)]
mod tests {
    use super::*;

    fn keys(tree: &str) -> Vec<(String, bool)> {
        found(tree).into_iter().map(|((name, by), why)| (format!("{name} by {by}"), why.is_some())).collect()
    }

    #[test]
    fn a_crate_is_let_in_by_the_one_that_is_named_alone() {
        let tree = "0|cli v0.1.0 (/x)\n1|store v0.1.0\n2|postgres-protocol v0.6.12\n3|hmac v0.13.0\n4|digest v0.11.3\n1|server v0.1.0\n2|hmac v0.13.0 (*)\n";
        let expected = [("digest by hmac", true), ("hmac by postgres-protocol", true), ("hmac by server", false)];
        assert_eq!(keys(tree), expected.map(|(text, is_let_in)| (text.to_owned(), is_let_in)));
    }

    #[test]
    fn a_second_provider_is_found_wherever_it_hangs() {
        assert_eq!(keys("0|cli v0.1.0\n1|rustls v0.23.43\n2|ring v0.17.14\n"), [("ring by rustls".to_owned(), false)]);
    }
}
