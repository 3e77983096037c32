//! Manufacturer and model from single texts, against what others made of the same texts.
//!
//! The facts are not part of this repository: the folder that `ROUNDSMAN_CORPUS` names holds
//! `facts/*.jsonl` and `ieee1284/foomatic.jsonl`. A fact counts only where the text can tell it at
//! all: others read it from another object, or file a brand under its owner.
#![allow(clippy::disallowed_methods, reason = "tests read the facts")]

use std::path::{Path, PathBuf};

use catalog::Catalog;
use collect::naming::{self, Said};
use printport::device_id::DeviceId;
use serde_json::Value as Json;

fn corpus() -> Option<PathBuf> {
    let folder = std::env::var_os("ROUNDSMAN_CORPUS").map(PathBuf::from);
    if folder.is_none() {
        println!("the facts are absent: set ROUNDSMAN_CORPUS to their folder");
    }
    folder
}

fn rows(folder: &Path, file: &str) -> Vec<Json> {
    let text = std::fs::read_to_string(folder.join(file)).expect("the file of facts");
    text.lines().map(|line| serde_json::from_str(line).expect("JSON")).collect()
}

/// Is one text with what a source says of it.
struct Fact {
    text: String,
    manufacturer: Option<String>,
    model: Option<String>,
}

fn fact(row: &Json, text: &str, manufacturer: &str, model: &str) -> Option<Fact> {
    let value = |key: &str| row[key].as_str().filter(|value| !value.trim().is_empty()).map(str::to_string);
    Some(Fact { text: value(text)?, manufacturer: value(manufacturer), model: value(model) })
}

/// Returns the text's words, without case and punctuation.
fn words(text: &str) -> Vec<String> {
    let folded: String =
        text.chars().map(|letter| if letter.is_ascii_alphanumeric() { letter.to_ascii_lowercase() } else { ' ' }).collect();
    folded.split_whitespace().map(str::to_string).collect()
}

fn tight(text: &str) -> String {
    words(text).concat()
}

/// Names that are the same maker's, folded.
const SAME: [(&str, &str); 7] = [
    ("hewlett packard", "hp"),
    ("toshiba tec", "toshiba"),
    ("seiko epson", "epson"),
    ("okidata", "oki"),
    ("oki data", "oki"),
    ("kyocera mita", "kyocera"),
    ("konica minolta", "konica"),
];

fn maker(name: &str) -> Vec<String> {
    let folded = words(name).join(" ");
    let same = SAME.iter().find(|(from, _)| *from == folded);
    words(same.map_or(folded.as_str(), |(_, to)| to))
}

/// Compares as people would: case, punctuation and additions aside.
fn same_maker(found: &str, expected: &str) -> bool {
    let (found, expected) = (maker(found), maker(expected));
    expected.iter().all(|word| found.contains(word))
}

fn same_model(found: &str, expected: &str, manufacturer: &str) -> bool {
    let mut idle = words(manufacturer);
    idle.extend(["series", "printer", "mfp", "hewlett", "packard"].map(str::to_string));
    let core = |text: &str| words(text).into_iter().filter(|word| !idle.contains(word)).collect::<String>();
    let (found, expected) = (core(found), core(expected));
    // A part of the name must still tell the model.
    let short = expected.contains(&found) && found.len() >= 4 && found.bytes().any(|octet| octet.is_ascii_digit());
    !found.is_empty() && !expected.is_empty() && (found.contains(&expected) || short)
}

/// Returns whether the words that tell this model stand in the text: those with a digit, if any has one.
fn tells_model(text: &str, model: &str) -> bool {
    let words: Vec<&str> = model.split_whitespace().collect();
    let numbered: Vec<&str> = words.iter().copied().filter(|word| word.bytes().any(|octet| octet.is_ascii_digit())).collect();
    let telling = if numbered.is_empty() { words } else { numbered };
    telling.iter().all(|word| holds(text, &tight(word)))
}

/// Returns whether a folded word stands in a text, whatever punctuation is in it, and is no piece of a
/// longer number: the year in "07/24/2003" is no model 4200.
fn holds(text: &str, word: &str) -> bool {
    let words = words(text);
    let text = words.concat();
    let ends: Vec<usize> = words
        .iter()
        .scan(0, |end, word| {
            Some({
                *end += word.len();
                *end
            })
        })
        .collect();
    let digit = |at: usize| text.as_bytes()[at].is_ascii_digit();
    let parts_number = |at: usize| at > 0 && at < text.len() && !ends.contains(&at) && digit(at - 1) && digit(at);
    text.match_indices(word).any(|(at, _)| !parts_number(at) && !parts_number(at + word.len()))
}

/// Brands that begin a text, and the owners or builders that sources file them under.
const OWNERS: [(&str, &str); 9] = [
    ("Dell", "Lexmark"),
    ("UTAX_TA", "Kyocera"),
    ("NRG", "Ricoh"),
    ("IBM", "Ricoh"),
    ("InfoPrint", "Ricoh"),
    ("Imagistics", "Oce"),
    ("silex", "Troy"),
    ("Fiery", "Kyocera Mita"),
    ("MFG:KONICA MINOLTA", "Xerox"),
];

fn tells_maker(text: &str, manufacturer: &str) -> bool {
    !OWNERS.iter().any(|(brand, owner)| text.starts_with(brand) && *owner == manufacturer)
}

