//! A reading held against the one before it: counters that fell, and counters that ran faster than paper can.

use std::collections::BTreeMap;

use catalog::Profile;
use catalog::meaning::DeviationKind;
use jiff::SignedDuration;
use model::DeviceRecord;
use model::record::{Evidence, Meter, Supply, SupplyClass};
use model::standard::{MarkerCounterUnit, MediaPathMaxSpeedPrintUnit};

use crate::conflict;

/// Lowers the evidence of meters that cannot have gone on from the reading `before`, and tells why.
///
/// A meter that fell, or that rose by more than the rated speed allows, becomes `conflicting`: a board
/// was exchanged, or another device answers. Whoever bills begins a new count there and asks a person;
/// a difference is never taken across it. Where the counter is known to begin again at a value, and it
/// is near enough, it keeps its evidence, and a problem tells that it began again. A meter that is read
/// from another object than before is not compared, which is told too.
///
/// A receptacle whose level rises while the device prints, and that was not emptied, may tell its filling
/// instead of the room left: that is told, and its level left as it is.
///
/// Records of two devices, by their serial numbers, are not compared. Without both times, with a clock
/// that went back, or without a rated speed (prtMediaPathMaxSpeed) no rise is too large.
pub fn since(profile: &Profile, before: &DeviceRecord, now: &mut DeviceRecord) {
    if let (Some(one), Some(other)) = (&before.identity.serial_number, &now.identity.serial_number)
        && conflict::serial_numbers(one, other)
    {
        return;
    }
    let pace = Pace::of(before, now);
    let mut problems = filling_receptacles(before, now);
    for meter in &mut now.meters {
        let Some(old) = before.meters.iter().find(|old| old.name == meter.name) else { continue };
        let Some(finding) = compare(profile, old, meter, pace.as_ref()) else { continue };
        if finding.is_conflict {
            meter.evidence = Evidence::Conflicting;
        }
        problems.push(format!("{}: {}", meter.name, finding.told));
    }
    now.problems.append(&mut problems);
}

/// Tells the receptacles that fill where they ought to empty of room.
///
/// Source: RFC 3805, prtMarkerSuppliesLevel: the level of a receptacle is the room left.
fn filling_receptacles(before: &DeviceRecord, now: &DeviceRecord) -> Vec<String> {
    let total = |record: &DeviceRecord| record.meters.iter().find(|meter| meter.name == "total").map(|meter| meter.value);
    let has_printed = matches!((total(before), total(now)), (Some(then), Some(now)) if now > then);
    let mut told = Vec::new();
    for supply in now.supplies.iter().filter(|supply| has_printed && supply.class == Some(SupplyClass::Receptacle)) {
        let is_same = |old: &&Supply| old.origin == supply.origin && old.capacity == supply.capacity && old.unit == supply.unit;
        let Some(old) = before.supplies.iter().find(is_same) else { continue };
        if let (Some(then), Some(level)) = (old.level.measured(), supply.level.measured())
            && level > then
            && !is_emptied(supply)
        {
            let origin = &supply.origin;
            told.push(format!(
                "{origin}: a receptacle's level rose from {then} to {level} while it was used, so it may tell how full it is"
            ));
        }
    }
    told
}

/// Returns whether all the room is there, but for what has come in since a receptacle was emptied.
fn is_emptied(supply: &Supply) -> bool {
    supply.remaining.is_none_or(|share| share >= 0.9)
}

/// Is what is odd about a meter.
struct Finding {
    told: String,
    is_conflict: bool,
}

fn compare(profile: &Profile, old: &Meter, new: &Meter, pace: Option<&Pace>) -> Option<Finding> {
    let units_differ = matches!((old.unit, new.unit), (Some(old), Some(new)) if old != new);
    if old.origin != new.origin || units_differ {
        let told = format!("{} counts now and {} counted before, so the two are not compared", counter(new), counter(old));
        return Some(Finding { told, is_conflict: false });
    }
    let pace = pace.filter(|_| is_of_paper(new));
    let Some(rise) = new.value.checked_sub(old.value) else {
        let wrap = wraps(profile, new).find_map(|at| Some((at, begun_again(at, old.value, new.value, pace)?)));
        return Some(match wrap {
            Some((at, rise)) => {
                let told = format!("{} began again at {at}: {} before, {} now, {rise} more", new.origin, old.value, new.value);
                Finding { told, is_conflict: false }
            }
            None => Finding { told: format!("{} fell from {} to {}", new.origin, old.value, new.value), is_conflict: true },
        });
    };
    let pace = pace.filter(|pace| rise > pace.most)?;
    let told =
        format!("{} rose by {rise} in {} minutes, at most {} expected of {} an hour", new.origin, pace.minutes, pace.most, pace.rated);
    Some(Finding { told, is_conflict: true })
}

