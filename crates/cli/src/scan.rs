//! `roundsman scan`: find the printers of a network and read them.

use std::io::{IsTerminal, Write};
use std::process::ExitCode;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};

use anyhow::{Context, Result, bail};
use catalog::Sections;
use jiff::Timestamp;
use model::DeviceRecord;
use model::record::{Path, Presence};
use netio::Clock;
use survey::scan::Task;
use survey::targets::ASK_ABOVE;
use survey::{Event, Found, Rate, ScanOptions, Statistics};

use crate::args::{ScanArgs, ScanFormat};
use crate::drive::{News, drive_many};
use crate::output::Sink;
use crate::progress::ProgressLine;
use crate::usage::WrongUsage;
use crate::whereabouts::{self, Whereabouts};
use crate::{interrupt, setup};

/// Is the most devices read at once: enough to keep a core busy with slow printers.
const AT_ONCE: usize = 6_000;

/// Runs the command.
///
/// # Errors
/// Fails before anything is sent if what was typed makes no sense, and if no socket can be had.
pub fn run(args: &ScanArgs) -> Result<ExitCode> {
    let whereabouts = match (&args.list, args.targets.is_empty()) {
        (Some(list), _) => whereabouts::listed(list, &args.exclude)?,
        (None, false) => whereabouts::named(&args.targets, &args.exclude)?,
        (None, true) => whereabouts::local(args.port, &args.exclude)?,
    };
    confirm(&whereabouts, args)?;
    let stop = interrupt::flag()?;
    // Addresses take no reading.
    let identifies = args.identify || args.format == ScanFormat::Addresses;
    let sections = if identifies && args.list.is_none() { Sections::NONE } else { args.sections.wanted };
    let needs_v6 = whereabouts.needs_v6();
    let options = ScanOptions {
        task: match (args.list.is_some(), identifies) {
            (true, _) => Task::Read,
            (false, true) => Task::Identify,
            (false, false) => Task::FindAndRead,
        },
        port: args.port,
        rate: Rate::of(args.rate),
        reader: setup::reader_options(sections, &args.access, &args.profiles)?,
        at_once: AT_ONCE,
        shard: 0,
        shards: 1,
        again: args.again,
        extras: whereabouts.extras,
        targets: Arc::new(whereabouts.targets),
    };
    let mut telling = Telling::new(args)?;
    // Without a socket nothing was asked, and what an earlier scan wrote stays as it is.
    let statistics = scan(&options, needs_v6, &stop, &mut telling).context("cannot open a network socket")?;
    telling.finish(&stop)?;
    telling.summarise(&statistics);
    Ok(telling.exit_code())
}

fn scan(options: &ScanOptions, needs_v6: bool, stop: &AtomicBool, telling: &mut Telling<'_>) -> std::io::Result<Statistics> {
    drive_many(options, threads(options), needs_v6, &Clock::start(), stop, |news| {
        if let Err(error) = telling.take(news) {
            // Nobody reads on, or the disk is full: there is no use in going on.
            telling.failure.get_or_insert(error);
            stop.store(true, Ordering::Relaxed);
        }
    })
}

/// One thread keeps any ceiling and all of a small network; without one, a very large list takes a
/// thread a core.
fn threads(options: &ScanOptions) -> u32 {
    const WORTH_A_THREAD: u64 = 250_000;
    if options.rate != Rate::UNLIMITED || options.task != Task::Read {
        return 1;
    }
    let cores = std::thread::available_parallelism().map_or(1, std::num::NonZero::get) as u64;
    (options.targets.len() / WORTH_A_THREAD).clamp(1, cores.min(16)) as u32
}

/// Asks before a very large sweep.
fn confirm(whereabouts: &Whereabouts, args: &ScanArgs) -> Result<()> {
    let count = whereabouts.targets.len();
    if whereabouts.targets.is_empty() && whereabouts.extras.is_empty() {
        return Err(WrongUsage("no address is left to ask; the exclusions take all of them away".to_owned()).into());
    }
    if count <= ASK_ABOVE || args.yes {
        return Ok(());
    }
    let time = match args.rate {
        0 => String::new(),
        rate => format!(", {} at this rate", a_pass(count / u64::from(rate))),
    };
    let count = report::grouped(count);
    if !std::io::stdin().is_terminal() {
        return Err(WrongUsage(format!("{count} addresses{time}: give --yes to sweep that many")).into());
    }
    eprint!("{count} addresses{time}. Go on? [y/N] ");
    let mut answer = String::new();
    std::io::stdin().read_line(&mut answer).context("no answer")?;
    match answer.trim() {
        "y" | "Y" | "yes" => Ok(()),
        _ => bail!("nothing was scanned"),
    }
}

/// Says how long a pass of so many seconds takes.
fn a_pass(seconds: u64) -> String {
    match seconds {
        0..7200 => format!("about {} minutes a pass", seconds / 60 + 1),
        _ => format!("about {} hours a pass", seconds / 3600 + 1),
    }
}

/// Tells what comes in, in the format asked for.
struct Telling<'a> {
    args: &'a ScanArgs,
    sink: Sink,
    progress: ProgressLine,
    records: Vec<DeviceRecord>,
    counts: Counts,
    /// Why the output takes no more.
    failure: Option<std::io::Error>,
}

#[derive(Default)]
struct Counts {
    found: u64,
    read: u64,
    with_problems: u64,
    unchanged: u64,
    silent: u64,
    /// Devices that speak SNMPv3 and take none of the credentials.
    refusing: u64,
    others: u64,
    first_unsent: Option<String>,
}

impl<'a> Telling<'a> {
    fn new(args: &'a ScanArgs) -> Result<Self> {
        let sink = Sink::open(args.output.as_deref())?;
        Ok(Telling { args, sink, progress: ProgressLine::start(), records: Vec::new(), counts: Counts::default(), failure: None })
    }

