//! Every pair of algorithms, with what each peer calls it.

use std::fmt;
use std::sync::Arc;

use cryptography::Module;
use snmp::usm::{Authentication, Crypto, KeyExtension, Privacy, User, UserError, Words};

pub const AUTH: &str = "an authentication password";
pub const PRIV: &str = "a privacy password";

/// Is one user: what proves it, what hides it, and how its key is made longer where it must be.
#[derive(Clone, Copy, Debug)]
pub struct Pair {
    pub authentication: Option<Authentication>,
    pub privacy: Option<(Privacy, Option<KeyExtension>)>,
}

impl Pair {
    pub fn all() -> Vec<Self> {
        let mut pairs = vec![Pair { authentication: None, privacy: None }];
        for hash in Authentication::ALL {
            pairs.push(Pair { authentication: Some(hash), privacy: None });
            for cipher in Privacy::ALL {
                let extensions: Vec<Option<KeyExtension>> =
                    if cipher.extends(hash) { KeyExtension::ALL.map(Some).to_vec() } else { vec![None] };
                pairs.extend(
                    extensions.into_iter().map(|extension| Pair { authentication: Some(hash), privacy: Some((cipher, extension)) }),
                );
            }
        }
        pairs
    }

    /// Returns the user's name, which is another for each pair.
    pub fn name(&self) -> String {
        let parts =
            [self.authentication.map(Authentication::name), self.cipher().map(Privacy::name), self.extension().map(KeyExtension::name)];
        let name = parts.into_iter().flatten().collect::<Vec<_>>().join("-").replace("SHA-", "SHA").replace("AES-", "AES");
        if name.is_empty() { "nobody".into() } else { name }
    }

    pub fn cipher(&self) -> Option<Privacy> {
        self.privacy.map(|(cipher, _)| cipher)
    }

    pub fn extension(&self) -> Option<KeyExtension> {
        self.privacy.and_then(|(_, extension)| extension)
    }

    pub fn user(&self, context: &str) -> Result<Arc<User>, UserError> {
        let words = Words {
            name: &self.name(),
            authentication: self.authentication.map(|hash| (hash, AUTH)),
            privacy: self.cipher().map(|cipher| (cipher, PRIV)),
            extension: self.extension().unwrap_or(KeyExtension::Blumenthal),
            context,
        };
        User::new(&Module, &words).map(Arc::new)
    }

    /// Returns whether this build may use the pair: all of them, but for FIPS.
    pub fn is_permitted(&self) -> bool {
        self.authentication.is_none_or(|hash| Module.permits_authentication(hash).is_ok())
            && self.cipher().is_none_or(|cipher| Module.permits_privacy(cipher).is_ok())
    }

    /// Returns the names of what is no longer to be relied on.
    pub fn legacy(&self) -> Vec<&'static str> {
        let hash = self.authentication.filter(|hash| hash.is_legacy()).map(Authentication::name);
        hash.into_iter().chain(self.cipher().filter(|cipher| cipher.is_legacy()).map(Privacy::name)).collect()
    }

    /// Returns the first cells of the pair's row.
    pub fn cells(&self) -> String {
        let cell = |name: Option<&'static str>| name.unwrap_or("–");
        let [hash, cipher] = [self.authentication.map(Authentication::name), self.cipher().map(Privacy::name)].map(cell);
        format!("| {hash} | {cipher} | {} |", cell(self.extension().map(KeyExtension::name)))
    }

    pub fn net_snmp_authentication(&self) -> Option<&'static str> {
        self.authentication.map(|hash| if hash == Authentication::Sha1 { "SHA" } else { hash.name() })
    }

    /// Returns what net-snmp calls the cipher, which is nothing without one; `None` if it has it not.
    ///
    /// Its AES-192 and AES-256 are extended after Blumenthal, those with a C after Reeder, as Cisco does.
    pub fn net_snmp_privacy(&self) -> Option<&'static str> {
        Some(match (self.cipher(), self.extension()) {
            (None, _) => "",
            (Some(Privacy::Des), _) => "DES",
            (Some(Privacy::TripleDes), _) => return None,
            (Some(Privacy::Aes128), _) => "AES",
            (Some(Privacy::Aes192), Some(KeyExtension::Reeder)) => "AES-192-C",
            (Some(Privacy::Aes192), _) => "AES-192",
            (Some(Privacy::Aes256), Some(KeyExtension::Reeder)) => "AES-256-C",
            (Some(Privacy::Aes256), _) => "AES-256",
        })
    }

    pub fn snmpsim_authentication(&self) -> Option<String> {
        self.authentication.map(|hash| if hash == Authentication::Sha1 { "SHA".into() } else { hash.name().replace('-', "") })
    }

    /// Returns what snmpsim calls the cipher, which is nothing without one; `None` if it has it not.
    pub fn snmpsim_privacy(&self) -> Option<&'static str> {
        Some(match (self.cipher(), self.extension()) {
            (None, _) => "",
            (Some(Privacy::Des), _) => "DES",
            (Some(Privacy::TripleDes), Some(KeyExtension::Blumenthal)) => return None,
            (Some(Privacy::TripleDes), _) => "3DES",
            (Some(Privacy::Aes128), _) => "AES128",
            (Some(Privacy::Aes192), Some(KeyExtension::Blumenthal)) => "AES192BLMT",
            (Some(Privacy::Aes192), _) => "AES192",
            (Some(Privacy::Aes256), Some(KeyExtension::Blumenthal)) => "AES256BLMT",
            (Some(Privacy::Aes256), _) => "AES256",
        })
    }
}

impl fmt::Display for Pair {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.name())
    }
}
