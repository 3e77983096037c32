//! What the rules of a profile say, as sentences that can be read aloud.

use catalog::meaning::{Amount, Capacity, DeviationKind, Fault, Meanings, MeterRows, Reference, State, Sum, SupplyRows};
use catalog::{Instance, Object, ObjectId, Profile, ReadRules};
use model::Level;

/// Returns an object's identifier with what stands for its instance.
pub fn oid(profile: &Profile, object: &Object) -> String {
    let arcs: Vec<String> = object.arcs.iter().map(u32::to_string).collect();
    let instance = match object.instance {
        Instance::Scalar => ".0",
        Instance::Device => ".DEVICE",
        Instance::Exact => "",
        Instance::Row => match object.table.map_or(2, |table| profile.table(table).index_arcs) {
            1 => ".ROW",
            2 => ".DEVICE.ROW",
            _ => ".…",
        },
    };
    format!("{}{instance}", arcs.join("."))
}

/// Returns what an object means, one sentence a rule; none if no rule speaks of it.
pub fn of_object(profile: &Profile, id: ObjectId) -> Vec<String> {
    let meanings = &profile.meanings;
    let name = |id: ObjectId| profile.object(id).name;
    let mut said = Vec::new();
    for rule in meanings.identity.iter().filter(|rule| rule.object == id) {
        said.push(format!("tells the {}; grade {}", rule.fact.to_string().replace('-', " "), rule.grade));
    }
    for rule in meanings.meters.iter().filter(|rule| rule.value.object == id) {
        let record = rule.value.tag.map(|tag| format!("record {tag:02x} ")).unwrap_or_default();
        let unit = rule.unit.map(|unit| format!(" in {unit}")).unwrap_or_default();
        said.push(format!("{record}counts the meter {}{unit}; grade {}", rule.name, rule.grade));
    }
    for rows in &meanings.meter_rows {
        if rows.value == id {
            let by = rows.by.map_or("the row's own numbers say".to_owned(), |column| format!("{} says", name(column)));
            said.push(format!("counts, a row a meter; {by} which"));
        } else if rows.by == Some(id) {
            said.push(format!("says which meter {} counts", name(rows.value)));
        }
    }
    said.extend(of_supplies(profile, id));
    for rule in meanings.options.iter().filter(|rule| rule.object == id) {
        said.push(format!("tells the option \"{}\"", rule.name));
    }
    for rule in meanings.states.iter().filter(|rule| rule.object == id) {
        said.push(match &rule.state {
            State::Console => "is what the panel shows".to_owned(),
            State::Asleep(when) => format!("says that the device sleeps, when it is {}", list(when.iter().map(i64::to_string))),
        });
    }
    // The same may stand there for many rows.
    said.dedup();
    said
}

fn of_supplies(profile: &Profile, id: ObjectId) -> Vec<String> {
    let meanings = &profile.meanings;
    let mut said = Vec::new();
    let is_told_by = |capacity: Option<Capacity<Reference>>| matches!(capacity, Some(Capacity::Told(told)) if told.object == id);
    let record = |reference: Reference| reference.tag.map(|tag| format!("record {tag:02x} ")).unwrap_or_default();
    for rule in &meanings.supplies {
        let supply = supply_name(&rule.kind.to_string(), rule.colorant.as_deref());
        if rule.level.value.object == id {
            said.push(format!("{}tells how much is left of {supply}; grade {}", record(rule.level.value), rule.grade));
        } else if is_told_by(rule.capacity) {
            said.push(format!("tells the capacity of {supply}"));
        }
    }
    for rows in &meanings.supply_rows {
        if rows.level.value == id {
            said.push(format!("tells how much is left, a row a supply; grade {}", rows.grade));
        }
        let columns = roles(rows).into_iter().filter(|(_, column)| *column == Some(id));
        said.extend(columns.map(|(role, _)| format!("tells the {role} of the supplies of {}", profile.object(rows.level.value).name)));
    }
    for rule in &meanings.service_items {
        if rule.remaining.value.object == id {
            let record = record(rule.remaining.value);
            said.push(format!("{record}tells how much is left of the service item {}; grade {}", rule.name, rule.grade));
        } else if is_told_by(rule.capacity) {
            said.push(format!("tells the capacity of the service item {}", rule.name));
        }
    }
    said
}

/// Returns whether an object says what others mean, or how much they hold, and becomes no fact itself.
pub fn serves_others(profile: &Profile, id: ObjectId) -> bool {
    let meanings = &profile.meanings;
    let is_told_by = |capacity: Option<Capacity<Reference>>| matches!(capacity, Some(Capacity::Told(told)) if told.object == id);
    meanings.meter_rows.iter().any(|rows| rows.by == Some(id))
        || meanings.supply_rows.iter().any(|rows| roles(rows).iter().any(|(_, column)| *column == Some(id)))
        || meanings.supplies.iter().any(|rule| is_told_by(rule.capacity))
        || meanings.service_items.iter().any(|rule| is_told_by(rule.capacity))
}

