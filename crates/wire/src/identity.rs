//! Which words of a device tell it from all others, which are fillers, and what the others weigh.
//!
//! [`Traits`] is what one sighting tells of who the device is; [`weigh()`] says how much two of them
//! speak for one device, in points that a person can add up.

pub mod traits;
pub mod weigh;

pub use model::filler::serial_tells;
pub use traits::{Count, Traits};
pub use weigh::{Reason, SAME, Verdict, contradict, weigh, weigh_at_once};

/// Returns whether a hardware address (`00:11:22:33:44:55`) was given by a maker: bit 1 of its
/// first octet is clear (IEEE 802, universally administered), and it is neither zero nor a group's.
pub fn hardware_address_tells(address: &str) -> bool {
    let first = address.get(..2).and_then(|octet| u8::from_str_radix(octet, 16).ok());
    first.is_some_and(|octet| octet & 0b11 == 0) && address.bytes().any(|digit| !matches!(digit, b'0' | b':'))
}

/// Returns whether a UUID is one: at least 32 hexadecimal digits, not all the same.
pub fn uuid_tells(uuid: &str) -> bool {
    let uuid = uuid.trim_ascii();
    let digits = || uuid.strip_prefix("urn:uuid:").unwrap_or(uuid).chars().filter(char::is_ascii_hexdigit);
    let first = digits().next();
    digits().count() >= 32 && digits().any(|digit| Some(digit) != first)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn fillers_tell_nobody_from_anybody() {
        for filler in
            ["", "0000000000", "XXXXXX", "-", "N/A", "....", "0-0-0-0", "serial_number", "Unknown", "---", "none", " Not Available "]
        {
            assert!(!serial_tells(filler), "{filler}");
        }
        for serial in ["VXF4201234", "0001", "R8P-1234567"] {
            assert!(serial_tells(serial), "{serial}");
        }
    }

    #[test]
    fn made_up_addresses_tell_nobody_from_anybody() {
        for made_up in ["00:00:00:00:00:00", "02:11:22:33:44:55", "01:00:5e:00:00:01", "ff:ff:ff:ff:ff:ff", "", "é"] {
            assert!(!hardware_address_tells(made_up), "{made_up}");
        }
        assert!(hardware_address_tells("00:11:22:33:44:55"));
        assert!(uuid_tells("urn:uuid:4509a320-00a0-008f-00b6-002507510eca"));
        for made_up in ["", "00000000-0000-0000-0000-000000000000", "4509a320"] {
            assert!(!uuid_tells(made_up), "{made_up}");
        }
    }
}
