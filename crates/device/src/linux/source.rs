//! Where the facts come from, and what the module adds of its own.

use std::time::Duration;

use jiff::SignedDuration;

use super::config::{Config, Source as Configured};
use super::link::LinkError;
#[cfg(feature = "snmp")]
use super::link::fetch;
#[cfg(feature = "snmp")]
use super::snmp::Agent;
use super::told::{File, Socket};
use super::{address, host};
use crate::platform::Seen;

/// Is who knows the facts.
pub enum Source {
    #[cfg(feature = "snmp")]
    Snmp(Agent),
    File(File),
    Socket(Socket),
}

impl Source {
    /// Makes the configured one; nothing is asked yet.
    ///
    /// # Errors
    /// Fails if the community cannot be fetched.
    pub fn new(config: &Config) -> Result<Self, LinkError> {
        let facts = &config.facts;
        let within = Duration::from_secs(facts.within.seconds());
        let path = || facts.path.clone().unwrap_or_default();
        Ok(match facts.source {
            #[cfg(feature = "snmp")]
            Configured::Snmp => Source::Snmp(Agent {
                address: facts.address.parse().expect("checked with the configuration"),
                port: facts.port,
                community: facts
                    .community
                    .as_ref()
                    .map(fetch)
                    .transpose()
                    .map_err(LinkError::Secret)?
                    .unwrap_or_else(|| "public".to_owned()),
                within,
            }),
            #[cfg(not(feature = "snmp"))]
            Configured::Snmp => unreachable!("the check of the configuration refuses it"),
            Configured::File => Source::File(File::new(path(), SignedDuration::from_secs(facts.stale.seconds().min(1 << 40) as i64))),
            Configured::Socket => Source::Socket(Socket::new(path(), within)),
        })
    }

    /// Asks the printer, in bounded time.
    pub fn read(&mut self) -> Seen {
        let mut seen = match self {
            #[cfg(feature = "snmp")]
            Source::Snmp(agent) => agent.read(),
            Source::File(file) => file.read(),
            Source::Socket(socket) => socket.read(),
        };
        if seen.is_whole {
            host::add(&mut seen.facts, concat!("roundsman-device ", env!("CARGO_PKG_VERSION")));
            if let Some(address) = address::own() {
                seen.facts.entry("address".into()).or_insert(wire::Value::Text(address));
            }
        }
        seen
    }
}
