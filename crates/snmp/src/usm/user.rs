//! Users and their keys: from a password to the key that one engine knows.

use std::fmt;

use zeroize::Zeroize;

use super::algorithm::{Authentication, KeyExtension, LONGEST_DIGEST, Level, Privacy};
use super::crypto::{Crypto, Digest};
use crate::v3::EngineId;

/// Is how many octets a password is stretched to before it is hashed (RFC 3414 §A.2).
const STRETCHED: usize = 1 << 20;
/// Is the shortest password; engines of others refuse shorter ones, as RFC 3414 §11.2 asks.
const SHORTEST_PASSWORD: usize = 8;

/// Is a key; its octets are wiped when it goes.
#[derive(Clone, PartialEq, Eq)]
pub(super) struct Key {
    octets: [u8; LONGEST_DIGEST],
    length: u8,
}

impl Key {
    fn new(octets: &[u8]) -> Self {
        let mut key = Key { octets: [0; LONGEST_DIGEST], length: octets.len() as u8 };
        key.octets[..octets.len()].copy_from_slice(octets);
        key
    }

    pub(super) fn as_octets(&self) -> &[u8] {
        &self.octets[..usize::from(self.length)]
    }
}

impl Drop for Key {
    fn drop(&mut self) {
        self.octets.zeroize();
    }
}

impl fmt::Debug for Key {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("(secret)")
    }
}

/// Is what a person tells of a user, passwords in the clear.
#[derive(Clone, Copy)]
pub struct Words<'a> {
    pub name: &'a str,
    pub authentication: Option<(Authentication, &'a str)>,
    pub privacy: Option<(Privacy, &'a str)>,
    /// Of no meaning where the digest is long enough for the key.
    pub extension: KeyExtension,
    pub context: &'a str,
}

/// Says why a user cannot be.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum UserError {
    /// A name of no octets, or of more than 32.
    Name(String),
    /// A context of more than 255 octets.
    Context(String),
    PrivacyWithoutAuthentication(String),
    /// Which password is too short: "authentication" or "privacy".
    ShortPassword {
        user: String,
        which: &'static str,
    },
    /// An algorithm that the cryptographic module does not permit, and what to do.
    NotPermitted {
        user: String,
        why: String,
    },
}

impl fmt::Display for UserError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            UserError::Name(name) => write!(f, "user name {name:?} has {} octets, expected 1 to 32", name.len()),
            UserError::Context(context) => write!(f, "context {context:?} has {} octets, expected at most 255", context.len()),
            UserError::PrivacyWithoutAuthentication(user) => {
                write!(f, "user {user:?} has privacy without authentication; give it an authentication protocol and password")
            }
            UserError::ShortPassword { user, which } => {
                write!(f, "the {which} password of user {user:?} has fewer than {SHORTEST_PASSWORD} octets, which SNMPv3 does not allow")
            }
            UserError::NotPermitted { user, why } => write!(f, "user {user:?}: {why}"),
        }
    }
}

impl std::error::Error for UserError {}

/// Is a user of the User-based Security Model. The passwords are gone; their keys are kept.
#[derive(Clone, PartialEq, Eq)]
pub struct User {
    name: Box<str>,
    context: Box<str>,
    authentication: Option<(Authentication, Key)>,
    privacy: Option<(Privacy, KeyExtension, Key)>,
}

impl User {
    /// Makes a user. Each password is hashed a mebibyte long, which takes about a millisecond.
    ///
    /// # Errors
    /// Fails if the words break a rule of the standard, or if the module does not permit an algorithm.
    pub fn new(crypto: &dyn Crypto, words: &Words<'_>) -> Result<Self, UserError> {
        let user = || words.name.to_owned();
        if !(1..=32).contains(&words.name.len()) {
            return Err(UserError::Name(user()));
        }
        if words.context.len() > 255 {
            return Err(UserError::Context(words.context.to_owned()));
        }
        let refuse = |why| UserError::NotPermitted { user: user(), why };
        let of_length = |which, password: &str| match password.len() {
            0..SHORTEST_PASSWORD => Err(UserError::ShortPassword { user: user(), which }),
            _ => Ok(()),
        };
        let authentication = words.authentication.map(|(protocol, password)| {
            crypto.permits_authentication(protocol).map_err(refuse)?;
            of_length("authentication", password)?;
            Ok((protocol, master_key(crypto, protocol, password.as_bytes())))
        });
        let authentication = authentication.transpose()?;
        let privacy = words.privacy.map(|(protocol, password)| {
            let Some((hash, _)) = &authentication else { return Err(UserError::PrivacyWithoutAuthentication(user())) };
            crypto.permits_privacy(protocol).map_err(refuse)?;
            of_length("privacy", password)?;
            Ok((protocol, words.extension, master_key(crypto, *hash, password.as_bytes())))
        });
        let privacy = privacy.transpose()?;
        Ok(User { name: words.name.into(), context: words.context.into(), authentication, privacy })
    }

    pub fn name(&self) -> &str {
        &self.name
    }

    /// Returns the context that this user asks in; the default one has no name.
    pub fn context(&self) -> &str {
        &self.context
    }

    pub fn level(&self) -> Level {
        match (&self.authentication, &self.privacy) {
            (None, _) => Level::NoAuthNoPriv,
            (Some(_), None) => Level::AuthNoPriv,
            (Some(_), Some(_)) => Level::AuthPriv,
        }
    }