/// Writes which object counts, and in what.
fn counter(meter: &Meter) -> String {
    meter.unit.map_or_else(|| meter.origin.to_string(), |unit| format!("{} in {unit}", meter.origin))
}

/// Returns whether a meter counts what the marking engine lets through: nothing scans or sends faster than paper runs.
fn is_of_paper(meter: &Meter) -> bool {
    const OTHERS: [&str; 5] = ["scan", "fax-out", "email-out", "transform", "report"];
    let service = meter.name.split('.').next().unwrap_or_default();
    matches!(meter.unit, None | Some(MarkerCounterUnit::Impressions | MarkerCounterUnit::Sheets)) && !OTHERS.contains(&service)
}

/// Lists the values at which a counter begins again: what the profile knows, and the end of 32 bits.
fn wraps<'a>(profile: &'a Profile, meter: &'a Meter) -> impl Iterator<Item = u64> + 'a {
    let known = profile.meanings.deviations(|kind| match kind {
        DeviationKind::CounterWraps { object, at } => (profile.object(*object).name == meter.origin.object()).then_some(u64::from(*at)),
        _ => None,
    });
    known.chain([1 << 32])
}

/// Returns how far a counter went if it began again at a value; `None` if it is too far to be believed.
fn begun_again(at: u64, old: u64, new: u64, pace: Option<&Pace>) -> Option<u64> {
    let rise = at.checked_sub(old)?.checked_add(new)?;
    let most = pace.map_or((at / 100).min(1_000_000), |pace| pace.most);
    (rise <= most).then_some(rise)
}

/// Is how much a marking engine can have counted between two readings.
struct Pace {
    minutes: i64,
    /// Sheets or impressions an hour, as the device rates itself.
    rated: u64,
    most: u64,
}

impl Pace {
    fn of(before: &DeviceRecord, now: &DeviceRecord) -> Option<Self> {
        /// Two sides of a sheet, or a large sheet counted twice; and a tenth for what runs faster than rated.
        const TENTHS: u64 = 22;
        /// Both times are those of the last answer and not of the counter's.
        const SLACK: SignedDuration = SignedDuration::from_mins(1);
        let passed = now.observed_at?.duration_since(before.observed_at?);
        if !passed.is_positive() {
            return None;
        }
        let rated = rated_speed(&now.configuration).or_else(|| rated_speed(&before.configuration))?;
        let seconds = u64::try_from(passed.saturating_add(SLACK).as_secs()).ok()?;
        let most = rated.saturating_mul(TENTHS).saturating_mul(seconds) / 10 / 3600;
        Some(Pace { minutes: passed.as_mins(), rated, most })
    }
}

