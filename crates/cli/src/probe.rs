//! `roundsman probe`: read one printer by every protocol asked for, and show everything it says.

use std::io::{IsTerminal, Write};
use std::net::{IpAddr, SocketAddr};
use std::process::ExitCode;
use std::sync::Arc;

use agent::known_printers::KnownPrinters;
use agent::ports;
use anyhow::{Result, bail};
use catalog::Sections;
use collect::Context;
use jiff::Timestamp;
use model::DeviceRecord;
use model::record::{Path, Presence};
use netio::Clock;
use survey::scan::Task;
use survey::targets::Targets;
use survey::{Event, Plans, Rate, ScanOptions, Statistics};

use crate::args::{ProbeArgs, ProbeFormat, Protocol};
use crate::drive::{News, drive};
use crate::output::Sink;
use crate::whereabouts::{address_of, target_at};
use crate::{interrupt, setup};

/// Is the port of SNMP agents.
pub const SNMP_PORT: u16 = 161;

/// Runs the command.
///
/// SNMP and IPP are asked at the same time; the ports of print jobs after them, and only if the printer
/// is not printing.
///
/// # Errors
/// Fails if the device has no address or answers nothing.
pub fn run(args: &ProbeArgs) -> Result<ExitCode> {
    let address = address_of(&args.device.host, args.device.port.unwrap_or(SNMP_PORT))?;
    if std::io::stderr().is_terminal() {
        eprintln!("asking {}; a silent one takes a quarter of a minute", address.ip());
    }
    let options = setup::reader_options(Sections::all(), &args.access, &args.profiles)?;
    let plans = options.plans.clone();
    let asks = |protocol| args.protocols.contains(&protocol);
    let mut known = args.ports.known_printers.as_deref().map_or_else(KnownPrinters::usual, |file| KnownPrinters::open(Some(file)));
    let (mut records, mut silences, mut statistics) = (Vec::new(), Vec::new(), None);
    std::thread::scope(|scope| {
        let ipp = asks(Protocol::Ipp).then(|| scope.spawn(|| ask_ipp(address.ip(), args, &plans, &mut known)));
        if asks(Protocol::Snmp) {
            let (said, sent) = ask_snmp(address, options)?;
            statistics = Some(sent);
            keep(said, &mut records, &mut silences);
        }
        if let Some(said) = ipp.and_then(|asking| asking.join().ok()) {
            keep(said, &mut records, &mut silences);
        }
        anyhow::Ok(())
    })?;
    let is_printing = records.iter().any(|record: &DeviceRecord| record.presence == Presence::Printing);
    for protocol in [Protocol::Pjl, Protocol::Lpd].into_iter().filter(|protocol| asks(*protocol)) {
        if is_printing {
            silences.push(format!("{protocol:?} was not asked: the printer is printing"));
        } else {
            keep(ask_job_port(protocol, address.ip(), args, &plans), &mut records, &mut silences);
        }
    }
    let Some(mut record) = collect::fuse(records) else { bail!("{}", silences.join("\n")) };
    record.address = Some(address.ip().to_string());
    record.problems.extend(silences);
    let mut sink = Sink::open(None)?;
    let text = match args.format {
        ProbeFormat::Table => report::detail::render(&record, &sink.style()),
        ProbeFormat::Json => report::json::pretty(&record),
    };
    sink.write_all(text.as_bytes())?;
    sink.finish()?;
    if let (ProbeFormat::Table, Some((requests, sent))) = (args.format, statistics.flatten()) {
        eprintln!("SNMP: read in {requests} requests; {} octets out, {} in", sent.request_octets, sent.answer_octets);
    }
    Ok(if record.problems.is_empty() { ExitCode::SUCCESS } else { ExitCode::from(1) })
}

/// Is what one protocol brought: a record, or why there is none.
type Said = Result<DeviceRecord, String>;

fn keep(said: Said, records: &mut Vec<DeviceRecord>, silences: &mut Vec<String>) {
    match said {
        Ok(record) => records.push(record),
        Err(why) => silences.push(why),
    }
}

/// Is how a record made outside the reader is dated and how far it goes.
fn context(plans: &Plans) -> Context {
    let now = Timestamp::from_millisecond(Timestamp::now().as_millisecond()).ok();
    Context { sections: plans.sections(), observed_at: now, path: Path::Agent }
}

/// Asks over IPP; the certificate that a printer shows first is kept.
fn ask_ipp(address: IpAddr, args: &ProbeArgs, plans: &Plans, known: &mut KnownPrinters) -> Said {
    let port = args.ports.ipp_port;
    let who = format!("{}:{port}", args.device.host);
    let asked = ports::ask_ipp(SocketAddr::new(address, port), Some(&args.device.host), known.get(&who), &plans.catalog, &context(plans));
    let (mut record, certificate) = asked.map_err(|silence| {
        let advice = "if that is the printer's new certificate, remove its line from";
        if silence.why.contains("certificate changed") { format!("{}; {advice} {known}", silence.why) } else { silence.why }
    })?;
    let kept = certificate.map_or(Ok(()), |fingerprint| known.remember(&who, fingerprint));
    record.problems.extend(kept.err().map(|error| format!("IPP: {error}")));
    Ok(record)
}

/// Asks at a port that print jobs come by.
fn ask_job_port(protocol: Protocol, address: IpAddr, args: &ProbeArgs, plans: &Plans) -> Said {
    let at = |port| SocketAddr::new(address, port);
    let said = match protocol {
        Protocol::Pjl => ports::ask_pjl(at(args.ports.pjl_port), &plans.catalog, &context(plans)),
        _ => ports::ask_lpd(at(args.ports.lpd_port), &args.ports.queue, &context(plans)),
    };
    said.map_err(|silence| silence.why)
}

fn ask_snmp(address: SocketAddr, reader: survey::ReaderOptions) -> Result<(Said, Option<(u16, Statistics)>)> {
    let options = ScanOptions {
        task: Task::Read,
        targets: Arc::new(Targets::builder().include(target_at(address)).build()?),
        port: address.port(),
        extras: Vec::new(),
        rate: Rate::POLITE,
        reader,
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
    Ok(match (read, why_silent) {
        (Some((record, requests)), _) => (Ok(*record), Some((requests, statistics))),
        (None, Some(why)) => (Err(format!("{address} could not be asked: {why}")), None),
        (None, None) => {
            let advice = "check the address, the port, the community and the printer's access list";
            (Err(format!("{address} does not answer SNMP; {advice}")), None)
        }
    })
}
