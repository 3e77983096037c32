//! Everything one device said, with the object each value came from.

use model::record::{Alert, Evidence, Input, Output, Supply};
use model::standard::{AlertSeverityLevel, CoverStatus, SubUnitStatus};
use model::{DeviceRecord, Level};

use crate::attention::{self, Urgency};
use crate::grid::{Cell, write_grid};
use crate::paint::{Paint, Style};
use crate::supply;
use crate::table;
use crate::text::{evidence, grouped_in, safe_text};
use crate::words::{self, Language, page_word};

/// Is how wide a field may be before it pushes the rest of its line aside.
const WIDEST: usize = 64;
const BAR: usize = 8;

/// Returns the device in groups: who it is, what it counted, what it has left, how it is.
///
/// Groups of which the device said nothing are left out.
pub fn render(record: &DeviceRecord, style: &Style) -> String {
    let mut page = Page { out: String::new(), style };
    page.heading(record);
    let language = style.language;
    page.group("Identity", identity(record, language));
    page.group("Meters", meters(record, language));
    page.group("Supplies", record.supplies.iter().map(|supply| supply_row(supply, style)).collect());
    page.group("Service items", service_items(record, style));
    page.group("Inputs", record.inputs.iter().map(|input| input_row(input, language)).collect());
    page.group("Outputs", record.outputs.iter().map(|output| output_row(output, language)).collect());
    page.group("Covers", covers(record, language));
    page.group("Alerts", record.alerts.iter().map(|alert| alert_row(alert, record, language)).collect());
    page.group("Status", status(record, language));
    page.group("Options", options(record));
    page.group("Configuration", configuration(record));
    page.group("Problems", record.problems.iter().map(|problem| vec![said(problem)]).collect());
    page.out
}

struct Page<'a> {
    out: String,
    style: &'a Style,
}

impl Page<'_> {
    fn heading(&mut self, record: &DeviceRecord) {
        let language = self.style.language;
        let needs = attention::told_in(record, language);
        let name = Some(table::printer_name(record)).filter(|name| !name.is_empty());
        let colour = self.style.colour;
        Paint::Bold.write(&mut self.out, &name.unwrap_or_else(|| page_word("a device without a name", language).to_owned()), colour);
        self.out.push_str(&format!("  {}  {}", table::where_it_is(record), words::presence(record.presence, language)));
        if let Some(time) = record.observed_at {
            Paint::Dim.write(&mut self.out, &format!("  {}", time.strftime("%Y-%m-%d %H:%M:%S UTC")), colour);
        }
        self.out.push('\n');
        let (sign, paint) = table::mark(needs.urgency, self.style);
        for reason in &needs.reasons {
            let paint = if needs.urgency == Urgency::Notice { Paint::Plain } else { paint };
            paint.write(&mut self.out, &format!("{sign} {reason}"), colour);
            self.out.push('\n');
        }
    }

    fn group(&mut self, title: &'static str, rows: Vec<Vec<Cell>>) {
        if rows.is_empty() {
            return;
        }
        self.out.push('\n');
        Paint::Bold.write(&mut self.out, page_word(title, self.style.language), self.style.colour);
        self.out.push('\n');
        write_grid(&mut self.out, "  ", &rows, WIDEST, self.style);
    }
}

fn said(text: &str) -> Cell {
    Cell::plain(safe_text(text))
}

fn named(name: &str, value: Cell) -> Vec<Cell> {
    vec![Cell::new(name, Paint::Dim), value]
}

fn origin(origin: &model::Origin) -> Cell {
    Cell::new(safe_text(&origin.to_string()), Paint::Dim)
}

fn number(index: u32) -> Cell {
    Cell::new(index.to_string(), Paint::Dim).right()
}

fn identity(record: &DeviceRecord, language: Language) -> Vec<Vec<Cell>> {
    let identity = &record.identity;
    let board = identity.board.as_ref();
    let macs = (!identity.mac_addresses.is_empty()).then(|| identity.mac_addresses.join(", "));
    let fields = [
        ("manufacturer", identity.manufacturer.as_ref()),
        ("model", identity.model.as_ref()),
        ("serial number", identity.serial_number.as_ref()),
        ("firmware", identity.firmware.as_ref()),
        ("builder", identity.builder.as_ref()),
        ("board manufacturer", board.and_then(|board| board.manufacturer.as_ref())),
        ("board model", board.and_then(|board| board.model.as_ref())),
        ("board serial number", board.and_then(|board| board.serial_number.as_ref())),
        ("system name", identity.system_name.as_ref()),
        ("location", identity.location.as_ref()),
        ("MAC addresses", macs.as_ref()),
        ("printer UUID", identity.printer_uuid.as_ref()),
        ("system description", identity.system_description.as_ref()),
        ("system object id", identity.system_object_id.as_ref()),
        ("1284 device id", identity.device_id.as_ref()),
    ];
    let row = |(name, value): (&'static str, Option<&String>)| {
        let mut row = named(page_word(name, language), said(value?));
        // Facts are called in words here, and joined by underscores there.
        let origins = identity.origins.get(name.replace(' ', "_").as_str()).filter(|origins| !origins.is_empty());
        row.extend(origins.map(|origins| {
            let told: Vec<String> = origins.iter().map(|origin| safe_text(&origin.to_string()).into_owned()).collect();
            Cell::new(told.join(", "), Paint::Dim)
        }));
        Some(row)
    };
    fields.into_iter().filter_map(row).collect()
}

