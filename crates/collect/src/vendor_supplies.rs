//! Supplies that only a vendor's objects tell, or tell better than the standard table.

use catalog::meaning::{Capacity, SupplyRows, SupplyRule};
use model::Level;
use model::record::Supply;
use model::standard::MarkerSuppliesType;

use crate::answers::Instance;
use crate::cells::Source;
use crate::reference::{self, Measured};
use crate::supplies;

/// Adds what the vendor's objects tell to the standard's rows.
///
/// A supply that the standard table has is left alone if that measures its level; if it does not,
/// the vendor's level is taken. One that the table lacks becomes a row behind its last.
pub(crate) fn add(source: &mut Source<'_>, supplies: &mut Vec<Supply>) {
    let profile = source.profile;
    for rule in &profile.meanings.supplies {
        if let Some(supply) = read_one(source, rule) {
            join(supplies, supply);
        }
    }
    for rows in &profile.meanings.supply_rows {
        for supply in read_rows(source, rows) {
            join(supplies, supply);
        }
    }
}

fn join(supplies: &mut Vec<Supply>, vendor: Supply) {
    let Some(place) = (0..supplies.len()).find(|place| is_same_slot(supplies, *place, &vendor)) else {
        let index = supplies.iter().map(|supply| supply.index).max().unwrap_or(0).saturating_add(1);
        return supplies.push(Supply { index, ..vendor });
    };
    let standard = &mut supplies[place];
    let says_more = matches!(vendor.level, Level::Measured { .. } | Level::Empty | Level::Low);
    if says_more && !matches!(standard.level, Level::Measured { .. } | Level::Empty) {
        (standard.level, standard.capacity, standard.unit) = (vendor.level, vendor.capacity, vendor.unit);
        standard.origin = vendor.origin;
    }
    standard.part_number = standard.part_number.take().or(vendor.part_number);
    standard.serial_number = standard.serial_number.take().or(vendor.serial_number);
}

/// Returns whether one of these supplies and another, told elsewhere, fill the same slot: the same kind of
/// thing of the same colour. Where one of the two names no colour, they do if there is only one of the kind.
pub(crate) fn is_same_slot(supplies: &[Supply], place: usize, other: &Supply) -> bool {
    let family = other.kind.map(family);
    let of_family = |supply: &Supply| supply.kind.map(self::family) == family;
    let supply = &supplies[place];
    let only_one = || supplies.iter().filter(|supply| of_family(supply)).count() == 1;
    let same_colour = supply.colorant == other.colorant;
    let same_kind = of_family(supply) && !matches!(other.kind, None | Some(MarkerSuppliesType::Other(_) | MarkerSuppliesType::Unknown));
    let same_name = supply.description.is_some() && supply.description == other.description;
    same_kind && (same_colour || (supply.colorant.is_none() || other.colorant.is_none()) && only_one()) || of_family(supply) && same_name
}

/// Returns the kind that stands for all that fill the same slot: a cartridge and what is in it are one supply.
fn family(kind: MarkerSuppliesType) -> MarkerSuppliesType {
    use MarkerSuppliesType as Type;
    match kind {
        Type::TonerCartridge | Type::MatteToner | Type::Ink | Type::InkCartridge | Type::MatteInk => Type::Toner,
        Type::WasteInk => Type::WasteToner,
        kind => kind,
    }
}

fn supply(kind: Option<MarkerSuppliesType>, measured: Measured, origin: model::Origin) -> Supply {
    Supply {
        index: 0,
        marker: None,
        class: kind.and_then(supplies::class_of),
        kind,
        colorant: None,
        description: None,
        part_number: None,
        serial_number: None,
        unit: measured.unit,
        capacity: measured.capacity,
        level: measured.level,
        remaining: None,
        origin,
    }
}

fn read_one(source: &mut Source<'_>, rule: &SupplyRule) -> Option<Supply> {
    let told = reference::told(source, rule.level.value)?;
    let capacity = reference::capacity(source, rule.capacity).or(told.maximum);
    let measured = reference::measure(&rule.level, told.number, capacity);
    if measured.level == Level::Invalid {
        source.problems.push(format!("{}: value {} of a supply", told.origin, told.number));
    }
    Some(Supply {
        colorant: rule.colorant.as_deref().map(str::to_string),
        description: rule.description.as_deref().map(str::to_string),
        ..supply(Some(rule.kind), measured, told.origin)
    })
}

fn read_rows(source: &mut Source<'_>, rows: &SupplyRows) -> Vec<Supply> {
    let answers = source.answers;
    answers.column(rows.level.value).filter_map(|(instance, _)| read_row(source, rows, &instance)).collect()
}

fn read_row(source: &mut Source<'_>, rows: &SupplyRows, instance: &Instance) -> Option<Supply> {
    let cell = source.at(rows.level.value, instance);
    let number = source.integer_or_digits(cell)?;
    let capacity = match rows.capacity {
        Some(Capacity::Known(capacity)) => Some(capacity),
        Some(Capacity::Told(column)) => source.capacity(source.at(column, instance)),
        None => None,
    };
    let measured = reference::measure(&rows.level, number, capacity);
    if measured.level == Level::Invalid {
        source.problems.push(format!("{}: value {number} of a supply", cell.origin()));
    }
    let told_kind =
        rows.kind_column.as_ref().and_then(|(column, kinds)| kinds.get(source.key(source.at(*column, instance))?.as_str()).copied());
    let mut text = |column: Option<catalog::ObjectId>| column.and_then(|column| source.text(source.at(column, instance)));
    let (description, part_number, serial_number) = (text(rows.description), text(rows.part_number), text(rows.serial_number));
    let colorant = rows.colorant_column.as_ref().and_then(|(column, colorants)| {
        let key = source.key(source.at(*column, instance))?;
        let is_text = !key.bytes().all(|octet| octet.is_ascii_digit());
        colorants.get(key.as_str()).map(|colorant| colorant.to_string()).or(is_text.then_some(key))
    });
    let colorant = colorant.or_else(|| description.as_deref().and_then(supplies::colorant_in).map(str::to_string));
    Some(Supply { colorant, description, part_number, serial_number, ..supply(told_kind.or(rows.kind), measured, cell.origin()) })
}
