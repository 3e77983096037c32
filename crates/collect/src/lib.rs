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
mod conflict;
mod console;
mod covers;
mod evidence;
mod faults;
mod fusion;
mod general;
mod identity;
mod inputs;
mod interfaces;
pub mod ipp;
mod localization;
mod markers;
mod meters;
pub mod naming;
mod options;
mod outputs;
pub mod print_path;
mod records;
mod reference;
mod service_items;
mod since;
mod status;
pub mod sums;
mod supplies;
mod text;
mod vendor_supplies;

use std::sync::Arc;

use catalog::meaning::IdentityFact;
use catalog::{Catalog, Profile, Section, Sections, Signs, Standard};
use jiff::Timestamp;
use model::DeviceRecord;
use model::record::Path;
use printport::device_id::DeviceId;
use snmp::Value;

pub use answers::{Answers, Instance};
pub use evidence::{Evidence, Verdict, is_printer};
pub use fusion::fuse;
pub use since::since;

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
        record.meters = meters::read(&mut source, &mut record.configuration);
    }
    if wanted(Section::Supplies) {
        record.supplies = supplies::read(&mut source);
        record.service_items = service_items::read(&mut source, &record.supplies);
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
        record.options = options::read(&mut source);
        configuration::read(&mut source, &mut record.configuration);
    }
    record.problems = source.problems;
    record
}

/// Returns the profile to read a device by that has said this much; `profile` is what it was asked by.
///
/// Its texts are taken as plain UTF-8: a name that tells a profile is ASCII.
pub fn profile_for<'c>(catalog: &'c Catalog, profile: &Profile, answers: &Answers) -> &'c Arc<Profile> {
    let text = |value| match value {
        Value::OctetString(octets) => {
            std::str::from_utf8(octets).ok().map(|text| text.trim_matches(['\0', ' '])).filter(|text| !text.is_empty())
        }
        _ => None,
    };
    let sys_object_id: Option<Vec<u32>> = match answers.get(Standard::SysObjectID, &[0]) {
        Some(Value::ObjectIdentifier(oid)) => Some(oid.arcs().collect()),
        _ => None,
    };
    let sys_descr = answers.get(Standard::SysDescr, &[0]).and_then(text);
    let described = answers.first(Standard::HrDeviceDescr).and_then(|(_, value)| text(value));
    let ids = profile.meanings.identity.iter().filter(|rule| rule.fact == IdentityFact::DeviceId);
    let by_id = || {
        ids.filter_map(|rule| text(answers.first(rule.object)?.1)).find_map(|id| {
            let id = DeviceId::parse(id.as_bytes());
            let said = naming::of_device_id(&id, catalog);
            let words = [said.manufacturer, said.model.as_deref()];
            said.manufacturer.map(|_| words.into_iter().flatten().collect::<Vec<_>>().join(" "))
        })
    };
    let device = described.map(str::to_string).or_else(by_id);
    catalog.profile_for(&Signs { sys_object_id: sys_object_id.as_deref(), sys_descr, device: device.as_deref() })
}

#[cfg(test)]
pub(crate) mod testing;
