//! Parts with a service life, and what is left of it.

use model::Level;
use model::record::{DeviceRecord, ServiceItem, Supply};
use model::standard::MarkerSuppliesType as Type;

use super::table::find;
use super::{Language, share_left, supply_name};
use crate::text::safe_text;

/// Is a part that is replaced when its life is over.
#[derive(Clone, Debug, PartialEq)]
pub struct ServicePart {
    /// In words where we know the part, otherwise as the device said it.
    pub name: String,
    /// 0.0 to 1.0; `None` when the device does not tell it.
    pub remaining: Option<f64>,
    /// What is left, in words: "12% left", "used up", "life left not told".
    pub left: String,
}

impl ServicePart {
    /// Returns one line: "fuser: 12% left".
    pub fn line(&self) -> String {
        format!("{}: {}", self.name, self.left)
    }
}

/// Returns every part with a service life: the record's service items, then the supplies that wear out.
///
/// A part that is both is told once, with the life that is known.
///
/// Source: RFC 3805, prtMarkerSuppliesType, for the supplies.
pub fn service_parts(record: &DeviceRecord, language: Language) -> Vec<ServicePart> {
    let items = record.service_items.iter().filter(|item| !is_a_supply(item, &record.supplies));
    let mut parts: Vec<ServicePart> = items.map(|item| of_item(item, language)).collect();
    for supply in record.supplies.iter().filter(|supply| has_a_service_life(supply)) {
        let part = of_supply(supply, language);
        match parts.iter_mut().find(|known| known.name == part.name) {
            Some(known) if known.remaining.is_none() => *known = part,
            Some(_) => {}
            None => parts.push(part),
        }
    }
    parts
}

/// Returns whether an item is one of the supplies, which are listed with more words.
fn is_a_supply(item: &ServiceItem, supplies: &[Supply]) -> bool {
    let is_named = |supply: &Supply| {
        let kind = supply.kind.map(|kind| kind.to_string()).unwrap_or_default();
        let by_kind = supply.colorant.as_ref().map_or_else(|| kind.clone(), |colorant| format!("{kind} {colorant}"));
        supply.description.as_deref() == Some(&item.name) || item.name == by_kind
    };
    supplies.iter().any(|supply| has_a_service_life(supply) && is_named(supply))
}

fn has_a_service_life(supply: &Supply) -> bool {
    use Type::{CleanerUnit, CoronaWire, Developer, Fuser, FuserCleaningPad, FuserOil, FuserOilWick, FuserOiler, Opc, TransferUnit};
    matches!(
        supply.kind,
        Some(Opc | Developer | Fuser | FuserOil | FuserOilWick | FuserOiler | FuserCleaningPad | CoronaWire | CleanerUnit | TransferUnit)
    )
}

fn of_item(item: &ServiceItem, language: Language) -> ServicePart {
    let words = language.words();
    let left = item.remaining.map_or_else(|| words.left_untold.to_owned(), |share| share_left(share, language));
    ServicePart { name: part_name(&item.name, language), remaining: item.remaining, left }
}

fn of_supply(supply: &Supply, language: Language) -> ServicePart {
    let words = language.words();
    let left = match (supply.remaining, supply.level) {
        (Some(share), _) => share_left(share, language),
        (None, Level::Empty) => words.used_up.to_owned(),
        (None, Level::Low) => words.nearly_used_up.to_owned(),
        (None, _) => words.left_untold.to_owned(),
    };
    ServicePart { name: supply_name(supply, language), remaining: supply.remaining, left }
}

/// Lists what parts that are supply types are called elsewhere.
const ALSO_CALLED: &[(&str, Type)] = &[
    ("fuser", Type::Fuser),
    ("fuser unit", Type::Fuser),
    ("fuser kit", Type::Fuser),
    ("fuser oil", Type::FuserOil),
    ("transfer unit", Type::TransferUnit),
    ("transfer kit", Type::TransferUnit),
    ("drum", Type::Opc),
    ("drum unit", Type::Opc),
    ("opc", Type::Opc),
    ("photoconductor", Type::Opc),
    ("photoconductor unit", Type::Opc),
    ("developer", Type::Developer),
    ("cleaner unit", Type::CleanerUnit),
    ("cleaning unit", Type::CleanerUnit),
    ("corona wire", Type::CoronaWire),
    ("waste toner box", Type::WasteToner),
];

fn part_name(own: &str, language: Language) -> String {
    let words = language.words();
    let own = safe_text(own);
    let name = own.split(|c: char| !c.is_alphanumeric()).filter(|word| !word.is_empty()).collect::<Vec<_>>().join(" ").to_lowercase();
    let kind = ALSO_CALLED.iter().find(|(also, _)| *also == name).map(|(_, kind)| *kind);
    let known = kind
        .and_then(|kind| find(words.supplies, &kind))
        .or_else(|| words.parts.iter().find(|(part, _)| *part == name).map(|(_, words)| *words));
    known.map_or_else(|| own.clone().into_owned(), str::to_owned)
}
