//! What a configuration says that cannot be.

use ::settings::{Fault, Parsed, Trusted};

use super::{Config, Source};

/// Checks what the types leave open.
pub fn check(parsed: &Parsed<Config>) -> Vec<Fault> {
    let config = &parsed.value;
    let mut faults = Vec::new();
    let mut fault = |path: &str, message: String| faults.push(parsed.fault(path, message));
    for (path, host) in
        [("server.address", &config.server.address), ("server.domain", &config.server.domain), ("server.name", &config.server.name)]
    {
        if let Some(Err(error)) = host.as_ref().map(|host| host.parse::<uplink::Server>()) {
            fault(path, format!("{}: {error}", path.replacen("server.", "[server] ", 1)));
        }
    }
    if config.server.address.is_some() && config.server.domain.is_some() {
        fault("server.domain", "[server] has an address and a domain to ask for one; keep one of the two".to_owned());
    }
    for (place, resolver) in config.server.resolvers.iter().enumerate() {
        if crate::linux::srv::resolver(resolver).is_none() {
            fault(&format!("server.resolvers.{place}"), format!("{resolver:?} in resolvers: expected an address, or address and port"));
        }
    }
    if let Trusted::File(path) = &config.server.trust
        && let Err(error) = std::fs::File::open(path)
    {
        fault("server.trust", format!("the trust file {} cannot be read: {error}", path.display()));
    }
    match &config.proxy.url {
        Some(url) => {
            if let Err(error) = url.parse::<uplink::Proxy>() {
                fault("proxy.url", format!("url in [proxy]: {error}"));
            }
        }
        None if config.proxy.user.is_some() || config.proxy.password.is_some() => {
            fault("proxy", "[proxy] has a user or password and no url; name the proxy, or leave the section out".to_owned());
        }
        None => {}
    }
    if config.enrolment.code.is_some() && config.enrolment.token.is_some() {
        fault("enrolment.token", "[enrolment] has a code and a token; keep one of the two".to_owned());
    }
    if config.facts.source != Source::Snmp && config.facts.path.is_none() {
        fault("facts.source", "[facts] takes facts from a file or socket and names no path; add path = \"…\"".to_owned());
    }
    if config.facts.source == Source::Snmp && config.facts.address.parse::<std::net::IpAddr>().is_err() {
        fault("facts.address", format!("address in [facts]: {:?} is no address, expected one such as \"127.0.0.1\"", config.facts.address));
    }
    if config.facts.source == Source::Snmp && cfg!(not(feature = "snmp")) {
        let message = "[facts] is to come from SNMP, and this program was built without it; set source to \"file\" or \"socket\"";
        fault("facts.source", message.to_owned());
    }
    if config.facts.within.seconds() == 0 || config.facts.within.seconds() > 3600 {
        fault("facts.within", "within in [facts]: expected 1 second to 1 hour".to_owned());
    }
    if let Some(zone) = &config.report.time_zone
        && jiff::tz::TimeZone::get(zone).is_err()
    {
        fault(
            "report.time_zone",
            format!("time_zone in [report]: unknown zone {zone:?}, expected an IANA name such as \"Europe/Amsterdam\""),
        );
    }
    faults
}
