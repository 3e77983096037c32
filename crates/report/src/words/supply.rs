//! What a supply is called, and what it is measured in.

use std::fmt::Display;

use model::record::{Supply, SupplyClass};
use model::standard::{AlertGroup, MarkerSuppliesType as Type};

use super::alert::{LONGEST_NAME, alert_group};
use super::table::{fill, find};
use super::{Language, or_number};
use crate::supply::named_colorant;
use crate::text::{safe_text, shorten, words};

/// Returns what a supply is.
///
/// Source: RFC 3805, PrtMarkerSuppliesTypeTC.
pub fn supply_type(kind: Type, language: Language) -> String {
    let words = language.words();
    or_number(find(words.supplies, &kind), kind.number(), words.numbered.kind, language)
}

/// Returns whether a supply empties or fills.
pub fn supply_class(class: SupplyClass, language: Language) -> &'static str {
    find(language.words().classes, &class).unwrap_or(language.words().other)
}

/// Returns the word for a colour; a colour of the maker's own stays as it was said.
pub fn colorant(said: &str, language: Language) -> String {
    let known = language.words().colorants.iter().find(|(colour, _)| *colour == said);
    known.map_or_else(|| words(&safe_text(said)), |(_, colour)| (*colour).to_owned())
}

/// Returns the word for a unit of supplies, inputs, outputs or counters.
///
/// Source: RFC 3805, PrtMarkerSuppliesSupplyUnitTC, PrtCapacityUnitTC, PrtMarkerCounterUnitTC: the
/// three share their labels.
pub fn unit(unit: impl Display, language: Language) -> String {
    let label = unit.to_string();
    let words = language.words();
    match words.units.iter().find(|(known, _)| *known == label) {
        Some((_, unit)) => (*unit).to_owned(),
        None if label == "other" => words.other.to_owned(),
        None => format!("{} {}", words.numbered.unit, label.trim_start_matches("other(").trim_end_matches(')')),
    }
}

/// Returns what a supply is called: "black toner TK-1170"; the device's description where type and
/// colorant say nothing.
pub fn supply_name(supply: &Supply, language: Language) -> String {
    let name = kind_name(supply, language);
    if kind(supply, language).is_none() && named_colorant(supply).is_none() {
        return name;
    }
    let own = |text: &Option<String>| text.as_deref().map(|text| safe_text(text).trim().to_owned()).filter(|text| !text.is_empty());
    match (own(&supply.part_number), own(&supply.description)) {
        (Some(part), _) => format!("{name} {}", shorten(&part, LONGEST_NAME, "...")),
        (None, Some(said)) if is_designation(&said) => format!("{name} {said}"),
        // Two parts of one type without a colour differ only in this.
        (None, Some(said)) if named_colorant(supply).is_none() && !said.eq_ignore_ascii_case(&name) => {
            format!("{name} ({})", shorten(&said, LONGEST_NAME, "..."))
        }
        (None, _) => name,
    }
}

/// Returns colour and type: "black toner"; the device's description where neither is told.
pub(crate) fn kind_name(supply: &Supply, language: Language) -> String {
    let noun = || alert_group(AlertGroup::MarkerSupplies, language);
    match (named_colorant(supply), kind(supply, language)) {
        (Some(colour), kind) => {
            let coloured = fill(language.words().coloured, &kind.unwrap_or_else(noun));
            coloured.replace("{colorant}", &colorant(colour, language))
        }
        (None, Some(kind)) => kind,
        (None, None) => match supply.description.as_deref().map(safe_text).filter(|said| !said.trim().is_empty()) {
            Some(said) => shorten(said.trim(), LONGEST_NAME, "...").into_owned(),
            None => format!("{} {}", noun(), supply.index),
        },
    }
}

fn kind(supply: &Supply, language: Language) -> Option<String> {
    match supply.kind? {
        Type::Unknown | Type::Other(_) => None,
        // What is in the cartridge is what people call it.
        Type::TonerCartridge => Some(supply_type(Type::Toner, language)),
        Type::InkCartridge => Some(supply_type(Type::Ink, language)),
        kind => Some(supply_type(kind, language)),
    }
}

/// Returns whether a description is an order number such as "TK-1170" rather than a text.
fn is_designation(own: &str) -> bool {
    own.len() <= 24 && !own.contains(char::is_whitespace) && own.contains(|c: char| c.is_ascii_digit())
}
