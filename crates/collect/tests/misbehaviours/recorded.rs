//! The misbehaviours that are on record, in the recordings themselves.
//!
//! The recordings are no part of this repository; each test ends at once without them.

use catalog::Sections;
use collect::{Context, collect, profile_for};
use model::record::{Evidence, Path, Presence, SupplyClass};
use model::standard::{AlertCode, ErrorState, MarkerCounterUnit};
use model::{DeviceRecord, Level};

use crate::CATALOG;
use crate::recording::{answers, corpus};

/// Reads a recording as a device on the network is read: by the profile that its first words lead to.
fn read(name: &str) -> Option<DeviceRecord> {
    let file = corpus()?.join("snmp").join(format!("{name}.snmprec"));
    let text = String::from_utf8_lossy(&std::fs::read(file).expect("a recording")).into_owned();
    let said = |profile| answers(profile, &text);
    let mut profile = CATALOG.standard();
    // The second look is by what the first profile has of the device ID.
    for _ in 0..2 {
        profile = profile_for(&CATALOG, profile, &said(profile));
    }
    let context = Context { sections: Sections::all(), observed_at: None, path: Path::Agent };
    Some(collect(profile, &CATALOG, &said(profile), &context))
}

/// Runs a check on each of these recordings; on none where there are none.
fn each<const N: usize>(names: [&str; N], check: impl Fn(&str, DeviceRecord)) {
    for name in names {
        if let Some(record) = read(name) {
            check(name, record);
        }
    }
}

fn conflicts(record: &DeviceRecord) -> Vec<&str> {
    record.problems.iter().map(String::as_str).filter(|problem| problem.starts_with("identity conflict")).collect()
}

#[test]
fn s_01_levels_below_zero_on_record_are_words() {
    each(["lnms-sharp_mxm266nv", "lnms-utax", "lnms-konica", "lnms-jetdirect_m880"], |name, record| {
        assert!(!record.supplies.is_empty(), "{name}");
        for supply in &record.supplies {
            let is_number = matches!(supply.level, Level::Measured { .. });
            assert!(is_number || supply.remaining.is_none(), "{name}: {supply:?}");
        }
    });
}

#[test]
fn s_04_the_two_rows_of_one_slot_on_record_are_some() {
    each(["lnms-brother_hl5370dw"], |_, record| {
        let doubtful: Vec<_> = record.supplies.iter().filter(|supply| supply.capacity.is_none()).map(|supply| supply.level).collect();
        assert!(doubtful.iter().all(|level| *level == Level::Some), "{:?}", record.supplies);
    });
}

#[test]
fn s_06_the_steps_of_ten_on_record_are_learned() {
    each(["lnms-ricoh_mpc2503"], |_, record| {
        let toners = record.supplies.iter().filter(|supply| supply.kind.is_some_and(|kind| kind.number() == 3));
        let steps: Vec<_> = toners.map(|supply| supply.level).collect();
        assert!(!steps.is_empty());
        assert!(steps.iter().all(|level| matches!(level, Level::Measured { value, step: Some(10) } if value % 10 == 0)), "{steps:?}");
    });
}

#[test]
fn s_10_the_waste_box_on_record_is_a_receptacle() {
    each(["lnms-ricoh_mpc2503"], |_, record| {
        let waste = record.supplies.iter().find(|supply| supply.kind.is_some_and(|kind| kind.number() == 4));
        assert_eq!(waste.and_then(|supply| supply.class), Some(SupplyClass::Receptacle));
    });
}

#[test]
fn s_15_sheets_on_record_are_sheets() {
    each(["lnms-ricoh_mpc2503", "lnms-ricoh_mpc3002"], |name, record| {
        let counted = record.meters.iter().find(|meter| meter.origin.object() == "prtMarkerLifeCount");
        assert_eq!(counted.and_then(|meter| meter.unit), Some(MarkerCounterUnit::Sheets), "{name}");
    });
}

#[test]
fn s_16_both_series_on_record_are_kept() {
    each(["pm-kyocera-cs4053", "pm-kyocera-p2040"], |name, record| {
        let series = |wanted: &str| record.meters.iter().find(|meter| meter.name == wanted).map(|meter| meter.evidence);
        assert_eq!((series("total"), series("total.standard")), (Some(Evidence::Conflicting), Some(Evidence::Conflicting)), "{name}");
    });
}

