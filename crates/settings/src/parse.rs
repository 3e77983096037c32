//! From the text of a file to a structure, or to everything that is wrong with it.

use std::collections::BTreeMap;

use serde::de::DeserializeOwned;
use toml::de::DeTable;

use crate::decode::{Document, Path, Reason, Refusal, Step, Trace, in_table, name_of};
use crate::fault::{Fault, Faults};

/// The most faults that are told; who made more than that wants to see the first ones.
const MOST_FAULTS: usize = 100;

/// Is a configuration that has been read, with the places of its values.
#[derive(Clone, Debug)]
pub struct Parsed<T> {
    pub value: T,
    file: String,
    /// The lines of all values, by their path: `discovery.ranges.0`.
    lines: BTreeMap<String, u32>,
}

/// Reads a configuration from the text of its file; `file` is what messages call it.
///
/// # Errors
///
/// Every fault that could be found, by line: unknown keys, values of the wrong type, missing keys.
/// A fault does not hide the ones after it, unless the text is no TOML at all.
///
/// ```
/// #[derive(Debug, Default, serde::Deserialize)]
/// #[serde(default)]
/// struct Settings {
///     report: Report,
/// }
///
/// #[derive(Debug, Default, serde::Deserialize)]
/// #[serde(default)]
/// struct Report {
///     interval: Option<settings::Span>,
/// }
///
/// let faults = settings::parse::<Settings>("[report]\nintervall = \"24h\"", "agent.toml").unwrap_err();
/// assert_eq!(faults.to_string(), "agent.toml:2: unknown key \"intervall\" in [report]; did you mean \"interval\"?");
/// ```
pub fn parse<T: DeserializeOwned>(text: &str, file: &str) -> Result<Parsed<T>, Faults> {
    // Windows editors like to begin a file with a mark that says nothing.
    let text = text.strip_prefix('\u{feff}').unwrap_or(text);
    let lines = Lines::new(text);
    let (table, errors) = DeTable::parse_recoverable(text);
    if !errors.is_empty() {
        let faults = errors.iter().map(|error| (error.span().map_or(0, |span| span.start), error.message().to_owned()));
        return Err(lines.faults(file, faults.collect()));
    }
    let mut trace = Trace::default();
    let mut faults: Vec<(usize, String)> = Vec::new();
    // Each pass ends at the first refused value; the next one leaves it out and finds the one after.
    let value = loop {
        match T::deserialize(Document { table: table.get_ref(), trace: &trace }) {
            Ok(value) => break Some(value),
            Err(refusal) => {
                let Some(path) = tell(refusal, &trace, &mut faults) else { break None };
                if faults.len() >= MOST_FAULTS || !trace.skipped.insert(path) {
                    break None;
                }
            }
        }
    };
    faults.extend(trace.unknown.take());
    match value {
        Some(value) if faults.is_empty() => {
            let places = trace.places.take().into_iter().map(|(path, offset)| (text_of(&path), lines.line(offset)));
            Ok(Parsed { value, file: file.to_owned(), lines: places.collect() })
        }
        _ => Err(lines.faults(file, faults)),
    }
}

/// Adds the fault, and returns the path of the value that the next pass is to leave out; `None` if
/// nothing is to be gained from another pass.
fn tell(refusal: Refusal, trace: &Trace, faults: &mut Vec<(usize, String)>) -> Option<Path> {
    let (path, offset) = refusal.at.unwrap_or_default();
    match refusal.reason {
        Reason::Told(message) => {
            faults.push((offset, format!("{}: {message}", name_of(&path))));
        }
        Reason::MissingKey(key) => {
            let missing = [&path[..], &[Step::Key(key.to_owned())]].concat();
            // It is there and has been told to be wrong.
            if !trace.skipped.contains(&missing) {
                faults.push((offset, format!("missing key \"{key}\"{}", in_table(&path))));
            }
        }
    }
    (!path.is_empty()).then_some(path)
}

/// Writes a path as programs name it: keys and places, joined by dots.
fn text_of(path: &Path) -> String {
    let steps = path.iter().map(|step| match step {
        Step::Key(key) => key.clone(),
        Step::Item(place) => place.to_string(),
    });
    steps.collect::<Vec<_>>().join(".")
}

impl<T> Parsed<T> {
    /// Returns a fault that the program found in a value, at the line of that value.
    ///
    /// `path` is made of keys and places, from 0, joined by dots: `discovery.ranges.1`. If there is no
    /// such value in the file, the line is that of the table or list it would stand in.
    pub fn fault(&self, path: &str, message: impl Into<String>) -> Fault {
        let mut known = Some(path);
        let line = loop {
            let Some(path) = known else { break None };
            if let Some(line) = self.lines.get(path) {
                break Some(*line);
            }
            known = path.rsplit_once('.').map(|(before, _)| before);
        };
        Fault { file: self.file.clone(), line, message: message.into() }
    }

    /// Returns whether a value stands in the file, and is not a default.
    pub fn is_set(&self, path: &str) -> bool {
        self.lines.contains_key(path)
    }
}

/// Knows on which line each octet stands.
struct Lines {
    starts: Vec<usize>,
}

impl Lines {
    fn new(text: &str) -> Self {
        let ends = text.bytes().enumerate().filter(|(_, octet)| *octet == b'\n').map(|(at, _)| at + 1);
        Lines { starts: std::iter::once(0).chain(ends).collect() }
    }

    fn line(&self, offset: usize) -> u32 {
        self.starts.partition_point(|start| *start <= offset) as u32
    }

    fn faults(&self, file: &str, mut faults: Vec<(usize, String)>) -> Faults {
        faults.sort();
        faults.dedup();
        faults.truncate(MOST_FAULTS);
        let faults = faults.into_iter().map(|(offset, message)| Fault { file: file.to_owned(), line: Some(self.line(offset)), message });
        Faults(faults.collect())
    }
}