    /// # Errors
    /// Fails if the output takes no more.
    fn take(&mut self, news: News) -> std::io::Result<()> {
        match news {
            News::Progress(progress) => {
                self.progress.show(&progress, self.counts.read);
                Ok(())
            }
            News::Event(event) => self.take_event(event),
        }
    }

    fn take_event(&mut self, event: Event) -> std::io::Result<()> {
        match event {
            Event::Found(found) => {
                self.counts.found += 1;
                self.tell_found(found)
            }
            Event::Read { record, .. } => {
                self.counts.read += 1;
                self.counts.with_problems += u64::from(!record.problems.is_empty());
                self.tell(*record)
            }
            Event::Silent { address, why } => {
                self.counts.silent += 1;
                let mut record = DeviceRecord::new(Path::Agent);
                record.address = Some(address.ip().to_string());
                record.presence = Presence::Unreachable;
                record.problems.push(match &why {
                    Some(why) => format!("could not be asked: {why}"),
                    None => "no answer by SNMP; check the address, the community or user and the printer's access list".to_owned(),
                });
                self.counts.first_unsent = self.counts.first_unsent.take().or(why);
                self.tell(record)
            }
            Event::Refusing { record, .. } => {
                self.counts.refusing += 1;
                // In a sweep nobody knows whether it is a printer.
                if self.args.list.is_some() { self.tell(*record) } else { Ok(()) }
            }
            Event::NotPrinter(_) => {
                self.counts.others += 1;
                Ok(())
            }
            Event::Unchanged { .. } => {
                self.counts.unchanged += 1;
                Ok(())
            }
            Event::PassEnded { .. } => Ok(()),
        }
    }

    fn tell_found(&mut self, found: Found) -> std::io::Result<()> {
        if self.args.format == ScanFormat::Addresses {
            self.progress.clear();
            return writeln!(self.sink, "{}", found.address.ip());
        }
        if !self.args.identify {
            return Ok(());
        }
        let mut record = DeviceRecord::new(Path::Agent);
        record.address = Some(found.address.ip().to_string());
        record.observed_at = Some(Timestamp::now());
        record.identity.system_object_id = found.system_object_id;
        record.identity.system_description = found.system_description;
        self.tell(record)
    }

    fn tell(&mut self, record: DeviceRecord) -> std::io::Result<()> {
        match self.args.format {
            ScanFormat::Ndjson => {
                self.progress.clear();
                writeln!(self.sink, "{}", report::json::line(&record))
            }
            // With --list nothing is found first: an address is told when it was read.
            ScanFormat::Addresses if self.args.list.is_some() && record.presence != Presence::Unreachable => {
                writeln!(self.sink, "{}", record.address.as_deref().unwrap_or_default())
            }
            ScanFormat::Addresses | ScanFormat::None => Ok(()),
            ScanFormat::Table | ScanFormat::Csv | ScanFormat::Html => {
                self.records.push(record);
                Ok(())
            }
        }
    }

    /// Writes what is shown only as a whole.
    fn finish(&mut self, stop: &AtomicBool) -> Result<()> {
        self.progress.clear();
        if let Some(error) = self.failure.take() {
            return Err(error).context("cannot write the results");
        }
        if stop.load(Ordering::Relaxed) {
            eprintln!("stopped; this is what was found so far");
        }
        let text = match self.args.format {
            ScanFormat::Table => report::table::render(&self.records, &self.sink.style()),
            ScanFormat::Csv => report::csv::render(&self.records),
            ScanFormat::Html => report::html::render(&self.records, Timestamp::now()),
            ScanFormat::Addresses | ScanFormat::Ndjson | ScanFormat::None => String::new(),
        };
        self.sink.write_all(text.as_bytes()).context("cannot write the results")?;
        self.sink.finish()
    }

    /// Tells on stderr what the output does not show.
    fn summarise(&self, statistics: &Statistics) {
        let counts = &self.counts;
        if let (true, Some(why)) = (statistics.unsent > 0, &counts.first_unsent) {
            eprintln!("{} requests could not be sent: {why}", statistics.unsent);
        } else if statistics.unsent > 0 {
            eprintln!("{} requests could not be sent; is the network up, and is there a route to every target?", statistics.unsent);
        }
        let ignored = statistics.strangers + statistics.mismatched + statistics.malformed;
        if ignored > 0 {
            eprintln!("{ignored} datagrams were ignored: not asked for, not from where was asked, or not SNMP");
        }
        if counts.refusing > 0 {
            eprintln!(
                "{} SNMP devices answered that let nobody in that was named; `roundsman probe ADDRESS` tells why, and --user or --credentials names others",
                counts.refusing
            );
        }
        if counts.others > 0 {
            eprintln!("{} other SNMP devices answered that are no printers", counts.others);
        }
        if self.args.format == ScanFormat::None {
            eprintln!(
                "{} read, {} with problems, {} found unchanged, {} silent; {} requests ({} octets), {} answers ({} octets)",
                counts.read,
                counts.with_problems,
                counts.unchanged,
                counts.silent,
                statistics.requests,
                statistics.request_octets,
                statistics.answers,
                statistics.answer_octets
            );
        } else if counts.found + counts.read == 0 {
            eprintln!(
                "no printer answered; is the community or user right (--community, --user), and the port (--port {})?",
                self.args.port
            );
        }
    }

    fn exit_code(&self) -> ExitCode {
        let nothing = self.counts.found + self.counts.read == 0;
        if nothing || self.counts.silent + self.counts.refusing > 0 { ExitCode::from(1) } else { ExitCode::SUCCESS }
    }
}
