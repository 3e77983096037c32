//! What the pages show, from the store and the ledger.

use jiff::Timestamp;
use model::record::Path;
use webui::agent::devices::{DeviceRow, Moved};
use webui::agent::ledger::{Chain, EntryRow};
use webui::agent::{CredentialLine, Device, Devices, Entry, LastNotice, Ledger, Overview, Preview, Privacy};
use webui::device::DeviceFile;
use webui::{Frame, Paging, SyncError, Synchronisation};
use wire::facts;

use super::{App, look};
use crate::access::progress::{Line, Progress};
use crate::enrolment::{Enrolment, EnrolmentError};
use crate::ledger::{self, LedgerError, Payload, Reader, What, show};
use crate::store::{self, StoreError};
use crate::traps::Traps;

/// Says why a page could not be made.
#[derive(Debug, thiserror::Error)]
pub enum ViewError {
    #[error("there is no such thing")]
    NotHere,
    #[error(transparent)]
    Store(#[from] StoreError),
    #[error(transparent)]
    Ledger(#[from] LedgerError),
    #[error(transparent)]
    Enrolment(#[from] EnrolmentError),
    #[error("a payload in the ledger cannot be unpacked")]
    Payload(#[from] uplink::DecompressError),
}

/// Is how many devices stand on a page.
const DEVICES: usize = 100;
/// Is how many entries of the ledger stand on a page.
const ENTRIES: usize = 50;
/// Is the largest payload that is shown.
const LARGEST: usize = 16 << 20;

pub fn overview(app: &App, frame: &Frame) -> Result<String, ViewError> {
    let board = app.board.lock().clone();
    let standing = look::standing(&app.store.lock(), Some(&board))?;
    let window = standing.synchronisation;
    // An error that a later success has overtaken is history.
    let last_error = window.last_error.filter(|error| window.last_success_at.is_none_or(|success| success < error.at));
    let page = Overview {
        site_name: standing.site_name,
        server: standing.server,
        synchronisation: Synchronisation {
            last_data_at: window.last_data_at,
            last_contact_at: window.last_contact_at,
            last_success_at: window.last_success_at,
            next_send_at: window.next_send_at,
            last_error: last_error.map(|error| SyncError { at: error.at, reason: error.reason, advice: None }),
        },
        schedule: standing.schedule,
        software: standing.software,
        devices: standing.devices,
        devices_out_of_scope: standing.devices.map(|_| standing.devices_out_of_scope),
        readings_waiting: standing.readings_waiting,
        reports_waiting: standing.reports_waiting,
        activity: standing.activity,
        withheld: app.config.privacy().withheld().to_vec(),
        traps: standing.traps.map(traps),
        credentials: standing.credentials.map(credentials),
    };
    Ok(page.render(frame))
}

fn credentials(progress: Progress) -> webui::agent::Credentials {
    let line = |line: Line| CredentialLine {
        name: line.name,
        devices: line.devices,
        waiting: line.waiting,
        turned_away: line.turned_away,
        why: line.why,
    };
    let lines = progress.credentials.into_iter().map(line).collect();
    webui::agent::Credentials { lines, by_former: progress.by_former, refusing: progress.refusing }
}

fn traps(traps: Traps) -> webui::agent::Traps {
    let last = traps.last.map(|last| LastNotice {
        at: last.at,
        device: last.device.to_string(),
        address: last.address,
        what: last.what,
        version: last.version,
        is_proved: last.is_proved,
    });
    webui::agent::Traps {
        listen: traps.listen,
        failure: traps.failure,
        heard: traps.heard,
        looks: traps.looks,
        left_alone: traps.left_alone.into_iter().collect(),
        last,
    }
}

pub fn devices(app: &App, frame: &Frame, after: u32) -> Result<String, ViewError> {
    let mut rows = Vec::new();
    let mut last = after;
    let mut has_more = false;
    let total = {
        let store = app.store.lock();
        while let Some(device) = store.device_after(last)? {
            if rows.len() == DEVICES {
                has_more = true;
                break;
            }
            last = device.number;
            rows.push(DeviceRow { id: device.number.to_string(), record: record(&device), in_scope: device.in_scope });
        }
        let (within, without) = store.counts()?;
        within + without
    };
    let paging = Paging {
        first: None,
        total: Some(total),
        previous: (after > 0).then(|| "/devices".to_owned()),
        next: has_more.then(|| format!("/devices?after={last}")),
    };
    Ok(Devices { devices: rows, paging }.render(frame))
}

pub fn device(app: &App, frame: &Frame, id: &str) -> Result<String, ViewError> {
    let number = id.parse().map_err(|_| ViewError::NotHere)?;
    let (device, moved) = {
        let store = app.store.lock();
        (store.device(number)?.ok_or(ViewError::NotHere)?, store.move_of(number)?)
    };
    let moved = moved.map(|moved| Moved { at: moved.at, from: moved.from, to: moved.to, why: moved.why });
    let file = DeviceFile { record: record(&device), ages: Default::default(), history: Vec::new() };
    Ok(Device { id: number.to_string(), file, in_scope: device.in_scope, moved }.render(frame))
}

/// Returns the newest word on a device as a record.
pub fn record(device: &store::Device) -> model::DeviceRecord {
    let mut record = facts::record(&device.facts, Path::Agent, device.facts_at.or(Some(device.last_seen)));
    record.address = device.address.clone().or(record.address);
    record
}

pub fn ledger(app: &App, frame: &Frame, before: Option<u64>, check: bool) -> Result<String, ViewError> {
    let reader = reader(app);
    let page = reader.entries(before, ENTRIES)?;
    let mut acknowledged: Vec<(String, Timestamp)> = Vec::new();
    let mut rows = Vec::new();
    // The newest first: what was acknowledged comes before what was sent.
    for entry in &page.entries {
        match (entry.what, &entry.report) {
            (What::Acknowledged, Some(report)) => acknowledged.push((report.clone(), entry.time)),
            (What::Sent, Some(report)) => {
                let at = acknowledged.iter().find(|(known, _)| known == report).map(|(_, at)| *at);
                rows.push(EntryRow { acknowledged_at: at, ..row(&reader, entry)? });
            }
            _ => {}
        }
    }
    let chain = if check { verified(&reader)? } else { Chain::Unchecked };
    let paging = Paging {
        first: None,
        total: None,
        previous: before.map(|_| "/ledger".to_owned()),
        next: page.before.map(|before| format!("/ledger?before={before}")),
    };
    Ok(Ledger { entries: rows, chain, paging }.render(frame))
}

fn verified(reader: &Reader) -> Result<Chain, LedgerError> {
    let verdict = reader.verify()?;
    Ok(match verdict.first_broken {
        None => Chain::Verified { entries: verdict.entries, at: Timestamp::now() },
        Some(broken) => Chain::Broken { number: broken.number, reason: broken.to_string() },
    })
}

fn reader(app: &App) -> Reader {
    Reader::new(app.folder.join("ledger"))
}

fn row(reader: &Reader, entry: &ledger::Entry) -> Result<EntryRow, ViewError> {
    let octets = match reader.payload(entry.number) {
        Ok(Payload::Kept(payload)) => text_octets(&payload).unwrap_or(payload.len() as u64),
        // Told on the entry's own page; the list goes on.
        Ok(Payload::Pruned | Payload::None) | Err(LedgerError::PayloadDiffers { .. }) => entry.payload.map_or(0, |mark| mark.octets),
        Err(error) => return Err(error.into()),
    };
    let report = entry.report.clone().unwrap_or_default();
    Ok(EntryRow { number: entry.number, sealed_at: entry.time, acknowledged_at: None, report, octets, devices: None })
}

/// Returns how many octets a payload has when unpacked, as its head says.
///
/// Source: RFC 8878 §3.1.1.1, Frame_Content_Size.
fn text_octets(payload: &[u8]) -> Option<u64> {
    let rest = payload.strip_prefix(&[0x28, 0xb5, 0x2f, 0xfd])?;
    let (descriptor, rest) = rest.split_first()?;
    let is_single = descriptor & 0x20 != 0;
    let dictionary = [0, 1, 2, 4][usize::from(descriptor & 3)];
    let rest = rest.get(dictionary + usize::from(!is_single)..)?;
    let little = |length: usize| {
        let octets = rest.get(..length)?;
        Some(octets.iter().rev().fold(0u64, |number, octet| number << 8 | u64::from(*octet)))
    };
    match descriptor >> 6 {
        0 if is_single => little(1),
        0 => None,
        1 => little(2).map(|octets| octets + 256),
        2 => little(4),
        _ => little(8),
    }
}

pub fn entry(app: &App, frame: &Frame, number: &str) -> Result<String, ViewError> {
    let reader = reader(app);
    let number = number.parse().map_err(|_| ViewError::NotHere)?;
    let entry = found(&reader, number)?;
    let newer = reader.entries(None, 400)?;
    let acknowledged = |other: &&ledger::Entry| other.what == What::Acknowledged && other.report == entry.report;
    let mut row = row(&reader, &entry)?;
    row.acknowledged_at = newer.entries.iter().find(acknowledged).map(|other| other.time);
    let text = match reader.payload(number)? {
        Payload::Kept(octets) => show::unpacked(&octets, LARGEST)?,
        Payload::Pruned => "the payload has had its time and was pruned".to_owned(),
        Payload::None => String::new(),
    };
    row.octets = text.len() as u64;
    // Reading an entry has compared it with its hash; whether it follows the one before is said by the one before.
    let before = if number > 1 { found(&reader, number - 1).ok() } else { None };
    let fits = before.as_ref().map(|before| before.seal().1 == entry.previous).or(Some(number == 1));
    let sent = |number: u64| reader.entry(number).is_ok_and(|entry| entry.what == What::Sent);
    let page = Entry {
        payload: text,
        hash: entry.seal().1.to_string(),
        previous_hash: (number > 1).then(|| entry.previous.to_string()),
        fits,
        earlier: (1..number).rev().take(20).find(|earlier| sent(*earlier)),
        later: (number + 1..number + 20).find(|later| sent(*later)),
        row,
    };
    Ok(page.render(frame))
}

fn found(reader: &Reader, number: u64) -> Result<ledger::Entry, ViewError> {
    match reader.entry(number) {
        Err(LedgerError::NoEntry { .. }) => Err(ViewError::NotHere),
        entry => Ok(entry?),
    }
}

pub fn payload(app: &App, number: &str) -> Result<String, ViewError> {
    let reader = reader(app);
    let number = number.parse().map_err(|_| ViewError::NotHere)?;
    found(&reader, number)?;
    match reader.payload(number)? {
        Payload::Kept(octets) => Ok(show::unpacked(&octets, LARGEST)?),
        Payload::Pruned | Payload::None => Err(ViewError::NotHere),
    }
}

pub fn preview(app: &App, frame: &Frame) -> Result<String, ViewError> {
    let enrolment = Enrolment::load(&app.folder)?;
    let (text, _) = look::preview(&app.config, &app.folder, &mut app.store.lock(), enrolment.as_ref())?;
    let next_send_at = app.board.lock().window.next_send_at;
    Ok(Preview { payload: Some(text), next_send_at, withheld: app.config.privacy().withheld().to_vec() }.render(frame))
}

pub fn privacy(app: &App, frame: &Frame) -> Result<String, ViewError> {
    let file = app.folder.join(crate::config::FILE);
    let page = Privacy { withheld: app.config.privacy().withheld().to_vec(), configuration_file: Some(file.display().to_string()) };
    Ok(page.render(frame))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_payload_says_how_long_its_text_is() {
        for length in [0, 1, 255, 256, 300, 65_791, 65_792, 1_000_000] {
            let text = vec![b'x'; length];
            assert_eq!(text_octets(&uplink::compress(&text)), Some(length as u64), "{length}");
        }
        assert_eq!(text_octets(b"{}"), None);
        assert_eq!(text_octets(&[0x28, 0xb5, 0x2f, 0xfd, 0xe0]), None);
    }
}
