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

use crate::args::{IppArgs, ProbeArgs, ProbeFormat, Protocol};
use crate::drive::{News, drive};
use crate::output::Sink;
use crate::whereabouts::{address_of, target_at};
use crate::{interrupt, setup};

/// Is the port of SNMP agents.
pub const SNMP_PORT: u16 = 161;

/// Says what to do about a printer that does not answer SNMP.
pub const NO_SNMP: &str = "check the address, the port, the community or user and the printer's access list";

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
    let asks = |protocol| args.protocols.as_deref().unwrap_or(USUAL).contains(&protocol);
    let mut known = known_printers(&args.ports.ipp);
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
    ask_job_ports(address.ip(), args, &plans, &mut records, &mut silences);
    let Some(mut record) = collect::fuse(records) else {
        let whys: Vec<String> = silences.into_iter().map(Silence::with_advice).collect();
        bail!("{}", whys.join("\n"))
    };
    record.address = Some(address.ip().to_string());
    for silence in silences {
        // Nobody has asked for IPP by its name, and many printers do not speak it.
        if silence.is_expected && args.protocols.is_none() {
            eprintln!("{}", silence.why);
        } else {
            record.problems.push(silence.with_advice());
        }
    }
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

/// What is asked by where nothing is named: what disturbs nobody.
const USUAL: &[Protocol] = &[Protocol::Snmp, Protocol::Ipp];

/// Is what one protocol brought: a record, or why there is none.
type Said = Result<DeviceRecord, Silence>;

/// Is why a protocol brought nothing, and what a person can do about it.
struct Silence {
    why: String,
    advice: Option<String>,
    /// Whether a printer may well be like this.
    is_expected: bool,
}

impl Silence {
    fn worth_telling(why: String) -> Self {
        Silence { why, advice: None, is_expected: false }
    }

    fn with_advice(self) -> String {
        self.advice.map_or_else(|| self.why.clone(), |advice| format!("{}; {advice}", self.why))
    }
}

fn keep(said: Said, records: &mut Vec<DeviceRecord>, silences: &mut Vec<Silence>) {
    match said {
        Ok(record) => records.push(record),
        Err(silence) => silences.push(silence),
    }
}

/// Opens the file that is named, or the person's own.
pub fn known_printers(args: &IppArgs) -> KnownPrinters {
    args.known_printers.as_deref().map_or_else(KnownPrinters::usual, |file| KnownPrinters::open(Some(file)))
}

/// Is how a record made outside the reader is dated and how far it goes.
fn context(plans: &Plans) -> Context {
    let now = Timestamp::from_millisecond(Timestamp::now().as_millisecond()).ok();
    Context { sections: plans.sections(), observed_at: now, path: Path::Agent }
}

/// Asks over IPP; the certificate that a printer shows first is kept.
fn ask_ipp(address: IpAddr, args: &ProbeArgs, plans: &Plans, known: &mut KnownPrinters) -> Said {
    let port = args.ports.ipp.ipp_port;
    let who = format!("{}:{port}", args.device.host);
    let asked = ports::ask_ipp(SocketAddr::new(address, port), Some(&args.device.host), known.get(&who), &plans.catalog, &context(plans));
    let (mut record, certificate) = asked.map_err(|silence| {
        let advice = ipp_advice(&silence, known);
        Silence { why: silence.why, advice: Some(advice), is_expected: !silence.has_changed }
    })?;
    let kept = certificate.map_or(Ok(()), |fingerprint| known.remember(&who, fingerprint));
    record.problems.extend(kept.err().map(|error| format!("IPP: {error}")));
    Ok(record)
}

/// Says what to do about a printer that tells nothing over IPP.
pub fn ipp_advice(silence: &ports::Silence, known: &KnownPrinters) -> String {
    if silence.has_changed {
        format!("if that is the printer's new certificate, remove its line from {known}")
    } else {
        "switch IPP on at the printer, or name its port with --ipp-port".to_owned()
    }
}

/// Asks at the ports that print jobs come by, unless the printer is printing.
///
/// Who has told how it is may be asked at both at once. Of who has not, PJL tells it first.
fn ask_job_ports(address: IpAddr, args: &ProbeArgs, plans: &Plans, records: &mut Vec<DeviceRecord>, silences: &mut Vec<Silence>) {
    let named = args.protocols.as_deref().unwrap_or(USUAL);
    let ports: Vec<Protocol> = [Protocol::Pjl, Protocol::Lpd].into_iter().filter(|protocol| named.contains(protocol)).collect();
    let at_once = if records.is_empty() { 1 } else { 2 };
    for ports in ports.chunks(at_once) {
        if records.iter().any(|record| record.presence == Presence::Printing) {
            let untold = |protocol: &Protocol| format!("{}: not asked, for the printer is printing; ask again later", protocol.name());
            silences.extend(ports.iter().map(untold).map(Silence::worth_telling));
            continue;
        }
        std::thread::scope(|scope| {
            let ask = |protocol: &Protocol| {
                scope.spawn({
                    let protocol = *protocol;
                    move || ask_job_port(protocol, address, args, plans)
                })
            };
            let asking: Vec<_> = ports.iter().map(ask).collect();
            asking.into_iter().filter_map(|asking| asking.join().ok()).for_each(|said| keep(said, records, silences));
        });
    }
}

/// Asks at a port that print jobs come by.
fn ask_job_port(protocol: Protocol, address: IpAddr, args: &ProbeArgs, plans: &Plans) -> Said {
    let at = |port| SocketAddr::new(address, port);
    let (said, advice) = match protocol {
        Protocol::Pjl => (
            ports::ask_pjl(at(args.ports.pjl_port), &plans.catalog, &context(plans)),
            "not every printer speaks PJL; switch raw printing on at the printer, or name its port with --pjl-port",
        ),
        _ => (
            ports::ask_lpd(at(args.ports.lpd_port), &args.ports.queue, &context(plans)),
            "switch LPD on at the printer, or name its port with --lpd-port and its queue with --queue",
        ),
    };
    said.map_err(|silence| Silence { why: silence.why, advice: Some(advice.to_owned()), is_expected: false })
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
    let (mut refusing, mut why_silent) = (None, None);
    let statistics = drive(options, address.is_ipv6(), &Clock::start(), &*interrupt::flag()?, |news| match news {
        News::Event(Event::Read { record, requests, .. }) => read = Some((record, requests)),
        News::Event(Event::Refusing { record, .. }) => refusing = Some(record),
        News::Event(Event::Silent { why, .. }) => why_silent = why,
        News::Event(_) | News::Progress(_) => {}
    })?;
    if let Some(record) = refusing {
        return Ok((Ok(*record), None));
    }
    Ok(match (read, why_silent) {
        (Some((record, requests)), _) => (Ok(*record), Some((requests, statistics))),
        (None, Some(why)) => (Err(Silence::worth_telling(format!("{address} could not be asked: {why}"))), None),
        (None, None) => {
            let advice = Some(NO_SNMP.to_owned());
            (Err(Silence { advice, ..Silence::worth_telling(format!("{address} does not answer SNMP")) }), None)
        }
    })
}
