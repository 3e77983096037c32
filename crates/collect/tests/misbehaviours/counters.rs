//! Meters: which is which, in what they count, and what contradicts them.

use model::DeviceRecord;
use model::record::{Evidence, Meter};
use model::standard::MarkerCounterUnit;

use crate::Printer;

fn meter<'r>(record: &'r DeviceRecord, name: &str) -> &'r Meter {
    record.meters.iter().find(|meter| meter.name == name).unwrap_or_else(|| panic!("no {name} among {:?}", record.meters))
}

fn evidence_of(record: &DeviceRecord, name: &str) -> (u64, Evidence) {
    let meter = meter(record, name);
    (meter.value, meter.evidence)
}

/// A printer that counts with its standard counter in a unit: 7 impressions, 8 sheets.
fn counting(printer: Printer, unit: i64, count: u32) -> Printer {
    printer.number("prtMarkerCounterUnit", &[1, 1], unit).count("prtMarkerLifeCount", &[1, 1], count)
}

/// A copier whose own total lies below the standard's count.
fn kyocera(total: u32, prints: u32) -> Printer {
    let printer = counting(Printer::of("kyocera"), 7, 5030).count("kyTotal", &[], total);
    let printer = printer.count("kyFunctionCount", &[1], prints).count("kyFunctionCount", &[2], 1500);
    printer.count("kyFunctionCount", &[4], 500)
}

#[test]
fn d_05_totals_that_contradict_each_other_are_both_told() {
    let record = kyocera(5000, 3000).read();
    assert_eq!(evidence_of(&record, "total"), (5000, Evidence::Conflicting));
    assert_eq!(evidence_of(&record, "total.standard"), (5030, Evidence::Conflicting));
    assert_eq!(meter(&record, "total").origin.to_string(), "kyTotal");
    assert_eq!(record.problems, ["total: prtMarkerLifeCount.1.1 says 5030, kyTotal says 5000"]);
}

#[test]
fn d_05_a_total_that_is_the_copies_alone_is_seen_through() {
    // The device calls its copies a total: its parts add up to more.
    let record = kyocera(1500, 9000).read();
    assert!(
        record.problems.iter().any(|problem| problem == "total: kyTotal is 1500, print + copy + fax is 11000"),
        "{:?}",
        record.problems
    );
    assert_eq!(evidence_of(&record, "print"), (9000, Evidence::Conflicting));
}

#[test]
fn d_06_what_was_picked_has_another_name_than_what_was_printed() {
    let kind = |printer: Printer, row: u32, kind, count| {
        let printer = printer.number("paperGeneralCountType", &[1, row], kind);
        printer.count("paperGeneralCountValue", &[1, row], count)
    };
    let record = kind(kind(counting(Printer::of("lexmark"), 7, 9000), 1, 1, 9004), 2, 2, 9000).read();
    assert_eq!(evidence_of(&record, "total").0, 9000);
    assert_eq!(evidence_of(&record, "total.picked"), (9004, Evidence::Reported));
    assert_eq!(record.problems, Vec::<String>::new(), "more was fed than delivered, which is no contradiction");
}

fn since(before: Printer, now: Printer) -> DeviceRecord {
    let profile = now.profile.clone();
    let mut now = now.read();
    collect::since(&profile, &before.read(), &mut now);
    now
}

const YESTERDAY: &str = "2026-11-24T08:00:00Z";
const TODAY: &str = "2026-11-25T08:00:00Z";

#[test]
fn d_07_a_counter_that_went_down_is_conflicting_and_never_a_difference() {
    let before = counting(Printer::standard(), 7, 48_000).at(YESTERDAY);
    let record = since(before, counting(Printer::standard(), 7, 12).at(TODAY));
    assert_eq!(evidence_of(&record, "total"), (12, Evidence::Conflicting));
    assert_eq!(record.problems, ["total: prtMarkerLifeCount.1.1 fell from 48000 to 12"]);
}

#[test]
fn a_counter_that_wrapped_where_its_maker_says_is_no_fall() {
    let sheets = |count| Printer::of("hp").count("hpDuplexSheets", &[0], count);
    let record = since(sheets(16_777_210).at(YESTERDAY), sheets(14).at(TODAY));
    assert_eq!(evidence_of(&record, "duplex.sheets"), (14, Evidence::Reported));
    let told = "duplex.sheets: hpDuplexSheets.0 began again at 16777216: 16777210 before, 14 now, 20 more";
    assert_eq!(record.problems, [told]);
}

#[test]
fn s_15_sheets_and_impressions_are_never_mixed() {
    for (number, unit) in [(7, MarkerCounterUnit::Impressions), (8, MarkerCounterUnit::Sheets)] {
        assert_eq!(meter(&counting(Printer::standard(), number, 900).read(), "total").unit, Some(unit));
    }
    // A vendor's colors in impressions are not held against a total in sheets.
    let printer = counting(Printer::of("hp"), 8, 900).count("hpMonochromePages", &[0], 1000).count("hpColorPages", &[0], 200);
    let record = printer.read();
    assert_eq!(record.problems, Vec::<String>::new());
    assert_eq!(evidence_of(&record, "total"), (900, Evidence::Standard));
}

#[test]
fn s_16_a_count_that_is_not_the_makers_total_keeps_its_own_name() {
    let record = kyocera(5000, 3000).read();
    let names: Vec<_> = record.meters.iter().map(|meter| meter.name.as_str()).filter(|name| name.starts_with("total")).collect();
    assert_eq!(names, ["total", "total.standard"]);
}

