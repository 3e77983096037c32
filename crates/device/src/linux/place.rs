//! Where the server is, and whom to believe that it is the server.
//!
//! In this order: the configured address; the configured domain, whose DNS is asked for host and
//! port; the address in the enrolment code, or the one of enrolment; the address built into the
//! program (the environment variable `ROUNDSMAN_DEVICE_SERVER` at build time). DNS says where to
//! call and never whom to trust: the certificate must be for the configured domain, or fit the pin.

use settings::Trusted;
use uplink::{Server, Trust};

use super::config::Config;
use super::link::LinkError;
use super::srv;

/// The address that a maker builds in.
const BUILT_IN: Option<&str> = option_env!("ROUNDSMAN_DEVICE_SERVER");

/// Finds the server; `known` is what a code or an enrolment says.
///
/// # Errors
/// Fails if nothing says where it is, or DNS does not answer.
pub fn find(config: &Config, known: Option<&str>) -> Result<Server, LinkError> {
    let mut server = match (&config.server.address, &config.server.domain) {
        (Some(address), _) => address.parse()?,
        (None, Some(domain)) => by_domain(config, domain)?,
        (None, None) => {
            let built_in = BUILT_IN.filter(|address| !address.is_empty());
            known.or(built_in).ok_or(LinkError::NoServer)?.parse::<Server>()?
        }
    };
    if let Some(name) = &config.server.name {
        server.name = Some(name.clone());
    }
    Ok(server)
}

fn by_domain(config: &Config, domain: &str) -> Result<Server, LinkError> {
    let resolvers = if config.server.resolvers.is_empty() {
        srv::system_resolvers()
    } else {
        config.server.resolvers.iter().filter_map(|text| srv::resolver(text)).collect()
    };
    let target = srv::look_up(domain, &resolvers).map_err(|source| LinkError::Srv { domain: domain.to_owned(), source })?;
    let mut server = Server::new(target.host, target.port);
    // Whatever DNS says, it is the configured domain that the certificate must be for.
    server.name = Some(domain.to_owned());
    Ok(server)
}

/// Returns whom to trust, after enrolment with this authority.
///
/// # Errors
/// Fails if the configured file does not read.
pub fn trust(config: &Config, authority: Option<&[u8]>) -> Result<Trust, LinkError> {
    Ok(match &config.server.trust {
        Trusted::Enrolled => match authority {
            Some(der) => Trust::Authorities(vec![der.to_vec().into()]),
            None => Trust::System,
        },
        Trusted::System => Trust::System,
        Trusted::File(path) => Trust::Authorities(super::link::certificates(path)?),
        Trusted::Pin(pin) => Trust::PinnedKey(*pin),
    })
}
