//! Questions and answers of DNS as octets.

/// Is one entry of the answer.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Record {
    pub priority: u16,
    pub weight: u16,
    pub port: u16,
    /// Without the last dot; empty if the service is not offered.
    pub target: String,
}

/// Is the answer to a question of ours.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Answer {
    /// 0 is yes, 3 that there is no such name.
    pub code: u8,
    pub records: Vec<Record>,
}

/// Says in which way an answer is none.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum Malformed {
    #[error("it is cut off")]
    Short,
    #[error("a name in it has no end, or is none")]
    Name,
    #[error("it does not fit into a datagram; the domain has too many entries")]
    Truncated,
}

const SRV: u16 = 33;
const INTERNET: u16 = 1;
const HEAD: usize = 12;
/// Is the longest name, as octets. Source: RFC 1035 §3.1.
const LONGEST_NAME: usize = 255;
/// Is the most entries that are looked at.
const MOST_RECORDS: u16 = 64;

/// Writes a question; `None` if the name is none. Each letter is large or small by chance.
pub fn query(name: &str, id: u16, mut chance: u64) -> Option<Vec<u8>> {
    let mut octets = Vec::with_capacity(64);
    octets.extend_from_slice(&id.to_be_bytes());
    // A plain question that may be passed on; one question and one note on our room.
    octets.extend_from_slice(&[1, 0, 0, 1, 0, 0, 0, 0, 0, 1]);
    for label in name.split('.') {
        let is_label =
            (1..=63).contains(&label.len()) && label.bytes().all(|octet| octet.is_ascii_alphanumeric() || matches!(octet, b'-' | b'_'));
        if !is_label {
            return None;
        }
        octets.push(label.len() as u8);
        for octet in label.bytes() {
            octets.push(if chance & 1 == 1 { octet.to_ascii_uppercase() } else { octet.to_ascii_lowercase() });
            chance = chance.rotate_right(1);
        }
    }
    octets.push(0);
    if octets.len() - HEAD > LONGEST_NAME {
        return None;
    }
    octets.extend_from_slice(&SRV.to_be_bytes());
    octets.extend_from_slice(&INTERNET.to_be_bytes());
    // EDNS: answers of up to 1,232 octets come in one datagram. Source: RFC 6891 §6.1.
    octets.extend_from_slice(&[0, 0, 41, 0x04, 0xd0, 0, 0, 0, 0, 0, 0]);
    Some(octets)
}

/// Reads an answer to `asked`; `None` if it is the answer to something else.
///
/// # Errors
/// Fails if it is to this question, and cannot be read.
pub fn parse(asked: &[u8], octets: &[u8]) -> Result<Option<Answer>, Malformed> {
    let question = asked.get(HEAD..asked.len().saturating_sub(11)).unwrap_or_default();
    let echoes = octets.get(..2) == asked.get(..2) && octets.get(HEAD..HEAD + question.len()) == Some(question);
    let (Some(flags), Some(counts)) = (octets.get(2..4), octets.get(4..8)) else { return Ok(None) };
    if !echoes || question.is_empty() || flags[0] & 0x80 == 0 || counts[..2] != [0, 1] {
        return Ok(None);
    }
    if flags[0] & 0x02 != 0 {
        return Err(Malformed::Truncated);
    }
    let mut answer = Answer { code: flags[1] & 0x0f, records: Vec::new() };
    let count = u16::from_be_bytes([counts[2], counts[3]]).min(MOST_RECORDS);
    let mut place = HEAD + question.len();
    for _ in 0..count {
        place = skip_name(octets, place)?;
        let head = octets.get(place..place + 10).ok_or(Malformed::Short)?;
        let (kind, class) = (u16::from_be_bytes([head[0], head[1]]), u16::from_be_bytes([head[2], head[3]]));
        let length = usize::from(u16::from_be_bytes([head[8], head[9]]));
        place += 10;
        let data = octets.get(place..place + length).ok_or(Malformed::Short)?;
        if kind == SRV && class == INTERNET {
            let number = |at: usize| data.get(at..at + 2).map(|two| u16::from_be_bytes([two[0], two[1]])).ok_or(Malformed::Short);
            let (priority, weight, port) = (number(0)?, number(2)?, number(4)?);
            answer.records.push(Record { priority, weight, port, target: name(octets, place + 6)? });
        }
        place += length;
    }
    Ok(Some(answer))
}

