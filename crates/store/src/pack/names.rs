//! The usual keys and words, by number: what a row need not spell out.

use std::collections::HashMap;
use std::hash::{BuildHasherDefault, Hasher};
use std::sync::LazyLock;

use wire::Key;

/// Is the list that rows of the form that begins with 2 are written with.
static LIST: &str = include_str!("names-2.txt");

/// Is all lists of the file.
pub static NAMES: LazyLock<Names> = LazyLock::new(|| Names::read(LIST));

/// Is the lists of names that both sides of keeping have.
pub struct Names {
    /// The keys of facts, ordered.
    pub keys: Table,
    /// The keys that history keeps, ordered.
    pub history: Table,
    /// Words that values are, those used most first.
    pub words: Table,
}

/// Is names by number, and numbers by name.
pub struct Table {
    names: Vec<&'static str>,
    /// Looked up only; nothing depends on its order.
    numbers: HashMap<&'static str, u16, BuildHasherDefault<Mixing>>,
}

impl Names {
    fn read(list: &str) -> Self {
        let part = |title: &str| {
            let lines = list.lines().skip_while(move |line| *line != title).skip(1).take_while(|line| !line.starts_with('['));
            let mut names = Vec::new();
            lines.for_each(|line| spell_out(line, &mut names));
            names
        };
        let ordered = |title: &str| {
            let mut names = part(title);
            names.sort_unstable();
            names.dedup();
            names
        };
        Names { keys: Table::of(ordered("[keys]")), history: Table::of(ordered("[history]")), words: Table::of(part("[words]")) }
    }
}

/// Writes out a line for each of what its braces hold.
fn spell_out(line: &str, names: &mut Vec<String>) {
    let Some((before, (choice, after))) = line.split_once('{').and_then(|(before, rest)| Some((before, rest.split_once('}')?))) else {
        return names.push(line.to_owned());
    };
    let numbers = choice.split_once('-').and_then(|(from, to)| Some(from.parse::<u32>().ok()?..=to.parse::<u32>().ok()?));
    match numbers {
        Some(numbers) => numbers.for_each(|number| spell_out(&format!("{before}{number}{after}"), names)),
        None => choice.split(',').for_each(|word| spell_out(&format!("{before}{word}{after}"), names)),
    }
}

impl Table {
    /// The names live as long as the program, as their one list does.
    fn of(names: Vec<String>) -> Self {
        let names: Vec<&'static str> = names.into_iter().map(|name| &*name.leak()).collect();
        let number = |place: usize| u16::try_from(place).expect("the list is short");
        let numbers = names.iter().enumerate().map(|(place, name)| (*name, number(place))).collect();
        Table { names, numbers }
    }

    /// Returns the number of a name.
    pub fn number(&self, name: &str) -> Option<usize> {
        self.numbers.get(name).map(|number| usize::from(*number))
    }

    /// Returns the name of a number.
    pub fn name(&self, number: usize) -> Option<&'static str> {
        self.names.get(number).copied()
    }

    fn keys(&self) -> Vec<Key> {
        self.names.iter().map(|name| Key::from(*name)).collect()
    }
}

thread_local! {
    // Every thread its own, because counting who shares a key costs most where threads meet.
    static KEYS: Vec<Key> = NAMES.keys.keys();
    static HISTORY: Vec<Key> = NAMES.history.keys();
}

/// Is a name as it was read: on a list by its number, or spelled out.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Named<'a> {
    pub text: &'a str,
    pub number: Option<usize>,
}

/// Returns the key of a fact, shared if it is on the list.
pub fn key(name: Named<'_>) -> Key {
    shared(&KEYS, name)
}

/// Returns the key of a fact of history, shared if it is on the list.
pub fn history_key(name: Named<'_>) -> Key {
    shared(&HISTORY, name)
}

fn shared(keys: &'static std::thread::LocalKey<Vec<Key>>, name: Named<'_>) -> Key {
    match name.number {
        Some(number) => keys.with(|keys| keys[number].clone()),
        None => Key::from(name.text),
    }
}

/// Mixes short texts eight octets at a time. Whoever chooses keys on purpose so that they meet finds
/// no table to fill: only our own names lie in one.
#[derive(Default)]
pub struct Mixing(u64);

impl Hasher for Mixing {
    fn write(&mut self, octets: &[u8]) {
        for eight in octets.chunks(8) {
            let mut word = [0; 8];
            word[..eight.len()].copy_from_slice(eight);
            self.0 = (self.0.rotate_left(5) ^ u64::from_le_bytes(word)).wrapping_mul(0x9e37_79b9_7f4a_7c15);
        }
    }

    fn write_u8(&mut self, octet: u8) {
        self.0 ^= u64::from(octet);
    }

    fn finish(&self) -> u64 {
        self.0 ^ (self.0 >> 32)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn braces_stand_for_each_of_what_is_in_them() {
        let mut names = Vec::new();
        spell_out("a/{1-2}/{b,c}", &mut names);
        assert_eq!(names, ["a/1/b", "a/1/c", "a/2/b", "a/2/c"]);
    }

    #[test]
    fn numbers_and_names_lead_to_each_other() {
        for table in [&NAMES.keys, &NAMES.history, &NAMES.words] {
            assert!(table.names.iter().enumerate().all(|(place, name)| table.number(name) == Some(place)));
            assert_eq!(table.name(table.names.len()), None);
        }
        assert!(NAMES.keys.names.is_sorted() && NAMES.history.names.is_sorted());
    }

    #[test]
    fn the_list_that_was_used_is_never_changed() {
        let octets: u64 = LIST.bytes().fold(0, |sum, octet| sum.wrapping_mul(31).wrapping_add(u64::from(octet)));
        assert_eq!(
            (NAMES.keys.names.len(), NAMES.history.names.len(), NAMES.words.names.len(), octets),
            (1154, 106, 140, 11523127803943496440)
        );
    }
}
