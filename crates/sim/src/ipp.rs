//! A printer that speaks IPP: the body of a request in, the body of a response out.
//!
//! Written from RFC 8010, RFC 8011 and PWG 5100.13, and not from the reader that is tested with it.
//! Whoever serves it brings HTTP.

mod encode;

pub use encode::{Attribute, Value, response};

use crate::printer::{LevelBehaviour, SimPrinter, SupplyKind, SupplySpec};

const GET_PRINTER_ATTRIBUTES: u16 = 0x000b;
/// Source: RFC 8011 appendix B.
const OK: u16 = 0x0000;
const BAD_REQUEST: u16 = 0x0400;
const OPERATION_NOT_SUPPORTED: u16 = 0x0501;

/// Is one printer at the other end of IPP.
#[derive(Clone, Debug)]
pub struct IppPrinter {
    pub attributes: Vec<Attribute>,
    /// Requests for anything but the printer's attributes: each would print, or touch a job.
    pub others: usize,
}

impl IppPrinter {
    /// Makes a printer that tells these attributes, of which it is asked.
    pub fn new(attributes: Vec<Attribute>) -> Self {
        IppPrinter { attributes, others: 0 }
    }

    /// Makes a printer that tells how a living one is now.
    pub fn of(printer: &SimPrinter) -> Self {
        Self::new([identity(printer), state(printer), markers(printer), trays(printer)].concat())
    }

    /// Takes the body of a request and returns the body of the response.
    pub fn answer(&mut self, request: &[u8]) -> Vec<u8> {
        let Some((operation, request_id, requested)) = read(request) else {
            return response(BAD_REQUEST, 0, &[]);
        };
        if operation != GET_PRINTER_ATTRIBUTES {
            self.others += 1;
            return response(OPERATION_NOT_SUPPORTED, request_id, &[]);
        }
        let is_wanted = |attribute: &Attribute| requested.is_empty() || requested.contains(&attribute.name.as_bytes());
        let told: Vec<Attribute> = self.attributes.iter().filter(|attribute| is_wanted(attribute)).cloned().collect();
        response(OK, request_id, &told)
    }
}

/// Reads operation, number and requested-attributes of a request; `None` if it is none.
fn read(request: &[u8]) -> Option<(u16, u32, Vec<&[u8]>)> {
    let (head, mut rest) = request.split_first_chunk::<8>()?;
    let [_, _, o1, o2, r1, r2, r3, r4] = *head;
    let mut requested = Vec::new();
    let mut is_requested = false;
    while let Some((tag, after)) = rest.split_first() {
        rest = after;
        // A tag below 0x10 begins a group or ends the message.
        if *tag < 0x10 {
            continue;
        }
        let (name, after) = counted(rest)?;
        let (octets, after) = counted(after)?;
        rest = after;
        is_requested = if name.is_empty() { is_requested } else { name == b"requested-attributes" };
        if is_requested {
            requested.push(octets);
        }
    }
    Some((u16::from_be_bytes([o1, o2]), u32::from_be_bytes([r1, r2, r3, r4]), requested))
}

fn counted(octets: &[u8]) -> Option<(&[u8], &[u8])> {
    let (length, rest) = octets.split_first_chunk()?;
    rest.split_at_checked(usize::from(u16::from_be_bytes(*length)))
}

fn identity(printer: &SimPrinter) -> Vec<Attribute> {
    let (spec, identity) = (printer.spec(), printer.identity());
    let (maker, model) = spec.name.split_once(' ').unwrap_or(("", spec.name));
    let node: String = identity.mac.iter().map(|octet| format!("{octet:02x}")).collect();
    let device_id = format!("MFG:{maker};MDL:{model};SN:{};CMD:PDF;", identity.serial);
    vec![
        Attribute::new("printer-make-and-model", [Value::text(spec.name)]),
        Attribute::new("printer-info", [Value::text(&identity.name)]),
        Attribute::new("printer-location", [Value::text(&identity.location)]),
        // RFC 9562 §5.1: the node of a version 1 UUID is a hardware address.
        Attribute::new("printer-uuid", [Value::uri(&format!("urn:uuid:00000000-0000-1000-8000-{node}"))]),
        Attribute::new("printer-device-id", [Value::text(&device_id)]),
        Attribute::new("printer-serial-number", [Value::text(&identity.serial)]),
        Attribute::new("printer-dns-sd-name", [Value::name(&identity.name)]),
        Attribute::new("printer-firmware-string-version", [Value::text(spec.firmware)]),
        Attribute::new("color-supported", [Value::boolean(spec.colorants.len() > 1)]),
    ]
}

/// Source: RFC 8011 §5.4.11 and §5.4.12, PWG 5100.9 §7.2 for the reasons.
fn state(printer: &SimPrinter) -> Vec<Attribute> {
    let state = if printer.is_stopped() { 5 } else { 3 + i32::from(printer.is_printing()) };
    let mut reasons: Vec<Value> = printer.alert_codes().iter().filter_map(|(_, code)| Some(Value::keyword(reason(*code)?))).collect();
    if reasons.is_empty() {
        reasons.push(Value::keyword("none"));
    }
    vec![
        Attribute::new("printer-state", [Value::enumeration(state)]),
        Attribute::new("printer-state-reasons", reasons),
        Attribute::new("printer-is-accepting-jobs", [Value::boolean(true)]),
    ]
}

/// Source: PWG 5100.9 table 6, prtAlertCode to printer-state-reasons.
fn reason(alert_code: i64) -> Option<&'static str> {
    Some(match alert_code {
        3 => "cover-open-error",
        8 => "media-jam-error",
        801 => "input-tray-missing-warning",
        807 => "media-low-report",
        808 => "media-empty-warning",
        1101 => "marker-supply-empty-error",
        1104 => "marker-supply-low-warning",
        _ => return None,
    })
}

