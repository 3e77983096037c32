//! The sums that must hold among a device's meters, for whoever tries a profile on a device.

use catalog::Profile;
use model::record::Meter;

use crate::meters::SUMS;

/// Is a sum all of which was told.
#[derive(Clone, Debug, PartialEq)]
pub struct Sum<'a> {
    pub total: &'a Meter,
    /// The parts, and those further ones that some devices have and this one told.
    pub parts: Vec<&'a Meter>,
}

impl Sum<'_> {
    /// Returns what the parts come to.
    pub fn of_parts(&self) -> u64 {
        self.parts.iter().map(|part| part.value).fold(0, u64::saturating_add)
    }

    /// Returns whether the parts come to the total.
    pub fn holds(&self) -> bool {
        self.of_parts() == self.total.value
    }
}

/// Returns the sums that a profile checks and those that always must hold, as far as the record tells them.
///
/// Only meters that are told count; one that was kept aside as unproved proves nothing. Parts that
/// count in another unit than the total are not compared.
pub fn told<'a>(profile: &Profile, meters: &'a [Meter]) -> Vec<Sum<'a>> {
    let find = |name: &str| meters.iter().find(|meter| meter.name == name);
    let own = profile.meanings.checks.iter().map(|check| (check.total, &check.parts[..], &[][..]));
    let general = SUMS.iter().copied();
    let sums = own.chain(general).filter_map(|(total, parts, further)| {
        let total = find(total)?;
        let mut found: Vec<&Meter> = parts.iter().map(|part| find(part)).collect::<Option<_>>()?;
        found.extend(further.iter().filter_map(|part| find(part)));
        // A meter that was made of these very parts proves nothing.
        let names: Vec<&str> = found.iter().map(|part| part.name.as_str()).collect();
        let is_made = total.origin.object() == names.join("+");
        let units_differ = found.iter().any(|part| matches!((part.unit, total.unit), (Some(a), Some(b)) if a != b));
        // What the total has more may be among the parts that this device does not tell.
        let is_open = found.len() < parts.len() + further.len();
        let sum = Sum { total, parts: found };
        (!(is_made || units_differ || is_open && sum.of_parts() < total.value)).then_some(sum)
    });
    sums.collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use model::Origin;
    use model::record::Evidence;

    fn meter(name: &str, value: u64, origin: &str) -> Meter {
        Meter { name: name.to_string(), value, unit: None, origin: Origin::new(origin.to_string(), &[]), evidence: Evidence::Reported }
    }

    #[test]
    fn only_sums_of_which_all_was_told_and_none_was_made_are_looked_at() {
        let catalog = catalog::Catalog::embedded().expect("the embedded files load");
        let meters = [
            meter("total", 10, "a"),
            meter("monochrome", 6, "b"),
            meter("color", 4, "full-color+single-color"),
            meter("full-color", 3, "c"),
            meter("single-color", 1, "d"),
            meter("print", 9, "e"),
        ];
        let sums = told(catalog.standard(), &meters);
        assert_eq!(sums.len(), 1, "{sums:?}");
        assert!(sums[0].holds() && sums[0].total.name == "total" && sums[0].of_parts() == 10);
    }
}
