//! `roundsman replay`: recordings become device records, by the reader that reads the network.

use std::io::Write;
use std::path::Path;
use std::process::ExitCode;
use std::sync::Arc;

use anyhow::{Context, Result};
use model::DeviceRecord;
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
        match load(file) {
            Ok(recording) => {
                let (mut record, _) = offline::read(&recording, plans.clone());
                record.recording = Some(recording.name().to_owned());
                match args.format {
                    ReplayFormat::Ndjson => writeln!(sink, "{}", report::json::line(&record))?,
                    ReplayFormat::Table => records.push(record),
                }
            }
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

fn show(sink: &mut Sink, records: &[DeviceRecord]) -> std::io::Result<()> {
    let text = report::table::render(records, &sink.style());
    sink.write_all(text.as_bytes())
}

/// Reads a recording; its name is the file's without the ending.
///
/// # Errors
/// Tells the file, and the line where it is not well formed.
pub fn load(file: &Path) -> Result<Recording> {
    let name = file.file_stem().unwrap_or(file.as_os_str()).to_string_lossy();
    let octets = std::fs::read(file).with_context(|| format!("cannot read {}", file.display()))?;
    let text = String::from_utf8_lossy(&octets);
    Recording::parse(&name, &text).with_context(|| file.display().to_string())
}
