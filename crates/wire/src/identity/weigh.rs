//! How much two sightings speak for one device: points that a person can add up.
//!
//! Each trait that both tell gives a reason, with its points and a sentence; what only one tells
//! gives none. From [`SAME`] points on the two are one device. Below zero they are two. In between
//! nobody can tell from this alone, and a person says.

use alloc::format;
use alloc::string::String;
use alloc::vec::Vec;
use core::fmt;

use jiff::SignedDuration;
use serde::{Deserialize, Serialize};

use super::{Count, Traits};

/// Is from how many points on two sightings are one device.
pub const SAME: i32 = 40;

/// Are the points of each reason. A board swap changes hardware address and UUID and leaves maker and
/// serial number: 60 − 10 − 10 = 40 is just enough. A moved board brings its address and another
/// serial number: no sum makes up for that.
mod points {
    pub const MAKER_AND_SERIAL: i32 = 60;
    /// One of the two does not tell its maker.
    pub const SERIAL: i32 = 50;
    pub const OTHER_SERIAL: i32 = -200;
    pub const OTHER_MAKER: i32 = -40;
    pub const ADDRESS_OF_HARDWARE: i32 = 40;
    pub const OTHER_ADDRESS_OF_HARDWARE: i32 = -10;
    pub const UUID: i32 = 40;
    pub const OTHER_UUID: i32 = -10;
    /// Some makers give a whole series one engine ID.
    pub const ENGINE: i32 = 20;
    pub const MODEL: i32 = 5;
    pub const OTHER_MODEL: i32 = -20;
    pub const OTHER_KIND: i32 = -10;
    pub const COUNTER_GOES_ON: i32 = 10;
    pub const COUNTER_CANNOT: i32 = -40;
    pub const NAME: i32 = 5;
    pub const ADDRESS: i32 = 5;
    /// One device is at two places at once only by two interfaces, and then it tells both.
    pub const TWO_PLACES: i32 = -50;
}

/// Is the fewest pages by which a counter tells one device from another: new printers all stand near zero.
const ENOUGH: u64 = 1000;
/// Is how far two counters of one device may be apart that two programs read in two ways.
const NEAR: u64 = 100;
/// Is how many impressions an hour a device adds at most that does not tell its speed.
const FASTEST: u64 = 18_000;
/// Is how far two clocks may be apart.
const SLACK: SignedDuration = SignedDuration::from_mins(10);

/// Is one thing that speaks for or against, in words and points.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Reason {
    /// What is the same, or not, with what was told.
    pub says: String,
    /// Above zero it speaks for one device.
    pub points: i32,
}

impl fmt::Display for Reason {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(formatter, "{}: {:+}", self.says, self.points)
    }
}

/// Is what all reasons together say.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Verdict {
    /// The sum of the points.
    pub weight: i32,
    pub reasons: Vec<Reason>,
}

impl Verdict {
    /// Returns whether the two are one device.
    pub fn is_same(&self) -> bool {
        self.weight >= SAME
    }

    /// Returns whether more speaks against one device than for it.
    pub fn is_other(&self) -> bool {
        self.weight < 0
    }

    fn add(&mut self, points: i32, says: String) {
        self.weight += points;
        self.reasons.push(Reason { says, points });
    }
}

impl fmt::Display for Verdict {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        for reason in &self.reasons {
            write!(formatter, "{reason}; ")?;
        }
        write!(formatter, "together {:+}, {SAME} make one device", self.weight)
    }
}

