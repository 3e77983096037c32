//! Every form of a report, as a text that a person has read.
//!
//! `UPDATE_GOLDENS=1 cargo test -p report` writes them anew; read the difference before committing.
#![allow(clippy::disallowed_methods, reason = "tests read and write their goldens")]

mod fleet;

use std::fs;
use std::path::Path;

use model::DeviceRecord;
use report::{Language, Style, csv, detail, html, json, table};

const PLAIN: Style = Style { width: 160, colour: false, unicode: true, language: Language::English };

/// Compares with the file of that name; shows the first line that differs.
fn golden(name: &str, actual: &str) {
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/golden").join(name);
    if std::env::var_os("UPDATE_GOLDENS").is_some() {
        fs::write(&path, actual).unwrap();
        return;
    }
    let expected = fs::read_to_string(&path).unwrap_or_else(|error| panic!("{name}: {error}; UPDATE_GOLDENS=1 writes it"));
    let difference = expected.lines().zip(actual.lines()).enumerate().find(|(_, (expected, actual))| expected != actual);
    if let Some((line, (expected, actual))) = difference {
        panic!("{name}:{}:\nexpected {expected}\nfound    {actual}\nUPDATE_GOLDENS=1 takes what was found", line + 1);
    }
    assert_eq!(expected.len(), actual.len(), "{name} is longer or shorter than expected; UPDATE_GOLDENS=1 takes what was found");
}

#[test]
fn a_wide_table_has_bars_and_places() {
    golden("table-180.txt", &table::render(&fleet::fleet(), &Style { width: 180, ..PLAIN }));
}

#[test]
fn a_usual_terminal_has_short_bars() {
    golden("table-120.txt", &table::render(&fleet::fleet(), &Style { width: 120, ..PLAIN }));
}

#[test]
fn a_narrow_terminal_has_percentages() {
    golden("table-80.txt", &table::render(&fleet::fleet(), &Style { width: 80, ..PLAIN }));
    golden("table-80-ascii.txt", &table::render(&fleet::fleet(), &Style { width: 80, unicode: false, ..PLAIN }));
}

#[test]
fn colours_are_escapes_and_nothing_else_changes() {
    let coloured = table::render(&fleet::fleet(), &Style { colour: true, ..PLAIN });
    golden("table-160-colour.txt", &coloured);
    assert_eq!(without_colours(&coloured), table::render(&fleet::fleet(), &PLAIN));
}

fn without_colours(text: &str) -> String {
    let mut plain = String::new();
    let mut rest = text;
    while let Some((before, after)) = rest.split_once('\u{1b}') {
        plain.push_str(before);
        rest = after.split_once('m').expect("only colours are escapes").1;
    }
    plain + rest
}

#[test]
fn no_line_of_a_table_is_wider_than_the_terminal() {
    for width in [60, 70, 80, 90, 100, 110, 120, 140, 160, 200, 300] {
        for unicode in [true, false] {
            let table = table::render(&fleet::fleet()[..5], &Style { width, unicode, ..PLAIN });
            for line in table.lines().take_while(|line| !line.is_empty()) {
                let columns = unicode_width::UnicodeWidthStr::width(line);
                assert!(columns <= width.max(74), "{columns} columns at {width}: {line}");
            }
        }
    }
}

#[test]
fn nobody_found_is_one_line() {
    assert_eq!(table::render(&[], &PLAIN), "0 printers\n");
}

#[test]
fn one_device_is_told_in_groups() {
    let fleet = fleet::fleet();
    golden("detail-colour-device.txt", &detail::render(&fleet[1], &Style { width: 120, ..PLAIN }));
    golden("detail-nasty.txt", &detail::render(&fleet[3], &Style { width: 120, ..PLAIN }));
    golden("detail-levels-ascii.txt", &detail::render(&fleet[4], &Style { width: 120, unicode: false, ..PLAIN }));
    golden("detail-wordless.txt", &detail::render(&fleet[5], &PLAIN));
}

#[test]
fn one_device_is_told_in_dutch() {
    let fleet = fleet::fleet();
    let dutch = Style { width: 120, language: Language::Dutch, ..PLAIN };
    golden("detail-colour-device-dutch.txt", &detail::render(&fleet[1], &dutch));
    golden("detail-levels-dutch.txt", &detail::render(&fleet[4], &dutch));
    golden("detail-jammed.txt", &detail::render(&fleet[2], &Style { width: 120, ..PLAIN }));
    golden("detail-jammed-dutch.txt", &detail::render(&fleet[2], &dutch));
}

#[test]
fn records_are_one_line_of_json_each() {
    let lines: String = fleet::fleet().iter().map(|record| json::line(record) + "\n").collect();
    golden("fleet.ndjson", &lines);
    let back: Vec<DeviceRecord> = lines.lines().map(|line| serde_json::from_str(line).unwrap()).collect();
    assert_eq!(back, fleet::fleet());
}

#[test]
fn a_spreadsheet_has_one_row_a_device() {
    golden("fleet.csv", &csv::render(&fleet::fleet()));
}

#[test]
fn the_page_stands_alone() {
    let page = html::render(&fleet::fleet(), fleet::made_at());
    golden("fleet.html", &page);
    for loaded in ["<script", "http://", "https://", "src=", "<link", "@import", "url("] {
        assert!(!page.contains(loaded), "{loaded}");
    }
    golden("empty.html", &html::render(&[], fleet::made_at()));
}

#[test]
fn nothing_steers_a_terminal() {
    let fleet = fleet::fleet();
    let mut all = table::render(&fleet, &PLAIN) + &csv::render(&fleet) + &html::render(&fleet, fleet::made_at());
    for record in &fleet {
        all += &(detail::render(record, &PLAIN) + &json::line(record) + &json::pretty(record));
    }
    let steers = |c: &char| (c.is_control() && *c != '\n' && *c != '\r') || ('\u{202a}'..='\u{202e}').contains(c);
    assert_eq!(all.chars().find(steers), None);
}
