//! The terminal's table: one device a line, what needs attention first.

use std::cmp::Ordering;
use std::collections::BTreeMap;

use model::DeviceRecord;
use model::record::{Evidence, Presence, Supply};
use model::standard::MarkerCounterUnit;

use crate::Language;
use crate::attention::{self, Attention, Urgency};
use crate::grid::{Cell, write_line};
use crate::paint::{Paint, Style};
use crate::supply::{self, Need};
use crate::text::{columns, count, counted, grouped, safe_text, shorten, words};

/// Returns the table of these devices with a line that sums them up.
///
/// A narrow terminal gets shorter bars, then percentages without bars, then fewer columns; the
/// address is never cut.
pub fn render(records: &[DeviceRecord], style: &Style) -> String {
    let rows: Vec<Row> = attention::sorted(records).into_iter().map(|(record, needs)| Row::new(record, needs, style)).collect();
    let mut out = String::new();
    if !rows.is_empty() {
        write_rows(&mut out, &rows, style);
        out.push('\n');
    }
    write_summary(&mut out, records, &rows, style);
    out
}

/// Is what one line of the table can show.
struct Row<'a> {
    urgency: Urgency,
    address: String,
    /// Whether the recording's name stands in place of an address.
    is_recorded: bool,
    printer: String,
    serial: Option<String>,
    location: Option<String>,
    total: Option<Cell>,
    /// What marks paper, in the order of reading; everything, of a device that tells of no such supply.
    supplies: Vec<Labelled<'a>>,
    /// Other supplies that need somebody: shown where there is room.
    parts: Vec<Labelled<'a>>,
    state: Cell,
    reasons: usize,
}

/// Is a supply with the few letters that stand for it.
#[derive(Clone)]
struct Labelled<'a> {
    supply: &'a Supply,
    label: String,
}

/// Labels supplies; several without a colorant are told apart by what the device calls them.
fn labelled<'a>(supplies: Vec<&'a Supply>, style: &Style) -> Vec<Labelled<'a>> {
    let names: Vec<String> = supplies.iter().map(|supply| supply::short_name(supply)).collect();
    let label = |(supply, name): (&'a Supply, &String)| {
        let is_unique = names.iter().filter(|other| *other == name).count() == 1;
        let said = supply.description.as_deref().map(safe_text).filter(|said| !said.is_empty());
        let name = match said {
            Some(said) if !is_unique && supply.colorant.is_none() => said.into_owned(),
            _ => name.clone(),
        };
        Labelled { supply, label: shorten(&name, LABEL, style.cut()).into_owned() }
    };
    supplies.into_iter().zip(&names).map(label).collect()
}

/// Is how many columns a label may take.
const LABEL: usize = 12;

impl<'a> Row<'a> {
    fn new(record: &'a DeviceRecord, needs: Attention, style: &Style) -> Self {
        let (mut supplies, mut parts): (Vec<&Supply>, Vec<&Supply>) = record.supplies.iter().partition(|supply| supply::is_marking(supply));
        supplies.sort_by_key(|supply| supply::place(supply));
        if supplies.is_empty() {
            std::mem::swap(&mut supplies, &mut parts);
        }
        parts.retain(|supply| supply::need(supply) <= Need::Low);
        Row {
            urgency: needs.urgency,
            address: where_it_is(record),
            is_recorded: record.address.is_none() && record.recording.is_some(),
            printer: printer_name(record),
            serial: record.identity.serial_number.as_deref().map(|serial| safe_text(serial).into_owned()),
            location: record.identity.location.as_deref().map(|place| safe_text(place).into_owned()).filter(|place| !place.is_empty()),
            total: total(record, style),
            supplies: labelled(supplies, style),
            parts: labelled(parts, style),
            state: state(record, &needs, style),
            reasons: needs.reasons.len(),
        }
    }
}

/// Returns the address, or the recording's name.
pub fn where_it_is(record: &DeviceRecord) -> String {
    let text = record.address.as_deref().or(record.recording.as_deref());
    text.map_or_else(|| "?".to_owned(), |text| safe_text(text).into_owned())
}