/// Weighs whether two sightings are of one device.
///
/// ```
/// # use wire::identity::{Traits, weigh};
/// let at = |address: &str| Traits { maker: Some("Acme".into()), serials: vec!["A1234".into()], address: Some(address.into()), ..Traits::default() };
/// let verdict = weigh(&at("10.0.0.7"), &at("10.0.0.8"));
/// assert!(verdict.is_same());
/// assert_eq!(verdict.reasons[0].to_string(), "maker and serial number A1234: +60");
/// ```
pub fn weigh(one: &Traits, other: &Traits) -> Verdict {
    let mut verdict = Verdict::default();
    serials(&mut verdict, one, other);
    hardware_addresses(&mut verdict, one, other);
    match both(&one.uuid, &other.uuid) {
        Some((one, other)) if is_like(one, other) => verdict.add(points::UUID, format!("printer UUID {one}")),
        Some(_) => verdict.add(points::OTHER_UUID, "another printer UUID".into()),
        None => {}
    }
    // Another one says little: it goes with the network board, whose address was weighed already.
    if let Some((one, _)) = both(&one.engine_id, &other.engine_id).filter(|(one, other)| is_like(one, other)) {
        verdict.add(points::ENGINE, format!("SNMP engine ID {one}"));
    }
    kinds(&mut verdict, one, other);
    counters(&mut verdict, one, other);
    if let Some((one, _)) = both(&one.name, &other.name).filter(|(one, other)| is_like(one, other)) {
        verdict.add(points::NAME, format!("name {one}"));
    }
    if one.address.is_some() && one.address == other.address {
        verdict.add(points::ADDRESS, "the same network address".into());
    }
    verdict
}

/// Weighs two sightings that one look around the network has met at two addresses.
///
/// A printer with two interfaces lists the hardware addresses of both, each time it is met. Without
/// one in common they are two devices, and one has the other's serial number.
pub fn weigh_at_once(one: &Traits, other: &Traits) -> Verdict {
    let mut verdict = weigh(one, other);
    if shared(&one.hardware_addresses, &other.hardware_addresses).is_none() {
        verdict.add(points::TWO_PLACES, "at two network addresses at once, with no hardware address in common".into());
    }
    verdict
}

/// Returns whether both have a serial number, and none in common: then no sum makes them one. A
/// network board, and with it hardware address and UUID, can be moved to another printer.
pub fn contradict(one: &Traits, other: &Traits) -> bool {
    !one.serials.is_empty() && !other.serials.is_empty() && shared(&one.serials, &other.serials).is_none()
}

fn serials(verdict: &mut Verdict, one: &Traits, other: &Traits) {
    let makers = both(&one.maker, &other.maker).map(|(one, other)| (one, other, is_part(one, other)));
    match (shared(&one.serials, &other.serials), makers) {
        (Some(serial), Some((.., true))) => verdict.add(points::MAKER_AND_SERIAL, format!("maker and serial number {serial}")),
        (Some(serial), _) => verdict.add(points::SERIAL, format!("serial number {serial}")),
        (None, _) if contradict(one, other) => {
            verdict.add(points::OTHER_SERIAL, format!("another serial number ({}, {})", one.serials[0], other.serials[0]));
        }
        (None, _) => {}
    }
    if let Some((one, other, false)) = makers {
        verdict.add(points::OTHER_MAKER, format!("another maker ({one}, {other})"));
    }
}

fn hardware_addresses(verdict: &mut Verdict, one: &Traits, other: &Traits) {
    match shared(&one.hardware_addresses, &other.hardware_addresses) {
        Some(address) => verdict.add(points::ADDRESS_OF_HARDWARE, format!("hardware address {address}")),
        None if one.hardware_addresses.is_empty() || other.hardware_addresses.is_empty() => {}
        None => verdict.add(points::OTHER_ADDRESS_OF_HARDWARE, "other hardware addresses".into()),
    }
}

/// Weighs model and sysObjectID.
fn kinds(verdict: &mut Verdict, one: &Traits, other: &Traits) {
    if let Some((one, other)) = both(&one.model, &other.model) {
        if is_part(one, other) {
            return verdict.add(points::MODEL, format!("model {one}"));
        }
        if tell_other_numbers(one, other) {
            return verdict.add(points::OTHER_MODEL, format!("another model ({one}, {other})"));
        }
    }
    // The whole of a maker's printers may have one; so the same one tells nothing.
    if let Some((one, other)) = both(&one.system_object_id, &other.system_object_id).filter(|(one, other)| one != other) {
        verdict.add(points::OTHER_KIND, format!("another sysObjectID ({one}, {other})"));
    }
}

