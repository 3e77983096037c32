//! What the device has counted in its life: the standard's count, the vendor's, and whether they agree.
//!
//! Every count that is known of is gathered as a candidate; then the sums that must hold are looked
//! at, and each candidate is told with the evidence that they leave it. Nothing is chosen in silence:
//! what disagrees is `conflicting`, and a problem says why. A count whose meaning only one source
//! knows, or on which sources disagree, is told only if a sum proves it.
//!
//! Source of the names: PWG 5106.1; of the sums: what every service manual says of its counters.

use std::collections::BTreeMap;

use catalog::meaning::{Grade, MeterRows};
use model::Origin;
use model::record::{Evidence, Meter};
use model::standard::MarkerCounterUnit;

use crate::cells::Source;
use crate::{markers, reference};

/// Is one count and how far it can be believed.
#[derive(Clone, Debug)]
struct Candidate {
    name: &'static str,
    value: u64,
    unit: Option<MarkerCounterUnit>,
    origin: Origin,
    /// `None` for the standard's own.
    grade: Option<Grade>,
    proved: bool,
    doubted: bool,
}

impl Candidate {
    /// Returns whether a count needs no proof to be told.
    fn is_trusted(&self) -> bool {
        self.grade.is_none_or(|grade| grade <= Grade::B)
    }

    fn meter(&self) -> Meter {
        let evidence = match self.grade {
            _ if self.doubted && !self.proved => Evidence::Conflicting,
            None => Evidence::Standard,
            Some(_) if self.proved => Evidence::Verified,
            Some(_) => Evidence::Reported,
        };
        self.meter_as(self.name.to_string(), evidence)
    }

    fn meter_as(&self, name: String, evidence: Evidence) -> Meter {
        Meter { name, value: self.value, unit: self.unit, origin: self.origin.clone(), evidence }
    }
}

/// Lists what must add up on every device, where all of it is told: total, the parts that must be
/// there, and those that some devices have besides.
pub(crate) const SUMS: [(&str, &[&str], &[&str]); 7] = [
    ("total", &["monochrome", "color"], &[]),
    ("total", &["print", "copy"], &["fax", "report", "other"]),
    ("print", &["print.monochrome", "print.color"], &[]),
    ("copy", &["copy.monochrome", "copy.color"], &[]),
    ("fax", &["fax.monochrome", "fax.color"], &[]),
    ("color", &["full-color", "single-color"], &["two-color"]),
    ("total", &["large", "small"], &[]),
];

/// Reads the meters.
pub(crate) fn read(source: &mut Source<'_>, configuration: &mut BTreeMap<String, String>) -> Vec<Meter> {
    let mut meters = markers::read(source, configuration);
    let meanings = &source.profile.meanings;
    if meanings.meters.is_empty() && meanings.meter_rows.is_empty() {
        return meters;
    }
    let mut vendors = gather(source);
    if vendors.is_empty() {
        return meters;
    }
    add_sums(source, &mut vendors);
    let standard = meters.iter().position(|meter| meter.name == "total").map(|place| meters.remove(place));
    let (total, beside) = choose_total(source, standard, &mut vendors, configuration);
    let mut all: Vec<Candidate> = total.into_iter().chain(vendors).collect();
    let disagreements = check(source, &mut all, beside.as_ref());
    for candidate in &all {
        if candidate.is_trusted() || candidate.proved && !candidate.doubted {
            meters.push(candidate.meter());
        } else {
            configuration.insert(candidate.origin.to_string(), candidate.value.to_string());
        }
    }
    if let Some(beside) = beside {
        if beside.evidence == Evidence::Conflicting
            && let Some(total) = meters.iter_mut().find(|meter| meter.name == "total")
        {
            total.evidence = Evidence::Conflicting;
        }
        meters.push(beside);
    }
    source.problems.extend(disagreements);
    meters.sort_by_key(|meter| place_of(&meter.name));
    meters
}

/// Returns where a meter stands among others: `total` first, then the headlines, then all the rest by name.
fn place_of(name: &str) -> (usize, String) {
    const HEADLINES: [&str; 9] = ["total", "monochrome", "color", "print", "copy", "fax", "scan", "large", "duplex"];
    let place = HEADLINES.iter().position(|headline| *headline == name).unwrap_or(HEADLINES.len());
    (place, name.to_string())
}

