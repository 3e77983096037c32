//! What to do when a response carries an error-status instead of values.

use crate::message::{ErrorStatus, PlainPdu};

/// Says how to ask the same objects again after an error.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Refusal {
    /// The answer does not fit: ask for fewer at a time.
    Fewer,
    /// This one of the objects asked (counted from 0) is at fault: leave it out, ask the others again.
    Without(usize),
    /// Something is wrong with the one object asked, or nobody says with which: give them up.
    All,
}

impl Refusal {
    /// Judges the error of a response to a request for `asked` objects; `None` if there is no error.
    ///
    /// v1 answers noSuchName for a whole request when one object is missing. An error-index that
    /// points nowhere makes the request be halved, until the object at fault stands alone.
    ///
    /// Source: RFC 1157 §4.1.2, RFC 3416 §4.2.1.
    pub fn of(response: &PlainPdu<'_>, asked: usize) -> Option<Refusal> {
        let index = response.second as usize;
        match response.error_status() {
            ErrorStatus::NoError => None,
            _ if asked <= 1 => Some(Refusal::All),
            ErrorStatus::TooBig => Some(Refusal::Fewer),
            _ if (1..=asked).contains(&index) => Some(Refusal::Without(index - 1)),
            _ => Some(Refusal::Fewer),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::message::{Head, Message, Pdu, PduType, Version, push_message};

    fn judged(status: u32, index: u32, asked: usize) -> Option<Refusal> {
        let mut out = Vec::new();
        let head =
            Head { version: Version::V1, community: b"public", kind: PduType::Response, request_id: 1, first: status, second: index };
        push_message(&mut out, &head, |_| {});
        let Ok(Message { pdu: Pdu::Plain(pdu), .. }) = Message::parse(&out) else { panic!("just written") };
        Refusal::of(&pdu, asked)
    }

    #[test]
    fn one_missing_object_does_not_take_the_others_with_it() {
        assert_eq!(judged(0, 0, 9), None);
        assert_eq!(judged(2, 3, 9), Some(Refusal::Without(2)));
        assert_eq!(judged(5, 9, 9), Some(Refusal::Without(8)));
        assert_eq!(judged(2, 1, 1), Some(Refusal::All));
    }

    #[test]
    fn an_error_that_points_nowhere_halves_the_request() {
        assert_eq!(judged(1, 0, 9), Some(Refusal::Fewer));
        assert_eq!(judged(2, 0, 9), Some(Refusal::Fewer));
        assert_eq!(judged(2, 77, 9), Some(Refusal::Fewer));
    }
}