fn meters(record: &DeviceRecord, language: Language) -> Vec<Vec<Cell>> {
    let row = |meter: &model::record::Meter| {
        let paint = if meter.evidence == Evidence::Conflicting { Paint::Yellow } else { Paint::Plain };
        vec![
            said(&meter.name),
            Cell::plain(grouped_in(meter.value, language)).right(),
            Cell::plain(
                meter.unit.map_or_else(|| page_word("of a unit not told", language).to_owned(), |unit| words::unit(unit, language)),
            ),
            Cell::new(page_word(evidence(meter.evidence), language), paint),
            origin(&meter.origin),
        ]
    };
    record.meters.iter().map(row).collect()
}

fn supply_row(supply: &Supply, style: &Style) -> Vec<Cell> {
    let language = style.language;
    let need = supply::need(supply);
    let drawn = match supply.remaining {
        Some(share) => {
            let (full, rest) = supply::bar(share, BAR, style);
            Cell::new(full, supply::paint(supply)).and(rest, Paint::Dim)
        }
        None => Cell::default(),
    };
    let unit = supply.unit.map(|unit| words::unit(unit, language));
    let amount = match (supply.level, supply.capacity) {
        (Level::Measured { .. }, _) => supply::amount_in(supply.level, supply.capacity, unit.as_deref(), language),
        // The word for the level stands beside it already.
        (_, Some(capacity)) => {
            format!("{} {} {}", page_word("capacity", language), grouped_in(capacity.into(), language), unit.unwrap_or_default())
        }
        (_, None) => String::new(),
    };
    let name = supply::name_in(supply, language);
    let mut about: Vec<String> = Vec::new();
    about.extend(supply.description.as_deref().map(|text| safe_text(text).into_owned()).filter(|text| *text != name));
    about.extend(supply.part_number.as_deref().map(|part| format!("{} {}", page_word("part", language), safe_text(part))));
    about.extend(supply.serial_number.as_deref().map(|serial| format!("{} {}", page_word("serial", language), safe_text(serial))));
    vec![
        number(supply.index),
        Cell::plain(name),
        drawn,
        Cell::new(supply::left_in(supply, language), supply::alarm(need)).right(),
        Cell::plain(amount),
        origin(&supply.origin),
        Cell::plain(about.join(", ")),
    ]
}

fn service_items(record: &DeviceRecord, style: &Style) -> Vec<Vec<Cell>> {
    words::service_parts(record, style.language).into_iter().map(|part| vec![Cell::plain(part.name), Cell::plain(part.left)]).collect()
}

fn input_row(input: &Input, language: Language) -> Vec<Cell> {
    let unit = input.unit.map(|unit| words::unit(unit, language));
    vec![
        number(input.index),
        said(input.name.as_deref().unwrap_or_default()),
        Cell::plain(input.kind.map(|kind| words::input_type(kind, language)).unwrap_or_default()),
        said(input.media.as_deref().unwrap_or_default()),
        Cell::plain(supply::amount_in(input.level, input.capacity, unit.as_deref(), language)),
        sub_unit(input.status, language),
        origin(&input.origin),
    ]
}

fn output_row(output: &Output, language: Language) -> Vec<Cell> {
    let unit = output.unit.map(|unit| words::unit(unit, language));
    let room = supply::amount_in(output.room, output.capacity, unit.as_deref(), language);
    vec![
        number(output.index),
        said(output.name.as_deref().unwrap_or_default()),
        Cell::plain(output.kind.map(|kind| words::output_type(kind, language)).unwrap_or_default()),
        Cell::plain(if room == "?" { room } else { format!("{} {room}", page_word("room:", language)) }),
        sub_unit(output.status, language),
        origin(&output.origin),
    ]
}

fn sub_unit(status: Option<SubUnitStatus>, language: Language) -> Cell {
    let Some(status) = status else { return Cell::default() };
    let paint = match status {
        status if status.has_critical_alert() => Paint::Red,
        status if status.has_non_critical_alert() || status.is_off_line() => Paint::Yellow,
        _ => Paint::Plain,
    };
    Cell::new(words::sub_unit_status(status, language), paint)
}

