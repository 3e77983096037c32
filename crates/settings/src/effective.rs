//! The configuration as it takes effect: what `check-config` prints.

use std::collections::{BTreeMap, BTreeSet};

use serde::Serialize;

/// Says what a key is for: its path (`report.at`; lists of tables without places) and a sentence.
pub type Note = (&'static str, &'static str);

/// Returns the configuration as TOML, each key with its note above it and a mark if it is the default.
///
/// Keys of optional values that are not set are named in a comment. Secrets write themselves as "…".
///
/// ```
/// #[derive(serde::Serialize, Default)]
/// struct Settings {
///     port: u16,
///     name: Option<String>,
/// }
///
/// let text = settings::effective(&Settings { port: 7, name: None }, &[("port", "Where to listen."), ("name", "What it is called.")]);
/// assert_eq!(text, "# Where to listen.\nport = 7\n\n# What it is called.\n# name is not set\n");
/// ```
pub fn effective<T: Serialize + Default>(value: &T, notes: &[Note]) -> String {
    let defaults: BTreeSet<(String, String)> = entries(&T::default()).into_iter().map(|entry| (entry.place, entry.value)).collect();
    let notes: BTreeMap<&str, &str> = notes.iter().copied().collect();
    let mut sections: Vec<(String, Vec<String>)> = vec![(String::new(), Vec::new())];
    let mut told: BTreeSet<String> = BTreeSet::new();
    for entry in entries(value) {
        let note = notes.get(entry.key_path.as_str()).map(|note| commented(note)).unwrap_or_default();
        match entry.key {
            None => sections.push((entry.key_path.clone(), vec![format!("{note}{}", entry.value)])),
            Some(key) => {
                let mark = if defaults.contains(&(entry.place, entry.value.clone())) { "  # default" } else { "" };
                let lines = &mut sections.last_mut().expect("begins with one").1;
                lines.push(format!("{note}{key} = {}{mark}", entry.value));
            }
        }
        told.insert(entry.key_path);
    }
    for (path, note) in notes.iter().filter(|(path, _)| !told.contains(**path)) {
        let (table, key) = path.rsplit_once('.').unwrap_or(("", path));
        let line = format!("{}# {key} is not set", commented(note));
        match sections.iter_mut().rev().find(|(name, _)| name == table) {
            Some((_, lines)) => lines.push(line),
            None => sections.push((table.to_owned(), vec![format!("# [{table}]\n{line}")])),
        }
    }
    written(&sections)
}

/// Returns the keys of a configuration that have no note: what a program's test asks for.
///
/// Give it a value with everything optional filled in, secrets as plain text.
pub fn without_note<T: Serialize>(value: &T, notes: &[Note]) -> Vec<String> {
    let known: BTreeSet<&str> = notes.iter().map(|(path, _)| *path).collect();
    let unknown = entries(value).into_iter().filter(|entry| entry.key.is_some() && !known.contains(entry.key_path.as_str()));
    unknown.map(|entry| entry.key_path).collect()
}

fn commented(note: &str) -> String {
    note.lines().map(|line| format!("# {line}\n")).collect()
}

/// Joins sections by an empty line; within one, so are entries if they carry notes.
fn written(sections: &[(String, Vec<String>)]) -> String {
    let mut text = String::new();
    for (_, lines) in sections.iter().filter(|(_, lines)| !lines.is_empty()) {
        if !text.is_empty() {
            text.push('\n');
        }
        for (place, line) in lines.iter().enumerate() {
            let is_first = place == 0 || (place == 1 && lines[0].ends_with(']'));
            if !is_first && line.starts_with('#') {
                text.push('\n');
            }
            text.push_str(line);
            text.push('\n');
        }
    }
    text
}

/// Is a line of the written configuration: an entry, or the head of a table.
struct Entry {
    /// Keys joined by dots; lists of tables do not count their places.
    key_path: String,
    /// The same with the places, so that the second table of a list is another one than the first.
    place: String,
    /// `None` for the head of a table.
    key: Option<String>,
    value: String,
}

fn entries<T: Serialize>(value: &T) -> Vec<Entry> {
    let text = toml::to_string(value).expect("settings are made of tables, lists, texts and numbers, which TOML can say");
    let (mut table, mut place) = (String::new(), String::new());
    let mut met: BTreeMap<String, usize> = BTreeMap::new();
    let mut entries = Vec::new();
    // One entry a line: the plain style of the writer breaks neither lists nor texts.
    for line in text.lines().filter(|line| !line.is_empty()) {
        if let Some(name) = line.strip_prefix('[') {
            table = name.trim_matches(['[', ']']).to_owned();
            let count = met.entry(table.clone()).or_default();
            *count += 1;
            place = format!("{table}#{count}");
            entries.push(Entry { key_path: table.clone(), place: place.clone(), key: None, value: line.to_owned() });
        } else if let Some((key, value)) = line.split_once(" = ") {
            let path = |table: &str| if table.is_empty() { key.to_owned() } else { format!("{table}.{key}") };
            entries.push(Entry { key_path: path(&table), place: path(&place), key: Some(key.to_owned()), value: value.to_owned() });
        }
    }
    entries
}
