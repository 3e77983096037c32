//! The user of simulated printers, who are engines of SNMP v3 then.

use std::sync::Arc;

use anyhow::{Context, Result};
use cryptography::Module;
use sim::Engines;
use snmp::usm::{Authentication, KeyExtension, Privacy, User, Words};

#[derive(clap::Args)]
pub struct SimV3Args {
    /// Answer SNMPv3 too, to this user
    ///
    /// Without --auth nothing is proved and nothing is hidden.
    #[arg(long, value_name = "NAME")]
    pub user: Option<String>,

    /// How the user proves itself: MD5, SHA-1, SHA-224, SHA-256, SHA-384 or SHA-512
    #[arg(long, value_name = "PROTOCOL", value_parser = authentication, requires = "user")]
    pub auth: Option<Authentication>,

    /// The user's authentication password, of eight characters at least
    ///
    /// Other users of this machine see it in the list of processes; the variable is safer.
    #[arg(long, value_name = "PASSWORD", env = "ROUNDSMAN_AUTH_PASSWORD", hide_env_values = true)]
    pub auth_password: Option<String>,

    /// What hides the user's messages: DES, 3DES, AES-128, AES-192 or AES-256
    #[arg(long, value_name = "PROTOCOL", value_parser = privacy, requires = "auth")]
    pub privacy: Option<Privacy>,

    /// The user's privacy password, of eight characters at least
    #[arg(long, value_name = "PASSWORD", env = "ROUNDSMAN_PRIVACY_PASSWORD", hide_env_values = true)]
    pub privacy_password: Option<String>,

    /// How keys are made longer where the digest is too short: Blumenthal or Reeder
    #[arg(long, value_name = "NAME", value_parser = extension, default_value = "Blumenthal", requires = "privacy")]
    pub key_extension: KeyExtension,

    /// A context that the printers have beside the default one
    #[arg(long, value_name = "NAME", requires = "user")]
    pub context: Option<String>,

    /// Answer neither v1 nor v2c
    #[arg(long, requires = "user")]
    pub only_v3: bool,
}

impl SimV3Args {
    /// Returns what makes engines of the printers; nothing without a user.
    ///
    /// # Errors
    /// Fails if a password is missing or too short, or an algorithm is not to be had.
    pub fn engines(&self) -> Result<Option<Engines>> {
        let Some(name) = &self.user else { return Ok(None) };
        let word = |password: &'_ Option<String>, variable| {
            password.clone().with_context(|| format!("user {name:?} needs a password; set {variable}"))
        };
        let auth = self.auth.map(|protocol| Ok::<_, anyhow::Error>((protocol, word(&self.auth_password, "ROUNDSMAN_AUTH_PASSWORD")?)));
        let auth = auth.transpose()?;
        let privacy =
            self.privacy.map(|protocol| Ok::<_, anyhow::Error>((protocol, word(&self.privacy_password, "ROUNDSMAN_PRIVACY_PASSWORD")?)));
        let privacy = privacy.transpose()?;
        let words = Words {
            name,
            authentication: auth.as_ref().map(|(protocol, password)| (*protocol, password.as_str())),
            privacy: privacy.as_ref().map(|(protocol, password)| (*protocol, password.as_str())),
            extension: self.key_extension,
            context: self.context.as_deref().unwrap_or_default(),
        };
        let user = Arc::new(User::new(&Module, &words)?);
        let engines = Engines::new(Arc::new(Module), vec![user]);
        Ok(Some(match &self.context {
            Some(context) => engines.with_context(context),
            None => engines,
        }))
    }
}

fn authentication(text: &str) -> Result<Authentication, String> {
    Authentication::parse(text).ok_or_else(|| format!("expected {}", Authentication::ALL.map(Authentication::name).join(", ")))
}

fn privacy(text: &str) -> Result<Privacy, String> {
    Privacy::parse(text).ok_or_else(|| format!("expected {}", Privacy::ALL.map(Privacy::name).join(", ")))
}

fn extension(text: &str) -> Result<KeyExtension, String> {
    KeyExtension::parse(text).ok_or_else(|| format!("expected {}", KeyExtension::ALL.map(KeyExtension::name).join(" or ")))
}