fn roles(rows: &SupplyRows) -> [(&'static str, Option<ObjectId>); 6] {
    let capacity = match rows.capacity {
        Some(Capacity::Told(column)) => Some(column),
        _ => None,
    };
    [
        ("capacity", capacity),
        ("description", rows.description),
        ("part number", rows.part_number),
        ("serial number", rows.serial_number),
        ("type", rows.kind_column.as_ref().map(|(column, _)| *column)),
        ("colorant", rows.colorant_column.as_ref().map(|(column, _)| *column)),
    ]
}

/// Returns a supply as one says it: `black toner`.
pub fn supply_name(kind: &str, colorant: Option<&str>) -> String {
    let kind = report::text::words(kind);
    colorant.map_or(kind.clone(), |colorant| format!("{colorant} {kind}"))
}

/// Returns a reference as it stands in a vendor file: `acmeMaintenance/6a`.
pub fn reference(profile: &Profile, reference: Reference) -> String {
    let name = profile.object(reference.object).name;
    reference.tag.map_or(name.to_owned(), |tag| format!("{name}/{tag:02x}"))
}

/// Returns how the values of an amount are to be taken; nothing where they are what they seem.
pub fn amount<V>(amount: &Amount<V>) -> String {
    let mut said = Vec::new();
    said.extend(amount.unit.map(|unit| format!("in {unit}")));
    said.extend((amount.scale > 1).then(|| format!("{} of its steps make one", amount.scale)));
    said.extend(amount.used.then(|| "what is used up, not what is left".to_owned()));
    said.extend(amount.words.iter().map(|(raw, level)| format!("{raw} means {}", level_word(level))));
    said.join("; ")
}

/// Returns the word for a level that is no number.
pub fn level_word(level: &Level) -> &'static str {
    match level {
        Level::Measured { .. } => "measured",
        Level::Some => "some",
        Level::Unknown => "unknown",
        Level::Unrestricted => "unrestricted",
        Level::Low => "low",
        Level::Empty => "empty",
        Level::Invalid => "invalid",
    }
}

/// Returns which rows of a table are which meters, one line a meter.
pub fn meter_rows(rows: &MeterRows) -> Vec<String> {
    let mut meters: Vec<&str> = rows.names.values().copied().collect();
    meters.sort_unstable();
    meters.dedup();
    let join = if rows.add { " + " } else { " or " };
    let line = |meter: &str| {
        let keys: Vec<&str> = rows.names.iter().filter(|(_, name)| **name == meter).map(|(key, _)| &**key).collect();
        format!("{meter} = {}", keys.join(join))
    };
    meters.into_iter().map(line).collect()
}

/// Returns a sum: `color = print.color + copy.color`.
pub fn sum(sum: &Sum) -> String {
    format!("{} = {}", sum.total, sum.parts.join(" + "))
}

/// Returns how a device departs from the standards.
pub fn deviation(profile: &Profile, kind: &DeviationKind) -> String {
    let of = |types: Vec<String>| if types.is_empty() { String::new() } else { format!(" of {}", list(types.into_iter())) };
    match kind {
        DeviationKind::ReceptacleTellsFilling(types) => {
            format!("the level of a receptacle{} is how full it is", of(types.iter().map(ToString::to_string).collect()))
        }
        DeviationKind::LevelWord { raw, means } => format!("a level of {raw} means {}", level_word(means)),
        DeviationKind::LevelStep { percent, types } => {
            format!("levels{} move in steps of {percent} percent", of(types.iter().map(ToString::to_string).collect()))
        }
        DeviationKind::PercentWhateverUnit => "levels are percentages, whatever the unit says".to_owned(),
        DeviationKind::TableWithoutDeviceIndex(table) => {
            format!("the rows of {} are named without hrDeviceIndex", profile.table(*table).name)
        }
        DeviationKind::CounterWraps { object, at } => format!("{} begins again at {at}", profile.object(*object).name),
        DeviationKind::CounterUnit(unit) => format!("prtMarkerLifeCount counts {unit}, whatever prtMarkerCounterUnit says"),
        DeviationKind::Charset(charset) => format!("texts are in {charset}, whatever is declared"),
        DeviationKind::StatusAsAlert { texts, asleep } => {
            let meaning = if *asleep { "the device sleeps then" } else { "nothing is wrong then" };
            format!("alerts that say {} are none; {meaning}", list(texts.iter().map(|text| format!("\"{text}\""))))
        }
        DeviationKind::SerialNumberInHex => "the serial number in the device ID is the hexadecimal digits of its octets".to_owned(),
        DeviationKind::UnreliableErrorBits(bits) => {
            format!("the error bits {} mean nothing", list(bits.iter().map(ToString::to_string)))
        }
    }
}

/// Returns what a family of fault codes means.
pub fn fault(fault: &Fault) -> String {
    let mut said: Vec<String> = Vec::new();
    said.extend(fault.group.map(|group| group.to_string()));
    said.extend(fault.code.map(|code| code.to_string()));
    said.extend(fault.training.map(|training| training.to_string()));
    let told = if said.is_empty() { String::new() } else { format!(" ({})", said.join(", ")) };
    format!("{}…: {}{told}", fault.begins, fault.meaning)
}