/// Source: CUPS, `marker-*`: levels are percent, and of a receptacle say how full it is.
fn markers(printer: &SimPrinter) -> Vec<Attribute> {
    let supplies = &printer.spec().supplies;
    if supplies.is_empty() {
        return Vec::new();
    }
    let level = |supply: &SupplySpec| match supply.level {
        LevelBehaviour::Unknown => -2,
        LevelBehaviour::Some if printer.level(supply.row) > 0 => -3,
        _ => {
            let left = u64::from(printer.level(supply.row)) * 100 / u64::from(supply.capacity.max(1));
            let left = left.min(100) as i32;
            if supply.kind == SupplyKind::WasteToner { 100 - left } else { left }
        }
    };
    let colorant = |supply: &SupplySpec| match supply.kind {
        SupplyKind::Toner(row) => printer.spec().colorants.get(row as usize - 1).map_or("none", |name| color(name)),
        _ => "none",
    };
    vec![
        Attribute::new("marker-names", supplies.iter().map(|supply| Value::name(supply.description))),
        Attribute::new("marker-types", supplies.iter().map(|supply| Value::keyword(kind(supply.kind)))),
        Attribute::new("marker-colors", supplies.iter().map(|supply| Value::name(colorant(supply)))),
        Attribute::new("marker-levels", supplies.iter().map(|supply| Value::integer(level(supply)))),
    ]
}

fn kind(kind: SupplyKind) -> &'static str {
    match kind {
        SupplyKind::Toner(_) => "toner",
        SupplyKind::BlackDrum | SupplyKind::ColorDrum => "opc",
        SupplyKind::TransferUnit => "transfer-unit",
        SupplyKind::Fuser => "fuser",
        SupplyKind::WasteToner => "waste-toner",
        SupplyKind::Staples => "staples",
    }
}

fn color(colorant: &str) -> &'static str {
    match colorant {
        "black" => "#000000",
        "cyan" => "#00FFFF",
        "magenta" => "#FF00FF",
        "yellow" => "#FFFF00",
        _ => "none",
    }
}

/// Source: PWG 5100.13 §5.6.23, printer-input-tray: rows of the Printer MIB as packed text.
fn trays(printer: &SimPrinter) -> Vec<Attribute> {
    let row = |(place, tray): (u32, &crate::printer::TraySpec)| {
        let kind = if tray.feeds_jobs { "sheetFeedAutoRemovableTray" } else { "sheetFeedManual" };
        let level = match tray.level {
            LevelBehaviour::Unknown => -2,
            LevelBehaviour::Some if printer.sheets(place) > 0 => -3,
            _ => i64::from(printer.sheets(place)),
        };
        let row = format!("index={place};type={kind};unit=sheets;maxcapacity={};level={level};status=0;name={};", tray.capacity, tray.name);
        Value::octet_string(row.as_bytes())
    };
    let rows: Vec<Value> = (1..).zip(&printer.spec().trays).map(row).collect();
    if rows.is_empty() { Vec::new() } else { vec![Attribute::new("printer-input-tray", rows)] }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::printer::{Habits, ModelSpec};

    fn request(operation: u16, requested: &[&str]) -> Vec<u8> {
        let mut out = [&[2, 0][..], &operation.to_be_bytes(), &[0, 0, 0, 9, 1]].concat();
        for (place, name) in requested.iter().enumerate() {
            out.push(0x44);
            for part in [if place == 0 { "requested-attributes" } else { "" }, name] {
                out.extend((part.len() as u16).to_be_bytes());
                out.extend(part.as_bytes());
            }
        }
        out.push(3);
        out
    }

    fn holds(octets: &[u8], text: &str) -> bool {
        octets.windows(text.len()).any(|window| window == text.as_bytes())
    }

    #[test]
    fn a_printer_tells_what_it_is_asked_for_and_nothing_else() {
        let mut printer = IppPrinter::of(&SimPrinter::new(7, ModelSpec { habits: Habits::none(), ..ModelSpec::mono_printer() }));
        let told = printer.answer(&request(GET_PRINTER_ATTRIBUTES, &["printer-state", "marker-levels"]));
        assert_eq!(told[..8], [2, 0, 0, 0, 0, 0, 0, 9]);
        assert!(holds(&told, "printer-state\x00\x04\x00\x00\x00\x03") && holds(&told, "marker-levels"));
        assert!(!holds(&told, "printer-location") && !holds(&told, "printer-state-reasons"));
        assert!(holds(&printer.answer(&request(GET_PRINTER_ATTRIBUTES, &[])), "printer-location"));
        assert_eq!(printer.others, 0);
    }

    #[test]
    fn a_job_is_counted_and_refused() {
        let mut printer = IppPrinter::new(Vec::new());
        assert_eq!(printer.answer(&request(0x0002, &[]))[2..4], [0x05, 0x01]);
        assert_eq!(printer.others, 1);
        assert_eq!(printer.answer(&[2, 0, 0])[2..4], [0x04, 0x00], "what is no request is refused as such");
    }

    #[test]
    fn a_jam_is_told_as_a_reason_to_stop() {
        let mut living = SimPrinter::new(7, ModelSpec { habits: Habits::none(), ..ModelSpec::mono_printer() });
        living.jam();
        let told = IppPrinter::of(&living).answer(&request(GET_PRINTER_ATTRIBUTES, &[]));
        assert!(holds(&told, "media-jam-error") && holds(&told, "printer-state\x00\x04\x00\x00\x00\x05"), "{living:?}");
    }
}
