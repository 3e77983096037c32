//! Tagged records: binary lists of numbers that some makers put into one octet string.
//!
//! A record is a tag octet, a type octet (1), a length octet and a big-endian number of that many
//! octets (2 or 4). A record of length 2 is the older form: value and maximum, one octet each. The
//! list ends with ff, or with its octets; ff alone is an empty list.

/// Is one record's number.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Tagged {
    pub value: i64,
    /// What the value counts up to, where the record says so.
    pub maximum: Option<u32>,
}

/// Returns the record of a tag; of two, the first.
pub(crate) fn find(octets: &[u8], tag: u8) -> Option<Tagged> {
    records(octets).find(|(of, _)| *of == tag).map(|(_, record)| record)
}

/// Iterates the well-formed records from the front; what does not decode ends the list.
fn records(octets: &[u8]) -> impl Iterator<Item = (u8, Tagged)> {
    let mut rest = octets;
    std::iter::from_fn(move || {
        let [tag, 1, length @ (2 | 4), tail @ ..] = rest else { return None };
        let (number, after) = tail.split_at_checked(usize::from(*length))?;
        rest = after;
        let record = match *number {
            [value, maximum] => Tagged { value: value.into(), maximum: Some(maximum.into()).filter(|maximum| *maximum > 0) },
            [a, b, c, d] => Tagged { value: u32::from_be_bytes([a, b, c, d]).into(), maximum: None },
            _ => return None,
        };
        Some((*tag, record))
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn records_are_found_by_their_tag() {
        let list = [0x82, 1, 4, 0, 0, 0x1e, 0xdc, 0x11, 1, 4, 0, 0, 0, 9, 0xff];
        assert_eq!(find(&list, 0x82), Some(Tagged { value: 7900, maximum: None }));
        assert_eq!(find(&list, 0x11), Some(Tagged { value: 9, maximum: None }));
        assert_eq!(find(&list, 0x83), None);
    }

    #[test]
    fn the_older_form_carries_its_maximum() {
        assert_eq!(find(&[0x81, 1, 2, 11, 20, 0xff], 0x81), Some(Tagged { value: 11, maximum: Some(20) }));
        assert_eq!(find(&[0x81, 1, 2, 11, 0, 0xff], 0x81), Some(Tagged { value: 11, maximum: None }), "of nothing");
    }

    #[test]
    fn an_empty_or_broken_list_tells_nothing_more() {
        for broken in [&[][..], &[0xff], &[0x82, 1, 4, 0, 0], &[0x82, 1, 9, 0, 0, 0, 0], &[0x82, 2, 4, 0, 0, 0, 1], b"text"] {
            assert_eq!(find(broken, 0x82), None, "{broken:?}");
        }
        assert_eq!(find(&[0x11, 1, 4, 0, 0, 0, 9, 0x82, 1, 4, 0], 0x11).map(|record| record.value), Some(9), "cut after the first");
    }
}
