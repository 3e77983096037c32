//! A fleet whose devices change from day to day as real ones do: 25 of 83 values.
//!
//! Eleven meters, eight supplies and three trays move with the impressions of the day; three devices
//! in ten have an alert. Everything follows from the number of the device and the day.

use jiff::Timestamp;
use wire::facts::Keys;
use wire::{Facts, Value};

/// Name, type, capacity, and whether the supply carries a chip with a serial number.
const SUPPLIES: [(&str, &str, i64, bool); 8] = [
    ("Black Toner Cartridge", "toner", 26_000, true),
    ("Cyan Toner Cartridge", "toner", 15_000, true),
    ("Magenta Toner Cartridge", "toner", 15_000, true),
    ("Yellow Toner Cartridge", "toner", 15_000, true),
    ("Drum Unit", "opc", 125_000, false),
    ("Transfer Belt", "transferUnit", 200_000, false),
    ("Fuser Unit", "fuser", 200_000, false),
    ("Waste Toner Container", "wasteToner", 30_000, false),
];

const MODELS: [(&str, &str, &str); 4] = [
    ("Acme", "Color MFP 578", "CNB"),
    ("Borealis", "Link C8155", "XL"),
    ("Cumulus", "Advance C5550", "WXF"),
    ("Delta", "IM 4500", "3081RA"),
];

/// Is when the devices of a day were read.
#[derive(Clone, Copy)]
pub enum Times {
    /// In one round of two minutes, as an agent reads them before its report.
    OneRound,
    /// Each at a time of its own, anywhere in the day.
    Scattered,
}

/// Is the fleet as it stands on one day: when each device was read, and what it said.
pub struct Day {
    pub readings: Vec<(Timestamp, Facts)>,
}

impl Day {
    pub fn of(devices: u32, day: i64, times: Times) -> Self {
        let mut keys = Keys::default();
        let second = |device: i64| match times {
            Times::OneRound => 7_200 + device * 120 / i64::from(devices),
            Times::Scattered => draw(device, "at", day) % 86_400,
        };
        let at = |device| Timestamp::from_second(super::DAY_0 + day * 86_400 + second(device)).expect("a time of our century");
        Day { readings: (0..devices).map(i64::from).map(|device| (at(device), read(device, day, &mut keys))).collect() }
    }
}

/// Draws a number from what it is for.
fn draw(device: i64, what: &str, more: i64) -> i64 {
    // SplitMix64 over a sum of the names: nothing here needs more than spread.
    let seed = what.bytes().fold(0x9e37_79b9_7f4a_7c15_u64, |sum, octet| sum.rotate_left(7) ^ u64::from(octet));
    let mut mixed = seed ^ (device as u64).wrapping_mul(0xbf58_476d_1ce4_e5b9) ^ (more as u64).wrapping_mul(0x94d0_49bb_1331_11eb);
    for factor in [0xbf58_476d_1ce4_e5b9_u64, 0x94d0_49bb_1331_11eb] {
        mixed = (mixed ^ mixed >> 30).wrapping_mul(factor);
    }
    (mixed >> 2) as i64
}

