//! The sections of a device's page.

use askama::Template;
use askama::filters::HtmlSafe;
use model::DeviceRecord;
use model::record::{Alert, Cover, Evidence, Input, Output, Supply, SupplyClass};
use model::standard::{AlertSeverityLevel, CoverStatus, SubUnitStatus};
use report::Language;
use report::html::need_class;
use report::supply::{self, amount};
use report::text::{counted, evidence, grouped, words};
use report::words as say;

use super::history::History;
use super::{Ages, DeviceFile, Told};
use crate::bar::{Bar, in_order, left};
use crate::clock::{Clock, When};
use crate::words as said;

/// Is what the pages are written in.
const LANGUAGE: Language = Language::English;

/// Is everything that a device said, in sections; a section of which it said nothing is left out.
#[derive(Template)]
#[template(path = "device.html")]
pub(crate) struct Body {
    identity: Vec<Fact>,
    meters: Vec<Meter>,
    supplies: Vec<SupplyRow>,
    parts: Vec<(String, String, Bar)>,
    alerts: Vec<AlertRow>,
    inputs: Vec<Tray>,
    outputs: Vec<Tray>,
    covers: Vec<CoverRow>,
    status: Vec<Fact>,
    options: Vec<Fact>,
    configuration: Vec<(String, String)>,
    problems: Vec<String>,
    history: History,
}

impl HtmlSafe for Body {}

/// Is one value with its name.
struct Fact {
    name: String,
    value: String,
    told: Age,
}

/// Is how old a value is, and how it came where that differs from the rest of the record.
#[derive(Template)]
#[template(source = r#"{{ when }}{% if let Some(path) = path %} <span class="more">{{ path }}</span>{% endif %}"#, ext = "html")]
struct Age {
    when: When,
    path: Option<&'static str>,
}

impl HtmlSafe for Age {}

struct Meter {
    label: String,
    name: String,
    value: String,
    unit: String,
    evidence: &'static str,
    explained: &'static str,
    is_conflicting: bool,
    origin: String,
    told: Age,
}

struct SupplyRow {
    name: String,
    description: Option<String>,
    numbers: Vec<(&'static str, String)>,
    kind: &'static str,
    bar: Bar,
    left: String,
    need: &'static str,
    amount: String,
    origin: String,
    told: Age,
}

struct AlertRow {
    class: &'static str,
    severity: String,
    /// What is wrong, where, and who can mend it.
    sentence: String,
    /// The device's own words.
    description: Option<String>,
    /// The standard's label.
    code: String,
    place: String,
    who: String,
    raised: Option<When>,
    origin: String,
    told: Age,
}

struct Tray {
    name: String,
    kind: String,
    media: String,
    amount: String,
    status: String,
    origin: String,
    told: Age,
}

struct CoverRow {
    name: String,
    status: String,
    is_open: bool,
    origin: String,
    told: Age,
}

impl Body {
    pub fn new(clock: &Clock, file: &DeviceFile) -> Self {
        let record = &file.record;
        let ages = Telling { clock, record, ages: &file.ages };
        let total = record.meters.iter().find(|meter| meter.name == "total");
        Body {
            identity: identity(&ages),
            meters: record.meters.iter().map(|meter| meter_row(&ages, meter)).collect(),
            supplies: in_order(&record.supplies).into_iter().map(|supply| supply_row(&ages, supply)).collect(),
            parts: say::service_parts(record, LANGUAGE)
                .into_iter()
                .map(|part| (part.name, part.left, Bar::new(part.remaining, "other")))
                .collect(),
            alerts: record.alerts.iter().map(|alert| alert_row(&ages, alert)).collect(),
            inputs: record.inputs.iter().map(|input| input_row(&ages, input)).collect(),
            outputs: record.outputs.iter().map(|output| output_row(&ages, output)).collect(),
            covers: record.covers.iter().map(|cover| cover_row(&ages, cover)).collect(),
            status: status(&ages),
            options: record
                .options
                .iter()
                .map(|option| ages.fact(&option.name, &option.value, &format!("options/{}", segment(&option.name))))
                .collect(),
            configuration: record.configuration.iter().map(|(name, value)| (name.clone(), value.clone())).collect(),
            problems: record.problems.clone(),
            history: History::new(
                &file.history,
                &total.and_then(|meter| meter.unit).map_or_else(|| "counted".to_owned(), |unit| counted(Some(unit))),
            ),
        }
    }
}

/// Finds out how old each value is.
struct Telling<'a> {
    clock: &'a Clock,
    record: &'a DeviceRecord,
    ages: &'a Ages,
}