fn skip_name(octets: &[u8], mut place: usize) -> Result<usize, Malformed> {
    loop {
        match *octets.get(place).ok_or(Malformed::Short)? {
            0 => return Ok(place + 1),
            length if length & 0xc0 == 0xc0 => return Ok(place + 2),
            length if length & 0xc0 == 0 => place += 1 + usize::from(length),
            _ => return Err(Malformed::Name),
        }
    }
}

/// Reads a name, which may go on at an earlier place: always an earlier one, so that it ends.
fn name(octets: &[u8], mut place: usize) -> Result<String, Malformed> {
    let mut text = String::new();
    let mut earliest = place;
    loop {
        let length = usize::from(*octets.get(place).ok_or(Malformed::Short)?);
        match length & 0xc0 {
            0xc0 => {
                let to = (length & 0x3f) << 8 | usize::from(*octets.get(place + 1).ok_or(Malformed::Short)?);
                if to >= earliest {
                    return Err(Malformed::Name);
                }
                (place, earliest) = (to, to);
            }
            0 if length == 0 => return Ok(text),
            0 => {
                let label = octets.get(place + 1..place + 1 + length).ok_or(Malformed::Short)?;
                let is_label = label.iter().all(|octet| octet.is_ascii_alphanumeric() || matches!(octet, b'-' | b'_'));
                if !is_label || text.len() + length + 1 > LONGEST_NAME {
                    return Err(Malformed::Name);
                }
                if !text.is_empty() {
                    text.push('.');
                }
                text.extend(label.iter().map(|octet| char::from(*octet)));
                place += 1 + length;
            }
            _ => return Err(Malformed::Name),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn asked() -> Vec<u8> {
        query("_roundsman._tcp.example.com", 0x1234, 0x5555_5555).unwrap()
    }

    /// Answers with one entry whose target is `srv` and then the domain of the question.
    fn answer(asked: &[u8]) -> Vec<u8> {
        let mut octets = asked[..asked.len() - 11].to_vec();
        octets[2..12].copy_from_slice(&[0x81, 0x80, 0, 1, 0, 1, 0, 0, 0, 0]);
        octets.extend_from_slice(&[0xc0, 12, 0, 33, 0, 1, 0, 0, 0, 60, 0, 12, 0, 10, 0, 5, 0x20, 0xfb, 3, b's', b'r', b'v', 0xc0, 28]);
        octets
    }

    #[test]
    fn an_answer_to_the_question_names_host_and_port() {
        let asked = asked();
        let found = parse(&asked, &answer(&asked)).unwrap().unwrap();
        let target = found.records[0].target.to_lowercase();
        assert_eq!((target.as_str(), found.records[0].port, found.records[0].priority), ("srv.example.com", 8443, 10));
    }

    #[test]
    fn an_answer_to_another_question_is_none() {
        let asked = asked();
        let good = answer(&asked);
        for place in [0, 1, 2, 13, 20] {
            let mut other = good.clone();
            other[place] ^= if place == 2 { 0x80 } else { 0x20 };
            assert_eq!(parse(&asked, &other), Ok(None), "octet {place}");
        }
    }

    #[test]
    fn whatever_is_cut_or_changed_it_never_panics() {
        let asked = asked();
        let good = answer(&asked);
        for cut in 0..good.len() {
            let _ = parse(&asked, &good[..cut]);
            for flip in [1, 0x40, 0xc0, 0xff] {
                let mut changed = good.clone();
                changed[cut] ^= flip;
                let _ = parse(&asked, &changed);
            }
        }
    }

    #[test]
    fn a_name_that_leads_round_in_circles_is_refused() {
        let asked = asked();
        let mut octets = answer(&asked);
        let place = octets.len() - 2;
        octets[place..].copy_from_slice(&[0xc0, (place - 4) as u8]);
        assert_eq!(parse(&asked, &octets), Err(Malformed::Name));
    }

    #[test]
    fn what_is_no_name_is_not_asked() {
        assert_eq!(query("a..b", 1, 0), None);
        assert_eq!(query("exa mple", 1, 0), None);
        assert_eq!(query(&["a"; 200].join("."), 1, 0), None);
        assert_eq!(query(&"a".repeat(64), 1, 0), None);
    }
}
