//! What a supply is called and how much of it is left, in words.

use model::Level;
use model::record::{Supply, SupplyClass};
use model::standard::MarkerSuppliesType as Type;

use crate::paint::{Paint, Style};
use crate::text::{grouped_in, percent, safe_text, words as label_words};
use crate::words::{self, Language, page_word, share_left};

/// Is the share at and below which a supply is shown as low: for the eye only, nothing is ordered by it.
pub const LOW: f64 = 0.10;

/// Is how urgently a supply needs somebody.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Need {
    UsedUp,
    Low,
    Fine,
    /// The device does not say.
    Untold,
}

/// Returns how urgently this supply needs somebody.
pub fn need(supply: &Supply) -> Need {
    match (supply.level, supply.remaining) {
        (Level::Empty, _) => Need::UsedUp,
        (Level::Low, _) => Need::Low,
        (_, Some(share)) if share <= 0.0 => Need::UsedUp,
        (_, Some(share)) if share <= LOW => Need::Low,
        (_, Some(_)) | (Level::Some | Level::Unrestricted, None) => Need::Fine,
        (Level::Measured { .. } | Level::Unknown | Level::Invalid, None) => Need::Untold,
    }
}

/// Returns whether this is what the marker puts on paper.
pub fn is_marking(supply: &Supply) -> bool {
    if supply.class == Some(SupplyClass::Receptacle) {
        return false;
    }
    match supply.kind {
        Some(Type::Toner | Type::TonerCartridge | Type::MatteToner | Type::Ink | Type::InkCartridge | Type::MatteInk) => true,
        Some(Type::InkRibbon | Type::SolidWax | Type::RibbonWax) => true,
        Some(Type::Unknown) | None => named_colorant(supply).is_some(),
        Some(_) => false,
    }
}

/// Returns whether a part wears out rather than runs empty.
fn wears_out(supply: &Supply) -> bool {
    use Type::{CleanerUnit, CoronaWire, Fuser, FuserCleaningPad, FuserOilWick, Opc, TransferUnit};
    matches!(supply.kind, Some(Opc | Fuser | CoronaWire | FuserOilWick | CleanerUnit | FuserCleaningPad | TransferUnit))
}

pub(crate) fn named_colorant(supply: &Supply) -> Option<&str> {
    supply.colorant.as_deref().filter(|colorant| !matches!(*colorant, "" | "unknown" | "other" | "none"))
}

/// Returns the word for what it is, or `None` when the device has none.
fn kind_word(supply: &Supply) -> Option<String> {
    let word = match supply.kind? {
        Type::Other(_) | Type::Unknown => return None,
        Type::TonerCartridge => "toner",
        Type::InkCartridge => "ink",
        Type::Opc => "drum",
        other => return Some(label_words(&other.to_string())),
    };
    Some(word.to_owned())
}

/// Returns a name of our own making such as "black toner"; the device's description where type and
/// colorant say nothing.
pub fn name(supply: &Supply) -> String {
    let colorant = named_colorant(supply).map(|colorant| label_words(&safe_text(colorant)));
    match (colorant, kind_word(supply)) {
        (Some(colorant), Some(kind)) => format!("{colorant} {kind}"),
        (Some(colorant), None) => format!("{colorant} supply"),
        (None, Some(kind)) => kind,
        (None, None) => match supply.description.as_deref().map(safe_text).filter(|said| !said.is_empty()) {
            Some(said) => said.into_owned(),
            None => format!("supply {}", supply.index),
        },
    }
}

/// Returns what [`name`] does, in a language.
pub(crate) fn name_in(supply: &Supply, language: Language) -> String {
    match language {
        Language::English => name(supply),
        Language::Dutch => words::kind_name(supply, language),
    }
}

/// Returns the few letters that a table has room for, uncut: `K`, `LC`, `toner`.
pub(crate) fn short_name(supply: &Supply) -> String {
    let letters = match named_colorant(supply) {
        Some("black") => "K",
        Some("cyan") => "C",
        Some("magenta") => "M",
        Some("yellow") => "Y",
        Some("photoBlack") => "PK",
        Some("matteBlack") => "MK",
        Some("lightCyan") => "LC",
        Some("lightMagenta") => "LM",
        Some("lightGray") => "LG",
        Some("gray" | "grey") => "GY",
        Some("red") => "R",
        Some("green") => "G",
        Some("blue") => "B",
        Some("white") => "W",
        Some(other) => return label_words(&safe_text(other)),
        None => return kind_word(supply).unwrap_or_else(|| name(supply)),
    };
    letters.to_owned()
}