    pub fn authentication(&self) -> Option<Authentication> {
        self.authentication.as_ref().map(|(protocol, _)| *protocol)
    }

    pub fn privacy(&self) -> Option<Privacy> {
        self.privacy.as_ref().map(|(protocol, _, _)| *protocol)
    }

    /// Returns how the privacy key is made longer, where it must be.
    pub fn extension(&self) -> Option<KeyExtension> {
        let ((hash, _), (protocol, extension, _)) = (self.authentication.as_ref()?, self.privacy.as_ref()?);
        protocol.extends(*hash).then_some(*extension)
    }

    /// Returns the same user with its privacy key made longer in another way.
    pub fn extended_by(&self, extension: KeyExtension) -> Self {
        let privacy = self.privacy.clone().map(|(protocol, _, key)| (protocol, extension, key));
        User { privacy, ..self.clone() }
    }

    /// Returns the algorithms of this user that are no longer to be relied on, by name.
    pub fn legacy(&self) -> Vec<&'static str> {
        let authentication = self.authentication().filter(|protocol| protocol.is_legacy()).map(Authentication::name);
        let privacy = self.privacy().filter(|protocol| protocol.is_legacy()).map(Privacy::name);
        authentication.into_iter().chain(privacy).collect()
    }

    /// Returns what tells this user from any other, its passwords included, to who has the same secret key.
    pub fn fingerprint(&self, crypto: &dyn Crypto, key: &[u8]) -> Digest {
        let words = self.to_string();
        let authentication = self.authentication.as_ref().map_or(&[][..], |(_, key)| key.as_octets());
        let privacy = self.privacy.as_ref().map_or(&[][..], |(_, _, key)| key.as_octets());
        let parts = [words.as_bytes(), b"\0", self.context.as_bytes(), b"\0", authentication, privacy];
        crypto.hmac(Authentication::Sha256, key, &parts)
    }

    /// Returns the keys of this user with one engine.
    ///
    /// Two short digests; an extension after Reeder hashes a mebibyte once more.
    pub fn keys(&self, crypto: &dyn Crypto, engine: EngineId) -> Keys {
        let authentication =
            self.authentication.as_ref().map(|(hash, master)| (*hash, localized(crypto, *hash, master.as_octets(), engine)));
        let privacy = self.privacy.as_ref().zip(self.authentication()).map(|((protocol, extension, master), hash)| {
            let key = localized(crypto, hash, master.as_octets(), engine);
            (*protocol, extended(crypto, hash, key, protocol.key_octets(), *extension, engine))
        });
        Keys { authentication, privacy }
    }
}

/// Names the user and its algorithms, and never a key.
impl fmt::Debug for User {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "User({self})")
    }
}

/// Writes a user for people: `service (SHA-256, AES-128)`.
impl fmt::Display for User {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}", self.name)?;
        match (self.authentication(), self.privacy(), self.extension()) {
            (None, _, _) => write!(f, " (noAuthNoPriv)"),
            (Some(authentication), None, _) => write!(f, " ({authentication}, no privacy)"),
            (Some(authentication), Some(privacy), None) => write!(f, " ({authentication}, {privacy})"),
            (Some(authentication), Some(privacy), Some(extension)) => {
                write!(f, " ({authentication}, {privacy} extended after {extension})")
            }
        }
    }
}

/// Is what a user's messages with one engine are proved and hidden with.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Keys {
    pub(super) authentication: Option<(Authentication, Key)>,
    pub(super) privacy: Option<(Privacy, Key)>,
}

/// Turns a password into a user's key.
///
/// Source: RFC 3414 §A.2.
fn master_key(crypto: &dyn Crypto, hash: Authentication, password: &[u8]) -> Key {
    // No password is empty, and no key: who makes a user has looked.
    let mut stretched = Vec::with_capacity(STRETCHED);
    stretched.extend_from_slice(&password[..password.len().min(STRETCHED)]);
    while stretched.len() < STRETCHED {
        stretched.extend_from_within(..stretched.len().min(STRETCHED - stretched.len()));
    }
    let digest = crypto.digest(hash, &stretched);
    stretched.as_mut_slice().zeroize();
    Key::new(&digest[..hash.digest_octets()])
}

/// Binds a user's key to an engine, so that who learns it there can do nothing elsewhere.
///
/// Source: RFC 3414 §2.6.
fn localized(crypto: &dyn Crypto, hash: Authentication, master: &[u8], engine: EngineId) -> Key {
    let mut octets = [master, engine.as_octets(), master].concat();
    let digest = crypto.digest(hash, &octets);
    octets.zeroize();
    Key::new(&digest[..hash.digest_octets()])
}

/// Makes a localized key so long as a cipher needs it; a long one is cut.
///
/// No cipher needs more than twice a digest, so once is always enough.
fn extended(crypto: &dyn Crypto, hash: Authentication, key: Key, octets: usize, extension: KeyExtension, engine: EngineId) -> Key {
    let short = key.as_octets();
    if short.len() >= octets {
        return Key::new(&short[..octets]);
    }
    let more = match extension {
        KeyExtension::Blumenthal => Key::new(&crypto.digest(hash, short)[..hash.digest_octets()]),
        KeyExtension::Reeder => localized(crypto, hash, master_key(crypto, hash, short).as_octets(), engine),
    };
    Key::new(&[short, &more.as_octets()[..octets - short.len()]].concat())
}
