//! What the types of the configuration leave open.

use std::collections::BTreeSet;

use settings::{Fault, Octets, Parsed, Span};
use store::Place;
use tracing_subscriber::EnvFilter;

use super::{ClientCertificates, Settings};
use crate::net::{AddressError, AddressList, Network};

/// Is the parts of a configuration that need more than a type, parsed.
#[derive(Clone, Debug)]
pub struct Checked {
    /// One list a listener, in their order.
    pub allow: Vec<AddressList>,
    /// `None` if nobody may read the metrics: elsewhere an empty list means everybody.
    pub metrics_allow: Option<AddressList>,
}

impl Checked {
    /// Parses the parts.
    ///
    /// # Errors
    /// Fails with the first thing that cannot be; settings from [`Settings::parse`] have none.
    pub fn of(settings: &Settings) -> Result<Self, AddressError> {
        let allow = settings.listen.iter().map(|listen| list(&listen.allow)).collect::<Result<_, _>>()?;
        let metrics_allow = Some(list(&settings.metrics.allow)?).filter(|list| !list.is_everybody());
        Ok(Checked { allow, metrics_allow })
    }
}

fn list(entries: &[String]) -> Result<AddressList, AddressError> {
    entries.iter().map(|entry| entry.parse::<Network>()).collect()
}

/// Lists what is wrong.
pub(super) fn faults(parsed: &Parsed<Settings>) -> Vec<Fault> {
    let mut found = Vec::new();
    let settings = &parsed.value;
    listeners(parsed, &mut found);
    addresses(parsed, "metrics.allow", &settings.metrics.allow, &mut found);
    tls(parsed, &mut found);
    match settings.place() {
        Err(error) => found.push(parsed.fault("store.url", error.to_string())),
        Ok(Place::Sqlite(_)) if settings.store.password_file.is_some() => {
            found.push(parsed.fault("store.password_file", "a file needs no password; set store.url to a database, or remove this"));
        }
        Ok(_) => {}
    }
    for (path, span) in [
        ("retention.reports", settings.retention.reports),
        ("retention.history", settings.retention.history),
        ("retention.expectations", settings.retention.expectations),
        ("retention.commands", settings.retention.commands),
    ] {
        within(parsed, path, span, &mut found);
    }
    limits(parsed, &mut found);
    if EnvFilter::try_new(&settings.log.level).is_err() {
        let message = format!("\"{}\" is no level; expected error, warn, info, debug, trace or a filter", settings.log.level);
        found.push(parsed.fault("log.level", message));
    }
    found
}

fn listeners(parsed: &Parsed<Settings>, found: &mut Vec<Fault>) {
    if parsed.value.listen.is_empty() {
        found.push(parsed.fault("listen", "nobody can call a server that listens nowhere; name an address"));
    }
    let mut seen = BTreeSet::new();
    for (place, listen) in parsed.value.listen.iter().enumerate() {
        let path = format!("listen.{place}.address");
        if listen.address.port() != 0 && !seen.insert(listen.address) {
            found.push(parsed.fault(&path, format!("{} is listened on twice", listen.address)));
        }
        addresses(parsed, &format!("listen.{place}.allow"), &listen.allow, found);
    }
}

fn addresses(parsed: &Parsed<Settings>, path: &str, entries: &[String], found: &mut Vec<Fault>) {
    for (place, entry) in entries.iter().enumerate() {
        if let Err(error) = list(std::slice::from_ref(entry)) {
            found.push(parsed.fault(&format!("{path}.{place}"), error.to_string()));
        }
    }
}

fn tls(parsed: &Parsed<Settings>, found: &mut Vec<Fault>) {
    let tls = &parsed.value.tls;
    match (&tls.certificate, &tls.key) {
        (Some(_), None) => found.push(parsed.fault("tls.certificate", "a certificate needs its key; set tls.key as well")),
        (None, Some(_)) => found.push(parsed.fault("tls.key", "a key needs its certificate; set tls.certificate as well")),
        (None, None) if tls.authority.is_some() => {
            found.push(parsed.fault("tls.authority", "the server has an authority of its own unless tls.certificate is set"));
        }
        _ => {}
    }
    if tls.client_certificates != ClientCertificates::Off && tls.client_authority.is_none() {
        found.push(parsed.fault("tls.client_certificates", "set tls.client_authority to the authority of the senders' certificates"));
    }
    if let Some(name) = tls.name.as_deref().filter(|name| !is_name_and_port(name)) {
        let message = format!("expected a name and port such as \"reports.example.com:8443\", found \"{name}\"");
        found.push(parsed.fault("tls.name", message));
    }
}

/// Says whether a text names a host and a port.
fn is_name_and_port(text: &str) -> bool {
    let Some((host, port)) = text.rsplit_once(':') else { return false };
    let host = host.strip_prefix('[').and_then(|host| host.strip_suffix(']')).unwrap_or(host);
    let is_host = host.parse::<std::net::IpAddr>().is_ok() || rustls_pki_types::DnsName::try_from(host).is_ok();
    is_host && port.parse::<u16>().is_ok_and(|port| port > 0)
}

/// Less than a day would cut days in two; more than a century is a slip.
fn within(parsed: &Parsed<Settings>, path: &str, span: Span, found: &mut Vec<Fault>) {
    const DAY: u64 = 24 * 60 * 60;
    if !(DAY..=36_500 * DAY).contains(&span.seconds()) {
        found.push(parsed.fault(path, format!("expected at least 1d and at most 36500d, found {span}")));
    }
}

fn limits(parsed: &Parsed<Settings>, found: &mut Vec<Fault>) {
    let limits = &parsed.value.limits;
    for (path, count) in [
        ("limits.connections", limits.connections),
        ("limits.connections_per_address", limits.connections_per_address),
        ("limits.reports_under_way", limits.reports_under_way),
        ("limits.failed_logins", limits.failed_logins),
    ] {
        if count == 0 {
            found.push(parsed.fault(path, "expected at least 1: with 0 nobody could call"));
        }
    }
    // What a sender may send is part of the protocol; a server may be stricter, not laxer.
    let most = Octets::mebi(64);
    if limits.report > limits.report_unpacked || limits.report_unpacked > most {
        let message =
            format!("a report of {} that unpacks to {} is too large; at most {most} are taken", limits.report, limits.report_unpacked);
        found.push(parsed.fault("limits.report", message));
    }
    if limits.unpacked_under_way < limits.report_unpacked {
        found.push(parsed.fault("limits.unpacked_under_way", "expected at least limits.report_unpacked, or the largest report never fits"));
    }
}
