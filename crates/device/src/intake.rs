//! What is taken of what the printer says: bounded, so that a report and a slot of flash hold it.

use alloc::string::String;
use alloc::vec::Vec;

use wire::Facts;
use wire::facts::Value;
use wire::json::LONGEST_KEY;
use wire::privacy::{Group, Privacy, group_of};

/// Is the most octets that keys and values of one reading may have together.
pub const MOST_OCTETS: usize = 24 * 1024;
/// Is the longest text; a server takes more, a printer's flash does not.
pub const LONGEST_TEXT: usize = 1024;
/// Is the most words of a list.
const MOST_WORDS: usize = 64;
/// What is given up first when there is too much: last in this list is given up last.
const GIVEN_UP: [Group; 4] = [Group::Configuration, Group::Media, Group::Status, Group::Supplies];

/// Takes away what may not leave, and what is too much; returns a sentence about the latter.
pub fn bound(facts: &mut Facts, privacy: &Privacy) -> Option<String> {
    privacy.apply(facts);
    facts.retain(|key, _| key.len() <= LONGEST_KEY && !key.chars().any(char::is_control));
    facts.values_mut().for_each(shorten);
    facts.retain(|_, value| !matches!(value, Value::Decimal(number) if !number.is_finite()));
    let mut size = facts.iter().map(|(key, value)| key.len() + octets(value)).sum::<usize>();
    if size <= MOST_OCTETS {
        return None;
    }
    let mut left_out = 0;
    for group in GIVEN_UP {
        let keys: Vec<_> = facts.keys().rev().filter(|key| group_of(key) == Some(group)).cloned().collect();
        for key in keys {
            if size <= MOST_OCTETS {
                break;
            }
            if let Some(value) = facts.remove(&key) {
                size -= key.len() + octets(&value);
                left_out += 1;
            }
        }
    }
    Some(alloc::format!("{left_out} facts were left out: the module has room for {MOST_OCTETS} octets"))
}

/// Adds a sentence to what went wrong.
pub fn complain(facts: &mut Facts, sentence: String) {
    match facts.get_mut("problems") {
        Some(Value::List(problems)) => problems.push(sentence),
        _ => drop(facts.insert("problems".into(), Value::List(alloc::vec![sentence]))),
    }
}

fn shorten(value: &mut Value) {
    match value {
        Value::Text(text) => cut(text),
        Value::List(words) => {
            words.truncate(MOST_WORDS);
            words.iter_mut().for_each(cut);
        }
        _ => {}
    }
}

fn cut(text: &mut String) {
    if text.len() > LONGEST_TEXT {
        let end = (0..=LONGEST_TEXT).rev().find(|end| text.is_char_boundary(*end)).unwrap_or(0);
        text.truncate(end);
    }
}

fn octets(value: &Value) -> usize {
    match value {
        Value::Bool(_) => 1,
        Value::Integer(_) | Value::Decimal(_) => 8,
        Value::Text(text) => text.len(),
        Value::List(words) => words.iter().map(|word| word.len() + 1).sum(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn settings_are_given_up_before_meters() {
        let mut facts = Facts::new();
        facts.insert("meters/total/value".into(), 7.into());
        for number in 0..500 {
            facts.insert(alloc::format!("configuration/hrStorage{number}").into(), Value::Text("x".repeat(100)));
        }
        let said = bound(&mut facts, &Privacy::default()).unwrap();
        assert!(said.contains("facts were left out"), "{said}");
        assert!(facts.contains_key("meters/total/value"));
        assert!(facts.iter().map(|(key, value)| key.len() + octets(value)).sum::<usize>() <= MOST_OCTETS);
        assert!(facts.len() > 100);
    }

    #[test]
    fn a_text_is_cut_between_letters() {
        let mut facts = Facts::from([("identity/model".into(), Value::Text("é".repeat(LONGEST_TEXT)))]);
        assert_eq!(bound(&mut facts, &Privacy::default()), None);
        let Value::Text(text) = &facts["identity/model"] else { panic!("a text") };
        assert_eq!(text.len(), LONGEST_TEXT);
    }
}
