//! Values that a profile refers to: an object's number, or one record's within it.

use catalog::meaning::{Amount, Capacity, Reference};
use model::standard::MarkerSuppliesSupplyUnit;
use model::{Level, Origin};
use snmp::Value;

use crate::cells::{Cell, Source};
use crate::records;

/// Is a number that a reference led to.
#[derive(Clone, Debug)]
pub(crate) struct Told {
    pub number: i64,
    /// What the number counts up to, where it says so itself.
    pub maximum: Option<u32>,
    /// The object; of tagged records with the tag, as in `name.0/6f`.
    pub origin: Origin,
}

/// Returns what an object that stands alone tells, or one of its records; `None` if it was not said.
pub(crate) fn told(source: &mut Source<'_>, reference: Reference) -> Option<Told> {
    let cell = source.alone(reference.object);
    let Some(tag) = reference.tag else {
        return source.integer_or_digits(cell).map(|number| Told { number, maximum: None, origin: cell.origin() });
    };
    let record = records::find(source.octets(cell)?, tag)?;
    let origin = Origin::new(format!("{}/{tag:02x}", cell.origin()), &[]);
    Some(Told { number: record.value, maximum: record.maximum, origin })
}

/// Is an amount as a supply or a service item wants it.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(crate) struct Measured {
    pub level: Level,
    pub capacity: Option<u32>,
    pub unit: Option<MarkerSuppliesSupplyUnit>,
}

/// Types a number as the level it is, with its capacity, as the rules of a profile say.
///
/// A value that the rules call a word is that word; a scaled one is rounded to the nearest whole
/// unit; more than the capacity cannot be and is `Invalid`.
pub(crate) fn measure<V>(amount: &Amount<V>, number: i64, capacity: Option<u32>) -> Measured {
    let percent = amount.unit == Some(MarkerSuppliesSupplyUnit::Percent);
    let capacity = capacity.or(percent.then_some(100)).filter(|capacity| *capacity > 0);
    let level = match amount.words.get(&number) {
        Some(word) => *word,
        None => scaled(amount, number, capacity),
    };
    Measured { level, capacity, unit: amount.unit }
}

fn scaled<V>(amount: &Amount<V>, number: i64, capacity: Option<u32>) -> Level {
    let scale = i64::from(amount.scale);
    let Level::Measured { value, .. } = Level::from_raw(number) else { return Level::from_raw(number) };
    let value = (i64::from(value) + scale / 2) / scale;
    let value = match (amount.used, capacity) {
        (false, _) => value,
        (true, Some(capacity)) => i64::from(capacity) - value,
        (true, None) => return Level::Unknown,
    };
    match u32::try_from(value) {
        Ok(value) if capacity.is_none_or(|capacity| value <= capacity) => Level::Measured { value, step: None },
        _ => Level::Invalid,
    }
}

/// Returns a capacity that is known, or told now.
pub(crate) fn capacity(source: &mut Source<'_>, capacity: Option<Capacity<Reference>>) -> Option<u32> {
    match capacity? {
        Capacity::Known(capacity) => Some(capacity),
        Capacity::Told(reference) => u32::try_from(told(source, reference)?.number).ok().filter(|capacity| *capacity > 0),
    }
}

impl<'a> Source<'a> {
    /// Returns a number, or the whole number that a text begins with: some agents print their counters.
    pub fn integer_or_digits(&mut self, cell: Cell<'a>) -> Option<i64> {
        let Some(Value::OctetString(octets)) = cell.value else { return self.integer(cell) };
        let text = std::str::from_utf8(octets).ok()?.trim();
        let digits = text.len() - text.trim_start_matches(|letter: char| letter.is_ascii_digit()).len();
        // "12 pages" counts twelve, "1.2.3" is a version.
        let ends = text[digits..].chars().next().is_none_or(|letter| letter == ' ' || letter == '%');
        (ends && digits > 0).then(|| text[..digits].parse().ok()).flatten()
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::collections::BTreeMap;

    fn amount(scale: u32, used: bool) -> Amount<()> {
        let words = BTreeMap::from([(-100, Level::Empty)]);
        Amount { value: (), unit: Some(MarkerSuppliesSupplyUnit::Percent), scale, words, used }
    }

    #[test]
    fn hundredths_of_a_percent_are_rounded_and_what_is_used_is_turned_round() {
        let level = |scale, used, number| measure(&amount(scale, used), number, None).level;
        let measured = |value| Level::Measured { value, step: None };
        assert_eq!(level(100, false, 7900), measured(79));
        assert_eq!(level(100, false, 7951), measured(80));
        assert_eq!(level(1, true, 30), measured(70));
        assert_eq!(level(1, false, -3), Level::Some);
        assert_eq!(level(1, false, -100), Level::Empty, "a word of the profile");
        assert_eq!(level(1, false, 101), Level::Invalid);
        assert_eq!(level(1, true, 101), Level::Invalid);
    }
}
