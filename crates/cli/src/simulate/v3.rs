//! The user of simulated printers, who are engines of SNMP v3 then.

use std::sync::Arc;

use anyhow::Result;
use sim::Engines;
use snmp::usm::KeyExtension;

use crate::access;
use crate::args::UserArgs;

#[derive(clap::Args)]
pub struct SimV3Args {
    #[command(flatten)]
    pub user: UserArgs,

    /// How keys are made longer where the digest is too short: Blumenthal or Reeder
    #[arg(long, value_name = "NAME", value_parser = extension, default_value = "Blumenthal", requires = "privacy")]
    pub key_extension: KeyExtension,

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
        let Some(user) = access::user(&self.user, self.key_extension)? else { return Ok(None) };
        let context = user.context().to_owned();
        let engines = Engines::new(access::crypto(), vec![Arc::new(user)]);
        Ok(Some(if context.is_empty() { engines } else { engines.with_context(&context) }))
    }
}

fn extension(text: &str) -> Result<KeyExtension, String> {
    KeyExtension::parse(text).ok_or_else(|| format!("expected {}", KeyExtension::ALL.map(KeyExtension::name).join(" or ")))
}