fn covers(record: &DeviceRecord, language: Language) -> Vec<Vec<Cell>> {
    let row = |cover: &model::record::Cover| {
        let open = matches!(cover.status, Some(CoverStatus::CoverOpen | CoverStatus::InterlockOpen));
        let status = cover.status.map(|status| words::cover_status(status, language)).unwrap_or_default();
        vec![
            number(cover.index),
            said(cover.description.as_deref().unwrap_or_default()),
            Cell::new(status, if open { Paint::Red } else { Paint::Plain }),
            origin(&cover.origin),
        ]
    };
    record.covers.iter().map(row).collect()
}

/// What is wrong, where and who mends it in one sentence; beside it what the device itself says.
fn alert_row(alert: &Alert, record: &DeviceRecord, language: Language) -> Vec<Cell> {
    let paint = match alert.severity {
        Some(AlertSeverityLevel::Critical) => Paint::Red,
        Some(AlertSeverityLevel::Warning | AlertSeverityLevel::WarningBinaryChangeEvent) => Paint::Yellow,
        _ => Paint::Plain,
    };
    let since = |time: jiff::Timestamp| time.strftime(&format!("{} %Y-%m-%d %H:%M UTC", page_word("since", language))).to_string();
    vec![
        number(alert.index),
        Cell::new(alert.severity.map(|severity| words::severity(severity, language)).unwrap_or_default(), paint),
        Cell::plain(words::sentence(alert, record, language)),
        Cell::plain(words::location(alert, language).unwrap_or_default()),
        said(alert.description.as_deref().unwrap_or_default()),
        Cell::plain(alert.raised_at.map(since).unwrap_or_default()),
        origin(&alert.origin),
    ]
}

fn status(record: &DeviceRecord, language: Language) -> Vec<Vec<Cell>> {
    let status = &record.status;
    let errors: Vec<String> = status.errors.iter().map(|error| words::error_state(*error, language)).collect();
    let named = |name: &'static str, value: Cell| named(page_word(name, language), value);
    let mut rows = Vec::new();
    rows.extend(status.device.map(|device| named("device", Cell::plain(words::device_status(device, language)))));
    rows.extend(status.printer.map(|printer| named("printer", Cell::plain(words::printer_status(printer, language)))));
    rows.extend((!errors.is_empty()).then(|| named("errors", Cell::new(errors.join(", "), Paint::Yellow))));
    let lines = status.console.as_deref().unwrap_or_default().lines().filter(|line| !line.trim().is_empty());
    rows.extend(lines.enumerate().map(|(place, line)| named(if place == 0 { "console" } else { "" }, said(line))));
    rows.extend(status.up_time.map(|ticks| named("SNMP agent up for", Cell::plain(duration(ticks, language)))));
    rows.extend(record.diagnostic_mode.as_deref().map(|mode| named("diagnostic mode", said(mode))));
    rows
}

/// Returns hundredths of a second as days, hours and minutes.
fn duration(ticks: u32, language: Language) -> String {
    let h = page_word("h", language);
    let minutes = ticks / 6000;
    match (minutes / 1440, minutes / 60 % 24, minutes % 60) {
        (0, 0, minutes) => format!("{minutes} min"),
        (0, hours, minutes) => format!("{hours} {h} {minutes} min"),
        (days, hours, _) => format!("{days} d {hours} {h}"),
    }
}

fn options(record: &DeviceRecord) -> Vec<Vec<Cell>> {
    record.options.iter().map(|option| vec![said(&option.name), said(&option.value), origin(&option.origin)]).collect()
}

/// One line an object: the values of a table's rows stand side by side.
fn configuration(record: &DeviceRecord) -> Vec<Vec<Cell>> {
    let mut objects: Vec<(&str, Vec<(&str, &str)>)> = Vec::new();
    for (key, value) in &record.configuration {
        let (object, instance) = key.split_once('.').unwrap_or((key, ""));
        match objects.last_mut() {
            Some((last, rows)) if *last == object => rows.push((instance, value)),
            _ => objects.push((object, vec![(instance, value)])),
        }
    }
    objects.into_iter().map(|(object, rows)| configuration_row(object, &rows)).collect()
}

fn configuration_row(object: &str, rows: &[(&str, &str)]) -> Vec<Cell> {
    let (name, values) = match rows {
        [("", value)] => (object.to_owned(), said(value)),
        [(instance, value)] => (format!("{object}.{instance}"), said(value)),
        rows => {
            let mut values = Cell::default();
            for (place, (instance, value)) in rows.iter().enumerate() {
                let gap = if place > 0 { "  " } else { "" };
                values = values.and(format!("{gap}.{} ", safe_text(instance)), Paint::Dim).and(safe_text(value), Paint::Plain);
            }
            (object.to_owned(), values)
        }
    };
    vec![Cell::new(safe_text(&name), Paint::Dim), values]
}
