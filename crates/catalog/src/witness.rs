//! What rules rest on: the texts of `source`, `why` and `conflict`, read again from a file when somebody asks.

use std::collections::BTreeMap;

use toml::Spanned;
use toml::de::{DeTable, DeValue};

use crate::document::Document;
use crate::object::Rule;

/// Is what a rule rests on, in the words of its file.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Witness {
    /// The document, MIB or recording.
    pub source: Option<String>,
    /// What a device was seen to do.
    pub why: Option<String>,
    /// How the sources contradict each other.
    pub conflict: Option<String>,
}

/// Holds what the rules of one file rest on, by line.
#[derive(Clone, Debug, Default)]
pub struct Witnesses {
    file: &'static str,
    lines: BTreeMap<u32, Witness>,
}

impl Witnesses {
    /// Reads a file's texts; one with faults gives those that can be read.
    pub(crate) fn read(file: &'static str, text: &str) -> Self {
        let mut document = Document::new(file, text);
        let root = document.parse(text);
        let mut lines = BTreeMap::new();
        take_table(&document, root.get_ref(), &Witness::default(), &mut lines);
        Witnesses { file, lines }
    }

    /// Returns what a rule rests on: its own words, or those of the block it stands in.
    pub fn of(&self, rule: Rule) -> Option<&Witness> {
        self.lines.get(&rule.line).filter(|_| rule.file == self.file)
    }
}

/// Takes the words of every table below this one.
fn take_table(document: &Document, table: &DeTable<'_>, above: &Witness, lines: &mut BTreeMap<u32, Witness>) {
    for (key, value) in table {
        // A block with a header begins with the header, one in braces with its brace.
        if let DeValue::Table(inner) = value.get_ref() {
            let own = own(inner, above);
            put(lines, document.rule(key.span().start), &own);
            take_table(document, inner, &own, lines);
        }
        take_array(document, value, above, lines);
    }
}

fn take_array(document: &Document, value: &Spanned<DeValue<'_>>, above: &Witness, lines: &mut BTreeMap<u32, Witness>) {
    let DeValue::Array(items) = value.get_ref() else { return };
    for item in items {
        let DeValue::Table(inner) = item.get_ref() else { continue };
        let own = own(inner, above);
        put(lines, document.rule(item.span().start), &own);
        take_table(document, inner, &own, lines);
    }
}

/// Keeps the words of what begins on a line; of two that do, the first's.
fn put(lines: &mut BTreeMap<u32, Witness>, rule: Rule, words: &Witness) {
    // `[group.acme]` begins two tables, and the outer one says nothing.
    if *words != Witness::default() {
        lines.entry(rule.line).or_insert_with(|| words.clone());
    }
}

/// Returns the words of a table itself; where it has none, of the one it stands in.
fn own(table: &DeTable<'_>, above: &Witness) -> Witness {
    let text = |key: &str| match table.get(key).map(Spanned::get_ref) {
        Some(DeValue::String(text)) => Some(text.to_string()),
        _ => None,
    };
    let witness = Witness { source: text("source"), why: text("why"), conflict: text("conflict") };
    if witness.source.is_some() || witness.why.is_some() {
        return witness;
    }
    Witness { conflict: witness.conflict, ..above.clone() }
}

#[cfg(test)]
mod tests {
    use super::*;

    const FILE: &str = "acme.toml";

    fn witness(source: Option<&str>, why: Option<&str>) -> Witness {
        Witness { source: source.map(str::to_string), why: why.map(str::to_string), conflict: None }
    }

    #[test]
    fn an_object_rests_on_its_own_words_or_those_of_its_block() {
        let text = "[group.acme]\nsource = \"MIB 3\"\nobjects = [\n  { at = 1 },\n  { at = 2, why = \"seen\" },\n]\n\n[[meter]]\nname = \"total\"\nsource = \"page\"\nconflict = \"two ways\"\n";
        let witnesses = Witnesses::read(FILE, text);
        let of = |line| witnesses.of(Rule { file: FILE, line }).cloned();
        assert_eq!(of(1), Some(witness(Some("MIB 3"), None)));
        assert_eq!(of(4), Some(witness(Some("MIB 3"), None)));
        assert_eq!(of(5), Some(witness(None, Some("seen"))));
        assert_eq!(of(8), Some(Witness { conflict: Some("two ways".into()), ..witness(Some("page"), None) }));
        assert_eq!(of(7), None);
        assert_eq!(witnesses.of(Rule { file: "other.toml", line: 4 }), None);
    }

    #[test]
    fn a_file_with_faults_tells_what_can_be_read() {
        let witnesses = Witnesses::read(FILE, "[group.acme]\nsource = \"MIB 3\"\n[read\n");
        assert_eq!(witnesses.of(Rule { file: FILE, line: 1 }), Some(&witness(Some("MIB 3"), None)));
    }
}