/// Returns the place of a supply in a row of them: black, cyan, magenta, yellow, then the rest.
pub fn place(supply: &Supply) -> (u8, u32) {
    let colour = match named_colorant(supply) {
        _ if !is_marking(supply) => 5,
        Some("black") => 0,
        Some("cyan") => 1,
        Some("magenta") => 2,
        Some("yellow") => 3,
        _ => 4,
    };
    (colour, supply.index)
}

/// Returns the colour to draw a supply's bar in.
pub(crate) fn paint(supply: &Supply) -> Paint {
    match named_colorant(supply) {
        Some("cyan" | "lightCyan") => Paint::Cyan,
        Some("magenta" | "lightMagenta") => Paint::Magenta,
        Some("yellow") => Paint::Yellow,
        Some("blue") => Paint::Blue,
        Some("green") => Paint::Green,
        _ => Paint::Plain,
    }
}

/// Returns how a text about a supply is to stand out.
pub(crate) fn alarm(need: Need) -> Paint {
    match need {
        Need::UsedUp => Paint::Red,
        Need::Low => Paint::Yellow,
        Need::Fine => Paint::Plain,
        Need::Untold => Paint::Dim,
    }
}

/// Returns how much is left, as far as the device says: `71%`, `~70%`, `some`, `empty`, `?`.
///
/// A tilde marks a level that moves in steps of 5 % or more. Of a receptacle it is the room: `20% free`.
pub fn left(supply: &Supply) -> String {
    left_in(supply, Language::English)
}

/// Returns what [`left`] does, in a language.
pub(crate) fn left_in(supply: &Supply, language: Language) -> String {
    if let Some(share) = supply.remaining {
        let coarse = match (supply.level, supply.capacity) {
            (Level::Measured { step: Some(step), .. }, Some(capacity)) => u64::from(step) * 20 >= u64::from(capacity),
            _ => false,
        };
        let about = if coarse && share > 0.0 && share < 1.0 { "~" } else { "" };
        return match supply.class {
            Some(SupplyClass::Receptacle) if share <= 0.0 => page_word("full", language).to_owned(),
            Some(SupplyClass::Receptacle) => format!("{about}{} {}", percent(share), page_word("free", language)),
            _ => format!("{about}{}", percent(share)),
        };
    }
    match supply.level {
        Level::Measured { value, .. } => grouped_in(value.into(), language),
        level => page_word(level_word(level, supply.class), language).to_owned(),
    }
}

/// Returns the word for a level without a number.
fn level_word(level: Level, class: Option<SupplyClass>) -> &'static str {
    let fills = class == Some(SupplyClass::Receptacle);
    match level {
        Level::Some if fills => "some room",
        Level::Some => "some",
        Level::Unknown | Level::Measured { .. } => "?",
        Level::Unrestricted => "no limit",
        Level::Low if fills => "nearly full",
        Level::Low => "low",
        Level::Empty if fills => "full",
        Level::Empty => "empty",
        Level::Invalid => "invalid",
    }
}

/// Returns what to say of a supply that needs somebody, such as "waste toner full".
pub fn complaint(supply: &Supply, need: Need) -> Option<String> {
    complaint_in(supply, need, Language::English)
}

/// Returns what [`complaint`] does, in a language.
pub(crate) fn complaint_in(supply: &Supply, need: Need, language: Language) -> Option<String> {
    let fills = supply.class == Some(SupplyClass::Receptacle);
    let word = match need {
        Need::UsedUp if fills => "full",
        Need::UsedUp if wears_out(supply) => "worn out",
        Need::UsedUp => "empty",
        Need::Low if fills => "nearly full",
        Need::Low if wears_out(supply) => "nearly worn out",
        Need::Low => "low",
        Need::Fine | Need::Untold => return None,
    };
    let share =
        supply.remaining.filter(|share| need == Need::Low && *share > 0.0).map(|share| format!(" ({})", share_left(share, language)));
    Some(format!("{} {}{}", name_in(supply, language), page_word(word, language), share.unwrap_or_default()))
}

/// Returns level and capacity in the device's unit: "5,112 of 7,200 impressions".
pub fn amount(level: Level, capacity: Option<u32>, unit: Option<&str>) -> String {
    amount_in(level, capacity, unit, Language::English)
}

/// Returns what [`amount`] does, in a language; the unit is in it already.
pub(crate) fn amount_in(level: Level, capacity: Option<u32>, unit: Option<&str>, language: Language) -> String {
    let grouped = |number: u32| grouped_in(number.into(), language);
    let word = |english| page_word(english, language);
    let unit = unit.map(|unit| format!(" {unit}")).unwrap_or_default();
    let step = match level {
        Level::Measured { step: Some(step), .. } if step > 1 => format!(", {} {}", word("in steps of"), grouped(step)),
        _ => String::new(),
    };
    match (level, capacity) {
        (Level::Measured { value, .. }, Some(capacity)) => {
            format!("{} {} {}{unit}{step}", grouped(value), word("of"), grouped(capacity))
        }
        (Level::Measured { value, .. }, None) => format!("{}{unit}, {}{step}", grouped(value), word("capacity not told")),
        (level, Some(capacity)) => format!("{} {} {}{unit}", word(level_word(level, None)), word("of"), grouped(capacity)),
        (level, None) => word(level_word(level, None)).to_owned(),
    }
}