/// Weighs whether the total of the later sighting can have come from that of the earlier one.
fn counters(verdict: &mut Verdict, one: &Traits, other: &Traits) {
    let (Some((one, one_read)), Some((other, other_read))) = (one.count.as_ref().zip(one.read), other.count.as_ref().zip(other.read))
    else {
        return;
    };
    if one.unit != other.unit {
        return;
    }
    let ((earlier, earlier_read), (later, later_read)) =
        if other_read < one_read { ((other, other_read), (one, one_read)) } else { ((one, one_read), (other, other_read)) };
    let (from, to) = (earlier.total, later.total);
    let hours_apart = later_read.1.max(earlier_read.1).duration_since(earlier_read.0);
    let is_in_order = later_read.0.duration_since(earlier_read.1) > SLACK;
    if from.abs_diff(to) > possible(earlier, later, hours_apart) {
        verdict.add(points::COUNTER_CANNOT, format!("no printer gets from {from} to {to} in that time"));
    } else if is_in_order && to < from && from - to > NEAR {
        verdict.add(points::COUNTER_CANNOT, format!("the counter would fall from {from} to {to}"));
    } else if from.min(to) >= ENOUGH && from.abs_diff(to) <= from.min(to) / 10 {
        // Counters that are far apart and possible say no more than that printers print.
        verdict.add(points::COUNTER_GOES_ON, format!("the counter goes on ({from} → {to})"));
    }
}

/// Returns how many impressions a device can add in a time, twice the rated speed since small media
/// go through faster.
fn possible(one: &Count, other: &Count, time: SignedDuration) -> u64 {
    let hourly = one.hourly.max(other.hourly).map_or(FASTEST, |hourly| hourly.saturating_mul(2));
    let seconds = (time + SLACK).as_secs().unsigned_abs();
    u64::try_from(u128::from(hourly) * u128::from(seconds) / 3600).unwrap_or(u64::MAX).max(NEAR)
}

fn both<'a>(one: &'a Option<String>, other: &'a Option<String>) -> Option<(&'a str, &'a str)> {
    one.as_deref().zip(other.as_deref())
}

fn is_like(one: &str, other: &str) -> bool {
    one.eq_ignore_ascii_case(other) || one.to_lowercase() == other.to_lowercase()
}

fn shared<'a>(one: &'a [String], other: &[String]) -> Option<&'a str> {
    one.iter().find(|word| other.iter().any(|other| is_like(word, other))).map(String::as_str)
}

/// Returns the letters and digits of a text, in lower case.
fn signs(text: &str) -> String {
    text.chars().filter(|sign| sign.is_alphanumeric()).flat_map(char::to_lowercase).collect()
}

/// Returns whether one text has all that the other one says: "Kyocera ECOSYS P2040dw" and "ECOSYS P2040dw".
fn is_part(one: &str, other: &str) -> bool {
    let (one, other) = (signs(one), signs(other));
    !one.is_empty() && !other.is_empty() && (one.contains(&other) || other.contains(&one))
}

/// Returns whether two models have numbers, and none in common. Protocols word a model in many ways;
/// its number they all tell.
fn tell_other_numbers(one: &str, other: &str) -> bool {
    let numbers = |text: &str| -> Vec<String> {
        text.split(|sign: char| !sign.is_ascii_digit()).filter(|run| run.len() >= 2).map(String::from).collect()
    };
    let (one, other) = (numbers(one), numbers(other));
    !one.is_empty() && !other.is_empty() && !one.iter().any(|number| other.contains(number))
}

#[cfg(test)]
mod tests {
    use super::*;
    use alloc::borrow::ToOwned;
    use alloc::string::ToString;
    use alloc::vec;

    const BOARD: &str = "00:17:c8:01:02:03";
    const OTHER_BOARD: &str = "00:17:c8:09:09:09";
    const UUID: &str = "4509a320-00a0-008f-00b6-002507510eca";

    fn named(serial: &str) -> Traits {
        Traits { maker: Some("Acme".into()), serials: vec![serial.to_owned()], ..Traits::default() }
    }

