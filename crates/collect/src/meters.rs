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
            Some(other) if rows.add => match other.value.checked_add(value) {
                Some(sum) => {
                    other.value = sum;
                    other.origin = Origin::from(format!("{}+{}", other.origin, cell.origin()));
                }
                None => lost.push(name),
            },
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
        let Some(value) = parts.iter().try_fold(0u64, |sum, part| sum.checked_add(part.value)) else { continue };
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
        let sum = places.iter().fold(0u64, |sum, place| sum.saturating_add(all[*place].value));
        let involved: Vec<usize> = places.iter().copied().chain([total]).collect();
        if all[total].name == "total" && beside.is_some_and(|beside| beside.value == sum) {
            places.iter().for_each(|place| all[*place].proved = true);
        } else if sum == all[total].value {
            involved.iter().for_each(|place| all[*place].proved = true);
        } else if sum < all[total].value && places.len() < parts.len() + further.len() {
            // What is missing may be among the parts that this device does not tell.
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

#[cfg(test)]
mod tests {
    use super::*;
    use catalog::{Catalog, Sections};
    use model::DeviceRecord;
    use model::record::Path;
    use snmp::Value;

    use crate::{Answers, Context};

    const HEADER: &str = "[profile]\ninherits = \"printer-mib\"\nsource = \"Acme MIB 3\"\n";

    /// Is a device of a made-up maker, whose profile a test writes.
    struct Acme {
        catalog: Catalog,
        answers: Answers,
    }

    impl Acme {
        /// Takes the objects of a group of scalars, and what else the profile says.
        fn new(objects: &str, rest: &str) -> Self {
            let group = "[group.acme]\nsource = \"x\"\noid = \"1.3.6.1.4.1.99999.1\"\ninstance = \"scalar\"\nsections = [\"meters\"]\n";
            let text = format!("{HEADER}{group}moves = \"always\"\nobjects = [\n{objects}\n]\n{rest}");
            let catalog = Catalog::with_overlay(&[("vendors/acme.toml", &text)]).unwrap_or_else(|errors| panic!("{errors}"));
            Acme { catalog, answers: Answers::new() }
        }

        fn put(mut self, object: &str, instance: &[u32], value: Value<'_>) -> Self {
            let id = self.catalog.profile("acme").expect("loaded").find(object).expect("an object of the profile");
            self.answers.put(id, instance, value);
            self
        }

        fn counts(self, object: &str, count: u32) -> Self {
            self.put(object, &[0], Value::Counter32(count))
        }

        /// The standard's count of marker 1: 7 impressions, 8 sheets.
        fn standard(self, unit: i64, count: u32) -> Self {
            let device = self.put("prtMarkerCounterUnit", &[1, 1], Value::Integer(unit));
            device.put("prtMarkerLifeCount", &[1, 1], Value::Counter32(count))
        }

        fn read(mut self) -> DeviceRecord {
            self.answers.sort();
            let context = Context { sections: Sections::all(), observed_at: None, path: Path::Agent };
            crate::collect(self.catalog.profile("acme").expect("loaded"), &self.catalog, &self.answers, &context)
        }
    }

    /// Writes an object with a meter; `how` is its grade with what belongs to it.
    fn object(at: u32, name: &str, meter: &str, how: &str) -> String {
        format!("  {{ at = {at}, name = \"{name}\", syntax = \"counter\", meter = \"{meter}\", {how} }},\n")
    }

    const A: &str = "grade = \"A\"";
    const B: &str = "grade = \"B\"";
    const C: &str = "grade = \"C\"";
    const D: &str = "grade = \"D\", conflict = \"one source says copies\"";

    fn told(record: &DeviceRecord) -> Vec<(&str, u64, Evidence)> {
        record.meters.iter().map(|meter| (meter.name.as_str(), meter.value, meter.evidence)).collect()
    }

    /// A device whose vendor's total has this grade and unit, beside a standard count of 1000 impressions.
    fn with_total(how: &str, vendors: u32) -> DeviceRecord {
        Acme::new(&object(1, "acmeTotal", "total", how), "").standard(7, 1000).counts("acmeTotal", vendors).read()
    }

    #[test]
    fn a_vendors_total_that_says_the_same_leaves_the_standards() {
        let record = with_total(A, 1000);
        assert_eq!(told(&record), [("total", 1000, Evidence::Standard)]);
        assert_eq!(record.meters[0].origin.to_string(), "prtMarkerLifeCount.1.1");
        assert!(record.problems.is_empty());
    }

    #[test]
    fn a_measured_total_replaces_the_standards_and_both_conflict() {
        let record = with_total(A, 900);
        assert_eq!(told(&record), [("total", 900, Evidence::Conflicting), ("total.standard", 1000, Evidence::Conflicting)]);
        assert_eq!(record.problems, ["total: prtMarkerLifeCount.1.1 says 1000, acmeTotal.0 says 900"]);
    }

    #[test]
    fn a_total_of_two_sources_stands_beside_the_standards() {
        let record = with_total(B, 900);
        assert_eq!(told(&record), [("total", 1000, Evidence::Conflicting), ("total.vendor", 900, Evidence::Conflicting)]);
        assert_eq!(record.problems, ["total: prtMarkerLifeCount.1.1 says 1000, acmeTotal.0 says 900"]);
    }

    #[test]
    fn a_total_of_one_source_that_differs_is_no_total() {
        for how in [C, D] {
            let record = with_total(how, 2);
            assert_eq!(told(&record), [("total", 1000, Evidence::Standard)]);
            assert_eq!(record.configuration["acmeTotal.0"], "2", "kept raw");
            assert!(record.problems.is_empty());
        }
    }

    #[test]
    fn without_the_standards_count_only_a_known_total_is_told() {
        let alone = |how| Acme::new(&object(1, "acmeTotal", "total", how), "").counts("acmeTotal", 900).read();
        assert_eq!(told(&alone(B)), [("total", 900, Evidence::Reported)]);
        assert_eq!(told(&alone(C)), []);
        assert_eq!(alone(C).configuration["acmeTotal.0"], "900");
    }

    #[test]
    fn sheets_and_impressions_may_differ_up_to_two_sides_a_sheet() {
        let beside = |sheets, impressions| {
            let how = format!("unit = \"impressions\", {A}");
            Acme::new(&object(1, "acmeTotal", "total", &how), "").standard(8, sheets).counts("acmeTotal", impressions).read()
        };
        let record = beside(600, 1000);
        assert_eq!(told(&record), [("total", 1000, Evidence::Reported), ("total.standard", 600, Evidence::Reported)]);
        assert_eq!(record.meters[1].unit, Some(MarkerCounterUnit::Sheets), "the units are never mixed");
        assert!(record.problems.is_empty());
        for (sheets, impressions) in [(600, 1201), (600, 599)] {
            let record = beside(sheets, impressions);
            assert!(told(&record).iter().all(|(.., evidence)| *evidence == Evidence::Conflicting), "{record:?}");
            assert_eq!(record.problems.len(), 1);
        }
    }

    fn two_colours(how: &str) -> String {
        [object(1, "acmeMono", "monochrome", how), object(2, "acmeColor", "color", how)].concat()
    }

    #[test]
    fn parts_that_add_up_are_verified_and_prove_even_one_source() {
        for how in [A, B, C, D] {
            let record = Acme::new(&two_colours(how), "").standard(7, 1000).counts("acmeMono", 700).counts("acmeColor", 300).read();
            let expected =
                [("total", 1000, Evidence::Standard), ("monochrome", 700, Evidence::Verified), ("color", 300, Evidence::Verified)];
            assert_eq!(told(&record), expected, "{how}");
            assert!(record.problems.is_empty());
        }
    }

    #[test]
    fn parts_that_do_not_add_up_conflict_with_their_total() {
        let record = Acme::new(&two_colours(B), "").standard(7, 1000).counts("acmeMono", 700).counts("acmeColor", 200).read();
        assert!(told(&record).iter().all(|(.., evidence)| *evidence == Evidence::Conflicting));
        assert_eq!(record.problems, ["total: prtMarkerLifeCount.1.1 is 1000, monochrome + color is 900"]);
    }

    #[test]
    fn parts_of_one_source_that_do_not_add_up_are_kept_raw_and_speak_against_nobody() {
        let record = Acme::new(&two_colours(C), "").standard(7, 1000).counts("acmeMono", 700).counts("acmeColor", 200).read();
        assert_eq!(told(&record), [("total", 1000, Evidence::Standard)]);
        assert_eq!((&*record.configuration["acmeMono.0"], &*record.configuration["acmeColor.0"]), ("700", "200"));
        assert!(record.problems.is_empty());
    }

    #[test]
    fn a_missing_part_makes_no_sum_and_no_check() {
        let sum = "[[sum]]\nname = \"color\"\nof = [\"print.color\", \"copy.color\"]\nwhy = \"x\"\n";
        let objects = [object(1, "acmePrints", "print.color", B), object(2, "acmeCopies", "copy.color", B)].concat();
        let both = Acme::new(&objects, sum).counts("acmePrints", 20).counts("acmeCopies", 5).read();
        assert_eq!(both.meters[0].origin.to_string(), "print.color+copy.color");
        assert_eq!(told(&both)[0], ("color", 25, Evidence::Reported), "a sum of its parts proves nothing");
        let one = Acme::new(&objects, sum).counts("acmePrints", 20).read();
        assert_eq!(told(&one), [("print.color", 20, Evidence::Reported)]);
    }

    #[test]
    fn a_sum_is_no_better_known_than_its_least_known_part() {
        let sum = "[[sum]]\nname = \"color\"\nof = [\"print.color\", \"copy.color\"]\nwhy = \"x\"\n";
        let objects = [object(1, "acmePrints", "print.color", A), object(2, "acmeCopies", "copy.color", C)].concat();
        let record = Acme::new(&objects, sum).counts("acmePrints", 20).counts("acmeCopies", 5).read();
        assert_eq!(told(&record), [("print.color", 20, Evidence::Reported)]);
        let mixed = object(1, "acmePrints", "print.color", "unit = \"sheets\", grade = \"A\"")
            + &object(2, "acmeCopies", "copy.color", "unit = \"impressions\", grade = \"A\"");
        let record = Acme::new(&mixed, sum).counts("acmePrints", 20).counts("acmeCopies", 5).read();
        assert_eq!((record.meters[0].name.as_str(), record.meters[0].unit), ("color", None));
    }

    #[test]
    fn of_several_rules_for_one_name_the_better_known_counts() {
        let objects = [object(1, "acmeOld", "copy", B), object(2, "acmeNew", "copy", A)].concat();
        let record = Acme::new(&objects, "").counts("acmeOld", 7).counts("acmeNew", 9).read();
        assert_eq!(told(&record), [("copy", 9, Evidence::Reported)]);
        assert!(record.problems.is_empty());
    }

    #[test]
    fn two_rules_equally_known_that_differ_conflict() {
        let objects = [object(1, "acmeOld", "copy", B), object(2, "acmeNew", "copy", B)].concat();
        let record = Acme::new(&objects, "").counts("acmeOld", 7).counts("acmeNew", 9).read();
        assert_eq!(told(&record), [("copy", 7, Evidence::Conflicting)]);
        assert_eq!(record.problems, ["copy: acmeOld.0 says 7, acmeNew.0 says 9"]);
        let same = Acme::new(&objects, "").counts("acmeOld", 7).counts("acmeNew", 7).read();
        assert_eq!((told(&same), same.problems.len()), (vec![("copy", 7, Evidence::Reported)], 0));
        let other = Acme::new(&objects, "").counts("acmeNew", 9).read();
        assert_eq!(told(&other), [("copy", 9, Evidence::Reported)], "the one that is there");
    }

    #[test]
    fn the_services_add_up_to_the_total_with_what_some_devices_have_besides() {
        let objects = [
            object(1, "acmePrints", "print", B),
            object(2, "acmeCopies", "copy", B),
            object(3, "acmeFaxes", "fax", B),
            object(4, "acmeReports", "report", B),
        ]
        .concat();
        let device = || Acme::new(&objects, "").standard(7, 1000).counts("acmePrints", 600).counts("acmeCopies", 390);
        let record = device().counts("acmeFaxes", 8).counts("acmeReports", 2).read();
        assert!(told(&record)[1..].iter().all(|(.., evidence)| *evidence == Evidence::Verified), "{record:?}");
        let record = device().read();
        assert_eq!(record.problems, [""; 0], "what is missing may be faxes that this device does not tell");
        assert!(told(&record)[1..].iter().all(|(.., evidence)| *evidence == Evidence::Reported), "{record:?}");
        let record = device().counts("acmeFaxes", 8).counts("acmeReports", 900).read();
        assert_eq!(record.problems, ["total: prtMarkerLifeCount.1.1 is 1000, print + copy + fax + report is 1898"], "more than the total");
    }

    #[test]
    fn parts_that_add_up_to_the_vendors_total_prove_it() {
        let objects = object(1, "acmeTotal", "total", A) + &two_colours(B).replace("at = 1,", "at = 3,");
        let device = Acme::new(&objects, "").standard(7, 1000).counts("acmeTotal", 900).counts("acmeMono", 700).counts("acmeColor", 200);
        let record = device.read();
        let [total, mono, color, standard] = told(&record)[..] else { panic!("{record:?}") };
        assert_eq!((mono.2, color.2), (Evidence::Verified, Evidence::Verified));
        assert_eq!((total.2, standard.2), (Evidence::Conflicting, Evidence::Conflicting), "the two totals still differ");
    }

    #[test]
    fn a_profiles_own_check_counts_as_the_general_ones_do() {
        let check = "[[check]]\ntotal = \"total\"\nparts = [\"simplex\", \"duplex\"]\nwhy = \"x\"\n";
        let objects = [object(1, "acmeOneSided", "simplex", B), object(2, "acmeTwoSided", "duplex", B)].concat();
        let record = |two| Acme::new(&objects, check).standard(7, 1000).counts("acmeOneSided", 900).counts("acmeTwoSided", two).read();
        assert_eq!(told(&record(100))[1], ("duplex", 100, Evidence::Verified));
        assert_eq!(record(99).problems, ["total: prtMarkerLifeCount.1.1 is 1000, simplex + duplex is 999"]);
    }

    #[test]
    fn parts_in_another_unit_than_the_total_are_not_held_against_it() {
        let how = format!("unit = \"sheets\", {B}");
        let record = Acme::new(&two_colours(&how), "").standard(7, 1000).counts("acmeMono", 400).counts("acmeColor", 200).read();
        assert_eq!(told(&record)[1], ("monochrome", 400, Evidence::Reported));
        assert!(record.problems.is_empty());
    }

    const ROWS: &str = "[table.acmeTable]\nsource = \"x\"\noid = \"1.3.6.1.4.1.99999.2.1\"\nrows = { walk = \"acmeCount\" }\nmax-rows = 8\nindex-arcs = 1\nsections = [\"meters\"]\nmoves = \"always\"\nobjects = [\n  { at = 1, name = \"acmeCount\", syntax = \"counter\" },\n  { at = 2, name = \"acmeKind\", syntax = \"text\" },\n]\n\n[[meters]]\nvalue = \"acmeCount\"\nby = \"acmeKind\"\nnames = { \"A4\" = \"small\", \"A5\" = \"small\", \"A3\" = \"large\" }\nadd = true\ngrade = \"B\"\nsource = \"x\"\n";

    fn rows(rows: &[(&str, Value<'_>)]) -> Acme {
        let placed = (1..).zip(rows);
        placed.fold(Acme::new("  { at = 1, name = \"acmeOther\" },\n", ROWS), |device, (row, (kind, value))| {
            device.put("acmeKind", &[row], Value::OctetString(kind.as_bytes())).put("acmeCount", &[row], *value)
        })
    }

    #[test]
    fn rows_of_one_name_are_added_and_those_of_none_left_out() {
        let counts =
            [("A4", Value::Counter32(900)), ("A3", Value::Counter32(60)), ("a5 ", Value::Counter32(40)), ("Photo", Value::Counter32(9))];
        let record = rows(&counts).standard(7, 1000).read();
        assert_eq!(
            told(&record),
            [("total", 1000, Evidence::Standard), ("large", 60, Evidence::Verified), ("small", 940, Evidence::Verified)]
        );
    }

    #[test]
    fn a_row_that_does_not_count_makes_no_sum() {
        let record = rows(&[("A4", Value::Counter32(900)), ("A3", Value::Counter32(60)), ("A5", Value::OctetString(b"n/a"))]).read();
        assert_eq!(told(&record), [("large", 60, Evidence::Reported)]);
    }

    #[test]
    fn counts_too_large_to_be_added_make_no_sum() {
        let most = Value::Counter64(i64::MAX.unsigned_abs());
        let record = rows(&[("A4", most), ("A5", most), ("A4", most), ("A3", Value::Counter32(60))]).read();
        assert_eq!(told(&record), [("large", 60, Evidence::Reported)]);
        let check = "[[check]]\ntotal = \"copy\"\nparts = [\"copy.a4\", \"copy.a5\", \"copy.a3\"]\nwhy = \"x\"\n";
        let names = [(1, "acmeA4", "copy.a4"), (2, "acmeA5", "copy.a5"), (3, "acmeA3", "copy.a3"), (4, "acmeCopies", "copy")];
        let objects: String = names.iter().map(|(at, name, meter)| object(*at, name, meter, B)).collect();
        let device = names.iter().fold(Acme::new(&objects, check), |device, (_, name, _)| device.put(name, &[0], most));
        assert!(told(&device.read()).iter().all(|(.., evidence)| *evidence == Evidence::Conflicting));
    }

    #[test]
    fn a_negative_count_is_none() {
        let record = Acme::new(&object(1, "acmeCopies", "copy", A), "").put("acmeCopies", &[0], Value::Integer(-1)).read();
        assert_eq!(told(&record), []);
    }
}