fn read(device: i64, day: i64, keys: &mut Keys) -> Facts {
    let draw = |what: &str, more: i64| draw(device, what, more);
    let (maker, model, prefix) = MODELS[(draw("model", 0) % 4) as usize];
    let impressions = draw("start", 0) % 400_000 + day * (20 + draw("rate", 0) % 400) + draw("noise", day) % 40;
    let color = impressions * (20 + draw("color", 0) % 40) / 100;
    let busy = draw("busy", day) % 10 < 3;
    let mut facts = Facts::new();
    let mut say = |key: &str, value: Value| drop(facts.insert(keys.share(key), value));
    say("address", format!("10.{}.{}.{}", device >> 16 & 255, device >> 8 & 255, device & 255).as_str().into());
    say("presence", "ready".into());
    say("identity/manufacturer", maker.into());
    say("identity/model", model.into());
    say("identity/serial_number", format!("{prefix}{:08}", draw("serial", 0) % 100_000_000).as_str().into());
    say("identity/firmware", format!("{}.{}.{}", draw("model", 0) % 9, draw("f", 0) % 20, draw("g", 0) % 100).as_str().into());
    say("identity/system_name", format!("PRN-{:06X}", draw("name", 0) % 0x100_0000).as_str().into());
    say("identity/location", format!("Building {}, Floor {}", draw("b", 0) % 90, draw("fl", 0) % 9).as_str().into());
    say("identity/mac_addresses", Value::List(vec![format!("3c:2a:f4:{:06x}", draw("mac", 0) % 0x100_0000)]));
    say("status/up_time", (100 * (day * 86_400 + draw("up", 0) % 1_000_000)).into());
    say("status/device", if busy { "warning" } else { "running" }.into());
    say("status/printer", "idle".into());
    say("status/console", if busy { "Toner low {10033}" } else { "Ready" }.into());
    let total = impressions;
    let meters = [
        ("total", total),
        ("monochrome", total - color),
        ("color", color),
        ("copy", total / 3),
        ("print", total - total / 3 - total / 50),
        ("fax", total / 50),
        ("scan", total / 4),
        ("duplex", total / 2),
        ("large", total / 40),
        ("small", total - total / 40),
        ("jams", total / 9000),
    ];
    for (name, count) in meters {
        say(&format!("meters/{name}/value"), count.into());
        say(&format!("meters/{name}/unit"), "impressions".into());
        say(&format!("meters/{name}/origin"), format!("counter.{name}.1").as_str().into());
        say(&format!("meters/{name}/evidence"), "reported".into());
    }
    for (index, (name, kind, capacity, has_chip)) in (1..).zip(SUPPLIES) {
        let used = impressions + draw(name, 0) % capacity;
        say(&format!("supplies/{index}/class"), if kind == "wasteToner" { "receptacle" } else { "container" }.into());
        say(&format!("supplies/{index}/type"), kind.into());
        say(&format!("supplies/{index}/description"), name.into());
        say(&format!("supplies/{index}/unit"), "impressions".into());
        say(&format!("supplies/{index}/capacity"), capacity.into());
        say(&format!("supplies/{index}/level/kind"), "measured".into());
        say(&format!("supplies/{index}/level/value"), (capacity - used % capacity).into());
        say(&format!("supplies/{index}/remaining"), true.into());
        say(&format!("supplies/{index}/origin"), format!("prtMarkerSuppliesLevel.1.{index}").as_str().into());
        if has_chip {
            say(
                &format!("supplies/{index}/serial_number"),
                format!("CRUM-{:010}", draw(name, 1 + used / capacity) % 10_000_000_000).as_str().into(),
            );
        }
    }
    for index in 1..=3 {
        let used = impressions + draw("tray", index) % 550;
        say(&format!("inputs/{index}/name"), format!("Tray {index}").as_str().into());
        say(&format!("inputs/{index}/media"), "iso_a4_210x297mm".into());
        say(&format!("inputs/{index}/capacity"), 550.into());
        say(&format!("inputs/{index}/level/kind"), "measured".into());
        say(&format!("inputs/{index}/level/value"), (550 - used % 550).into());
        say(&format!("inputs/{index}/origin"), format!("prtInputCurrentLevel.1.{index}").as_str().into());
    }
    if busy {
        say("status/errors", Value::List(vec!["lowToner".to_owned()]));
        say("alerts/1/code", "markerTonerAlmostEmpty".into());
        say("alerts/1/severity", "warning".into());
        say("alerts/1/group", "markerSupplies".into());
        say("alerts/1/description", "Toner low {10033}".into());
        say("alerts/1/origin", "prtAlertTable.1.1".into());
    }
    facts
}