    fn on_board(address: &str) -> Traits {
        Traits { hardware_addresses: vec![address.to_owned()], ..Traits::default() }
    }

    fn of_model(model: &str) -> Traits {
        Traits { model: Some(model.to_owned()), ..Traits::default() }
    }

    /// Is a total that was read so many hours after noon.
    fn counted(total: u64, hour: i64) -> Traits {
        let at = jiff::Timestamp::constant(1_795_608_000, 0) + SignedDuration::from_hours(hour);
        let count = Count { total, unit: Some("impressions".into()), hourly: Some(2400) };
        Traits { count: Some(count), ..Traits::default() }.read_between(at, at)
    }

    fn says(one: &Traits, other: &Traits) -> Vec<String> {
        let (there, back) = (weigh(one, other), weigh(other, one));
        assert_eq!(there.weight, back.weight, "{one:?} {other:?}");
        assert_eq!(there.weight, there.reasons.iter().map(|reason| reason.points).sum::<i32>());
        there.reasons.iter().map(ToString::to_string).collect()
    }

    #[test]
    fn every_reason_says_its_points() {
        let seen = |total, hour| Traits {
            serials: vec!["VXF4201234".into()],
            maker: Some("Acme".into()),
            hardware_addresses: vec![BOARD.into()],
            ..counted(total, hour)
        };
        let words = [
            "maker and serial number VXF4201234: +60",
            "hardware address 00:17:c8:01:02:03: +40",
            "the counter goes on (7432 → 7510): +10",
        ];
        assert_eq!(says(&seen(7432, 0), &seen(7510, 24)), words);
        assert!(weigh(&seen(7432, 0), &seen(7510, 24)).to_string().ends_with("together +110, 40 make one device"));
    }

    #[test]
    fn what_nobody_tells_weighs_nothing() {
        assert_eq!(weigh(&Traits::default(), &Traits::default()), Verdict::default());
        assert_eq!(weigh(&named("A1234"), &on_board(BOARD)), Verdict::default());
    }

    #[test]
    fn another_serial_number_outweighs_all_the_rest() {
        let with = |serial: &str| Traits {
            hardware_addresses: vec![BOARD.into()],
            uuid: Some(UUID.into()),
            engine_id: Some("80001f8804".into()),
            name: Some("reception".into()),
            address: Some("10.0.0.7".into()),
            model: Some("Copier 3000".into()),
            ..named(serial)
        };
        assert!(weigh(&with("A1234"), &with("A1234")).is_same());
        assert!(weigh(&with("A1234"), &with("B1234")).is_other());
        assert!(contradict(&with("A1234"), &with("B1234")) && !contradict(&with("A1234"), &on_board(BOARD)));
    }

    #[test]
    fn s_32_one_serial_number_in_common_is_enough() {
        let both = Traits { serials: vec!["A1234".into(), "B1234".into()], ..named("A1234") };
        assert!(weigh(&both, &named("b1234")).is_same());
        assert!(!contradict(&both, &named("b1234")));
    }

    #[test]
    fn a_board_swap_leaves_the_printer_what_it_was() {
        let with = |board: &str, uuid: &str| Traits { hardware_addresses: vec![board.into()], uuid: Some(uuid.into()), ..named("A1234") };
        let swapped = weigh(&with(BOARD, UUID), &with(OTHER_BOARD, "11111111-2222-3333-4444-555555555555"));
        assert_eq!((swapped.weight, swapped.is_same()), (40, true), "{swapped}");
    }

    #[test]
    fn s_30_makers_that_are_worded_differently_are_one() {
        let by = |maker: &str| Traits { maker: Some(maker.into()), ..named("A1234") };
        assert!(weigh(&by("KYOCERA"), &by("Kyocera Document Solutions")).is_same());
        // A rebadged one needs more than its serial number, and is no contradiction either.
        let rebadged = weigh(&by("Acme"), &by("Bolt"));
        assert!(!rebadged.is_same() && !rebadged.is_other(), "{rebadged}");
        let maker_untold = weigh(&by("Acme"), &Traits { maker: None, ..named("A1234") });
        assert_eq!(maker_untold.to_string(), "serial number A1234: +50; together +50, 40 make one device");
    }