impl Telling<'_> {
    /// Returns the age of the fact with this key, otherwise of the newest below it, otherwise of the record.
    fn age(&self, key: &str) -> Age {
        let below = format!("{key}/");
        let within = self.ages.range(below.clone()..).take_while(|(key, _)| key.starts_with(&below)).map(|(_, told)| told);
        let told = self.ages.get(key).or_else(|| within.max_by_key(|told| told.at));
        match told {
            Some(Told { at, path }) => Age { when: self.clock.ago(*at), path: (*path != self.record.path).then(|| said::path(*path)) },
            None => Age { when: self.clock.ago_or(self.record.observed_at, "time unknown"), path: None },
        }
    }

    fn fact(&self, name: &str, value: &str, key: &str) -> Fact {
        Fact { name: name.to_owned(), value: value.to_owned(), told: self.age(key) }
    }
}

/// Writes a row's name as one segment of a key, as `wire::facts` does.
fn segment(name: &str) -> String {
    name.replace('~', "~0").replace('/', "~1")
}

fn identity(ages: &Telling<'_>) -> Vec<Fact> {
    let identity = &ages.record.identity;
    let board = identity.board.as_ref();
    let texts = [
        ("maker", &identity.manufacturer, "identity/manufacturer"),
        ("model", &identity.model, "identity/model"),
        ("serial number", &identity.serial_number, "identity/serial_number"),
        ("firmware", &identity.firmware, "identity/firmware"),
        ("system name", &identity.system_name, "identity/system_name"),
        ("location", &identity.location, "identity/location"),
        ("address", &ages.record.address, "address"),
        ("printer UUID", &identity.printer_uuid, "identity/printer_uuid"),
        ("system object id", &identity.system_object_id, "identity/system_object_id"),
        ("system description", &identity.system_description, "identity/system_description"),
        ("IEEE 1284 device ID", &identity.device_id, "identity/device_id"),
        ("builder", &identity.builder, "identity/builder"),
    ];
    let mut facts: Vec<Fact> = texts.into_iter().filter_map(|(name, value, key)| Some(ages.fact(name, value.as_deref()?, key))).collect();
    if !identity.mac_addresses.is_empty() {
        facts.push(ages.fact("MAC addresses", &identity.mac_addresses.join(", "), "identity/mac_addresses"));
    }
    let of_board = board.into_iter().flat_map(|board| {
        [
            ("network board, maker", &board.manufacturer, "identity/board/manufacturer"),
            ("network board, model", &board.model, "identity/board/model"),
            ("network board, serial number", &board.serial_number, "identity/board/serial_number"),
        ]
    });
    facts.extend(of_board.filter_map(|(name, value, key)| Some(ages.fact(name, value.as_deref()?, key))));
    facts
}

fn meter_row(ages: &Telling<'_>, meter: &model::record::Meter) -> Meter {
    Meter {
        label: said::meter(&meter.name),
        name: meter.name.clone(),
        value: grouped(meter.value),
        unit: counted(meter.unit),
        evidence: evidence(meter.evidence),
        explained: said::evidence(meter.evidence),
        is_conflicting: meter.evidence == Evidence::Conflicting,
        origin: meter.origin.to_string(),
        told: ages.age(&format!("meters/{}/value", segment(&meter.name))),
    }
}

fn supply_row(ages: &Telling<'_>, row: &Supply) -> SupplyRow {
    let numbers = [("part", &row.part_number), ("serial", &row.serial_number)];
    SupplyRow {
        name: supply::name(row),
        description: row.description.clone(),
        numbers: numbers.into_iter().filter_map(|(name, number)| Some((name, number.clone()?))).collect(),
        kind: match row.class {
            Some(SupplyClass::Receptacle) => "receptacle: it fills, and what is left is room",
            Some(SupplyClass::Container) => "container",
            Some(SupplyClass::Other) => "neither container nor receptacle",
            None => "class not told",
        },
        bar: Bar::of(row),
        left: left(row),
        need: need_class(supply::need(row)),
        amount: told_amount(row.level, row.capacity, row.unit.map(|unit| say::unit(unit, LANGUAGE))),
        origin: row.origin.to_string(),
        told: ages.age(&format!("supplies/{}/level", row.index)),
    }
}

/// Returns level and capacity; on a page there is room for the word where a terminal has "?".
fn told_amount(level: model::Level, capacity: Option<u32>, unit: Option<String>) -> String {
    let amount = amount(level, capacity, unit.as_deref());
    match amount.strip_prefix('?') {
        Some(rest) => format!("unknown{rest}"),
        None => amount,
    }
}

fn alert_row(ages: &Telling<'_>, alert: &Alert) -> AlertRow {
    let place = say::place(alert, ages.record, LANGUAGE);
    AlertRow {
        class: match alert.severity {
            Some(AlertSeverityLevel::Critical) => "fault",
            Some(AlertSeverityLevel::Warning | AlertSeverityLevel::WarningBinaryChangeEvent) => "low",
            _ => "fine",
        },
        severity: alert.severity.map(|severity| say::severity(severity, LANGUAGE)).unwrap_or_default(),
        sentence: say::sentence(alert, ages.record, LANGUAGE),
        description: alert.description.clone().filter(|said| !said.trim().is_empty()),
        code: alert.code.map(|code| words(&code.to_string())).unwrap_or_default(),
        place: place.into_iter().chain(say::location(alert, LANGUAGE)).collect::<Vec<_>>().join(", "),
        who: alert.training.map(|training| say::who(training, LANGUAGE)).unwrap_or_default(),
        raised: alert.raised_at.map(|at| ages.clock.ago(at)),
        origin: alert.origin.to_string(),
        told: ages.age(&format!("alerts/{}", alert.index)),
    }
}

