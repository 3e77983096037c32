//! What a profile makes of one printer: which of its objects answered, what each became, what is missing.

use std::collections::BTreeMap;

use catalog::meaning::MeterRows;
use catalog::{Catalog, Object, ObjectId, Profile};
use collect::{Answers, sums};
use model::{DeviceRecord, Level, Origin};
use report::{Style, safe_text};
use sim::Recording;
use snmp::Value;
use std::sync::Arc;

use super::words;

/// Is how many rows of one column are shown.
const MOST_ROWS: usize = 12;
/// Is how much of a value is shown.
const LONGEST_VALUE: usize = 40;

/// Is a profile that was tried on a printer.
pub struct Trial {
    profile: Arc<Profile>,
    /// The profile's file.
    file: String,
    /// The recording or the printer's address.
    whom: String,
    record: DeviceRecord,
    /// The profile that such a device is read by when nobody names one.
    chosen: String,
    /// What the objects of this file answered: instance → value.
    answered: BTreeMap<ObjectId, Vec<(Vec<u32>, String)>>,
    answers: Answers,
}

impl Trial {
    /// Sorts what the printer said by the objects of the profile.
    pub fn new(catalog: &Catalog, profile: Arc<Profile>, file: &str, whom: String, said: &Recording, record: DeviceRecord) -> Self {
        let mut answers = Answers::new();
        let mut answered: BTreeMap<ObjectId, Vec<(Vec<u32>, String)>> = BTreeMap::new();
        for (name, value) in said.iter() {
            let Some((id, instance)) = profile.locate(name.as_octets()) else { continue };
            let instance: Vec<u32> = snmp::oid::tail_arcs(instance).collect();
            answers.put(id, &instance, value);
            if profile.object(id).rule.file == file {
                answered.entry(id).or_default().push((instance, shown(value)));
            }
        }
        answers.sort();
        let chosen = collect::profile_for(catalog, &profile, &answers).name.clone();
        Trial { profile, file: file.to_owned(), whom, record, chosen, answered, answers }
    }

    /// Returns whether every sum held of which all was told.
    pub fn all_sums_hold(&self) -> bool {
        sums::told(&self.profile, &self.record.meters).iter().all(sums::Sum::holds)
    }

    pub fn render(&self, style: &Style) -> String {
        let mut out = format!("\n{} read by {}\n", self.whom, self.profile.name);
        match self.chosen == self.profile.name {
            true => out.push_str("  such a device is read by this profile\n"),
            false => out.push_str(&format!(
                "  such a device is read by \"{}\" and not by this profile: name its maker in [profile], or add a [[match]]\n",
                self.chosen
            )),
        }
        let groups = [
            ("Answered", self.told()),
            ("Did not answer", self.silent()),
            ("Sums", self.sums()),
            ("Problems", self.record.problems.iter().map(|problem| vec![safe_text(problem).into_owned()]).collect()),
        ];
        for (title, rows) in groups.into_iter().filter(|(_, rows)| !rows.is_empty()) {
            out.push_str(&format!("\n{title}\n"));
            out.push_str(&report::aligned("  ", &rows, style));
        }
        out
    }

    /// Returns a row an answer: object and instance, what it said, what that became.
    fn told(&self) -> Vec<Vec<String>> {
        let mut rows = Vec::new();
        for (id, cells) in &self.answered {
            let object = self.profile.object(*id);
            for (instance, value) in cells.iter().take(MOST_ROWS) {
                let became = self.became(object, instance);
                rows.push(vec![Origin::new(object.name, instance).to_string(), value.clone(), became]);
            }
            if cells.len() > MOST_ROWS {
                rows.push(vec![format!("{} and {} rows more", object.name, cells.len() - MOST_ROWS)]);
            }
        }
        rows
    }

    /// Returns the facts of the record that one answer became; else why it became none.
    fn became(&self, object: &Object, instance: &[u32]) -> String {
        let origin = Origin::new(object.name, instance).to_string();
        let mut facts = self.facts_of(&origin);
        for rule in self.profile.meanings.service_items.iter().filter(|rule| rule.remaining.value.object == object.id) {
            let item = self.record.service_items.iter().find(|item| item.name == *rule.name);
            facts.extend(item.map(|item| format!("service item {}: {}", item.name, share(item.remaining))));
        }
        facts.extend(self.profile.meanings.meter_rows.iter().filter_map(|rows| self.part(rows, object.id, instance)));
        if facts.is_empty() && self.record.configuration.contains_key(&origin) {
            facts.push("configuration".to_owned());
        }
        if facts.is_empty() {
            let role = words::of_object(&self.profile, object.id).join("; ");
            facts.push(match object.sections.is_empty() {
                true => "known, and never asked for".to_owned(),
                false if role.is_empty() => "nothing".to_owned(),
                false if words::serves_others(&self.profile, object.id) => role,
                // The value was refused, or another object has told the same better.
                false => format!("nothing, although it {role}"),
            });
        }
        facts.dedup();
        facts.join(", ")
    }

