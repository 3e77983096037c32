//! The identifiers of the standard profile against the texts of the MIB modules.
//!
//! The module texts are not part of this repository: the folder that `ROUNDSMAN_CORPUS` names
//! holds them under `mibs/`.
#![allow(clippy::disallowed_methods, reason = "tests read the module texts")]

use std::collections::BTreeMap;
use std::path::PathBuf;

use catalog::{Catalog, Standard};

/// Is what a module calls an object → the object above it, and its number below that.
type Names = BTreeMap<String, (String, u32)>;

fn modules() -> Option<Names> {
    let Some(folder) = std::env::var_os("ROUNDSMAN_CORPUS").map(PathBuf::from) else {
        println!("the module texts are absent: set ROUNDSMAN_CORPUS to their folder");
        return None;
    };
    let mut names = Names::new();
    for module in ["Printer-MIB", "HOST-RESOURCES-MIB"] {
        let text = std::fs::read(folder.join("mibs").join(module)).expect("a module text");
        read(&String::from_utf8_lossy(&text), &mut names);
    }
    Some(names)
}

/// Reads `name OBJECT-TYPE … ::= { above 7 }` and its kin; comments run to the end of the line.
fn read(text: &str, names: &mut Names) {
    let text: String = text.lines().map(|line| line.split("--").next().unwrap_or_default()).collect::<Vec<_>>().join("\n");
    let mut name = String::new();
    let mut words = text.split_whitespace().peekable();
    while let Some(word) = words.next() {
        match (word, words.peek().copied()) {
            ("::=", Some("{")) if !name.is_empty() => {
                let place: Vec<&str> = words.by_ref().skip(1).take_while(|word| *word != "}").collect();
                if let [above, number] = place[..]
                    && let Ok(number) = number.parse()
                {
                    names.insert(std::mem::take(&mut name), (above.to_string(), number));
                }
                name.clear();
            }
            (_, Some("OBJECT-TYPE" | "MODULE-IDENTITY")) => name = word.to_string(),
            (_, Some("OBJECT")) if word.starts_with(|letter: char| letter.is_ascii_lowercase()) => {
                let mut ahead = words.clone();
                ahead.next();
                if (ahead.next(), ahead.next()) == (Some("IDENTIFIER"), Some("::=")) {
                    name = word.to_string();
                }
            }
            _ => {}
        }
    }
}

fn arcs(names: &Names, name: &str) -> Option<Vec<u32>> {
    if name == "mib-2" {
        return Some(vec![1, 3, 6, 1, 2, 1]);
    }
    let (above, number) = names.get(name)?;
    let mut arcs = arcs(names, above)?;
    arcs.push(*number);
    Some(arcs)
}

/// D-19: public maps are wrong even on the standard, so this one is held against its text.
#[test]
fn d_19_every_standard_object_has_the_identifier_of_its_module() {
    let Some(names) = modules() else { return };
    let catalog = Catalog::embedded().unwrap();
    let mut found = 0;
    for standard in Standard::ALL {
        let object = catalog.standard().object(*standard);
        // The modules of these two groups are no part of the folder.
        if object.name.starts_with("sys") || object.name.starts_with("if") {
            continue;
        }
        assert_eq!(arcs(&names, object.name).as_deref(), Some(&*object.arcs), "{}", object.name);
        found += 1;
    }
    assert!(found > 120, "only {found} objects compared");
}

/// What one public map has wrong, in its own words.
#[test]
fn d_19_what_a_public_map_mistakes_is_right_here() {
    let catalog = Catalog::embedded().unwrap();
    let arcs = |object: Standard| &catalog.standard().object(object).arcs[6..];
    assert_eq!(arcs(Standard::PrtAlertSeverityLevel), [43, 18, 1, 1, 2], "and no column of the lights");
    assert_eq!(arcs(Standard::PrtChannelType), [43, 14, 1, 1, 2], "and no alert");
    assert_eq!(arcs(Standard::PrtGeneralCurrentLocalization), [43, 5, 1, 1, 2], "and not the configuration changes");
}