fn input_row(ages: &Telling<'_>, input: &Input) -> Tray {
    Tray {
        name: input.name.clone().unwrap_or_else(|| format!("input {}", input.index)),
        kind: input.kind.map(|kind| say::input_type(kind, LANGUAGE)).unwrap_or_default(),
        media: input.media.clone().unwrap_or_default(),
        amount: told_amount(input.level, input.capacity, input.unit.map(|unit| say::unit(unit, LANGUAGE))),
        status: sub_unit(input.status),
        origin: input.origin.to_string(),
        told: ages.age(&format!("inputs/{}/level", input.index)),
    }
}

fn output_row(ages: &Telling<'_>, output: &Output) -> Tray {
    Tray {
        name: output.name.clone().unwrap_or_else(|| format!("output {}", output.index)),
        kind: output.kind.map(|kind| say::output_type(kind, LANGUAGE)).unwrap_or_default(),
        media: String::new(),
        amount: told_amount(output.room, output.capacity, output.unit.map(|unit| say::unit(unit, LANGUAGE))),
        status: sub_unit(output.status),
        origin: output.origin.to_string(),
        told: ages.age(&format!("outputs/{}/room", output.index)),
    }
}

fn sub_unit(status: Option<SubUnitStatus>) -> String {
    status.map(|status| say::sub_unit_status(status, LANGUAGE)).unwrap_or_default()
}

fn cover_row(ages: &Telling<'_>, cover: &Cover) -> CoverRow {
    CoverRow {
        name: cover.description.clone().unwrap_or_else(|| format!("cover {}", cover.index)),
        status: cover.status.map_or_else(|| "unknown".to_owned(), |status| say::cover_status(status, LANGUAGE)),
        is_open: matches!(cover.status, Some(CoverStatus::CoverOpen | CoverStatus::InterlockOpen)),
        origin: cover.origin.to_string(),
        told: ages.age(&format!("covers/{}/status", cover.index)),
    }
}

fn status(ages: &Telling<'_>) -> Vec<Fact> {
    let status = &ages.record.status;
    let presence = ages.record.presence;
    let word = say::presence(presence, LANGUAGE);
    let presence = format!("{word}\n{}", say::presence_reason(presence, LANGUAGE));
    let errors: Vec<String> = status.errors.iter().map(|error| say::error_state(*error, LANGUAGE)).collect();
    let texts = [
        ("presence", Some(presence), "presence"),
        ("device", status.device.map(|device| say::device_status(device, LANGUAGE)), "status/device"),
        ("printer", status.printer.map(|printer| say::printer_status(printer, LANGUAGE)), "status/printer"),
        ("error states", Some(errors.join(", ")).filter(|errors| !errors.is_empty()), "status/errors"),
        ("panel", status.console.clone(), "status/console"),
        ("SNMP agent up for", status.up_time.map(|ticks| crate::clock::span(i64::from(ticks / 100))), "status/up_time"),
        ("diagnostic mode", ages.record.diagnostic_mode.clone(), "diagnostic_mode"),
    ];
    texts.into_iter().filter_map(|(name, value, key)| Some(ages.fact(name, &value?, key))).collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use jiff::tz::TimeZone;
    use model::record::Path;

    #[test]
    fn each_value_has_its_own_age() {
        let at = |text: &str| text.parse::<jiff::Timestamp>().unwrap();
        let clock = Clock { now: at("2026-11-22T11:00:00Z"), zone: TimeZone::UTC };
        let mut record = DeviceRecord::new(Path::Agent);
        record.observed_at = Some(at("2026-11-22T10:00:00Z"));
        let ages = Ages::from([
            ("meters/total/value".into(), Told { at: at("2026-11-22T10:58:00Z"), path: Path::DeviceDirect }),
            ("supplies/1/level/kind".into(), Told { at: at("2026-11-19T10:00:00Z"), path: Path::Agent }),
            ("supplies/1/level/value".into(), Told { at: at("2026-11-20T10:00:00Z"), path: Path::Agent }),
            ("supplies/10/level/value".into(), Told { at: at("2026-11-22T10:59:00Z"), path: Path::Agent }),
        ]);
        let telling = Telling { clock: &clock, record: &record, ages: &ages };
        let age = |key: &str| telling.age(key).to_string();
        assert!(age("meters/total/value").contains("2 min ago") && age("meters/total/value").contains("by the device itself"));
        assert!(age("supplies/1/level").contains("2 days ago"));
        assert!(age("covers/1/status").contains("1 h ago"));
    }
}
