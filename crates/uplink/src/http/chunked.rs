//! The chunked transfer coding. Source: RFC 9112 §7.1.

use super::{MOST_BODY, Malformed};

/// Is the longest line with a chunk's size; extensions are passed over.
const MOST_LINE: usize = 128;
/// Is the most that the fields after the last chunk may have; they are passed over.
const MOST_TRAILERS: usize = 4096;

/// Takes the octets of a body in chunks as they come.
#[derive(Debug, Default)]
pub(super) struct Chunked {
    state: State,
    trailers: usize,
}

#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
enum State {
    #[default]
    Size,
    /// So many octets are missing.
    Data(usize),
    AfterData,
    Trailers,
    Done,
}

impl Chunked {
    pub(super) fn is_done(&self) -> bool {
        self.state == State::Done
    }

    /// Appends the body's octets to `body` and returns how many of `octets` have been used up.
    ///
    /// The rest is to be given again, with more after it.
    pub(super) fn take(&mut self, octets: &[u8], body: &mut Vec<u8>) -> Result<usize, Malformed> {
        let mut taken = 0;
        while let Some(count) = self.step(&octets[taken..], body)? {
            taken += count;
        }
        Ok(taken)
    }

    /// Does one thing, if there are enough octets for it.
    fn step(&mut self, octets: &[u8], body: &mut Vec<u8>) -> Result<Option<usize>, Malformed> {
        match self.state {
            State::Size => {
                let Some(line) = line(octets, MOST_LINE)? else { return Ok(None) };
                let size = size(line)?;
                if size > MOST_BODY - body.len() {
                    return Err(Malformed::BodyTooLarge);
                }
                self.state = if size == 0 { State::Trailers } else { State::Data(size) };
                Ok(Some(line.len() + 2))
            }
            State::Data(missing) => {
                let count = missing.min(octets.len());
                body.extend_from_slice(&octets[..count]);
                self.state = if count == missing { State::AfterData } else { State::Data(missing - count) };
                Ok((count > 0).then_some(count))
            }
            State::AfterData => match octets {
                [b'\r', b'\n', ..] => {
                    self.state = State::Size;
                    Ok(Some(2))
                }
                [] | [b'\r'] => Ok(None),
                _ => Err(Malformed::Chunk),
            },
            State::Trailers => {
                let Some(line) = line(octets, MOST_TRAILERS)? else { return Ok(None) };
                self.trailers += line.len() + 2;
                if self.trailers > MOST_TRAILERS {
                    return Err(Malformed::Chunk);
                }
                self.state = if line.is_empty() { State::Done } else { State::Trailers };
                Ok(Some(line.len() + 2))
            }
            State::Done => Ok(None),
        }
    }
}

/// Returns the line at the beginning, without its end, when it is complete.
fn line(octets: &[u8], most: usize) -> Result<Option<&[u8]>, Malformed> {
    match octets.iter().position(|octet| *octet == b'\n') {
        Some(end) if end > most || end == 0 || octets[end - 1] != b'\r' => Err(Malformed::Chunk),
        Some(end) => Ok(Some(&octets[..end - 1])),
        None if octets.len() > most => Err(Malformed::Chunk),
        None => Ok(None),
    }
}

fn size(line: &[u8]) -> Result<usize, Malformed> {
    let digits = line.iter().take_while(|octet| octet.is_ascii_hexdigit()).count();
    // Seven digits are more than any body may have, and cannot overflow.
    let fits = (1..=7).contains(&digits);
    let ends = matches!(line.get(digits), None | Some(b';' | b' ' | b'\t'));
    if !fits || !ends || line.iter().any(u8::is_ascii_control) {
        return Err(Malformed::Chunk);
    }
    let digits = std::str::from_utf8(&line[..digits]).expect("hexadecimal digits are ASCII");
    Ok(usize::from_str_radix(digits, 16).expect("at most seven hexadecimal digits"))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn take(text: &str) -> Result<(usize, bool), Malformed> {
        let mut chunked = Chunked::default();
        let taken = chunked.take(text.as_bytes(), &mut Vec::new())?;
        Ok((taken, chunked.is_done()))
    }

    #[test]
    fn what_follows_the_last_chunk_is_left() {
        assert_eq!(take("1\r\na\r\n0\r\n\r\nrest"), Ok((11, true)));
        assert_eq!(take("1\r\na\r\n0\r\n"), Ok((9, false)));
    }

    #[test]
    fn what_the_grammar_does_not_allow_is_refused() {
        for text in ["\r\n", "x\r\n", "-1\r\n", "0x1\r\n", "1\na", "1\r\nab\r\n", "00000001\r\n", "1;\0\r\n", "\n", "0\r\nTrailer\n"] {
            assert_eq!(take(text), Err(Malformed::Chunk), "{text:?}");
        }
        assert_eq!(take(&"1".repeat(200)), Err(Malformed::Chunk));
        assert_eq!(take(&format!("0\r\n{}", "a: b\r\n".repeat(1000))), Err(Malformed::Chunk));
    }
}
