//! A page to keep, send or print: one file, nothing loaded from elsewhere, no script.

use askama::Template;
use jiff::Timestamp;
use model::DeviceRecord;
use model::record::{Evidence, Presence, Supply};
use model::standard::MarkerCounterUnit;

use crate::attention::{self, Attention, Urgency};
use crate::supply::{self, Need};
use crate::table;
use crate::text::{counted, grouped, safe_text};

/// Returns the page of these devices, what needs attention first.
///
/// `made_at` is the time that stands on it.
pub fn render(records: &[DeviceRecord], made_at: Timestamp) -> String {
    let sorted = attention::sorted(records);
    let page = Page {
        made_at: minute(made_at),
        made_at_exactly: made_at.to_string(),
        summary: table::summary(records, sorted.iter().map(|(_, needs)| needs.urgency)),
        devices: sorted.into_iter().map(|(record, needs)| device(record, needs)).collect(),
    };
    page.render().expect("writing to memory does not fail")
}

#[derive(Template)]
#[template(path = "report.html")]
struct Page {
    made_at: String,
    made_at_exactly: String,
    summary: String,
    devices: Vec<Device>,
}

struct Device {
    urgency: &'static str,
    state: String,
    reasons: Vec<String>,
    address: String,
    printer: String,
    serial: String,
    location: String,
    observed_at: String,
    total: String,
    total_unit: String,
    conflicting: bool,
    meters: Vec<(String, String)>,
    supplies: Vec<Bar>,
    problems: Vec<String>,
}

struct Bar {
    name: String,
    description: String,
    left: String,
    /// Percent of the bar; `None` where the device told no number that means it.
    width: Option<String>,
    colour: &'static str,
    need: &'static str,
}

fn device(record: &DeviceRecord, needs: Attention) -> Device {
    let text = |value: &Option<String>| value.as_deref().map(|text| safe_text(text).into_owned()).unwrap_or_default();
    let total = record.meters.iter().find(|meter| meter.name == "total");
    let others = record.meters.iter().filter(|meter| meter.name != "total");
    let mut supplies: Vec<&Supply> = record.supplies.iter().collect();
    supplies.sort_by_key(|supply| supply::place(supply));
    let shown_state = matches!(needs.urgency, Urgency::Fine | Urgency::Notice | Urgency::Absent);
    Device {
        urgency: urgency_class(needs.urgency, record.presence),
        state: if shown_state || needs.reasons.is_empty() { table::presence_word(record.presence).to_owned() } else { String::new() },
        reasons: needs.reasons,
        address: table::where_it_is(record),
        printer: table::printer_name(record),
        serial: text(&record.identity.serial_number),
        location: text(&record.identity.location),
        observed_at: record.observed_at.map(minute).unwrap_or_default(),
        total: total.map(|meter| grouped(meter.value)).unwrap_or_default(),
        total_unit: total
            .filter(|meter| meter.unit != Some(MarkerCounterUnit::Impressions))
            .map(|meter| counted(meter.unit))
            .unwrap_or_default(),
        conflicting: total.is_some_and(|meter| meter.evidence == Evidence::Conflicting),
        meters: others.map(|meter| (safe_text(&meter.name).into_owned(), grouped(meter.value))).collect(),
        supplies: supplies.into_iter().map(bar).collect(),
        problems: record.problems.iter().map(|problem| safe_text(problem).into_owned()).collect(),
    }
}

fn minute(time: Timestamp) -> String {
    time.strftime("%Y-%m-%d %H:%M UTC").to_string()
}

/// Returns the style class of a device that is so urgent.
pub fn urgency_class(urgency: Urgency, presence: Presence) -> &'static str {
    match urgency {
        Urgency::Fault => "fault",
        Urgency::UsedUp => "used-up",
        Urgency::Low | Urgency::Refusing => "low",
        Urgency::Notice => "notice",
        Urgency::Fine if presence == Presence::Unknown => "untold",
        Urgency::Fine => "fine",
        Urgency::Absent => "absent",
    }
}

fn bar(supply: &Supply) -> Bar {
    let description = supply.description.as_deref().map(safe_text).unwrap_or_default();
    let part = supply.part_number.as_deref().map(|part| format!(" (part {})", safe_text(part))).unwrap_or_default();
    Bar {
        name: supply::name(supply),
        description: format!("{description}{part}"),
        left: supply::left(supply),
        width: supply.remaining.map(|share| format!("{:.1}", share.clamp(0.0, 1.0) * 100.0)),
        colour: colour_class(supply),
        need: need_class(supply::need(supply)),
    }
}

/// Returns the style class of a supply's bar.
pub fn colour_class(supply: &Supply) -> &'static str {
    match supply.colorant.as_deref() {
        Some("cyan" | "lightCyan") => "cyan",
        Some("magenta" | "lightMagenta") => "magenta",
        Some("yellow") => "yellow",
        Some("black" | "photoBlack" | "matteBlack") => "black",
        _ => "other",
    }
}

/// Returns the style class of what is left of a supply.
pub fn need_class(need: Need) -> &'static str {
    match need {
        Need::UsedUp => "used-up",
        Need::Low => "low",
        Need::Fine => "fine",
        Need::Untold => "untold",
    }
}