/// Gathers what the vendor's objects count, one candidate a name: the best grade, of equals the first told.
fn gather(source: &mut Source<'_>) -> Vec<Candidate> {
    let profile = source.profile;
    let mut found: Vec<Candidate> = Vec::new();
    for rule in &profile.meanings.meters {
        let Some(told) = reference::told(source, rule.value) else { continue };
        let Ok(value) = u64::try_from(told.number) else { continue };
        put(source, &mut found, candidate(rule.name, value, rule.unit, told.origin, rule.grade));
    }
    for rows in &profile.meanings.meter_rows {
        for row in read_rows(source, rows) {
            put(source, &mut found, row);
        }
    }
    found
}

fn candidate(name: &'static str, value: u64, unit: Option<MarkerCounterUnit>, origin: Origin, grade: Grade) -> Candidate {
    Candidate { name, value, unit, origin, grade: Some(grade), proved: false, doubted: false }
}

/// Keeps the better of two candidates of one name; two of the same grade that differ are told.
fn put(source: &mut Source<'_>, found: &mut Vec<Candidate>, new: Candidate) {
    let Some(old) = found.iter_mut().find(|old| old.name == new.name) else { return found.push(new) };
    if new.grade < old.grade {
        *old = new;
    } else if new.grade == old.grade && new.value != old.value && new.is_trusted() {
        old.doubted = true;
        source.problems.push(format!("{}: {} says {}, {} says {}", old.name, old.origin, old.value, new.origin, new.value));
    }
}

/// Reads the rows of a table that are meters.
fn read_rows(source: &mut Source<'_>, rows: &MeterRows) -> Vec<Candidate> {
    let mut found: Vec<Candidate> = Vec::new();
    let mut lost: Vec<&'static str> = Vec::new();
    let answers = source.answers;
    for (instance, value) in answers.column(rows.value) {
        let key = match rows.by {
            None => instance.as_slice().iter().map(u32::to_string).collect::<Vec<_>>().join("."),
            Some(column) => match source.key(source.at(column, &instance)) {
                Some(key) => key,
                None => continue,
            },
        };
        let Some(name) = rows.names.get(key.as_str()).copied() else { continue };
        let mut cell = source.at(rows.value, &instance);
        cell.value = Some(value);
        let Some(value) = source.integer_or_digits(cell).and_then(|number| u64::try_from(number).ok()) else {
            lost.push(name);
            continue;
        };
        match found.iter_mut().find(|other| other.name == name) {
            Some(other) if rows.add => other.value += value,
            Some(_) => {}
            None => found.push(candidate(name, value, rows.unit, cell.origin(), rows.grade)),
        }
    }
    // A sum with a missing part is no sum.
    found.retain(|candidate| !rows.add || !lost.contains(&candidate.name));
    found
}

/// Adds the meters that a profile makes of others; a missing part makes none.
fn add_sums(source: &Source<'_>, found: &mut Vec<Candidate>) {
    for sum in &source.profile.meanings.sums {
        if found.iter().any(|candidate| candidate.name == sum.total) {
            continue;
        }
        let parts: Vec<&Candidate> = sum.parts.iter().filter_map(|part| found.iter().find(|candidate| candidate.name == *part)).collect();
        if parts.len() != sum.parts.len() {
            continue;
        }
        let value = parts.iter().map(|part| part.value).sum();
        let unit = parts[0].unit.filter(|unit| parts.iter().all(|part| part.unit == Some(*unit)));
        let grade = parts.iter().filter_map(|part| part.grade).max().unwrap_or(Grade::C);
        let origin = Origin::new(sum.parts.join("+"), &[]);
        found.push(candidate(sum.total, value, unit, origin, grade));
    }
}

