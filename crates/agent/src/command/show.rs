//! What can be looked at: the configuration, how things stand, and the known devices.

use std::io::Write;
use std::path::Path;
use std::process::ExitCode;

use anyhow::{Context, Result};
use jiff::Timestamp;
use jiff::tz::TimeZone;

use super::local::Local;
use super::{Place, has_store};
use crate::access;
use crate::args::{ReportArgs, ReportFormat, StatusArgs};
use crate::board::Standing;
use crate::config::{self, Config};
use crate::enrolment::Enrolment;
use crate::page;
use crate::store::Store;

/// Checks the configuration, and prints what takes effect.
///
/// # Errors
/// Tells every fault with its line.
pub fn check_config(place: &Place) -> Result<ExitCode> {
    let parsed = config::load(place.config.as_deref(), &place.folder)?;
    let (_, advice) = config::check(&parsed);
    print!("{}", parsed.value.effective());
    for word in advice {
        eprintln!("note: {word}");
    }
    if let Some(word) = dependents(&parsed.value, place) {
        eprintln!("note: {word}");
    }
    let file = place.config_file();
    if file.is_file() {
        eprintln!("{} is fine", file.display());
    } else {
        eprintln!("there is no {}; these are the defaults", file.display());
    }
    Ok(ExitCode::SUCCESS)
}

/// Says how many printers depend on a credential that is not there any more, where the agent's store can be looked at.
fn dependents(config: &Config, place: &Place) -> Option<String> {
    let folder = config.store.folder.as_ref().unwrap_or(&place.folder);
    let key = access::known_key(folder).ok()??;
    let credentials = config::credentials(&config.discovery, Some(folder)).ok()?;
    let fingerprints = access::fingerprints(&credentials, &*config::crypto(), &key);
    let progress = access::progress::progress(&Store::look(folder).ok()?, &credentials, &fingerprints).ok()?;
    let count = progress.by_former;
    (count > 0).then(|| {
        format!("{count} printers were let in by a credential that is not there any more; put it back behind the new one until `roundsman-agent credentials` shows that they have moved")
    })
}

/// Says how things stand: as the running agent tells it, otherwise as it left it.
///
/// # Errors
/// Fails if there is no agent in the folder.
pub fn status(args: &StatusArgs, config: &Config, folder: &Path) -> Result<ExitCode> {
    let running = match Local::find(folder)? {
        Some(local) => local.status()?,
        None => None,
    };
    let standing = match running {
        Some(standing) => standing,
        None => left(config, folder)?,
    };
    if args.json {
        println!("{}", serde_json::to_string_pretty(&standing)?);
    } else {
        let zone = TimeZone::get(&config.zone_name()).unwrap_or(TimeZone::UTC);
        print!("{}", words(&standing, Timestamp::now(), &zone));
    }
    let is_well = standing.is_running && standing.server.is_some();
    Ok(if is_well { ExitCode::SUCCESS } else { ExitCode::from(1) })
}

/// Returns how things stood when the agent stopped.
fn left(config: &Config, folder: &Path) -> Result<Standing> {
    if !has_store(folder) {
        anyhow::bail!("no agent has run with the folder {}; name its folder with --folder", folder.display());
    }
    let mut standing = page::standing(&Store::look(folder)?, None)?;
    let enrolment = Enrolment::load(folder)?;
    standing.server = enrolment.as_ref().map(|enrolment| config.server.address.clone().unwrap_or_else(|| enrolment.server.clone()));
    standing.site_name = config.site.name.clone().or_else(|| enrolment.and_then(|enrolment| enrolment.name));
    // What is planned happens only if somebody starts the agent.
    standing.synchronisation.next_send_at = None;
    Ok(standing)
}

/// Writes the synchronisation window for people.
fn words(standing: &Standing, now: Timestamp, zone: &TimeZone) -> String {
    let clock = webui::Clock { now, zone: zone.clone() };
    let at = |time: Option<Timestamp>, otherwise: &str| time.map_or_else(|| otherwise.to_owned(), |time| clock.exact(time));
    let window = &standing.synchronisation;
    let mut lines = vec![
        ("agent", if standing.is_running { "running".to_owned() } else { "not running".to_owned() }),
        ("server", standing.server.clone().unwrap_or_else(|| "none; enrol with `roundsman-agent enroll CODE`".to_owned())),
        ("last data from printers", at(window.last_data_at, "never")),
        ("last contact", at(window.last_contact_at, "never")),
        ("last success", at(window.last_success_at, "never")),
        ("next report", at(window.next_send_at, "not planned")),
    ];
    if let Some(error) = &window.last_error {
        let is_over = window.last_success_at.is_some_and(|success| success >= error.at);
        let after = if is_over { " (and since then a success)" } else { "" };
        lines.push(("last error", format!("{}: {}{after}", clock.exact(error.at), error.reason)));
    }
    let devices = standing.devices.map_or_else(|| "not looked for yet".to_owned(), |count| count.to_string());
    lines.push(("printers", format!("{devices}; {} more are not looked after", standing.devices_out_of_scope)));
    lines.push(("waiting", format!("{} readings, {} sealed reports", standing.readings_waiting, standing.reports_waiting)));
    if let Some(traps) = &standing.traps {
        let listening = format!("{} heard, {} printers read for them", traps.heard, traps.looks);
        lines.push(("traps and informs", traps.failure.as_ref().map_or(listening, |failure| format!("not heard: {failure}"))));
    }
    lines.extend(standing.activity.iter().map(|activity| ("at the moment", activity.clone())));
    lines.into_iter().map(|(name, value)| format!("{name:24} {}\n", ::report::safe_text(&value))).collect()
}

/// Writes an audit report.
///
/// # Errors
/// Fails if there is no store, or the file cannot be written.
pub fn report(args: &ReportArgs, folder: &Path) -> Result<ExitCode> {
    if !has_store(folder) {
        anyhow::bail!("no agent has run with the folder {}; name its folder with --folder", folder.display());
    }
    let store = Store::look(folder)?;
    let mut records = Vec::new();
    let mut after = 0;
    while let Some(device) = store.device_after(after)? {
        after = device.number;
        if device.in_scope {
            records.push(page::record(&device));
        }
    }
    let text = match args.format {
        ReportFormat::Html => ::report::html::render(&records, Timestamp::now()),
        ReportFormat::Csv => ::report::csv::render(&records),
        ReportFormat::Ndjson => records.iter().map(|record| format!("{}\n", ::report::json::line(record))).collect(),
    };
    match &args.output {
        Some(path) => std::fs::write(path, text).with_context(|| format!("cannot write {}", path.display()))?,
        None => std::io::stdout().write_all(text.as_bytes()).context("cannot write the report")?,
    }
    eprintln!("{} devices", records.len());
    Ok(ExitCode::SUCCESS)
}
