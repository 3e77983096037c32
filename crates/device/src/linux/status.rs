//! How things stand, for a person: in a file in memory, beside the verdicts on commands.

use std::fs;
use std::io;
use std::path::{Path, PathBuf};

use jiff::Timestamp;
use serde::{Deserialize, Serialize};

use super::files::Files;
use crate::module::{Module, Why};
use crate::platform::Verdict;
use crate::state::{Stage, State, slots};

const FILE: &str = "status.json";

/// Is what the running module says of itself.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub struct Running {
    pub next_at: Timestamp,
    pub waits_for: String,
    /// What went wrong at the last attempt.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub trouble: Option<String>,
}

/// Is all that there is to say.
#[derive(Clone, Debug, Serialize)]
pub struct Status {
    pub sender: Option<String>,
    pub server: Option<String>,
    /// The printer that the state belongs to.
    pub printer: Option<String>,
    pub last_report: Option<String>,
    pub reported_at: Option<Timestamp>,
    pub unsent_readings: usize,
    pub dropped_readings: u32,
    pub commands_to_decide: Vec<String>,
    /// Over the module's whole life.
    pub flash_writes: u64,
    pub flash_octets: u64,
    pub running: Option<Running>,
}

/// Leaves word for `status`; without a place for it there is none.
pub fn leave(run: &Path, module: &Module) {
    let next = module.next();
    let waits_for = match next.why {
        Why::Installed => "the first report",
        Why::Planned => "the planned time",
        Why::Retry => "another attempt",
        Why::ClockNotSet => "the clock to be set",
    };
    let running = Running { next_at: next.at, waits_for: waits_for.to_owned(), trouble: module.trouble().map(str::to_owned) };
    let text = serde_json::to_vec(&running).expect("texts and a time");
    let beside = run.join("status.new");
    let _ = fs::create_dir_all(run).and_then(|()| fs::write(&beside, text)).and_then(|()| fs::rename(&beside, run.join(FILE)));
}

/// Takes the word away: the module does not run any more.
pub fn take_away(run: &Path) {
    let _ = fs::remove_file(run.join(FILE));
}

/// Gathers how things stand.
///
/// # Errors
/// Fails if there is a state and it cannot be read.
pub fn gather(folder: &Path, run: &Path) -> io::Result<Status> {
    let files = Files::look(folder);
    let mut newest: Option<(u32, State)> = None;
    for slot in [crate::platform::Slot::A, crate::platform::Slot::B] {
        let octets = files.read(slot).map_err(|fault| io::Error::other(fault.to_string()))?;
        if let Some((generation, state)) = slots::unframe(&octets)
            && newest.as_ref().is_none_or(|(known, _)| generation.wrapping_sub(*known) < u32::MAX / 2)
        {
            newest = Some((generation, state));
        }
    }
    let state = newest.map(|(_, state)| state).unwrap_or_default();
    let running = fs::read(run.join(FILE)).ok().and_then(|text| serde_json::from_slice(&text).ok());
    Ok(Status {
        sender: state.enrolment.as_ref().map(|enrolment| enrolment.sender.clone()),
        server: state.enrolment.as_ref().map(|enrolment| enrolment.server.clone()),
        printer: state.printer.as_ref().and_then(|printer| printer.serial.clone().or_else(|| printer.addresses.first().cloned())),
        last_report: state.base.as_ref().filter(|base| base.is_shared()).map(|base| base.report.clone()),
        reported_at: state.reported_at,
        unsent_readings: state.readings.len(),
        dropped_readings: state.dropped,
        commands_to_decide: state
            .orders
            .iter()
            .filter(|order| order.stage == Stage::Waiting)
            .map(|order| order.command.id.clone())
            .collect(),
        flash_writes: state.wear.writes,
        flash_octets: state.wear.octets,
        running,
    })
}

impl Status {
    /// Writes it for a person.
    pub fn lines(&self) -> String {
        let text = |value: &Option<String>, none: &str| value.clone().unwrap_or_else(|| none.to_owned());
        let mut lines = format!(
            "sender           {}\nserver           {}\nprinter          {}\nlast report      {}\nunsent readings  {}\n",
            text(&self.sender, "not enrolled"),
            text(&self.server, "-"),
            text(&self.printer, "-"),
            self.reported_at.map_or("never".to_owned(), |at| at.to_string()),
            self.unsent_readings,
        );
        if self.dropped_readings > 0 {
            lines.push_str(&format!("given up         {} readings, for want of room\n", self.dropped_readings));
        }
        lines.push_str(&format!("flash            {} writes, {} octets in all\n", self.flash_writes, self.flash_octets));
        for id in &self.commands_to_decide {
            lines.push_str(&format!("to be decided    command {id}: `roundsman-device allow {id}` or `refuse {id}`\n"));
        }
        match &self.running {
            None => lines.push_str("running          no\n"),
            Some(running) => {
                lines.push_str(&format!("waits for        {}, at {}\n", running.waits_for, running.next_at));
                if let Some(trouble) = &running.trouble {
                    lines.push_str(&format!("last trouble     {trouble}\n"));
                }
            }
        }
        lines
    }
}

/// Returns where the site's word on a command lies: an id may have any visible letters, a file name not.
fn verdict_path(run: &Path, id: &str) -> PathBuf {
    run.join(format!("verdict-{:016x}", wire::rhythm::place_of(id)))
}

/// Leaves the site's word on a command.
///
/// # Errors
/// Fails if it cannot be written.
pub fn decide(run: &Path, id: &str, allow: bool) -> io::Result<()> {
    fs::create_dir_all(run)?;
    fs::write(verdict_path(run, id), format!("{} {id}\n", if allow { "allow" } else { "refuse" }))
}

/// Reads the site's word on a command.
pub fn verdict(run: &Path, id: &str) -> Verdict {
    let text = fs::read_to_string(verdict_path(run, id)).unwrap_or_default();
    match text.trim_end().split_once(' ') {
        Some(("allow", about)) if about == id => Verdict::Allowed,
        Some(("refuse", about)) if about == id => Verdict::Refused,
        _ => Verdict::Open,
    }
}
