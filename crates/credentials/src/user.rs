//! One user as a file tells it.

use serde::{Deserialize, Serialize};
use settings::Secret;
use snmp::usm::{Authentication, KeyExtension, Privacy, User, UserError, Words};

use crate::Needs;

/// Is one `[[credentials.users]]`.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(default)]
pub struct UserEntry {
    pub name: String,
    /// `MD5`, `SHA-1`, `SHA-224`, `SHA-256`, `SHA-384` or `SHA-512`; nothing is proved unless set.
    pub authentication: Option<String>,
    pub authentication_password: Option<Secret>,
    /// `DES`, `3DES`, `AES-128`, `AES-192` or `AES-256`; nothing is hidden unless set.
    pub privacy: Option<String>,
    pub privacy_password: Option<Secret>,
    /// `Blumenthal` or `Reeder`: which is tried first, where a key must be made longer. `Blumenthal`.
    pub key_extension: Option<String>,
    /// The context to ask in; the default one, which has no name, unless set.
    pub context: String,
}

/// Is the key that a fault is about, and the fault.
type Wrong = (&'static str, String);

impl UserEntry {
    /// Makes the user, after its passwords have been fetched.
    pub(crate) fn read(&self, needs: &Needs<'_>) -> Result<User, Wrong> {
        let authentication =
            protocol(&self.authentication, "authentication", Authentication::parse, &Authentication::ALL.map(Authentication::name))?;
        let privacy = protocol(&self.privacy, "privacy", Privacy::parse, &Privacy::ALL.map(Privacy::name))?;
        let extension = protocol(&self.key_extension, "key_extension", KeyExtension::parse, &KeyExtension::ALL.map(KeyExtension::name))?;
        let authentication_password = password(authentication.is_some(), &self.authentication_password, needs, "authentication_password")?;
        let privacy_password = password(privacy.is_some(), &self.privacy_password, needs, "privacy_password")?;
        let words = Words {
            name: &self.name,
            authentication: authentication.zip(authentication_password.as_deref()),
            privacy: privacy.zip(privacy_password.as_deref()),
            extension: extension.unwrap_or(KeyExtension::Blumenthal),
            context: &self.context,
        };
        User::new(needs.crypto, &words).map_err(|error| (key_of(&error, privacy), error.to_string()))
    }
}

fn protocol<P>(named: &Option<String>, key: &'static str, parse: impl Fn(&str) -> Option<P>, all: &[&str]) -> Result<Option<P>, Wrong> {
    let read = |text: &String| parse(text).ok_or_else(|| (key, format!("unknown protocol {text:?}; expected {}", all.join(", "))));
    named.as_ref().map(read).transpose()
}

/// Fetches the password of a protocol; one without the other says nothing that anybody meant.
fn password(is_needed: bool, secret: &Option<Secret>, needs: &Needs<'_>, key: &'static str) -> Result<Option<String>, Wrong> {
    match secret {
        Some(secret) if is_needed => (needs.fetch)(secret).map(Some).map_err(|error| (key, format!("{key} cannot be fetched: {error}"))),
        Some(_) => Err((key, format!("{key} without its protocol; name it, or leave the password out"))),
        None if is_needed => Err(("name", format!("no {key}; give it inline, as {{ file = \"…\" }} or as {{ env = \"…\" }}"))),
        None => Ok(None),
    }
}

/// Returns the key that a fault of the user as a whole is best told at.
fn key_of(error: &UserError, privacy: Option<Privacy>) -> &'static str {
    match error {
        UserError::Name(_) => "name",
        UserError::Context(_) => "context",
        UserError::PrivacyWithoutAuthentication(_) => "privacy",
        UserError::ShortPassword { which: "privacy", .. } => "privacy_password",
        UserError::ShortPassword { .. } => "authentication_password",
        UserError::NotPermitted { why, .. } if privacy.is_some_and(|privacy| why.contains(privacy.name())) => "privacy",
        UserError::NotPermitted { .. } => "authentication",
    }
}