    fn facts_of(&self, origin: &str) -> Vec<String> {
        let record = &self.record;
        // A record within an object's octets is called name/6f.
        let is_here = |other: &Origin| {
            let other = other.to_string();
            other == origin || other.strip_prefix(origin).is_some_and(|rest| rest.starts_with('/'))
        };
        let mut facts = Vec::new();
        for (field, _) in record.identity.origins.iter().filter(|(_, origins)| origins.iter().any(is_here)) {
            facts.push(field.replace(['_', '.'], " "));
        }
        for meter in record.meters.iter().filter(|meter| is_here(&meter.origin)) {
            facts.push(format!("meter {}: {}, {}", meter.name, meter.value, report::text::evidence(meter.evidence)));
        }
        for supply in record.supplies.iter().filter(|supply| is_here(&supply.origin)) {
            let kind = supply.kind.map(|kind| kind.to_string()).unwrap_or_else(|| "supply".to_owned());
            let left = match supply.level {
                Level::Measured { .. } => share(supply.remaining),
                level => words::level_word(&level).to_owned(),
            };
            facts.push(format!("supply {}: {left}", words::supply_name(&kind, supply.colorant.as_deref())));
        }
        for option in record.options.iter().filter(|option| is_here(&option.origin)) {
            facts.push(format!("option {}", option.name));
        }
        facts
    }

    /// Returns which meter a row is a part of, where that is made of several.
    fn part(&self, rows: &MeterRows, object: ObjectId, instance: &[u32]) -> Option<String> {
        if rows.value != object || !rows.add {
            return None;
        }
        let key = match rows.by {
            None => instance.iter().map(u32::to_string).collect::<Vec<_>>().join("."),
            Some(column) => match self.answers.get(column, instance)? {
                Value::OctetString(octets) => String::from_utf8_lossy(octets).trim().to_lowercase(),
                value => number(value)?.to_string(),
            },
        };
        rows.names.get(key.as_str()).map(|meter| format!("a part of meter {meter}"))
    }

    /// Returns the objects of the file that were asked for and said nothing.
    fn silent(&self) -> Vec<Vec<String>> {
        let silent = self
            .profile
            .objects
            .iter()
            .filter(|object| object.rule.file == self.file && !object.sections.is_empty() && !self.answered.contains_key(&object.id));
        silent.map(|object| vec![object.name.to_owned(), words::oid(&self.profile, object), object.rule.to_string()]).collect()
    }

    fn sums(&self) -> Vec<Vec<String>> {
        let meters = &self.record.meters;
        let mut rows: Vec<Vec<String>> = sums::told(&self.profile, meters)
            .iter()
            .map(|sum| {
                let names: Vec<&str> = sum.parts.iter().map(|part| part.name.as_str()).collect();
                let values: Vec<String> = sum.parts.iter().map(|part| part.value.to_string()).collect();
                let result = match sum.holds() {
                    true => "holds".to_owned(),
                    false => format!("does not hold: the parts come to {}", sum.of_parts()),
                };
                vec![format!("{} = {}", sum.total.name, names.join(" + ")), format!("{} = {}", sum.total.value, values.join(" + ")), result]
            })
            .collect();
        let meanings = &self.profile.meanings;
        for sum in meanings.checks.iter().chain(&meanings.sums).filter(|sum| sum.rule.file == self.file) {
            let is_told = |name: &str| meters.iter().any(|meter| meter.name == name);
            let missing: Vec<String> =
                sum.parts.iter().chain([&sum.total]).filter(|name| !is_told(name)).map(ToString::to_string).collect();
            if !missing.is_empty() {
                rows.push(vec![words::sum(sum), String::new(), format!("cannot be told without {}", words::list(missing.into_iter()))]);
            }
        }
        rows
    }
}

fn share(remaining: Option<f64>) -> String {
    remaining.map_or("level unknown".to_owned(), |share| format!("{} left", report::text::percent(share)))
}

fn number(value: Value<'_>) -> Option<i64> {
    match value {
        Value::Integer(number) => Some(number),
        Value::Counter32(number) | Value::Gauge32(number) | Value::TimeTicks(number) => Some(number.into()),
        Value::Counter64(number) => i64::try_from(number).ok(),
        _ => None,
    }
}

/// Returns a value as a person reads it: numbers, texts in quotation marks, other octets in hexadecimal.
fn shown(value: Value<'_>) -> String {
    let text = match value {
        Value::OctetString(octets) => match std::str::from_utf8(octets) {
            Ok(text) if text.chars().all(|letter| !letter.is_control()) => format!("\"{}\"", safe_text(text)),
            _ => octets.iter().take(LONGEST_VALUE).map(|octet| format!("{octet:02x}")).collect(),
        },
        Value::ObjectIdentifier(oid) => oid.arcs().map(|arc| arc.to_string()).collect::<Vec<_>>().join("."),
        Value::IpAddress([a, b, c, d]) => format!("{a}.{b}.{c}.{d}"),
        value => number(value).map_or_else(|| value.type_name().to_owned(), |number| number.to_string()),
    };
    match text.char_indices().nth(LONGEST_VALUE) {
        Some((end, _)) => format!("{}…", &text[..end]),
        None => text,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn values_are_shown_short_and_without_controls() {
        assert_eq!(shown(Value::Integer(-3)), "-3");
        assert_eq!(shown(Value::OctetString(b"AC-1")), "\"AC-1\"");
        assert_eq!(shown(Value::OctetString(b"\x1b[31m")), "1b5b33316d");
        assert_eq!(shown(Value::OctetString(&[0x82, 1, 4])), "820104");
        assert!(shown(Value::OctetString(&[b'a'; 900])).chars().count() <= LONGEST_VALUE + 1);
        assert_eq!(shown(Value::Null), Value::Null.type_name());
    }
}
