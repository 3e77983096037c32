//! Made devices: colour multi-function printers, each with 83 values told of it and the eight that
//! say that a level is measured. The values are those of public comparisons of ingest: who it is,
//! its state, eleven meters, eight supplies, three trays.

use jiff::Timestamp;
use wire::{Facts, Key, Value};

/// Name, kind and capacity of a supply.
const SUPPLIES: [(&str, &str, i64); 8] = [
    ("Black Toner Cartridge", "toner", 26_000),
    ("Cyan Toner Cartridge", "toner", 15_000),
    ("Magenta Toner Cartridge", "toner", 15_000),
    ("Yellow Toner Cartridge", "toner", 15_000),
    ("Drum Unit", "opc", 125_000),
    ("Transfer Belt", "transferUnit", 200_000),
    ("Fuser Unit", "fuser", 200_000),
    ("Waste Toner Container", "wasteToner", 30_000),
];
/// Maker, model and the beginning of a serial number.
const MODELS: [(&str, &str, &str); 8] = [
    ("HP", "Color LaserJet MFP M578", "CNB"),
    ("Xerox", "AltaLink C8155", "XL"),
    ("Canon", "iR-ADV C5550", "WXF"),
    ("Ricoh", "IM C4500", "3081RA"),
    ("Lexmark", "MX622ade", "7018"),
    ("Brother", "HL-L6400DW", "E7"),
    ("Kyocera", "ECOSYS M3655idn", "R8P"),
    ("Konica Minolta", "bizhub C360i", "AA2J"),
];

/// Says what a device says on a day.
pub fn facts(device: u64, day: u64) -> Facts {
    let chance = |what: u64| mix(device.wrapping_mul(0x1_0000_0001) ^ (what << 40));
    let within = |what: u64, most: u64| i64::try_from(chance(what) % most).expect("a small number");
    let (maker, model, start) = MODELS[(chance(1) % 8) as usize];
    let pages = within(2, 400_000) + day as i64 * (20 + within(3, 400)) + within(1000 + day, 40);
    let color = pages * (20 + within(4, 40)) / 100;
    let is_busy = chance(2000 + day) % 10 < 3;
    let mut facts = Facts::new();
    let mut tell = |key: &str, value: Value| drop(facts.insert(Key::from(key), value));
    let text = |text: String| Value::Text(text);
    tell("identity/manufacturer", maker.into());
    tell("identity/model", model.into());
    tell("identity/serial_number", text(format!("{start}{:08}", within(5, 100_000_000))));
    tell("identity/system_name", text(format!("PRN-{:06X}", within(6, 0x100_0000))));
    tell(
        "identity/mac_addresses",
        Value::List(vec![format!("3c:2a:f4:{:02x}:{:02x}:{:02x}", device >> 16 & 255, device >> 8 & 255, device & 255)]),
    );
    tell("identity/firmware", text(format!("{}.{}.{}", within(1, 9), within(7, 20), within(8, 100))));
    tell("identity/location", text(format!("Building {}, Floor {}", within(9, 90), within(10, 9))));
    tell("address", text(format!("10.{}.{}.{}", device >> 16 & 255, device >> 8 & 255, device & 255)));
    tell("presence", "ready".into());
    tell("status/printer", if is_busy { "printing" } else { "idle" }.into());
    tell("status/device", if is_busy { "warning" } else { "running" }.into());
    tell("status/up_time", Value::Integer(day as i64 * 86_400 + within(11, 1_000_000)));
    tell("status/console", if is_busy { "Toner low {10033}" } else { "Ready" }.into());
    for (name, count) in [
        ("total", pages),
        ("monochrome", pages - color),
        ("color", color),
        ("copy", pages / 3),
        ("print", pages - pages / 3 - pages / 50),
        ("fax", pages / 50),
        ("scan", pages / 4),
        ("duplex", pages / 2),
        ("large", pages / 40),
        ("small", pages - pages / 40),
        ("jams", pages / 9000),
    ] {
        tell(&format!("meters/{name}/value"), count.into());
    }
    // Without these two a count is not shown; one meter is looked at when all has been sent.
    tell("meters/total/origin", "prtMarkerLifeCount.1.1".into());
    tell("meters/total/evidence", "standard".into());
    for (place, (name, kind, capacity)) in SUPPLIES.into_iter().enumerate() {
        let (index, used) = (place + 1, pages + within(100 + place as u64, capacity as u64));
        tell(&format!("supplies/{index}/description"), name.into());
        tell(&format!("supplies/{index}/type"), kind.into());
        tell(&format!("supplies/{index}/unit"), "impressions".into());
        tell(&format!("supplies/{index}/capacity"), capacity.into());
        tell(&format!("supplies/{index}/level/kind"), "measured".into());
        tell(&format!("supplies/{index}/level/value"), (capacity - used % capacity).into());
        if kind == "toner" {
            let chip = mix(chance(200 + place as u64) ^ (used / capacity) as u64) % 10_000_000_000;
            tell(&format!("supplies/{index}/serial_number"), text(format!("CRUM-{chip:010}")));
        }
    }
    for index in 1..=3 {
        tell(&format!("inputs/{index}/name"), text(format!("Tray {index}")));
        tell(&format!("inputs/{index}/media"), "iso_a4_210x297mm".into());
        tell(&format!("inputs/{index}/capacity"), 550.into());
        tell(&format!("inputs/{index}/level/value"), (550 - (pages + within(300 + index, 550)) % 550).into());
    }
    if is_busy {
        for (field, word) in
            [("code", "markerTonerAlmostEmpty"), ("severity", "warning"), ("group", "markerSupplies"), ("description", "Toner low {10033}")]
        {
            tell(&format!("alerts/1/{field}"), word.into());
        }
    }
    facts
}

/// Returns the meter that is looked at when all has been sent.
pub fn total(device: u64, day: u64) -> i64 {
    match facts(device, day).get("meters/total/value") {
        Some(Value::Integer(total)) => *total,
        _ => unreachable!("every device tells it"),
    }
}

/// Returns the moment at which day `day` of `days` was read: the last one was just now.
pub fn read_at(now: Timestamp, day: u64, days: u64) -> Timestamp {
    let second = now.as_second() - ((days - 1 - day) * 86_400) as i64 - 60;
    Timestamp::from_second(second).expect("a time of this century")
}

/// Spreads a number over all of them (the finaliser of SplitMix64).
fn mix(number: u64) -> u64 {
    let mut number = number.wrapping_add(0x9e37_79b9_7f4a_7c15);
    number = (number ^ (number >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
    number = (number ^ (number >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
    number ^ (number >> 31)
}
