//! A password or key, or where it is kept.

use std::fmt;
use std::path::{Path, PathBuf};

use serde::{Deserialize, Deserializer, Serialize, Serializer, de};
use zeroize::Zeroizing;

use crate::suggest;

/// What stands for a secret wherever somebody could read it.
const HIDDEN: &str = "…";

/// Is a secret: written in the file, or in a file of its own, or in the environment.
///
/// ```toml
/// password = "correct horse"
/// password = { file = "/etc/roundsman/proxy-password" }
/// password = { env = "PROXY_PASSWORD" }
/// ```
///
/// The text is never shown: not by `Debug`, not when the settings are printed. Fetching it from
/// where it is kept is the program's business.
#[derive(Clone, PartialEq, Eq)]
pub struct Secret(Kept);

#[derive(Clone, PartialEq, Eq)]
enum Kept {
    Inline(Zeroizing<String>),
    File(PathBuf),
    Env(String),
}

/// Says where a secret is.
#[derive(Clone, Copy, PartialEq, Eq)]
pub enum SecretSource<'a> {
    /// Here it is; never print it.
    Inline(&'a str),
    /// The content of a file, without the line end.
    File(&'a Path),
    /// The value of an environment variable.
    Env(&'a str),
}

impl Secret {
    pub fn inline(text: impl Into<String>) -> Self {
        Secret(Kept::Inline(Zeroizing::new(text.into())))
    }

    pub fn file(path: impl Into<PathBuf>) -> Self {
        Secret(Kept::File(path.into()))
    }

    pub fn env(name: impl Into<String>) -> Self {
        Secret(Kept::Env(name.into()))
    }

    pub fn source(&self) -> SecretSource<'_> {
        match &self.0 {
            Kept::Inline(text) => SecretSource::Inline(text),
            Kept::File(path) => SecretSource::File(path),
            Kept::Env(name) => SecretSource::Env(name),
        }
    }
}

impl fmt::Debug for Secret {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.source().fmt(f)
    }
}

impl fmt::Debug for SecretSource<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            SecretSource::Inline(_) => f.write_str(HIDDEN),
            SecretSource::File(path) => write!(f, "File({path:?})"),
            SecretSource::Env(name) => write!(f, "Env({name:?})"),
        }
    }
}

impl Serialize for Secret {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        match &self.0 {
            Kept::Inline(_) => serializer.serialize_str(HIDDEN),
            Kept::File(path) => serializer.collect_map([("file", path.display().to_string())]),
            Kept::Env(name) => serializer.collect_map([("env", name)]),
        }
    }
}

impl<'de> Deserialize<'de> for Secret {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        deserializer.deserialize_any(SecretVisitor)
    }
}

struct SecretVisitor;

const EXPECTED: &str = "expected a secret: a text, { file = \"…\" } or { env = \"…\" }";

impl SecretVisitor {
    /// Refuses a value without repeating it: a number may well be the secret, its quotes forgotten.
    fn refuse<E: de::Error>() -> E {
        E::custom(format_args!("{EXPECTED}; a secret that looks like a number needs quotes"))
    }
}

impl<'de> de::Visitor<'de> for SecretVisitor {
    type Value = Secret;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(EXPECTED.trim_start_matches("expected "))
    }

    fn visit_str<E: de::Error>(self, text: &str) -> Result<Secret, E> {
        match text {
            "" => Err(E::custom("empty secret; leave the key out if there is none")),
            HIDDEN => Err(E::custom("\"…\" only stands for a secret that was hidden; write the secret itself or where it is kept")),
            _ => Ok(Secret::inline(text)),
        }
    }

    fn visit_i64<E: de::Error>(self, _: i64) -> Result<Secret, E> {
        Err(Self::refuse())
    }

    fn visit_u64<E: de::Error>(self, _: u64) -> Result<Secret, E> {
        Err(Self::refuse())
    }

    fn visit_f64<E: de::Error>(self, _: f64) -> Result<Secret, E> {
        Err(Self::refuse())
    }

    fn visit_bool<E: de::Error>(self, _: bool) -> Result<Secret, E> {
        Err(Self::refuse())
    }

    fn visit_map<A: de::MapAccess<'de>>(self, mut map: A) -> Result<Secret, A::Error> {
        let mut found = None;
        while let Some(key) = map.next_key::<String>()? {
            let place = map.next_value::<String>()?;
            if found.is_some() {
                return Err(de::Error::custom("a secret is kept in one place: either file or env"));
            }
            if place.is_empty() {
                return Err(de::Error::custom(format_args!("empty {key}; name where the secret is kept")));
            }
            found = Some(match key.as_str() {
                "file" => Secret::file(place),
                "env" => Secret::env(place),
                _ => {
                    let hint = suggest::hint(&key, &["file", "env"]);
                    return Err(de::Error::custom(format_args!("unknown key \"{key}\" of a secret{hint}")));
                }
            });
        }
        found.ok_or_else(|| de::Error::custom(EXPECTED))
    }
}