/// Returns how a device is asked.
pub fn read_rules(rules: &ReadRules) -> Vec<String> {
    let mut said = vec![
        match rules.bulk {
            true => format!("by GETBULK, of {} rows at most", rules.repetitions),
            false => "without GETBULK".to_owned(),
        },
        format!("{} ms for an answer, {} attempts", rules.timeout_ms, rules.attempts),
        format!("requests of {} octets at most, answers of about {}", rules.max_request_octets, rules.response_octets),
    ];
    said.extend(rules.other_source.then(|| "answers may come from another address".to_owned()));
    if !rules.contexts.is_empty() {
        let contexts = list(rules.contexts.iter().map(ToString::to_string));
        said.push(format!("where supplies are missing, in the contexts {contexts} as well"));
    }
    said
}

/// Returns when and for what an object is asked for.
pub fn asked(object: &Object) -> String {
    if object.sections.is_empty() {
        return "known, and never asked for".to_owned();
    }
    let sections = match object.sections == catalog::Sections::all() {
        true => "everything".to_owned(),
        false => list(object.sections.iter().map(|section| section.to_string())),
    };
    let again = match object.moves {
        catalog::Moves::Never => "once",
        catalog::Moves::Always => "each time",
        catalog::Moves::WithAlerts => "again when alerts moved",
        catalog::Moves::WithConfiguration => "again when the configuration moved",
    };
    format!("asked for {sections}, {again}")
}

/// Counts what the rules of one file say, in words.
pub fn counted(profile: &Profile, meanings: &Meanings, file: &str) -> String {
    let of = |rules: &mut dyn Iterator<Item = &'static str>| rules.filter(|other| *other == file).count();
    let counts = [
        ("object", of(&mut profile.objects.iter().map(|object| object.rule.file))),
        ("identity fact", of(&mut meanings.identity.iter().map(|rule| rule.rule.file))),
        ("meter", of(&mut meanings.meters.iter().map(|rule| rule.rule.file))),
        ("table of meters", of(&mut meanings.meter_rows.iter().map(|rule| rule.rule.file))),
        ("sum", of(&mut meanings.sums.iter().map(|rule| rule.rule.file))),
        ("check", of(&mut meanings.checks.iter().map(|rule| rule.rule.file))),
        ("supply", of(&mut meanings.supplies.iter().map(|rule| rule.rule.file))),
        ("table of supplies", of(&mut meanings.supply_rows.iter().map(|rule| rule.rule.file))),
        ("service item", of(&mut meanings.service_items.iter().map(|rule| rule.rule.file))),
        ("option", of(&mut meanings.options.iter().map(|rule| rule.rule.file))),
        ("state", of(&mut meanings.states.iter().map(|rule| rule.rule.file))),
        ("deviation", of(&mut meanings.deviations.iter().map(|rule| rule.rule.file))),
        ("fault code", of(&mut meanings.faults.iter().map(|rule| rule.rule.file))),
    ];
    let told: Vec<String> = counts.iter().filter(|(_, count)| *count > 0).map(|(noun, count)| number_of(*count, noun)).collect();
    if told.is_empty() { "nothing of its own".to_owned() } else { told.join(", ") }
}

fn number_of(count: usize, noun: &str) -> String {
    let plural = match noun {
        "supply" => "supplies".to_owned(),
        noun => match noun.split_once(" of ") {
            Some((head, rest)) => format!("{head}s of {rest}"),
            None => format!("{noun}s"),
        },
    };
    if count == 1 { format!("1 {noun}") } else { format!("{count} {plural}") }
}

/// Joins words as a sentence does: `a, b and c`.
pub fn list(words: impl Iterator<Item = String>) -> String {
    let mut words: Vec<String> = words.collect();
    match words.pop() {
        Some(last) if words.is_empty() => last,
        Some(last) => format!("{} and {last}", words.join(", ")),
        None => String::new(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn numbers_and_lists_read_like_sentences() {
        assert_eq!(number_of(1, "supply"), "1 supply");
        assert_eq!(number_of(2, "supply"), "2 supplies");
        assert_eq!(number_of(2, "table of meters"), "2 tables of meters");
        let words = |words: &[&str]| list(words.iter().map(ToString::to_string));
        assert_eq!(words(&["a", "b", "c"]), "a, b and c");
        assert_eq!((words(&["a"]), words(&[])), ("a".to_owned(), String::new()));
    }

    #[test]
    fn every_object_of_every_profile_can_be_said() {
        let catalog = catalog::Catalog::embedded().expect("the built-in files load");
        for name in catalog.names().map(str::to_owned).collect::<Vec<_>>() {
            let profile = catalog.profile(&name).expect("a built-in file loads");
            for object in &profile.objects {
                assert!(oid(profile, object).starts_with("1."));
                assert!(of_object(profile, object.id).iter().all(|sentence| !sentence.contains("  ")), "{name}: {}", object.name);
            }
            profile.meanings.deviations.iter().for_each(|rule| assert!(!deviation(profile, &rule.kind).is_empty()));
        }
    }
}
