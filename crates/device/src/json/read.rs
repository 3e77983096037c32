//! Reading, without trust: bounded in depth, and `None` wherever the text is not as it should be.

use alloc::string::String;

use jiff::Timestamp;
use jiff::civil::DateTime;
use jiff::tz::TimeZone;

/// Is the deepest nesting.
const DEEPEST: u32 = 16;

/// Is what is still to be read.
pub struct In<'a> {
    rest: &'a [u8],
    depth: u32,
}

impl<'a> In<'a> {
    pub fn new(text: &'a [u8]) -> Self {
        In { rest: text, depth: 0 }
    }

    fn next(&mut self) -> Option<u8> {
        self.rest = self.rest.trim_ascii_start();
        self.rest.first().copied()
    }

    fn take(&mut self, octet: u8) -> Option<()> {
        (self.next()? == octet).then(|| self.rest = &self.rest[1..])
    }

    /// Reads an object: `member` is asked for each name, and has to read the value.
    pub fn object(&mut self, mut member: impl FnMut(&mut Self, &str) -> Option<()>) -> Option<()> {
        self.many(b'{', b'}', |input| {
            let name = input.string()?;
            input.take(b':')?;
            member(input, &name)
        })
    }

    /// Reads a list: `item` has to read each value.
    pub fn list(&mut self, item: impl FnMut(&mut Self) -> Option<()>) -> Option<()> {
        self.many(b'[', b']', item)
    }

    fn many(&mut self, open: u8, close: u8, mut each: impl FnMut(&mut Self) -> Option<()>) -> Option<()> {
        self.take(open)?;
        self.depth += 1;
        if self.depth > DEEPEST {
            return None;
        }
        let mut is_first = true;
        while self.next()? != close {
            if !is_first {
                self.take(b',')?;
            }
            is_first = false;
            each(self)?;
        }
        self.depth -= 1;
        self.take(close)
    }

    pub fn string(&mut self) -> Option<String> {
        self.take(b'"')?;
        let mut text = alloc::vec::Vec::new();
        loop {
            let (octet, rest) = self.rest.split_first()?;
            self.rest = rest;
            match octet {
                b'"' => return String::from_utf8(text).ok(),
                b'\\' => {
                    let letter = self.escaped()?;
                    text.extend_from_slice(letter.encode_utf8(&mut [0; 4]).as_bytes());
                }
                octet if *octet < 0x20 => return None,
                octet => text.push(*octet),
            }
        }
    }

    fn escaped(&mut self) -> Option<char> {
        let (letter, rest) = self.rest.split_first()?;
        self.rest = rest;
        Some(match letter {
            b'n' => '\n',
            b't' => '\t',
            b'r' => '\r',
            b'b' => '\u{8}',
            b'f' => '\u{c}',
            b'u' => {
                let high = self.sixteen()?;
                match high {
                    0xd800..=0xdbff => {
                        let low = self.rest.strip_prefix(b"\\u").map(|rest| self.rest = rest).and_then(|()| self.sixteen())?;
                        let low = low.checked_sub(0xdc00).filter(|low| *low < 0x400)?;
                        char::from_u32(0x10000 + ((high - 0xd800) << 10 | low))?
                    }
                    _ => char::from_u32(high)?,
                }
            }
            b'"' | b'\\' | b'/' => char::from(*letter),
            _ => return None,
        })
    }

    fn sixteen(&mut self) -> Option<u32> {
        let (digits, rest) = self.rest.split_at_checked(4)?;
        self.rest = rest;
        digits.iter().try_fold(0, |sum, digit| Some(sum << 4 | char::from(*digit).to_digit(16)?))
    }

    /// Reads a whole number from 0.
    pub fn number(&mut self) -> Option<u64> {
        self.next()?;
        let length = self.rest.iter().take_while(|octet| octet.is_ascii_digit()).count();
        let (digits, rest) = self.rest.split_at(length);
        self.rest = rest;
        let is_whole = !digits.is_empty() && !matches!(rest.first(), Some(b'.' | b'e' | b'E'));
        let add = |sum: u64, digit: &u8| sum.checked_mul(10)?.checked_add(u64::from(digit - b'0'));
        if is_whole { digits.iter().try_fold(0, add) } else { None }
    }

    /// Reads a time as we write them, with or without a fraction of a second.
    pub fn time(&mut self) -> Option<Timestamp> {
        time(&self.string()?)
    }

    /// Passes over a value of any kind.
    pub fn skip(&mut self) -> Option<()> {
        match self.next()? {
            b'"' => self.string().map(drop),
            b'{' => self.object(|input, _| input.skip()),
            b'[' => self.list(Self::skip),
            _ => {
                let length =
                    self.rest.iter().take_while(|octet| octet.is_ascii_alphanumeric() || matches!(octet, b'-' | b'+' | b'.')).count();
                self.rest = &self.rest[length..];
                (length > 0).then_some(())
            }
        }
    }

    /// Reads null as nothing.
    pub fn maybe<T>(&mut self, read: impl FnOnce(&mut Self) -> Option<T>) -> Option<Option<T>> {
        self.next()?;
        match self.rest.strip_prefix(b"null") {
            Some(rest) => {
                self.rest = rest;
                Some(None)
            }
            None => read(self).map(Some),
        }
    }
}

/// Reads `2026-11-25T02:17:00Z`.
fn time(text: &str) -> Option<Timestamp> {
    let octets = text.as_bytes();
    let number = |from: usize, to: usize| {
        let digits = octets.get(from..to)?;
        digits.iter().try_fold(0_i16, |sum, digit| digit.is_ascii_digit().then(|| sum * 10 + i16::from(digit - b'0')))
    };
    let fraction = octets.get(19..)?.strip_suffix(b"Z")?;
    let is_fraction = fraction.is_empty() || (fraction.len() > 1 && fraction[0] == b'.' && fraction[1..].iter().all(u8::is_ascii_digit));
    let is_form = octets[4] == b'-' && octets[7] == b'-' && octets[10] == b'T' && octets[13] == b':' && octets[16] == b':';
    if !is_form || !is_fraction {
        return None;
    }
    let part = |from, to| number(from, to).and_then(|part| i8::try_from(part).ok());
    let date = DateTime::new(number(0, 4)?, part(5, 7)?, part(8, 10)?, part(11, 13)?, part(14, 16)?, part(17, 19)?, 0).ok()?;
    TimeZone::UTC.to_timestamp(date).ok()
}
