//! `roundsman replay`: recordings become device records, by the reader that reads the network.

use std::io::Write;
use std::path::Path;
use std::process::ExitCode;
use std::sync::Arc;

use anyhow::{Context, Result};
use model::DeviceRecord;
use model::record::Path as ReadingPath;
use printport::ipp::Attributes;
use sim::Recording;
use survey::{Plans, offline};

use crate::args::{ReplayArgs, ReplayFormat};
use crate::output::Sink;
use crate::setup;

/// Runs the command. A file that cannot be read does not keep the others from being read.
///
/// # Errors
/// Fails if the output takes no more.
pub fn run(args: &ReplayArgs) -> Result<ExitCode> {
    let catalog = Arc::new(setup::catalog(&args.profiles)?);
    let plans = Arc::new(Plans::new(catalog, args.sections.wanted));
    let mut sink = Sink::open(None)?;
    let mut records = Vec::new();
    let mut failed = false;
    for file in &args.files {
        match read(file, &plans) {
            Ok(record) => match args.format {
                ReplayFormat::Ndjson => writeln!(sink, "{}", report::json::line(&record))?,
                ReplayFormat::Table => records.push(record),
            },
            Err(error) => {
                eprintln!("{error:#}");
                failed = true;
            }
        }
    }
    if args.format == ReplayFormat::Table {
        show(&mut sink, &records)?;
    }
    sink.finish()?;
    Ok(if failed { ExitCode::from(1) } else { ExitCode::SUCCESS })
}

/// Reads a file as what its ending says: `.bin` and `.ipp` hold the body of an IPP response, all else an SNMP recording.
fn read(file: &Path, plans: &Arc<Plans>) -> Result<DeviceRecord> {
    let is_ipp = file.extension().is_some_and(|ending| ending == "bin" || ending == "ipp");
    let mut record = if is_ipp { read_ipp(file, plans)? } else { offline::read(&load(file)?, plans.clone()).0 };
    record.recording = Some(name_of(file));
    Ok(record)
}

fn read_ipp(file: &Path, plans: &Plans) -> Result<DeviceRecord> {
    let octets = std::fs::read(file).with_context(|| format!("cannot read {}", file.display()))?;
    let message = printport::ipp::decode(&octets).with_context(|| file.display().to_string())?;
    let mut printers = message.printers();
    let nobody = Attributes::default();
    let context = collect::Context { sections: plans.sections(), observed_at: None, path: ReadingPath::Agent };
    let mut record = collect::ipp::collect(printers.next().unwrap_or(&nobody), &plans.catalog, &context);
    let more = printers.count();
    if more > 0 {
        record.problems.push(format!("the answer tells of {more} more printers"));
    }
    record.problems.extend(message.problems.iter().map(ToString::to_string));
    Ok(record)
}

fn name_of(file: &Path) -> String {
    file.file_stem().unwrap_or(file.as_os_str()).to_string_lossy().into_owned()
}

fn show(sink: &mut Sink, records: &[DeviceRecord]) -> std::io::Result<()> {
    let text = report::table::render(records, &sink.style());
    sink.write_all(text.as_bytes())
}

/// Reads a recording; its name is the file's without the ending.
///
/// # Errors
/// Tells the file, and the line where it is not well formed.
pub fn load(file: &Path) -> Result<Recording> {
    let octets = std::fs::read(file).with_context(|| format!("cannot read {}", file.display()))?;
    let text = String::from_utf8_lossy(&octets);
    Recording::parse(&name_of(file), &text).with_context(|| file.display().to_string())
}