/// Returns a bar `width` columns wide for a share from 0.0 to 1.0: the full part and the rest.
pub(crate) fn bar(share: f64, width: usize, style: &Style) -> (String, String) {
    let share = share.clamp(0.0, 1.0);
    if !style.unicode {
        let full = ((share * width as f64).round() as usize).max(usize::from(share > 0.0));
        return ("#".repeat(full), ".".repeat(width - full));
    }
    const EIGHTHS: [&str; 8] = ["", "▏", "▎", "▍", "▌", "▋", "▊", "▉"];
    let eighths = ((share * (width * 8) as f64).round() as usize).max(usize::from(share > 0.0));
    let full = format!("{}{}", "█".repeat(eighths / 8), EIGHTHS[eighths % 8]);
    let rest = width - eighths.div_ceil(8);
    (full, "░".repeat(rest))
}

#[cfg(test)]
mod tests {
    use super::*;
    use model::Origin;
    use model::standard::MarkerSuppliesSupplyUnit;

    fn supply(level: Level, capacity: Option<u32>) -> Supply {
        Supply {
            index: 3,
            marker: Some(1),
            class: Some(SupplyClass::Container),
            kind: Some(Type::TonerCartridge),
            colorant: Some("cyan".into()),
            description: None,
            part_number: None,
            serial_number: None,
            unit: Some(MarkerSuppliesSupplyUnit::Impressions),
            capacity,
            level,
            remaining: level.share_of(capacity),
            origin: Origin::new("prtMarkerSuppliesLevel", &[1, 3]),
        }
    }

    fn measured(value: u32, step: Option<u32>) -> Supply {
        supply(Level::Measured { value, step }, Some(100))
    }

    #[test]
    fn no_word_becomes_a_number() {
        assert_eq!(left(&measured(71, None)), "71%");
        assert_eq!(left(&measured(70, Some(10))), "~70%");
        assert_eq!(left(&measured(70, Some(1))), "70%");
        assert_eq!(left(&supply(Level::Measured { value: 9, step: None }, None)), "9");
        assert_eq!(left(&supply(Level::Some, Some(100))), "some");
        assert_eq!(left(&supply(Level::Unknown, Some(100))), "?");
        assert_eq!(left(&supply(Level::Unrestricted, None)), "no limit");
        assert_eq!(left(&supply(Level::Low, None)), "low");
        assert_eq!(left(&supply(Level::Empty, None)), "empty");
        assert_eq!(left(&supply(Level::Invalid, None)), "invalid");
    }

    #[test]
    fn a_receptacle_is_full_where_a_container_is_empty() {
        let mut waste = measured(0, None);
        assert_eq!(complaint(&waste, need(&waste)), Some("cyan toner empty".into()));
        waste.class = Some(SupplyClass::Receptacle);
        waste.kind = Some(Type::WasteToner);
        waste.colorant = None;
        assert_eq!(complaint(&waste, need(&waste)), Some("waste toner full".into()));
        let drum = Supply { kind: Some(Type::Opc), remaining: Some(0.04), ..measured(4, None) };
        assert_eq!(complaint(&drum, need(&drum)), Some("cyan drum nearly worn out (4% left)".into()));
    }

    #[test]
    fn what_is_not_told_is_neither_fine_nor_low() {
        assert_eq!(need(&supply(Level::Unknown, Some(100))), Need::Untold);
        assert_eq!(need(&supply(Level::Invalid, Some(100))), Need::Untold);
        assert_eq!(need(&supply(Level::Measured { value: 0, step: None }, None)), Need::Untold);
        assert_eq!(need(&supply(Level::Some, None)), Need::Fine);
    }

    #[test]
    fn bars_are_as_wide_as_told() {
        let style = Style { width: 80, colour: false, unicode: true, language: Language::English };
        assert_eq!(bar(0.71, 8, &style), ("█████▋".into(), "░░".into()));
        assert_eq!(bar(0.001, 8, &style), ("▏".into(), "░".repeat(7)));
        assert_eq!(bar(0.0, 4, &style), (String::new(), "░".repeat(4)));
        assert_eq!(bar(1.0, 4, &style), ("█".repeat(4), String::new()));
        let ascii = Style { unicode: false, ..style };
        assert_eq!(bar(0.5, 4, &ascii), ("##".into(), "..".into()));
        assert_eq!(bar(0.01, 4, &ascii), ("#".into(), "...".into()));
    }
}