/// Returns maker and model, each once.
pub fn printer_name(record: &DeviceRecord) -> String {
    let identity = &record.identity;
    let manufacturer = identity.manufacturer.as_deref().map(safe_text).unwrap_or_default();
    let model = identity.model.as_deref().map(safe_text).unwrap_or_default();
    match (manufacturer.as_ref(), model.as_ref()) {
        ("", "") => match identity.system_description.as_deref().map(safe_text) {
            Some(description) => description.into_owned(),
            None => String::new(),
        },
        ("", model) => model.to_owned(),
        (manufacturer, "") => manufacturer.to_owned(),
        (manufacturer, model) if model.to_lowercase().starts_with(&manufacturer.to_lowercase()) => model.to_owned(),
        (manufacturer, model) => format!("{manufacturer} {model}"),
    }
}

fn total(record: &DeviceRecord, style: &Style) -> Option<Cell> {
    let meter = record.meters.iter().find(|meter| meter.name == "total")?;
    let mut cell = Cell::plain(grouped(meter.value));
    match meter.unit {
        Some(MarkerCounterUnit::Impressions) => {}
        Some(unit) => cell = cell.and(format!(" {}", words(&unit.to_string())), Paint::Dim),
        None => cell = cell.and(" ?", Paint::Dim),
    }
    if meter.evidence == Evidence::Conflicting {
        cell = cell.and(if style.unicode { " ≠" } else { " !=" }, Paint::Yellow);
    }
    Some(cell.right())
}

/// Returns a mark and a word, so that nobody depends on colour.
pub(crate) fn mark(urgency: Urgency, style: &Style) -> (&'static str, Paint) {
    let (sign, ascii, paint) = match urgency {
        Urgency::Fault => ("✖", "X", Paint::Red),
        Urgency::UsedUp => ("▲", "!", Paint::Red),
        Urgency::Low | Urgency::Refusing => ("▲", "!", Paint::Yellow),
        Urgency::Notice => ("●", "i", Paint::Blue),
        Urgency::Fine => ("●", "*", Paint::Green),
        Urgency::Absent => ("○", "-", Paint::Dim),
    };
    (if style.unicode { sign } else { ascii }, paint)
}

/// Returns the word for whether a device is there.
pub fn presence_word(presence: Presence) -> &'static str {
    crate::words::presence(presence, Language::English)
}

fn state(record: &DeviceRecord, needs: &Attention, style: &Style) -> Cell {
    if record.presence == Presence::Unknown && needs.urgency == Urgency::Fine {
        return Cell::new(style.absent(), Paint::Dim);
    }
    let (sign, paint) = mark(needs.urgency, style);
    let cell = Cell::new(sign, paint).and(" ", Paint::Plain);
    let more = |told: usize| match needs.reasons.len().saturating_sub(told) {
        0 => String::new(),
        more => format!(" +{more}"),
    };
    match (needs.urgency, needs.reasons.first()) {
        (Urgency::Notice, Some(reason)) => cell.and(format!("{}; ", presence_word(record.presence)), Paint::Plain).and(reason, Paint::Dim),
        (Urgency::Fine | Urgency::Absent | Urgency::Notice, _) | (_, None) => {
            let paint = if needs.urgency == Urgency::Absent { Paint::Dim } else { Paint::Plain };
            cell.and(presence_word(record.presence), paint)
        }
        (_, Some(reason)) => cell.and(reason, paint).and(more(1), Paint::Dim),
    }
}

/// Is how a line's supplies are drawn, from much room to little.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Drawing {
    /// Bars of this many columns, with percentages.
    Bars(usize),
    Percentages,
}

impl Drawing {
    /// Returns how many columns four colours take; a row that takes more is drawn more simply, and
    /// does not push the others into a poorer drawing.
    fn columns_of_colours(self) -> usize {
        let one = match self {
            Drawing::Bars(width) => "K ".len() + width + " 100%".len(),
            Drawing::Percentages => "K 100%".len(),
        };
        4 * one + 3 * "  ".len()
    }
}

const DRAWINGS: [Drawing; 6] =
    [Drawing::Bars(8), Drawing::Bars(6), Drawing::Bars(5), Drawing::Bars(4), Drawing::Bars(3), Drawing::Percentages];

