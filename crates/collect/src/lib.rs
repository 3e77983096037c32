//! Raw answers to a device record: one file per table of the Printer MIB.
//!
//! [`collect`] takes what a device said in one reading and gives the record, with every value
//! typed, every text in UTF-8 and everything that cannot be told among the record's problems. It
//! deliberately asks nothing, waits for nothing and remembers nothing: the same answers give the
//! same record.
//!
//! Start reading at [`collect`], then `supplies.rs`.
#![forbid(unsafe_code)]

mod alerts;
mod answers;
mod cells;
mod configuration;
mod console;
mod covers;
mod evidence;
mod general;
mod identity;
mod inputs;
mod interfaces;
mod localization;
mod markers;
pub mod naming;
mod outputs;
mod status;
mod supplies;
mod text;

use catalog::{Catalog, Profile, Section, Sections};
use jiff::Timestamp;
use model::DeviceRecord;
use model::record::Path;

pub use answers::{Answers, Instance};
pub use evidence::{Evidence, Verdict, is_printer};

/// Is what a record needs beside the answers.
#[derive(Clone, Debug)]
pub struct Context {
    /// The sections to fill; the others stay empty.
    pub sections: Sections,
    /// When the last answer arrived; `None` in a replay.
    pub observed_at: Option<Timestamp>,
    pub path: Path,
}

/// Makes the device record of one reading.
///
/// The answers must be sorted. Nothing is invented: what the device did not say stays absent, and
/// what it said wrongly is told among the record's problems.
pub fn collect(profile: &Profile, recogniser: &Catalog, answers: &Answers, context: &Context) -> DeviceRecord {
    let mut record = DeviceRecord::new(context.path);
    record.observed_at = context.observed_at;
    let mut source = general::open(profile, recogniser, answers, context);
    let wanted = |section| context.sections.contains(section);
    if wanted(Section::Identity) {
        record.identity = identity::read(&mut source);
    }
    if wanted(Section::Meters) {
        record.meters = markers::read(&mut source, &mut record.configuration);
    }
    if wanted(Section::Supplies) {
        record.supplies = supplies::read(&mut source);
    }
    if wanted(Section::Inputs) {
        record.inputs = inputs::read(&mut source);
    }
    if wanted(Section::Outputs) {
        record.outputs = outputs::read(&mut source);
    }
    if wanted(Section::Alerts) {
        record.alerts = alerts::read(&mut source);
    }
    if wanted(Section::Status) {
        record.status = status::read(&mut source);
    }
    if wanted(Section::Status) || wanted(Section::Alerts) {
        record.presence = status::presence(&mut source, &record.status);
    }
    if wanted(Section::Configuration) {
        record.covers = covers::read(&mut source);
        configuration::read(&mut source, &mut record.configuration);
    }
    record.problems = source.problems;
    record
}

#[cfg(test)]
pub(crate) mod testing;