/// Chooses between the standard's total and the vendor's, and says what stands beside it.
///
/// The vendor's is taken only where its meaning was measured (grade A), or where there is no other.
/// Both are conflicting where they differ; one in sheets and one in impressions may differ, as long as
/// no sheet has more than two sides. A vendor's total of lesser grade that differs is no total.
fn choose_total(
    source: &mut Source<'_>,
    standard: Option<Meter>,
    vendors: &mut Vec<Candidate>,
    configuration: &mut BTreeMap<String, String>,
) -> (Option<Candidate>, Option<Meter>) {
    let vendor = vendors.iter().position(|candidate| candidate.name == "total").map(|place| vendors.remove(place));
    let of_standard = |meter: &Meter| Candidate {
        name: "total",
        value: meter.value,
        unit: meter.unit,
        origin: meter.origin.clone(),
        grade: None,
        proved: false,
        doubted: false,
    };
    let (standard, vendor) = match (standard, vendor) {
        (Some(standard), Some(vendor)) => (standard, vendor),
        (standard, vendor) => return (standard.as_ref().map(of_standard).or(vendor), None),
    };
    let standard = of_standard(&standard);
    if standard.value == vendor.value {
        return (Some(standard), None);
    }
    let agree = may_both_be(&standard, &vendor);
    if !agree && !vendor.is_trusted() {
        // It counts another thing on this model; kept where raw values are kept.
        configuration.insert(vendor.origin.to_string(), vendor.value.to_string());
        return (Some(standard), None);
    }
    let evidence = if agree { Evidence::Reported } else { Evidence::Conflicting };
    if !agree {
        source.problems.push(format!("total: {} says {}, {} says {}", standard.origin, standard.value, vendor.origin, vendor.value));
    }
    let beside = |candidate: &Candidate, name: &str| Some(candidate.meter_as(name.to_string(), evidence));
    match vendor.grade {
        Some(Grade::A) => {
            let beside = beside(&standard, "total.standard");
            (Some(vendor), beside)
        }
        _ => {
            let beside = beside(&vendor, "total.vendor");
            (Some(standard), beside)
        }
    }
}

/// Returns whether two counts in different units can both be right: a sheet has one side printed, or two.
fn may_both_be(one: &Candidate, other: &Candidate) -> bool {
    let (sheets, impressions) = match (one.unit, other.unit) {
        (Some(MarkerCounterUnit::Sheets), Some(MarkerCounterUnit::Impressions)) => (one.value, other.value),
        (Some(MarkerCounterUnit::Impressions), Some(MarkerCounterUnit::Sheets)) => (other.value, one.value),
        _ => return false,
    };
    sheets <= impressions && impressions <= sheets.saturating_mul(2)
}

/// Looks at every sum that must hold; returns what did not. Parts of the total may as well add up to
/// the one that stands `beside` it.
fn check(source: &Source<'_>, all: &mut [Candidate], beside: Option<&Meter>) -> Vec<String> {
    let own = source.profile.meanings.checks.iter().map(|check| (check.total, check.parts.clone(), Vec::new()));
    let general = SUMS.iter().map(|(total, parts, further)| (*total, parts.to_vec(), further.to_vec()));
    let mut failed: Vec<(Vec<usize>, String)> = Vec::new();
    for (total, parts, further) in own.chain(general) {
        let find = |name: &str| all.iter().position(|candidate| candidate.name == name);
        let Some(total) = find(total) else { continue };
        let mut places: Vec<usize> = parts.iter().filter_map(|part| find(part)).collect();
        if places.len() != parts.len() || parts.is_empty() {
            continue;
        }
        places.extend(further.iter().filter_map(|part| find(part)));
        // A meter made by adding these very parts proves nothing.
        let made_of: Vec<&str> = places.iter().map(|place| all[*place].name).collect();
        if all[total].origin.object() == made_of.join("+") {
            continue;
        }
        let units_differ = places.iter().any(|place| matches!((all[*place].unit, all[total].unit), (Some(a), Some(b)) if a != b));
        if units_differ {
            continue;
        }
        let sum: u64 = places.iter().map(|place| all[*place].value).sum();
        let involved: Vec<usize> = places.iter().copied().chain([total]).collect();
        if all[total].name == "total" && beside.is_some_and(|beside| beside.value == sum) {
            places.iter().for_each(|place| all[*place].proved = true);
        } else if sum == all[total].value {
            involved.iter().for_each(|place| all[*place].proved = true);
        } else {
            let told = format!("{}: {} is {}, {} is {sum}", all[total].name, all[total].origin, all[total].value, made_of.join(" + "));
            failed.push((involved, told));
        }
    }
    let mut problems = Vec::new();
    for (involved, told) in failed {
        // What nobody trusts and nothing proves is not told, so it cannot speak against others.
        if involved.iter().any(|place| !all[*place].is_trusted() && !all[*place].proved) {
            continue;
        }
        involved.iter().for_each(|place| all[*place].doubted = true);
        problems.push(told);
    }
    problems
}
