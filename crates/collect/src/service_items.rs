//! Parts with a service life, and how much of it remains.

use model::Level;
use model::record::{ServiceItem, Supply};
use model::standard::{MarkerSuppliesSupplyUnit, MarkerSuppliesType};

use crate::cells::Source;
use crate::reference;

/// Reads the parts that the vendor's objects tell of, and those among the supplies that are parts
/// rather than something that is filled up.
///
/// Source: RFC 3805, prtMarkerSuppliesType; what a technician exchanges is listed in `is_part`.
pub(crate) fn read(source: &mut Source<'_>, supplies: &[Supply]) -> Vec<ServiceItem> {
    let mut items = of_supplies(supplies);
    let profile = source.profile;
    for rule in &profile.meanings.service_items {
        let Some(told) = reference::told(source, rule.remaining.value) else { continue };
        let capacity = reference::capacity(source, rule.capacity).or(told.maximum);
        let measured = reference::measure(&rule.remaining, told.number, capacity);
        if measured.level == Level::Invalid {
            source.problems.push(format!("{}: value {} of a part", told.origin, told.number));
        }
        if !items.iter().any(|item| *item.name == *rule.name) {
            items.push(ServiceItem { name: rule.name.to_string(), remaining: measured.level.share_of(measured.capacity).map(rounded) });
        }
    }
    items
}

/// Returns those of the supplies that are parts.
pub(crate) fn of_supplies(supplies: &[Supply]) -> Vec<ServiceItem> {
    supplies.iter().filter(|supply| is_part(supply)).map(of_supply).collect()
}

fn of_supply(supply: &Supply) -> ServiceItem {
    let kind = supply.kind.map(|kind| kind.to_string()).unwrap_or_default();
    let named = || [Some(kind.as_str()), supply.colorant.as_deref()].into_iter().flatten().collect::<Vec<_>>().join(" ");
    let percent = supply.unit == Some(MarkerSuppliesSupplyUnit::Percent);
    let capacity = supply.capacity.or(percent.then_some(100));
    ServiceItem { name: supply.description.clone().unwrap_or_else(named), remaining: supply.level.share_of(capacity).map(rounded) }
}

/// Four digits are more than any device measures, and keep records short.
fn rounded(share: f64) -> f64 {
    (share * 10_000.0).round() / 10_000.0
}

fn is_part(supply: &Supply) -> bool {
    use MarkerSuppliesType as Type;
    matches!(
        supply.kind,
        Some(
            Type::Opc
                | Type::Developer
                | Type::Fuser
                | Type::CoronaWire
                | Type::FuserOilWick
                | Type::CleanerUnit
                | Type::FuserCleaningPad
                | Type::TransferUnit
                | Type::FuserOiler
        )
    )
}
