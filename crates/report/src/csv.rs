//! Records as rows of a spreadsheet.
//!
//! One row a device, since that is what is billed and supplied: the meters in columns of their
//! own, a percentage for each of the four colours, the supply nearest to its end, and all
//! supplies, meters and alerts once more as text. A percentage is there only where the device told
//! one; the words of the others stand in `supplies`. RFC 4180, UTF-8, lines end in CR LF.

use std::borrow::Cow;

use model::DeviceRecord;
use model::record::Supply;

use crate::attention;
use crate::supply::{self, Need};
use crate::table;
use crate::text::{counted, evidence, safe_text};

/// Lists the columns, in order.
pub const COLUMNS: [&str; 36] = [
    "address",
    "recording",
    "observed_at",
    "presence",
    "attention",
    "reasons",
    "manufacturer",
    "model",
    "serial_number",
    "firmware",
    "system_name",
    "location",
    "mac_addresses",
    "total",
    "total_unit",
    "total_evidence",
    "monochrome",
    "color",
    "print",
    "copy",
    "fax",
    "scan",
    "duplex",
    "black_remaining_percent",
    "cyan_remaining_percent",
    "magenta_remaining_percent",
    "yellow_remaining_percent",
    "worst_supply",
    "worst_supply_state",
    "worst_supply_remaining_percent",
    "supplies",
    "meters",
    "alerts",
    "errors",
    "console",
    "problems",
];

/// Returns the rows with a heading; what needs attention comes first.
pub fn render(records: &[DeviceRecord]) -> String {
    let mut writer = csv::WriterBuilder::new().terminator(csv::Terminator::CRLF).from_writer(Vec::new());
    let expect = "memory takes everything, and all rows are equally long";
    writer.write_record(COLUMNS).expect(expect);
    for (record, needs) in attention::sorted(records) {
        writer.write_record(row(record, &needs).iter().map(|field| disarm(field).into_owned())).expect(expect);
    }
    String::from_utf8(writer.into_inner().expect(expect)).expect("fields are text")
}

fn row(record: &DeviceRecord, needs: &attention::Attention) -> [String; COLUMNS.len()] {
    let identity = &record.identity;
    let text = |value: &Option<String>| value.clone().unwrap_or_default();
    let meter = |name: &str| record.meters.iter().find(|meter| meter.name == name);
    let value = |name: &str| meter(name).map(|meter| meter.value.to_string()).unwrap_or_default();
    let supplies: Vec<&Supply> = record.supplies.iter().collect();
    let worst = table::worst(&supplies).filter(|supply| supply::need(supply) != Need::Untold);
    let lines = |lines: Vec<String>| lines.join("; ");
    [
        text(&record.address),
        text(&record.recording),
        record.observed_at.map(|time| time.to_string()).unwrap_or_default(),
        table::presence_word(record.presence).to_owned(),
        needs.urgency.word().to_owned(),
        lines(needs.reasons.clone()),
        text(&identity.manufacturer),
        text(&identity.model),
        text(&identity.serial_number),
        text(&identity.firmware),
        text(&identity.system_name),
        text(&identity.location),
        identity.mac_addresses.join(" "),
        value("total"),
        meter("total").and_then(|meter| meter.unit).map(|unit| unit.to_string()).unwrap_or_default(),
        meter("total").map(|meter| evidence(meter.evidence).to_owned()).unwrap_or_default(),
        value("monochrome"),
        value("color"),
        value("print"),
        value("copy"),
        value("fax"),
        value("scan"),
        value("duplex"),
        colour(record, "black"),
        colour(record, "cyan"),
        colour(record, "magenta"),
        colour(record, "yellow"),
        worst.map(supply::name).unwrap_or_default(),
        worst.map(state).unwrap_or_default().to_owned(),
        worst.and_then(|supply| supply.remaining).map(percent).unwrap_or_default(),
        lines(record.supplies.iter().map(|supply| format!("{}: {}", supply::name(supply), supply::left(supply))).collect()),
        lines(record.meters.iter().map(|meter| format!("{}: {} {}", meter.name, meter.value, counted(meter.unit))).collect()),
        lines(record.alerts.iter().map(attention::alert_text).collect()),
        lines(record.status.errors.iter().map(|error| error.to_string()).collect()),
        text(&record.status.console),
        lines(record.problems.clone()),
    ]
}

fn state(supply: &Supply) -> &'static str {
    match supply::need(supply) {
        Need::UsedUp => "used up",
        Need::Low => "low",
        Need::Fine => "fine",
        Need::Untold => "",
    }
}

/// Returns the lowest percentage among the containers of a colour: the one to be replaced first.
fn colour(record: &DeviceRecord, colorant: &str) -> String {
    let of_colour = |supply: &&Supply| supply::is_marking(supply) && supply.colorant.as_deref() == Some(colorant);
    let lowest = record.supplies.iter().filter(of_colour).filter_map(|supply| supply.remaining).min_by(f64::total_cmp);
    lowest.map(percent).unwrap_or_default()
}

fn percent(share: f64) -> String {
    format!("{:.1}", share * 100.0)
}

/// Returns a field that a spreadsheet shows and does not calculate.
///
/// A cell that begins with `=`, `+`, `-` or `@` is a formula to it, even one that a printer named
/// so; an apostrophe before it makes it text.
fn disarm(field: &str) -> Cow<'_, str> {
    let safe = safe_text(field);
    match safe.trim_start().chars().next() {
        Some('=' | '+' | '-' | '@' | '＝' | '＋' | '－' | '＠') => Cow::Owned(format!("'{safe}")),
        _ => safe,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn no_field_is_a_formula() {
        assert_eq!(disarm("=cmd|' /C calc'!A0"), "'=cmd|' /C calc'!A0");
        for formula in ["+1", "-1", "@SUM(A1)", " =1", "\t=1", "\r=1", "\n=1", "\u{202e}=1", "＝1"] {
            assert!(disarm(formula).starts_with('\''), "{formula:?}");
        }
        assert_eq!(disarm("ECOSYS-P2040"), "ECOSYS-P2040");
    }
}
