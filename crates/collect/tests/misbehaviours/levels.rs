//! Levels, capacities and the rows they stand in.

use model::Level;
use model::record::{Supply, SupplyClass};

use crate::{CONTAINER, PERCENT, Printer, RECEPTACLE, Row, WASTE_TONER};

const fn measured(value: u32) -> Level {
    Level::Measured { value, step: None }
}

fn one(row: Row) -> (Level, Option<f64>, Vec<String>) {
    of(Printer::standard().supply(1, row))
}

fn of(printer: Printer) -> (Level, Option<f64>, Vec<String>) {
    let record = printer.read();
    (record.supplies[0].level, record.supplies[0].remaining, record.problems)
}

fn colorants(supplies: &[Supply]) -> Vec<Option<&str>> {
    supplies.iter().map(|supply| supply.colorant.as_deref()).collect()
}

#[test]
fn d_01_the_words_below_zero_are_never_numbers() {
    for (raw, word) in [(-1, Level::Unrestricted), (-2, Level::Unknown), (-3, Level::Some)] {
        assert_eq!(one(Row { level: raw, ..CONTAINER }), (word, None, vec![]));
        assert_eq!(one(Row { level: raw, unit: PERCENT, capacity: -2, ..CONTAINER }), (word, None, vec![]));
    }
}

#[test]
fn d_02_a_percentage_above_100_is_invalid_and_kept_raw() {
    let above = "prtMarkerSuppliesLevel.1.1: level 150 above capacity 100".to_string();
    for capacity in [100, -2] {
        assert_eq!(one(Row { unit: PERCENT, capacity, level: 150, ..CONTAINER }), (Level::Invalid, None, vec![above.clone()]));
    }
}

#[test]
fn d_02_a_level_of_minus_100_is_empty_only_where_the_maker_means_it() {
    let row = Row { level: -100, ..CONTAINER };
    assert_eq!(of(Printer::of("ricoh").supply(1, row)), (Level::Empty, None, vec![]));
    let told = "prtMarkerSuppliesLevel.1.1: value -100, expected -3 or more".to_string();
    assert_eq!(one(row), (Level::Invalid, None, vec![told]));
}

#[test]
fn d_03_a_receptacle_tells_the_room_left_and_not_how_full_it_is() {
    let record = Printer::standard().supply(1, Row { level: 70, ..RECEPTACLE }).read();
    assert_eq!((record.supplies[0].class, record.supplies[0].remaining), (Some(SupplyClass::Receptacle), Some(0.7)));
}

#[test]
fn d_03_a_receptacle_that_is_known_to_tell_its_filling_is_turned_round() {
    let filling = || Printer::that_deviates("kind = \"receptacle-tells-filling\"\ntypes = [\"wasteToner\"]");
    assert_eq!(of(filling().supply(1, Row { level: 70, ..RECEPTACLE })), (measured(30), Some(0.3), vec![]));
    let unknown = Row { level: 70, capacity: -2, ..RECEPTACLE };
    assert_eq!(of(filling().supply(1, unknown)), (Level::Unknown, None, vec![]), "filled to 70 of nobody knows what");
    assert_eq!(of(filling().supply(1, Row { level: -3, ..RECEPTACLE })), (Level::Some, None, vec![]));
    assert_eq!(of(filling().supply(1, Row { level: 70, ..CONTAINER })), (measured(70), Some(0.7), vec![]), "a container is none");
}

/// Four toners whose rows point to colorants 1 to 4.
fn four_colours(names: [&str; 4]) -> Printer {
    (1..).zip(names).fold(Printer::standard(), |printer, (row, name)| {
        let printer = printer.supply(row, Row { level: 10 * i64::from(row), ..CONTAINER });
        printer.number("prtMarkerSuppliesColorantIndex", &[1, row], row.into()).text("prtMarkerColorantValue", &[1, row], name)
    })
}

#[test]
fn d_04_colours_come_from_the_colorant_and_not_from_the_order_of_rows() {
    let record = four_colours(["black", "cyan", "magenta", "yellow"]).read();
    assert_eq!(colorants(&record.supplies), [Some("black"), Some("cyan"), Some("magenta"), Some("yellow")]);
}

#[test]
fn s_12_cyan_may_come_first_and_black_last() {
    let record = four_colours(["cyan", "magenta", "yellow", "black"]).read();
    let black = record.supplies.iter().find(|supply| supply.colorant.as_deref() == Some("black"));
    assert_eq!(black.map(|supply| (supply.index, supply.remaining)), Some((4, Some(0.4))));
}

#[test]
fn s_01_a_level_of_some_gives_no_share() {
    assert_eq!(one(Row { level: -3, capacity: 6000, ..CONTAINER }), (Level::Some, None, vec![]));
    assert_eq!(one(Row { level: -2, capacity: 6000, ..CONTAINER }), (Level::Unknown, None, vec![]));
}

#[test]
fn s_02_without_a_capacity_there_is_no_percentage_unless_the_unit_is_percent() {
    assert_eq!(one(Row { level: 40, capacity: -2, ..CONTAINER }), (measured(40), None, vec![]));
    assert_eq!(one(Row { level: 40, capacity: -2, unit: PERCENT, ..CONTAINER }), (measured(40), Some(0.4), vec![]));
}