fn draw(supplies: &[Labelled<'_>], drawing: Drawing, style: &Style) -> Cell {
    let mut cell = Cell::default();
    for (place, supply) in supplies.iter().enumerate() {
        if place > 0 {
            cell = cell.and("  ", Paint::Plain);
        }
        cell.extend(draw_one(supply, drawing, style));
    }
    cell
}

/// Draws as many as fit, those nearest to their end first, and counts the others.
fn draw_few(supplies: &[Labelled<'_>], width: usize, style: &Style) -> Cell {
    let mut by_need = supplies.to_vec();
    by_need.sort_by(|a, b| nearer_to_end(a.supply, b.supply));
    (1..=by_need.len())
        .rev()
        .find_map(|shown| {
            let mut cell = draw(&by_need[..shown], Drawing::Percentages, style);
            if shown < by_need.len() {
                cell = cell.and(format!("  +{}", by_need.len() - shown), Paint::Dim);
            }
            (cell.columns() <= width || shown == 1).then_some(cell)
        })
        .unwrap_or_else(|| Cell::new(style.absent(), Paint::Dim))
}

fn draw_one(Labelled { supply, label }: &Labelled<'_>, drawing: Drawing, style: &Style) -> Cell {
    let need = supply::need(supply);
    let name_paint = match supply::paint(supply) {
        Paint::Plain => Paint::Bold,
        colour => colour,
    };
    let cell = Cell::new(label.as_str(), name_paint).and(" ", Paint::Plain);
    let left = supply::left(supply);
    match (drawing, supply.remaining) {
        (Drawing::Bars(width), Some(share)) => {
            let (full, rest) = supply::bar(share, width, style);
            cell.and(full, supply::paint(supply)).and(rest, Paint::Dim).and(format!(" {left:>4}"), supply::alarm(need))
        }
        // As wide as a bar, so that the next supply stands under its like.
        (Drawing::Bars(width), None) => cell.and(format!("{left:<0$}", width + 5), supply::alarm(need)),
        (Drawing::Percentages, _) => cell.and(left, supply::alarm(need)),
    }
}

/// Returns the supply nearest to its end, as far as the device tells.
pub(crate) fn worst<'a>(supplies: &[&'a Supply]) -> Option<&'a Supply> {
    supplies.iter().copied().min_by(|a, b| nearer_to_end(a, b))
}

fn nearer_to_end(a: &Supply, b: &Supply) -> Ordering {
    let share = |supply: &Supply| supply.remaining.unwrap_or(1.0);
    supply::need(a).cmp(&supply::need(b)).then(share(a).total_cmp(&share(b)))
}

/// Is which columns are shown and how wide each is.
struct Layout {
    address: usize,
    printer: usize,
    serial: Option<usize>,
    location: Option<usize>,
    total: usize,
    supplies: usize,
    state: usize,
    drawing: Drawing,
}

/// Is a way to divide a line, and what it leaves to printer and state at least.
struct Candidate {
    location: bool,
    serial: bool,
    drawing: Drawing,
    printer: usize,
    state: usize,
}

/// Lists the candidates from much room to little.
const CANDIDATES: [Candidate; 10] = [
    candidate(true, true, 0, 26, 30),
    candidate(true, true, 1, 26, 30),
    candidate(true, true, 2, 24, 28),
    candidate(false, true, 0, 26, 30),
    candidate(false, true, 1, 26, 30),
    candidate(false, true, 2, 22, 26),
    candidate(false, true, 3, 20, 24),
    candidate(false, true, 4, 18, 20),
    candidate(false, true, 5, 16, 18),
    candidate(false, false, 5, 16, 18),
];

/// Is what is left where nothing else fits.
const NARROWEST: Candidate = candidate(false, false, 5, 14, 14);

const fn candidate(location: bool, serial: bool, drawing: usize, printer: usize, state: usize) -> Candidate {
    Candidate { location, serial, drawing: DRAWINGS[drawing], printer, state }
}

/// Is how much of the elastic columns is of use.
const PRINTER: usize = 36;
const STATE: usize = 48;
const LOCATION: usize = 28;
const SERIAL: usize = 20;
/// An address is never cut; a file's name may be.
const RECORDING: usize = 30;
/// The least for a location.
const SOME_LOCATION: usize = 20;
/// The supplies of one colour on a narrow terminal: `K 100%  +3`.
const FEW_SUPPLIES: usize = 11;

