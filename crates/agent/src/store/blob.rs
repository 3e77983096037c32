//! Facts as octets: keys in order, each told by how it differs from the one before.
//!
//! A device says a few hundred facts whose keys share most of their beginnings; so a device takes
//! some kilobytes on disk, and no dictionary that a device could make grow.

use std::sync::Arc;

use wire::{Facts, Key, Value};

/// Begins every blob; another form would begin otherwise.
const VERSION: u8 = 1;

/// Says that octets in the store are no facts.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("the facts of a device are damaged")]
pub struct Damaged;

/// Writes facts.
pub fn encode(facts: &Facts) -> Vec<u8> {
    let mut out = vec![VERSION];
    let mut before: &str = "";
    for (key, value) in facts {
        let shared = before.bytes().zip(key.bytes()).take_while(|(one, other)| one == other).count();
        number(&mut out, shared as u64);
        octets(&mut out, &key.as_bytes()[shared..]);
        match value {
            Value::Bool(value) => out.push(u8::from(*value)),
            Value::Integer(value) => {
                out.push(2);
                number(&mut out, ((value << 1) ^ (value >> 63)).cast_unsigned());
            }
            Value::Decimal(value) => {
                out.push(3);
                out.extend_from_slice(&value.to_be_bytes());
            }
            Value::Text(text) => {
                out.push(4);
                octets(&mut out, text.as_bytes());
            }
            Value::List(words) => {
                out.push(5);
                number(&mut out, words.len() as u64);
                words.iter().for_each(|word| octets(&mut out, word.as_bytes()));
            }
        }
        before = key;
    }
    out
}

/// Reads facts back.
///
/// # Errors
/// Fails on octets that [`encode`] did not write.
pub fn decode(blob: &[u8]) -> Result<Facts, Damaged> {
    let mut facts = Facts::new();
    let mut rest = Rest(blob);
    if rest.octet()? != VERSION {
        return Err(Damaged);
    }
    let mut key: Vec<u8> = Vec::new();
    while !rest.0.is_empty() {
        let shared = rest.count()?;
        if shared > key.len() {
            return Err(Damaged);
        }
        key.truncate(shared);
        key.extend_from_slice(rest.octets()?);
        let name: Key = Arc::from(std::str::from_utf8(&key).map_err(|_| Damaged)?);
        facts.insert(name, rest.value()?);
    }
    Ok(facts)
}

fn number(out: &mut Vec<u8>, mut number: u64) {
    while number >= 0x80 {
        out.push(number as u8 | 0x80);
        number >>= 7;
    }
    out.push(number as u8);
}

fn octets(out: &mut Vec<u8>, octets: &[u8]) {
    number(out, octets.len() as u64);
    out.extend_from_slice(octets);
}

/// Is what has not been read yet.
struct Rest<'a>(&'a [u8]);

impl<'a> Rest<'a> {
    fn octet(&mut self) -> Result<u8, Damaged> {
        let (first, rest) = self.0.split_first().ok_or(Damaged)?;
        self.0 = rest;
        Ok(*first)
    }

    fn number(&mut self) -> Result<u64, Damaged> {
        let mut number = 0;
        for shift in (0..64).step_by(7) {
            let octet = self.octet()?;
            number |= u64::from(octet & 0x7f) << shift;
            if octet < 0x80 {
                return Ok(number);
            }
        }
        Err(Damaged)
    }

    /// Reads a number of octets or words, of which none can be more than octets are left.
    fn count(&mut self) -> Result<usize, Damaged> {
        usize::try_from(self.number()?).map_err(|_| Damaged)
    }

    fn octets(&mut self) -> Result<&'a [u8], Damaged> {
        let length = self.count()?;
        let (octets, rest) = self.0.split_at_checked(length).ok_or(Damaged)?;
        self.0 = rest;
        Ok(octets)
    }

    fn text(&mut self) -> Result<String, Damaged> {
        std::str::from_utf8(self.octets()?).map(str::to_owned).map_err(|_| Damaged)
    }

    fn value(&mut self) -> Result<Value, Damaged> {
        Ok(match self.octet()? {
            0 => Value::Bool(false),
            1 => Value::Bool(true),
            2 => {
                let number = self.number()?;
                Value::Integer((number >> 1).cast_signed() ^ -((number & 1).cast_signed()))
            }
            3 => {
                let (bits, rest) = self.0.split_first_chunk::<8>().ok_or(Damaged)?;
                self.0 = rest;
                Value::Decimal(f64::from_be_bytes(*bits))
            }
            4 => Value::Text(self.text()?),
            5 => {
                let count = self.count()?;
                if count > self.0.len() {
                    return Err(Damaged);
                }
                Value::List((0..count).map(|_| self.text()).collect::<Result<_, _>>()?)
            }
            _ => return Err(Damaged),
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn example() -> Facts {
        let pairs: [(&str, Value); 9] = [
            ("address", "10.0.0.7".into()),
            ("meters/total/value", 7432.into()),
            ("meters/total/unit", "impressions".into()),
            ("meters/total/least", i64::MIN.into()),
            ("meters/total/most", i64::MAX.into()),
            ("status/errors", Value::List(vec!["lowToner".into(), "ü".into()])),
            ("supplies/1/remaining", true.into()),
            ("supplies/2/remaining", Value::Decimal(0.71)),
            ("supplies/3/remaining", false.into()),
        ];
        pairs.into_iter().map(|(key, value)| (Key::from(key), value)).collect()
    }

    #[test]
    fn facts_come_back_as_they_went() {
        assert_eq!(decode(&encode(&example())), Ok(example()));
        assert_eq!(decode(&encode(&Facts::new())), Ok(Facts::new()));
    }

    #[test]
    fn damaged_octets_are_told_and_never_panic() {
        let blob = encode(&example());
        for length in 0..blob.len() {
            let _ = decode(&blob[..length]);
        }
        for place in 0..blob.len() {
            for octet in [0, 0x7f, 0xff] {
                let mut damaged = blob.clone();
                damaged[place] = octet;
                let _ = decode(&damaged);
            }
        }
        assert_eq!(decode(&[]), Err(Damaged));
        assert_eq!(decode(&[2]), Err(Damaged));
        assert_eq!(decode(&[1, 0, 1, b'a', 5, 0xff, 0xff, 0xff, 0xff, 0x0f]), Err(Damaged));
    }
}
