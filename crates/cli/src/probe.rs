//! `roundsman probe`: read one printer and show everything it says.

use std::io::{IsTerminal, Write};
use std::process::ExitCode;
use std::sync::Arc;

use anyhow::{Result, bail};
use catalog::Sections;
use netio::Clock;
use survey::scan::Task;
use survey::targets::Targets;
use survey::{Event, Rate, ScanOptions};

use crate::args::{ProbeArgs, ProbeFormat};
use crate::drive::{News, drive};
use crate::output::Sink;
use crate::whereabouts::{address_of, target_at};
use crate::{interrupt, setup};

/// Is the port of SNMP agents.
pub const SNMP_PORT: u16 = 161;

/// Runs the command.
///
/// # Errors
/// Fails if the device has no address or does not answer.
pub fn run(args: &ProbeArgs) -> Result<ExitCode> {
    let address = address_of(&args.device.host, args.device.port.unwrap_or(SNMP_PORT))?;
    if std::io::stderr().is_terminal() {
        eprintln!("asking {address}; a silent one takes a quarter of a minute");
    }
    let options = ScanOptions {
        task: Task::Read,
        targets: Arc::new(Targets::builder().include(target_at(address)).build()?),
        port: address.port(),
        extras: Vec::new(),
        rate: Rate::POLITE,
        reader: setup::reader_options(Sections::all(), &args.access, &args.profiles)?,
        at_once: 1,
        shard: 0,
        shards: 1,
        again: 0,
    };
    let mut read = None;
    let mut why_silent = None;
    let statistics = drive(options, address.is_ipv6(), &Clock::start(), &*interrupt::flag()?, |news| match news {
        News::Event(Event::Read { record, requests, .. }) => read = Some((record, requests)),
        News::Event(Event::Silent { why, .. }) => why_silent = why,
        News::Event(_) | News::Progress(_) => {}
    })?;
    let Some((record, requests)) = read else {
        match why_silent {
            Some(why) => bail!("{address} could not be asked: {why}"),
            None => bail!("{address} does not answer SNMP; check the address, the port, the community and the printer's access list"),
        }
    };
    let mut sink = Sink::open(None)?;
    let text = match args.format {
        ProbeFormat::Table => report::detail::render(&record, &sink.style()),
        ProbeFormat::Json => report::json::pretty(&record),
    };
    sink.write_all(text.as_bytes())?;
    sink.finish()?;
    if args.format == ProbeFormat::Table {
        eprintln!("read in {requests} requests; {} octets out, {} in", statistics.request_octets, statistics.answer_octets);
    }
    Ok(if record.problems.is_empty() { ExitCode::SUCCESS } else { ExitCode::from(1) })
}