    #[test]
    fn s_31_another_model_is_against_and_another_wording_is_not() {
        assert_eq!(says(&of_model("MFC-8440"), &of_model("MFC-L2710DW")), ["another model (MFC-8440, MFC-L2710DW): -20"]);
        for (one, other) in [("ECOSYS P2040dw", "Kyocera ECOSYS P2040dw"), ("MFC8440", "MFC-8440")] {
            assert_eq!(weigh(&of_model(one), &of_model(other)).weight, 5, "{one} {other}");
        }
        assert_eq!(weigh(&of_model("LaserJet 4200/4250"), &of_model("LaserJet 4250 Series")), Verdict::default());
        let of_kind = |id: &str| Traits { system_object_id: Some(id.into()), ..Traits::default() };
        assert_eq!(weigh(&of_kind("1.3.6.1.4.1.1347.41"), &of_kind("1.3.6.1.4.1.641.1")).weight, -10);
        assert_eq!(weigh(&of_kind("1.3.6.1.4.1.1347.41"), &of_kind("1.3.6.1.4.1.1347.41")), Verdict::default());
    }

    #[test]
    fn uuid_and_hardware_address_suffice_alone_and_lose_against_another_model() {
        let with_uuid = |model: Option<&str>| Traits { uuid: Some(UUID.into()), model: model.map(String::from), ..Traits::default() };
        assert!(weigh(&with_uuid(None), &with_uuid(None)).is_same());
        let moved = weigh(&with_uuid(Some("MFC-8440")), &with_uuid(Some("MFC-L2710DW")));
        assert!(!moved.is_same() && !moved.is_other(), "{moved}");
        assert!(weigh(&on_board(BOARD), &on_board(BOARD)).is_same());
        assert_eq!(weigh(&on_board(BOARD), &on_board(OTHER_BOARD)).weight, -10);
    }

    #[test]
    fn a_counter_never_makes_two_one() {
        assert_eq!(says(&counted(7432, 0), &counted(7510, 24)), ["the counter goes on (7432 → 7510): +10"]);
        assert!(!weigh(&counted(7432, 0), &counted(7432, 0)).is_same());
        // New printers all stand near zero, and a year makes everything possible.
        assert_eq!(weigh(&counted(12, 0), &counted(14, 24)), Verdict::default());
        assert_eq!(weigh(&counted(2000, 0), &counted(90_000, 8760)), Verdict::default());
    }

    #[test]
    fn a_counter_that_falls_or_leaps_is_against() {
        assert_eq!(says(&counted(7432, 0), &counted(5000, 24)), ["the counter would fall from 7432 to 5000: -40"]);
        assert_eq!(says(&counted(7432, 0), &counted(90_000, 1)), ["no printer gets from 7432 to 90000 in that time: -40"]);
        assert_eq!(weigh(&counted(7432, 0), &counted(7400, 24)).weight, 10, "two ways of counting are near");
        let in_sheets = Traits { count: Some(Count { total: 1, unit: Some("sheets".into()), hourly: None }), ..counted(1, 24) };
        assert_eq!(weigh(&counted(7432, 0), &in_sheets), Verdict::default(), "sheets are no impressions");
    }

    #[test]
    fn where_the_order_is_not_certain_no_counter_falls() {
        let at = |hour: i64| jiff::Timestamp::constant(1_795_608_000, 0) + SignedDuration::from_hours(hour);
        let spooled = counted(7900, 0).read_between(at(0), at(24));
        assert_eq!(weigh(&spooled, &counted(7432, 12)).weight, 10);
    }

    #[test]
    fn at_two_addresses_at_once_one_serial_number_is_two_devices() {
        let two = weigh_at_once(&named("A1234"), &named("A1234"));
        assert!(!two.is_same(), "{two}");
        let interfaces = Traits { hardware_addresses: vec![BOARD.into(), OTHER_BOARD.into()], ..named("A1234") };
        assert!(weigh_at_once(&interfaces, &interfaces).is_same(), "a printer with two interfaces");
    }
}