/// Is how wide each column would like to be; `None` where nothing stands in it.
struct Wishes {
    address: usize,
    printer: usize,
    serial: Option<usize>,
    location: Option<usize>,
    total: usize,
    state: usize,
}

impl Wishes {
    fn of(rows: &[Row<'_>]) -> Self {
        let of = |text: &Option<String>| text.as_deref().map_or(0, columns);
        let is_used = |width: &usize| *width > 0;
        let address = |row: &Row<'_>| columns(&row.address).min(if row.is_recorded { RECORDING } else { usize::MAX });
        Wishes {
            address: widest(rows, address).max(heading_of(rows).len()),
            printer: widest(rows, |row| columns(&row.printer)).clamp("PRINTER".len(), PRINTER),
            serial: Some(widest(rows, |row| of(&row.serial))).filter(is_used).map(|width| width.clamp("SERIAL".len(), SERIAL)),
            location: Some(widest(rows, |row| of(&row.location))).filter(is_used).map(|width| width.clamp("LOCATION".len(), LOCATION)),
            total: widest(rows, |row| row.total.as_ref().map_or(0, Cell::columns)).max("TOTAL".len()),
            state: widest(rows, |row| row.state.columns()).clamp("STATE".len(), STATE),
        }
    }

    /// Divides a line as a candidate says; every column gets its least.
    fn divided(&self, candidate: &Candidate, supplies: usize) -> Layout {
        Layout {
            address: self.address,
            printer: self.printer.min(candidate.printer),
            serial: self.serial.filter(|_| candidate.serial),
            location: self.location.filter(|_| candidate.location).map(|wish| wish.min(SOME_LOCATION)),
            total: self.total,
            supplies,
            state: self.state.min(candidate.state),
            drawing: candidate.drawing,
        }
    }
}

fn widest(rows: &[Row<'_>], width: impl Fn(&Row<'_>) -> usize) -> usize {
    rows.iter().map(width).max().unwrap_or(0)
}

fn lay_out(rows: &[Row<'_>], style: &Style) -> Layout {
    let wishes = Wishes::of(rows);
    let colours = |drawing: Drawing| widest(rows, |row| draw(&row.supplies, drawing, style).columns()).min(drawing.columns_of_colours());
    let choices = CANDIDATES.iter().map(|candidate| wishes.divided(candidate, colours(candidate.drawing).max("SUPPLIES".len())));
    let narrowest = wishes.divided(&NARROWEST, FEW_SUPPLIES);
    let mut layout = choices.into_iter().find(|layout| layout.columns() <= style.width).unwrap_or(narrowest);
    let mut spare = style.width.saturating_sub(layout.columns());
    let mut grow = |width: &mut usize, wish: usize| {
        let more = wish.saturating_sub(*width).min(spare);
        *width += more;
        spare -= more;
    };
    grow(&mut layout.state, wishes.state);
    grow(&mut layout.printer, wishes.printer);
    if let (Some(width), Some(wish)) = (&mut layout.location, wishes.location) {
        grow(width, wish);
    }
    // What is left over goes to rows with more to show.
    let drawing = layout.drawing;
    grow(&mut layout.supplies, widest(rows, |row| draw(&[&row.supplies[..], &row.parts[..]].concat(), drawing, style).columns()));
    layout
}

fn heading_of(rows: &[Row<'_>]) -> &'static str {
    if rows.iter().all(|row| row.is_recorded) { "RECORDING" } else { "ADDRESS" }
}

impl Layout {
    fn widths(&self) -> impl Iterator<Item = usize> {
        let shown =
            [Some(self.address), Some(self.printer), self.serial, self.location, Some(self.total), Some(self.supplies), Some(self.state)];
        shown.into_iter().flatten()
    }

    /// Returns how many columns a line takes, with the blanks between.
    fn columns(&self) -> usize {
        self.widths().map(|width| width + 2).sum::<usize>() - 2
    }
}

fn write_rows(out: &mut String, rows: &[Row<'_>], style: &Style) {
    let layout = lay_out(rows, style);
    let widths: Vec<usize> = layout.widths().collect();
    let heading = |text: &str| Cell::new(text, Paint::Bold);
    let mut head = vec![heading(heading_of(rows)), heading("PRINTER")];
    head.extend(layout.serial.map(|_| heading("SERIAL")));
    head.extend(layout.location.map(|_| heading("LOCATION")));
    head.extend([heading("TOTAL").right(), heading("SUPPLIES"), heading("STATE")]);
    write_line(out, &head, &widths, style);
    for row in rows {
        let dim = if row.urgency == Urgency::Absent { Paint::Dim } else { Paint::Plain };
        let mut cells = vec![Cell::new(row.address.as_str(), dim), text_or_absent(Some(&row.printer), style)];
        cells.extend(layout.serial.map(|_| text_or_absent(row.serial.as_ref(), style)));
        cells.extend(layout.location.map(|_| Cell::plain(row.location.clone().unwrap_or_default())));
        cells.push(row.total.clone().unwrap_or_else(|| Cell::new(style.absent(), Paint::Dim).right()));
        cells.push(drawn_to_fit(row, &layout, style));
        cells.push(row.state.clone());
        write_line(out, &cells, &widths, style);
    }
}

fn text_or_absent(text: Option<&String>, style: &Style) -> Cell {
    match text.filter(|text| !text.is_empty()) {
        Some(text) => Cell::plain(text.as_str()),
        None => Cell::new(style.absent(), Paint::Dim),
    }
}

/// Draws a row's supplies as the table does, or more simply where there are too many.
fn drawn_to_fit(row: &Row<'_>, layout: &Layout, style: &Style) -> Cell {
    let from = DRAWINGS.iter().position(|drawing| *drawing == layout.drawing).expect("is one of them");
    let all = [&row.supplies[..], &row.parts[..]].concat();
    let choices = DRAWINGS[from..].iter().flat_map(|drawing| [(&all, *drawing), (&row.supplies, *drawing)]);
    let mut drawn = choices.filter(|(supplies, _)| !supplies.is_empty()).map(|(supplies, drawing)| draw(supplies, drawing, style));
    drawn.find(|cell| cell.columns() <= layout.supplies).unwrap_or_else(|| draw_few(&row.supplies, layout.supplies, style))
}

fn write_summary(out: &mut String, records: &[DeviceRecord], rows: &[Row<'_>], style: &Style) {
    let text = summary(records, rows.iter().map(|row| row.urgency));
    let bold = text.find([':', ';']).unwrap_or(text.len());
    Paint::Bold.write(out, &text[..bold], style.colour);
    out.push_str(&text[bold..]);
    out.push('\n');
    let has_more = rows.iter().any(|row| row.reasons > 1) || records.iter().any(|record| !record.problems.is_empty());
    if has_more && records.iter().any(|record| record.address.is_some()) {
        Paint::Dim.write(out, "`roundsman probe ADDRESS` shows everything a printer says; --format ndjson all of them.", style.colour);
        out.push('\n');
    }
}

/// Returns one line that sums a fleet up: how many, how many need somebody, what their meters add up to.
pub(crate) fn summary(records: &[DeviceRecord], urgencies: impl Iterator<Item = Urgency>) -> String {
    let mut attention = 0;
    let mut absent = 0;
    for urgency in urgencies {
        attention += usize::from(urgency.needs_attention());
        absent += usize::from(urgency == Urgency::Absent);
    }
    let mut text = count(records.len(), "printer");
    if !records.is_empty() {
        let verb = if attention == 1 { "needs" } else { "need" };
        text.push_str(&format!(": {} {verb} attention", if attention == 0 { "none".to_owned() } else { grouped(attention as u64) }));
    }
    if absent > 0 {
        text.push_str(&format!(", {absent} not reachable"));
    }
    // Impressions and sheets are different things: they are not added up.
    let mut totals: BTreeMap<Option<MarkerCounterUnit>, u64> = BTreeMap::new();
    for meter in records.iter().filter_map(|record| record.meters.iter().find(|meter| meter.name == "total")) {
        let sum = totals.entry(meter.unit).or_default();
        *sum = sum.saturating_add(meter.value);
    }
    let totals: Vec<String> = totals.iter().map(|(unit, sum)| format!("{} {}", grouped(*sum), counted(*unit))).collect();
    if !totals.is_empty() {
        text.push_str(&format!("; total meters {}", totals.join(" and ")));
    }
    match records.iter().map(|record| record.problems.len()).sum() {
        0 => {}
        problems => text.push_str(&format!("; {} while reading", count(problems, "problem"))),
    }
    text
}