#[test]
fn s_17_function_counters_on_record_are_verified() {
    each(["pm-kyocera-cs4053", "lnms-sharp_mxm266nv"], |name, record| {
        for wanted in ["print", "copy", "monochrome"] {
            let evidence = record.meters.iter().find(|meter| meter.name == wanted).map(|meter| meter.evidence);
            assert_eq!(evidence, Some(Evidence::Verified), "{name}: {wanted} in {:?}", record.meters);
        }
    });
}

#[test]
fn s_18_the_nonsense_total_on_record_is_no_meter() {
    each(["pm-epson-cw"], |_, record| assert!(record.meters.iter().all(|meter| meter.value != 2), "{:?}", record.meters));
}

#[test]
fn s_19_the_long_up_time_on_record_is_told() {
    each(["lnms-samsungprinter_m4080fx"], |_, record| {
        assert!(record.status.up_time.is_some_and(|ticks| ticks > 3_000_000_000), "{:?}", record.status);
    });
}

#[test]
fn s_21_the_blank_character_on_record_is_lowtoner() {
    each(["pm-epson-cw"], |_, record| assert_eq!(record.status.errors, [ErrorState::LowToner]));
}

#[test]
fn s_22_the_row_named_sleep_on_record_is_presence() {
    each(["pm-brother"], |_, record| assert_eq!((record.presence, record.alerts.len()), (Presence::Asleep, 0)));
}

#[test]
fn s_23_the_alerts_on_record_are_read_and_the_idle_row_is_none() {
    each(["pm-epson-cw"], |_, record| {
        let codes: Vec<_> = record.alerts.iter().map(|alert| alert.code).collect();
        assert_eq!(codes, [Some(AlertCode::MarkerInkAlmostEmpty); 3]);
    });
}

#[test]
fn s_24_the_cold_fuser_on_record_is_told_of_a_device_that_sleeps() {
    each(["pm-kyocera-p2040"], |_, record| {
        assert_eq!(record.presence, Presence::Asleep);
        assert!(record.alerts.iter().any(|alert| alert.code == Some(AlertCode::MarkerFuserUnderTemperature)));
    });
}

#[test]
fn s_31_the_recordings_of_two_machines_in_one_are_identity_conflicts() {
    each(["lnms-brother"], |_, record| {
        let told = conflicts(&record);
        assert!(told.iter().any(|problem| problem.contains("model:")), "{told:?}");
        assert!(told.iter().any(|problem| problem.contains("serial number:")), "{told:?}");
    });
    each(["lnms-konica"], |_, record| assert_eq!(conflicts(&record).len(), 1, "{:?}", record.problems));
}

#[test]
fn s_31_no_other_recording_is_an_identity_conflict() {
    let Some(folder) = corpus() else { return };
    let files = std::fs::read_dir(folder.join("snmp")).expect("recordings");
    let names = files.map(|entry| entry.expect("an entry").path().file_stem().expect("a name").to_string_lossy().into_owned());
    let mut seen = 0;
    for name in names.filter(|name| name != "lnms-brother" && name != "lnms-konica") {
        let record = read(&name).expect("the folder is there");
        assert!(conflicts(&record).is_empty(), "{name}: {:?}", record.problems);
        seen += 1;
    }
    assert!(seen > 40, "{seen}");
}

#[test]
fn s_32_the_two_serial_numbers_on_record_have_their_roles() {
    each(["lnms-zebra"], |_, record| {
        let board = record.identity.board.and_then(|board| board.serial_number);
        assert!(board.is_some() && record.identity.serial_number.is_some() && board != record.identity.serial_number);
    });
}

#[test]
fn s_33_serial_numbers_that_only_the_maker_tells_are_read_on_record() {
    each(["lnms-brother_hl5370dw", "lnms-ricoh_mpc2503", "lnms-utax", "lnms-zebra"], |name, record| {
        assert!(record.identity.serial_number.is_some(), "{name}");
    });
}

#[test]
fn s_34_made_up_addresses_on_record_come_last() {
    each(["lnms-jetdirect_m130nw", "lnms-brother"], |name, record| {
        let local = |address: &String| u8::from_str_radix(&address[..2], 16).is_ok_and(|octet| octet & 2 != 0);
        let addresses = &record.identity.mac_addresses;
        assert!(!addresses.is_empty() && !local(&addresses[0]), "{name}: {addresses:?}");
        assert!(addresses.is_sorted_by_key(local), "{name}: {addresses:?}");
    });
}