/// Returns the fastest media path's speed, in sheets or impressions an hour.
///
/// Source: RFC 3805, prtMediaPathMaxSpeed, prtMediaPathMaxSpeedPrintUnit.
fn rated_speed(configuration: &BTreeMap<String, String>) -> Option<u64> {
    /// Less than ten pages a minute is a number that means something else, pages a minute for one.
    const LEAST: u64 = 600;
    const SPEED: &str = "prtMediaPathMaxSpeed.";
    let paths = configuration.range(SPEED.to_string()..).take_while(|(name, _)| name.starts_with(SPEED));
    let of_paper = paths.filter_map(|(name, speed)| {
        let unit = configuration.get(&name.replacen("Speed.", "SpeedPrintUnit.", 1))?.parse().ok()?;
        let counts = matches!(unit, MediaPathMaxSpeedPrintUnit::ImpressionsPerHour | MediaPathMaxSpeedPrintUnit::SheetsPerHour);
        speed.parse().ok().filter(|_| counts)
    });
    of_paper.max().filter(|speed| *speed >= LEAST)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::testing::Device;
    use catalog::{Catalog, Standard};
    use snmp::Value;

    const DAY_BEFORE: &str = "2026-11-24T11:00:00Z";
    const TODAY: &str = "2026-11-25T11:00:00Z";

    fn counting(time: &str, count: u32) -> Device {
        let device = Device::new().value(Standard::PrtMarkerLifeCount, &[1, 1], Value::Counter32(count));
        device.integer(Standard::PrtMarkerCounterUnit, &[1, 1], 7).observed_at(time)
    }

    fn rated(device: Device, unit: i64, speed: i64) -> Device {
        let device = device.integer(Standard::PrtMediaPathMaxSpeedPrintUnit, &[1, 1], unit);
        device.integer(Standard::PrtMediaPathMaxSpeed, &[1, 1], speed)
    }

    fn standard() -> Catalog {
        Catalog::embedded().expect("the embedded files are checked by the catalog's tests")
    }

    /// Returns the total's evidence and the problems of the second reading.
    fn held_against(before: Device, now: Device) -> (Evidence, Vec<String>) {
        let mut now = now.collect();
        since(standard().standard(), &before.collect(), &mut now);
        (now.meters[0].evidence, now.problems)
    }

    #[test]
    fn a_counter_that_goes_on_is_left_alone() {
        let found = held_against(counting(DAY_BEFORE, 1000), rated(counting(TODAY, 1400), 7, 2400));
        assert_eq!(found, (Evidence::Standard, vec![]));
        assert_eq!(held_against(counting(DAY_BEFORE, 1000), counting(TODAY, 1000)), (Evidence::Standard, vec![]));
    }

    #[test]
    fn d_07_a_counter_that_fell_is_conflicting_and_told() {
        let found = held_against(counting(DAY_BEFORE, 12_000), counting(TODAY, 40));
        assert_eq!(found, (Evidence::Conflicting, vec!["total: prtMarkerLifeCount.1.1 fell from 12000 to 40".to_string()]));
        let found = held_against(counting(TODAY, 12_000), counting(DAY_BEFORE, 40));
        assert_eq!(found.0, Evidence::Conflicting, "whatever the clock says");
    }

    #[test]
    fn more_than_the_rated_speed_allows_is_conflicting() {
        // 600 sheets an hour: 24 hours and a minute, both sides, and a tenth more.
        let at_most = 600 * 22 * (24 * 60 + 1) / 60 / 10;
        let risen = |by: u32, unit| held_against(counting(DAY_BEFORE, 1000), rated(counting(TODAY, 1000 + by), unit, 600));
        assert_eq!(risen(at_most, 8), (Evidence::Standard, vec![]));
        let told = "total: prtMarkerLifeCount.1.1 rose by 31703 in 1440 minutes, at most 31702 expected of 600 an hour".to_string();
        assert_eq!(risen(at_most + 1, 8), (Evidence::Conflicting, vec![told]));
        assert_eq!(risen(1_000_000, 17), (Evidence::Standard, vec![]), "meters of a label's path say nothing of sheets");
    }

    #[test]
    fn without_a_time_or_a_credible_speed_no_rise_is_too_large() {
        let risen = |before, now| held_against(before, now).0;
        assert_eq!(risen(counting(DAY_BEFORE, 0), counting(TODAY, 9_000_000)), Evidence::Standard, "no speed");
        assert_eq!(risen(counting(DAY_BEFORE, 0), rated(counting(TODAY, 9_000_000), 7, 40)), Evidence::Standard, "pages a minute");
        assert_eq!(risen(counting(DAY_BEFORE, 0), rated(counting(TODAY, 9_000_000), 7, -2)), Evidence::Standard, "unknown");
        assert_eq!(risen(counting(TODAY, 0), rated(counting(DAY_BEFORE, 9_000_000), 7, 2400)), Evidence::Standard, "a clock set back");
    }

    #[test]
    fn a_counter_that_wrapped_at_32_bits_goes_on() {
        let (evidence, problems) = held_against(counting(DAY_BEFORE, u32::MAX - 9), counting(TODAY, 90));
        assert_eq!(evidence, Evidence::Standard);
        assert_eq!(problems, ["total: prtMarkerLifeCount.1.1 began again at 4294967296: 4294967286 before, 90 now, 100 more"]);
        let (evidence, _) = held_against(counting(DAY_BEFORE, u32::MAX - 9), rated(counting(TODAY, 200_000), 7, 2400));
        assert_eq!(evidence, Evidence::Conflicting, "too far for one day");
    }

    #[test]
    fn a_counter_begins_again_where_its_profile_says_so() {
        let catalog = standard();
        let profile = catalog.profile("hp").expect("a profile");
        let sheets = |value| {
            let mut record = DeviceRecord::new(model::record::Path::Agent);
            let origin = model::Origin::new("hpDuplexSheets", &[0]);
            let unit = Some(MarkerCounterUnit::Sheets);
            record.meters.push(Meter { name: "duplex.sheets".into(), value, unit, origin, evidence: Evidence::Reported });
            record
        };
        let held = |old, new| {
            let mut now = sheets(new);
            since(profile, &sheets(old), &mut now);
            (now.meters[0].evidence, now.problems)
        };
        let told = "duplex.sheets: hpDuplexSheets.0 began again at 16777216: 16777200 before, 5 now, 21 more".to_string();
        assert_eq!(held(16_777_200, 5), (Evidence::Reported, vec![told]));
        assert_eq!(held(9_000_000, 5).0, Evidence::Conflicting, "half way is no end");
    }

    #[test]
    fn another_object_or_unit_is_another_series() {
        let other = Device::new().value(Standard::PrtMarkerLifeCount, &[1, 2], Value::Counter32(7)).observed_at(TODAY);
        let (evidence, problems) = held_against(counting(DAY_BEFORE, 1000), other);
        assert_eq!(evidence, Evidence::Standard);
        let told = "total: prtMarkerLifeCount.1.2 counts now and prtMarkerLifeCount.1.1 in impressions counted before, so the two are not compared";
        assert_eq!(problems, [told]);
        let sheets = counting(TODAY, 7).integer(Standard::PrtMarkerCounterUnit, &[1, 1], 8);
        assert_eq!(held_against(counting(DAY_BEFORE, 1000), sheets).0, Evidence::Standard);
    }

    #[test]
    fn d_03_a_receptacle_that_rises_while_it_is_used_is_told() {
        let waste = |time: &str, count, level| {
            let device = counting(time, count).integer(Standard::PrtMarkerSuppliesType, &[1, 5], 4);
            let device = device.integer(Standard::PrtMarkerSuppliesMaxCapacity, &[1, 5], 100);
            device.integer(Standard::PrtMarkerSuppliesLevel, &[1, 5], level)
        };
        let problems = |before, now| held_against(before, now).1;
        let told = "prtMarkerSuppliesLevel.1.5: a receptacle's level rose from 40 to 44 while it was used, so it may tell how full it is";
        assert_eq!(problems(waste(DAY_BEFORE, 1000, 40), waste(TODAY, 1400, 44)), [told]);
        let nothing = Vec::<String>::new();
        assert_eq!(problems(waste(DAY_BEFORE, 1000, 44), waste(TODAY, 1400, 40)), nothing, "the room gets less");
        assert_eq!(problems(waste(DAY_BEFORE, 1000, 4), waste(TODAY, 1400, 98)), nothing, "it was emptied");
        assert_eq!(problems(waste(DAY_BEFORE, 1000, 40), waste(TODAY, 1000, 44)), nothing, "nothing was printed");
        assert_eq!(problems(waste(DAY_BEFORE, 1000, -3), waste(TODAY, 1400, 44)), nothing, "nothing was measured");
    }

    #[test]
    fn d_17_a_container_that_rises_is_neither_an_exchange_nor_a_problem() {
        let toner = |time: &str, count, level| {
            let device = counting(time, count).integer(Standard::PrtMarkerSuppliesType, &[1, 1], 3);
            let device = device.integer(Standard::PrtMarkerSuppliesMaxCapacity, &[1, 1], 100);
            device.integer(Standard::PrtMarkerSuppliesLevel, &[1, 1], level)
        };
        let (before, mut now) = (toner(DAY_BEFORE, 1000, 3).collect(), toner(TODAY, 1100, 9).collect());
        let read = now.clone();
        since(standard().standard(), &before, &mut now);
        assert_eq!(now, read, "a cartridge that was shaken");
    }

    #[test]
    fn two_devices_are_not_compared() {
        let named = |device: Device, serial: &[u8]| device.text(Standard::PrtGeneralSerialNumber, &[1], serial);
        let found = held_against(named(counting(DAY_BEFORE, 1000), b"AB123456"), named(counting(TODAY, 7), b"CD987654"));
        assert_eq!(found, (Evidence::Standard, vec![]));
        let found = held_against(named(counting(DAY_BEFORE, 1000), b"AB123456"), named(counting(TODAY, 7), b"AB123456"));
        assert_eq!(found.0, Evidence::Conflicting);
    }

    #[test]
    fn what_is_scanned_is_not_bound_by_the_speed_of_paper() {
        let scans = Meter {
            name: "scan.color".into(),
            value: 9_000_000,
            unit: None,
            origin: model::Origin::new("acmeScans", &[0]),
            evidence: Evidence::Reported,
        };
        let (mut before, mut now) = (counting(DAY_BEFORE, 1).collect(), rated(counting(TODAY, 1), 7, 2400).collect());
        before.meters = vec![Meter { value: 0, ..scans.clone() }];
        now.meters = vec![scans];
        since(standard().standard(), &before, &mut now);
        assert_eq!((now.meters[0].evidence, now.problems), (Evidence::Reported, vec![]));
    }
}
