//! Whether two words on a device's identity can be of one device.
//!
//! Two machines behind one address, a board that was moved, a recording put together from two: what
//! they say of themselves does not fit, and nobody can tell which of it is true. Only what cannot be
//! reconciled counts: a family's name beside a member's does not.

use model::Origin;

use crate::cells::Source;

impl Source<'_> {
    /// Tells each word that contradicts the first of them.
    pub fn contradictions(&mut self, what: &str, words: &[(Option<String>, Option<&Origin>)], contradict: fn(&str, &str) -> bool) {
        let mut told = words.iter().filter_map(|(word, origin)| Some((word.as_deref()?, (*origin)?)));
        let Some((first, here)) = told.next() else { return };
        let others: Vec<String> = told
            .filter(|(word, _)| contradict(first, word))
            .map(|(word, there)| format!("identity conflict: {what}: {here} says {first}, {there} says {word}"))
            .collect();
        self.problems.extend(others);
    }
}

/// Returns whether two serial numbers are of two devices: neither is the other, a part of it, or the
/// other's octets in hexadecimal digits.
pub(crate) fn serial_numbers(one: &str, other: &str) -> bool {
    /// Shorter ones may stand in another's by chance.
    const TELLING: usize = 5;
    let folded = |text: &str| text.chars().filter(|sign| sign.is_alphanumeric()).flat_map(char::to_lowercase).collect::<String>();
    let (one, other) = (folded(one), folded(other));
    let holds = |long: &str, short: &str| long == short || short.len() >= TELLING && long.contains(short);
    let in_hex = |text: &str| text.bytes().map(|octet| format!("{octet:02x}")).collect::<String>();
    let upper = |text: &str| in_hex(&text.to_uppercase());
    !(holds(&one, &other) || holds(&other, &one) || upper(&one) == other || upper(&other) == one)
}

/// Returns whether two names are of two models: both have numbers, and none of the one's is the other's.
///
/// "M129-M134" names M130 too, and "M408x" M4080.
pub(crate) fn models(one: &str, other: &str) -> bool {
    let (one, other) = (Numbers::of(one), Numbers::of(other));
    !one.is_empty() && !other.is_empty() && !one.names_one_of(&other) && !other.names_one_of(&one)
}

/// Is what stands in a model's name of numbers: each with an x for any digit, and the ranges between two.
struct Numbers {
    single: Vec<String>,
    ranges: Vec<(String, String)>,
}

impl Numbers {
    fn of(name: &str) -> Self {
        let mut numbers = Numbers { single: Vec::new(), ranges: Vec::new() };
        let mut before: Option<String> = None;
        let mut between = String::new();
        let mut letters = name.chars().map(|letter| letter.to_ascii_lowercase()).peekable();
        while let Some(letter) = letters.next() {
            if !letter.is_ascii_digit() {
                between.push(letter);
                continue;
            }
            let mut number = String::from(letter);
            while let Some(next) = letters.next_if(|next| next.is_ascii_digit() || *next == 'x') {
                number.push(next);
            }
            // A single digit tells a generation or a tray, and no model.
            if number.len() < 2 {
                between.push_str(&number);
                continue;
            }
            let joins = between.starts_with('-') && between[1..].bytes().all(|octet| octet.is_ascii_alphabetic());
            if let Some(from) = before.filter(|from| joins && from.len() == number.len() && *from < number) {
                numbers.ranges.push((from, number.clone()));
            }
            numbers.single.push(number.clone());
            before = Some(number);
            between.clear();
        }
        numbers
    }

    fn is_empty(&self) -> bool {
        self.single.is_empty()
    }

    fn names_one_of(&self, other: &Numbers) -> bool {
        let in_range =
            |number: &str| self.ranges.iter().any(|(from, to)| from.len() == number.len() && (&**from..=&**to).contains(&number));
        other.single.iter().any(|number| in_range(number) || self.single.iter().any(|own| alike(own, number)))
    }
}

/// Returns whether two numbers are the same, an x standing for any digit; or for nothing at the end.
fn alike(one: &str, other: &str) -> bool {
    let fits = |(a, b): (u8, u8)| a == b || a == b'x' || b == b'x';
    let same_length = one.len() == other.len() && one.bytes().zip(other.bytes()).all(fits);
    same_length || one.trim_end_matches('x') == other.trim_end_matches('x')
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn another_number_is_another_model() {
        assert!(models("MFC-L2710DW series", "MFC-8440"));
        assert!(models("ineo+ 280", "bizhub C3110"));
        assert!(models("LaserJet MFP M135nw", "LaserJet MFP M129-M134"));
    }

    #[test]
    fn a_family_and_its_member_are_one_model() {
        for (one, other) in [
            ("HL-5370DW series", "HL-5370DW"),
            ("LaserJet MFP M130nw", "HP LaserJet MFP M129-M134"),
            ("M4080FX", "M408x Series"),
            ("SCX-4729FW", "SCX-472x Series"),
            ("iR-ADV C5235", "iR-ADV C5235/5240"),
            ("LaserJet 600 M602", "LaserJet 600 M601"),
            ("P-4532DN", "TA_UTAX Printing System"),
            ("Phaser 6180x", "Phaser 6180"),
        ] {
            assert!(!models(one, other) && !models(other, one), "{one} / {other}");
        }
    }

    #[test]
    fn a_serial_number_in_part_or_in_hex_is_the_same() {
        assert!(!serial_numbers("7XQ1R92-132-13", "7XQ1R92"));
        assert!(!serial_numbers("x7f4008528", "X7F4 008528"));
        assert!(!serial_numbers("X7F4008528", "58374634303038353238"), "the octets in hexadecimal digits");
        assert!(serial_numbers("E64169H9N199242", "000A5J431816"));
        assert!(serial_numbers("0505571100", "571"), "too short to be a part of it");
    }
}