#[test]
fn s_16_a_total_that_comes_from_another_object_than_before_is_told() {
    // Today the maker's object is silent, so the standard's count is the total.
    let record = since(kyocera(5000, 3000).at(YESTERDAY), counting(Printer::of("kyocera"), 7, 5040).at(TODAY));
    let told =
        "total: prtMarkerLifeCount.1.1 in impressions counts now and kyTotal in impressions counted before, so the two are not compared";
    assert_eq!(record.problems, [told]);
}

#[test]
fn s_17_functions_that_add_up_exactly_are_verified() {
    let record = kyocera(5000, 3000).read();
    for (name, value) in [("print", 3000), ("copy", 1500), ("fax", 500)] {
        assert_eq!(evidence_of(&record, name), (value, Evidence::Verified));
    }
}

#[test]
fn s_17_a_table_that_names_its_own_rows_is_read_by_the_names() {
    let row =
        |printer: Printer, row: [u32; 3], name: &str, count| printer.text("shCounterName", &row, name).count("shCounterValue", &row, count);
    let printer = counting(Printer::of("sharp"), 7, 400);
    let printer = row(printer, [1, 4, 61], "Black & White Total Count", 300);
    let printer = row(printer, [5, 4, 63], "Full Color Total Count", 100);
    let printer = row(printer, [5, 4, 60], "Etwas anderes", 7);
    let printer = row(printer, [1, 4, 1], "Prints", 250);
    let printer = row(printer, [4, 4, 1], "Copies", 140);
    let printer = row(printer, [5, 5, 61], "Black & White Other Count", 6);
    let record = row(printer, [5, 5, 63], "Full Color Other Count", 4).read();
    assert_eq!(evidence_of(&record, "print"), (250, Evidence::Verified), "{:?}", record.problems);
    assert_eq!(evidence_of(&record, "other"), (10, Evidence::Verified));
    assert_eq!(evidence_of(&record, "monochrome"), (300, Evidence::Verified));
    assert_eq!(evidence_of(&record, "color"), (100, Evidence::Verified));
    assert!(record.meters.iter().all(|meter| meter.value != 7), "a name that nobody knows is no meter: {:?}", record.meters);
}

#[test]
fn s_18_a_makers_total_that_is_nonsense_on_this_model_is_no_meter() {
    let record = counting(Printer::of("epson"), 7, 7000).count("epTotalOther", &[], 2).count("epTotalOrDuplex", &[], 3).read();
    let found: Vec<_> = record.meters.iter().map(|meter| (meter.name.as_str(), meter.value, meter.evidence)).collect();
    assert_eq!(found, [("total", 7000, Evidence::Standard)]);
}

#[test]
fn s_19_an_up_time_near_its_end_is_told_as_it_is() {
    let record = Printer::standard().says("sysUpTime", &[0], snmp::Value::TimeTicks(4_200_000_000)).read();
    assert_eq!((record.status.up_time, record.problems.len()), (Some(4_200_000_000), 0));
}

/// Whether the agent started anew or its clock wrapped, an alert's time from before it is no time.
#[test]
fn s_19_an_alert_from_before_the_up_time_wrapped_has_no_time() {
    let alert = |time| {
        let printer = Printer::standard().number("prtAlertSeverityLevel", &[1, 1], 3).number("prtAlertCode", &[1, 1], 8);
        let printer =
            printer.says("prtAlertTime", &[1, 1], snmp::Value::TimeTicks(time)).says("sysUpTime", &[0], snmp::Value::TimeTicks(6000));
        printer.at(TODAY).read().alerts[0].raised_at.map(|time| time.to_string())
    };
    assert_eq!(alert(4_294_000_000), None);
    assert_eq!(alert(3000).as_deref(), Some("2026-11-25T07:59:30Z"));
}

#[test]
fn several_markers_are_added_only_in_one_unit() {
    let two = |unit, second| {
        let printer = counting(Printer::standard(), 7, 1000).number("prtMarkerCounterUnit", &[1, 2], unit);
        printer.count("prtMarkerLifeCount", &[1, 2], second).read()
    };
    assert_eq!(evidence_of(&two(7, 500), "total"), (1500, Evidence::Standard));
    let record = two(17, 500);
    assert_eq!((meter(&record, "total").value, meter(&record, "total.marker.2").value), (1000, 500));
    assert_eq!(record.problems, ["prtMarkerLifeCount.1.1: no sum of 2 markers: the markers count in different units"]);
}

#[test]
fn several_markers_have_supplies_of_their_own() {
    let printer = [(1, 1), (2, 2)].iter().fold(Printer::standard(), |printer, (row, marker)| {
        let printer = printer.number("prtMarkerSuppliesMarkerIndex", &[1, *row], *marker);
        printer.number("prtMarkerSuppliesType", &[1, *row], 3).number("prtMarkerSuppliesLevel", &[1, *row], if *row == 1 { 0 } else { -3 })
    });
    let record = printer.octets("hrPrinterDetectedErrorState", &[1], &[0]).read();
    assert_eq!(record.supplies.iter().map(|supply| supply.marker).collect::<Vec<_>>(), [Some(1), Some(2)]);
    let nobody = "prtMarkerSuppliesLevel.1.1: level 0 of an unknown capacity, which nothing confirms";
    assert_eq!(record.problems, [nobody], "another marker's toner is no second row of the same slot");
}