#[test]
fn s_03_a_level_of_an_unknown_capacity_is_a_raw_amount_and_a_zero_must_be_confirmed() {
    let row = |level| Row { level, capacity: -2, ..CONTAINER };
    assert_eq!(one(row(9)), (measured(9), None, vec![]));
    let doubt = "prtMarkerSuppliesLevel.1.1: level 0 of an unknown capacity, which nothing confirms".to_string();
    assert_eq!(one(row(0)), (Level::Unknown, None, vec![doubt]));
    let no_toner = |printer: Printer| printer.octets("hrPrinterDetectedErrorState", &[1], &[0x10]);
    assert_eq!(of(no_toner(Printer::standard().supply(1, row(0)))), (Level::Empty, None, vec![]), "the error state confirms it");
}

#[test]
fn s_04_two_rows_of_one_slot_that_contradict_are_some_and_no_order() {
    let row = |level| Row { level, capacity: -2, ..CONTAINER };
    let printer = Printer::standard().supply(1, row(0)).supply(2, row(-3)).octets("hrPrinterDetectedErrorState", &[1], &[0]);
    let record = printer.read();
    assert!(record.supplies.iter().all(|supply| (supply.level, supply.remaining) == (Level::Some, None)));
    assert_eq!(
        record.problems,
        ["prtMarkerSuppliesLevel.1.1: level 0 of an unknown capacity, while row 2 of the same slot says that some is left"]
    );
}

/// That it is "one or less" only the readings after it show; a single reading must neither call it empty nor round it.
#[test]
fn s_05_a_level_that_stays_at_one_is_one_and_not_empty() {
    assert_eq!(of(Printer::of("epson").supply(1, Row { level: 1, ..CONTAINER })), (measured(1), Some(0.01), vec![]));
}

#[test]
fn s_06_a_level_that_moves_in_steps_carries_its_step() {
    let stepped = |level| of(Printer::of("ricoh").supply(1, Row { unit: PERCENT, level, ..CONTAINER }));
    assert_eq!(stepped(30), (Level::Measured { value: 30, step: Some(10) }, Some(0.3), vec![]));
    assert_eq!(stepped(-3), (Level::Some, None, vec![]));
    let waste = Printer::of("ricoh").supply(1, Row { unit: PERCENT, level: 100, ..RECEPTACLE });
    assert_eq!(of(waste).0, measured(100), "the steps are of toner only");
}

#[test]
fn s_07_rows_may_have_gaps_and_a_colour_several_cartridges() {
    let black = |printer: Printer, row, level| {
        let printer = printer.supply(row, Row { level, ..CONTAINER });
        printer.number("prtMarkerSuppliesColorantIndex", &[1, row], 1)
    };
    let printer = Printer::standard().text("prtMarkerColorantValue", &[1, 1], "black");
    let record = black(black(black(printer, 1, 80), 30, 60), 31, 40).read();
    let found: Vec<_> = record.supplies.iter().map(|supply| (supply.index, supply.colorant.as_deref(), supply.remaining)).collect();
    assert_eq!(found, [(1, Some("black"), Some(0.8)), (30, Some("black"), Some(0.6)), (31, Some("black"), Some(0.4))]);
}

#[test]
fn s_08_rows_one_and_five_alone_are_two_supplies() {
    let printer = Printer::of("hp").supply(1, Row { level: 50, ..CONTAINER }).supply(5, Row { level: 9, ..CONTAINER });
    assert_eq!(printer.read().supplies.iter().map(|supply| supply.index).collect::<Vec<_>>(), [1, 5]);
}

#[test]
fn s_09_a_name_ends_at_its_nul_and_a_part_named_none_is_absent() {
    let stapler = Row { class: Some(3), kind: 32, unit: 1, capacity: -2, level: -3 };
    let printer = Printer::of("hp").supply(1, stapler).octets("prtMarkerSuppliesDescription", &[1, 1], b"Stapler 1 HP Q1234A\0rest");
    let other = Row { class: Some(1), kind: 1, unit: 1, capacity: -2, level: -3 };
    let printer = printer.supply(2, other).octets("prtMarkerSuppliesDescription", &[1, 2], b"Feed Rollers HP None\0");
    let printer = printer.supply(3, other).octets("prtMarkerSuppliesDescription", &[1, 3], b"N/A\0");
    let record = printer.read();
    let found: Vec<_> =
        record.supplies.iter().map(|supply| (supply.description.as_deref(), supply.part_number.as_deref(), supply.level)).collect();
    let expected = [
        (Some("Stapler 1 HP Q1234A"), Some("Q1234A"), Level::Some),
        (Some("Feed Rollers HP None"), None, Level::Some),
        (None, None, Level::Some),
    ];
    assert_eq!(found, expected);
    assert_eq!(record.supplies[1].class, Some(SupplyClass::Other));
}

