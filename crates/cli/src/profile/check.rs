//! Vendor files of one's own: are they sound, and what do they make of a recording or a printer?

use std::io::Write;
use std::path::Path;
use std::process::ExitCode;
use std::sync::Arc;

use anyhow::Result;
use catalog::{Catalog, Profile, Sections};
use survey::{Plans, offline};

use super::tapped;
use super::trial::Trial;
use super::words;
use crate::args::ProfileCheckArgs;
use crate::output::Sink;
use crate::replay;
use crate::usage::{NOTHING_OR_PART, WrongUsage};

/// Runs the command.
///
/// # Errors
/// Fails if a recording cannot be read, a printer does not answer, or the output takes no more.
pub fn run(args: &ProfileCheckArgs, sink: &mut Sink) -> Result<ExitCode> {
    let catalog = match load(args)? {
        Ok(catalog) => Arc::new(catalog),
        Err(faults) => {
            writeln!(sink, "{}", faults.join("\n"))?;
            return Ok(ExitCode::from(NOTHING_OR_PART));
        }
    };
    let mut all_hold = true;
    for file in args.files.iter().map(|file| file.display().to_string()) {
        let Some(name) = catalog.summaries().find(|summary| summary.file == file).map(|summary| summary.name.to_owned()) else {
            writeln!(sink, "{file}: sound; it holds makers alone")?;
            continue;
        };
        let profile = catalog.profile(&name)?;
        writeln!(sink, "{file}: sound; {}", words::counted(profile, &profile.meanings, &file))?;
        if let Some(trial) = tried(args, &catalog, profile, &file)? {
            sink.write_all(trial.render(&sink.style()).as_bytes())?;
            all_hold &= trial.all_sums_hold();
        }
    }
    Ok(if all_hold { ExitCode::SUCCESS } else { ExitCode::from(NOTHING_OR_PART) })
}

/// Loads the files over the built-in ones and those of the folder; or returns their faults.
///
/// # Errors
/// Fails if the folder of `--profiles` cannot be read.
fn load(args: &ProfileCheckArgs) -> Result<Result<Catalog, Vec<String>>> {
    let mut unreadable = Vec::new();
    let mut files = Vec::new();
    for file in &args.files {
        match agent::profiles::text(file) {
            Ok(text) => files.push((file.display().to_string(), text)),
            Err(fault) => unreadable.push(fault.to_string()),
        }
    }
    if !unreadable.is_empty() {
        return Ok(Err(unreadable));
    }
    if let Some(folder) = &args.profiles.folder {
        let others = agent::profiles::files(folder).map_err(|faults| WrongUsage(faults.to_string()))?;
        // One that is checked takes the place of its elder of the same name.
        let is_new = |name: &str| !args.files.iter().any(|file| file.file_name() == Path::new(name).file_name());
        files.extend(others.into_iter().filter(|(name, _)| is_new(name)));
    }
    Ok(agent::profiles::over(&files).map_err(|faults| faults.0.iter().map(ToString::to_string).collect()))
}

/// Reads what is to be read by the profile; `None` if nothing is.
///
/// # Errors
/// Fails if a recording cannot be read, or a printer does not answer.
fn tried(args: &ProfileCheckArgs, catalog: &Arc<Catalog>, profile: &Arc<Profile>, file: &str) -> Result<Option<Trial>> {
    let plans = Plans::new(catalog.clone(), Sections::all()).only_by(profile.clone());
    let (whom, said, record) = match (&args.recording, &args.device) {
        (Some(recording), _) => {
            let said = replay::load(recording)?;
            let (record, _) = offline::read(&said, Arc::new(plans));
            (recording.display().to_string(), said, record)
        }
        (None, Some(device)) => tapped::read(device, plans, &args.access)?,
        (None, None) => return Ok(None),
    };
    Ok(Some(Trial::new(catalog, profile.clone(), file, whom, &said, record)))
}
