//! Keys that are met again and again: each is checked, and looked up on the list of what may leave, once.

use alloc::vec::Vec;

use crate::facts::Key;
use crate::json::LONGEST_KEY;
use crate::privacy::group_of;

/// Remembers keys, each in the one place that its text leads to.
///
/// A newer key takes the place of an older one, so that whoever makes keys up fills no memory and
/// makes nothing slower than it is without.
pub struct Vocabulary(Vec<Option<Met>>);

/// Is a key that was met.
#[derive(Clone)]
pub(crate) struct Met {
    pub key: Key,
    /// Whether it is on the list of what may leave.
    pub is_listed: bool,
}

impl Default for Vocabulary {
    /// Has room for the keys of a fleet.
    fn default() -> Self {
        Vocabulary::of(12)
    }
}

impl Vocabulary {
    /// Has room for as many keys as a number of so many bits counts.
    pub(crate) fn of(bits: u32) -> Self {
        Vocabulary(alloc::vec![None; 1 << bits])
    }

    /// Returns the shared key of a text; `None` if it is none.
    pub(crate) fn meet(&mut self, text: &str) -> Option<&Met> {
        let place = mixed(text) as usize & (self.0.len() - 1);
        let place = &mut self.0[place];
        if place.as_ref().is_none_or(|met| &*met.key != text) {
            if !is_key(text) {
                return None;
            }
            *place = Some(Met { key: Key::from(text), is_listed: group_of(text).is_some() });
        }
        place.as_ref()
    }
}

/// Returns whether a text can be a key.
pub(crate) fn is_key(text: &str) -> bool {
    !text.is_empty() && text.len() <= LONGEST_KEY && !text.chars().any(char::is_control)
}

/// Mixes a text, eight octets at a time.
fn mixed(text: &str) -> u64 {
    let mut sum = text.len() as u64;
    for eight in text.as_bytes().chunks(8) {
        let mut word = [0; 8];
        word[..eight.len()].copy_from_slice(eight);
        sum = (sum.rotate_left(5) ^ u64::from_le_bytes(word)).wrapping_mul(0x9e37_79b9_7f4a_7c15);
    }
    sum ^ (sum >> 32)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_key_is_shared_until_another_takes_its_place() {
        let mut vocabulary = Vocabulary::of(0);
        let first = vocabulary.meet("presence").unwrap().key.clone();
        assert!(Key::ptr_eq(&first, &vocabulary.meet("presence").unwrap().key));
        assert!(!vocabulary.meet("status/user").unwrap().is_listed);
        let again = vocabulary.meet("presence").unwrap();
        assert!(again.is_listed && !Key::ptr_eq(&first, &again.key));
        assert!(vocabulary.meet("").is_none() && vocabulary.meet("a\nb").is_none());
    }
}