#[test]
fn s_10_a_waste_box_without_a_class_is_a_receptacle_by_its_type() {
    for kind in [WASTE_TONER, 8, 14, 24, 26] {
        let record = Printer::of("ricoh").supply(1, Row { class: None, kind, level: 100, ..RECEPTACLE }).read();
        assert_eq!((record.supplies[0].class, record.supplies[0].remaining), (Some(SupplyClass::Receptacle), Some(1.0)), "type {kind}");
    }
    let record = Printer::standard().supply(1, Row { class: Some(3), level: 100, ..RECEPTACLE }).read();
    assert_eq!(record.supplies[0].class, Some(SupplyClass::Container), "what is said is not inferred");
}

#[test]
fn s_11_a_name_in_chinese_is_kept_and_the_colour_comes_from_the_colorant() {
    let printer = four_colours(["black", "cyan", "magenta", "yellow"]).text("prtMarkerSuppliesDescription", &[1, 1], "黑色碳粉盒");
    let record = printer.read();
    assert_eq!((record.supplies[0].description.as_deref(), record.supplies[0].colorant.as_deref()), (Some("黑色碳粉盒"), Some("black")));
}

#[test]
fn s_13_the_serial_number_in_a_supplys_name_is_taken_without_its_padding() {
    let described = |text: &str| {
        let printer = Printer::of("samsung").supply(1, CONTAINER).text("prtMarkerSuppliesDescription", &[1, 1], text);
        printer.read().supplies.remove(0).serial_number
    };
    assert_eq!(described("Black Toner Cartridge S/N:CRUM-20010112345   ").as_deref(), Some("CRUM-20010112345"));
    assert_eq!(described("Black Toner Cartridge;S/N_:CRUM-20010154321").as_deref(), Some("CRUM-20010154321"));
    assert_eq!(described("Black Toner Cartridge S/N:      "), None);
}

#[test]
fn s_14_trays_have_words_for_levels_and_gaps_too() {
    let tray = |printer: Printer, row, level| {
        printer.number("prtInputMaxCapacity", &[1, row], 500).number("prtInputCurrentLevel", &[1, row], level)
    };
    let printer = [(1, -3), (2, -2), (3, -1), (5, 200), (6, 501)];
    let record = printer.iter().fold(Printer::standard(), |printer, (row, level)| tray(printer, *row, *level)).read();
    let found: Vec<_> = record.inputs.iter().map(|input| (input.index, input.level)).collect();
    assert_eq!(found, [(1, Level::Some), (2, Level::Unknown), (3, Level::Unrestricted), (5, measured(200)), (6, Level::Invalid)]);
    assert_eq!(record.problems, ["prtInputCurrentLevel.1.6: level 501 above capacity 500"]);
}

#[test]
fn a_level_above_max_is_invalid() {
    let told = "prtMarkerSuppliesLevel.1.1: level 101 above capacity 100".to_string();
    assert_eq!(one(Row { level: 101, ..CONTAINER }), (Level::Invalid, None, vec![told]));
    assert_eq!(one(Row { level: 100, ..CONTAINER }), (measured(100), Some(1.0), vec![]));
}

#[test]
fn a_level_of_minus_one_is_unrestricted() {
    assert_eq!(one(Row { level: -1, ..CONTAINER }), (Level::Unrestricted, None, vec![]));
}

#[test]
fn a_max_of_0_is_no_capacity() {
    let record = Printer::standard().supply(1, Row { level: 40, capacity: 0, ..CONTAINER }).read();
    let supply = &record.supplies[0];
    assert_eq!((supply.capacity, supply.level, supply.remaining, record.problems.len()), (None, measured(40), None, 0));
    assert_eq!(one(Row { level: 0, capacity: 0, ..CONTAINER }).0, Level::Unknown, "nothing of nothing says nothing");
}

#[test]
fn a_max_of_minus_one_is_no_capacity() {
    let record = Printer::standard().supply(1, Row { level: 40, capacity: -1, ..CONTAINER }).read();
    assert_eq!((record.supplies[0].capacity, record.supplies[0].remaining), (None, None));
}

#[test]
fn supply_names_of_255_octets_are_kept_whole() {
    let long = "é".repeat(127) + "!";
    let record = Printer::standard().supply(1, CONTAINER).text("prtMarkerSuppliesDescription", &[1, 1], &long).read();
    assert_eq!(record.supplies[0].description.as_deref(), Some(&*long));
}

#[test]
fn a_table_that_changes_during_the_walk_gives_what_is_left_of_its_rows() {
    // Row 2 was taken out after its level was read, row 3 was put in after the types were.
    let printer = Printer::standard().supply(1, Row { level: 40, ..CONTAINER });
    let printer = printer.number("prtMarkerSuppliesLevel", &[1, 2], 30).number("prtMarkerSuppliesMaxCapacity", &[1, 3], 100);
    let record = printer.read();
    let found: Vec<_> = record.supplies.iter().map(|supply| (supply.index, supply.level, supply.remaining)).collect();
    assert_eq!(found, [(1, measured(40), Some(0.4)), (2, measured(30), None), (3, Level::Unknown, None)]);
}