#[derive(Default)]
struct Tally {
    right: usize,
    wrong: usize,
    absent: usize,
    untold: usize,
}

impl Tally {
    fn count(&mut self, told: bool, found: Option<&str>, is_right: bool) -> bool {
        match (told, found) {
            (false, _) => self.untold += 1,
            (true, _) if is_right => self.right += 1,
            (true, None) => self.absent += 1,
            (true, Some(_)) => self.wrong += 1,
        }
        is_right || !told
    }

    fn share(&self) -> f64 {
        self.right as f64 / (self.right + self.wrong + self.absent).max(1) as f64
    }
}

struct Row {
    source: &'static str,
    /// The share of counted facts that must be right.
    must: f64,
    rows: usize,
    manufacturer: Tally,
    model: Tally,
}

/// Compares what is read from each text with its facts, and prints those that differ.
fn compare<'a>(source: &'static str, must: f64, facts: &'a [Fact], read: impl Fn(&'a str) -> Said<'a>) -> Row {
    let mut row = Row { source, must, rows: facts.len(), manufacturer: Tally::default(), model: Tally::default() };
    for fact in facts {
        let said = read(&fact.text);
        if let Some(expected) = &fact.manufacturer {
            let is_right = said.manufacturer.is_some_and(|found| same_maker(found, expected));
            if !row.manufacturer.count(tells_maker(&fact.text, expected), said.manufacturer, is_right) {
                println!("{source}: manufacturer {expected:?}, found {:?} in {:?}", said.manufacturer, fact.text);
            }
        }
        if let Some(expected) = &fact.model {
            let maker = fact.manufacturer.as_deref().unwrap_or_default();
            // Some sources mean the print server, some what hangs on it.
            let found = [&said.model, &said.board_model];
            let is_right = found.iter().any(|found| found.as_deref().is_some_and(|found| same_model(found, expected, maker)));
            let some = found.iter().find_map(|found| found.as_deref());
            if !row.model.count(tells_model(&fact.text, expected), some, is_right) {
                println!("{source}: model {expected:?}, found {some:?} in {:?}", fact.text);
            }
        }
    }
    row
}

#[test]
fn texts_tell_manufacturer_and_model() {
    let Some(folder) = corpus() else { return };
    let catalog = Catalog::embedded().expect("embedded files");
    let of_system = |text| naming::of_system_description(text, &catalog);

    let fusion = rows(&folder, "facts/fusioninventory_expected_no_walk.jsonl");
    let fusion: Vec<Fact> = fusion.iter().filter_map(|row| fact(row, "sys_descr", "manufacturer", "model")).collect();
    let pjl = rows(&folder, "facts/recog_hp_pjl_id.jsonl");
    let pjl: Vec<Fact> = pjl.iter().filter_map(|row| fact(row, "text", "manufacturer", "product")).collect();
    let system = rows(&folder, "facts/recog_snmp_sysdescr.jsonl");
    let is_printing =
        |row: &&Json| ["os.device", "hw.device"].iter().any(|key| PRINTING.contains(&row["fixed"][*key].as_str().unwrap_or_default()));
    let system: Vec<Fact> = system.iter().filter(is_printing).filter_map(|row| fact(row, "text", "manufacturer", "product")).collect();
    let foomatic = rows(&folder, "ieee1284/foomatic.jsonl");
    let ids: Vec<Fact> = foomatic.iter().filter_map(|row| fact(row, "id", "make", "model")).collect();
    let descriptions: Vec<Fact> = foomatic.iter().filter_map(|row| fact(row, "snmp_description", "make", "model")).collect();

    let table = [
        compare("fusioninventory sysDescr", 0.99, &fusion, of_system),
        compare("recog PJL INFO ID", 0.98, &pjl, |text| naming::of_pjl_id(text, &catalog)),
        compare("recog sysDescr", 0.98, &system, of_system),
        compare("foomatic 1284 ID", 0.98, &ids, |text| {
            naming::of_device_id(Box::leak(Box::new(DeviceId::parse(text.as_bytes()))), &catalog)
        }),
        // Few rows, and two of them filed under names that the printers do not say.
        compare("foomatic SNMP description", 0.96, &descriptions, of_system),
    ];
    println!("{:<26}{:>6}  manufacturer: right wrong absent untold share   model: right wrong absent untold share", "source", "rows");
    for row in &table {
        let show = |tally: &Tally| {
            let share = 100.0 * tally.share();
            format!("{:>6}{:>6}{:>7}{:>7}{share:>6.1}", tally.right, tally.wrong, tally.absent, tally.untold)
        };
        println!("{:<26}{:>6}              {}          {}", row.source, row.rows, show(&row.manufacturer), show(&row.model));
    }
    for row in &table {
        assert!(row.rows > 30, "only {} rows of {}", row.rows, row.source);
        for (what, tally) in [("manufacturer", &row.manufacturer), ("model", &row.model)] {
            assert!(tally.share() >= row.must, "{}: {what} right in {:.3} of the rows", row.source, tally.share());
            assert!(tally.right > 20, "{}: {what} counted in {} rows only", row.source, tally.right);
        }
    }
}

/// What Recog calls printers and what stands between them and the network.
const PRINTING: [&str; 5] = ["Printer", "Print Server", "Multifunction Device", "Copier", "Scanner"];
