//! The IEEE 1284 device ID: `KEY:value;` pairs in one short text.
//!
//! The same text comes from a parallel port, from USB, from `printer-device-id` of IPP, from PJL
//! and from private MIB objects, with and without the length that the bus puts in front.
//!
//! Source: IEEE 1284-2000 §7.6; PWG 5107.1, ppmPortIEEE1284DeviceId; PWG 5107.2.

use std::fmt;

use crate::text;

/// Is how much of a text is read. The standard ends at 1,023 octets; some printers do not.
pub const LIMIT: usize = 4096;

/// Holds the pairs of one device ID, in the order in which they came.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct DeviceId {
    pairs: Vec<(String, String)>,
}

impl DeviceId {
    /// Reads a device ID, and leaves out what is no pair.
    ///
    /// A length of two octets in front is skipped, blanks and control characters around keys and
    /// values are dropped, and a text that was cut ends with a pair that is shorter than it was.
    pub fn parse(octets: &[u8]) -> DeviceId {
        let octets = without_length(octets);
        let octets = &octets[..octets.len().min(LIMIT)];
        let pairs = octets.split(|octet| *octet == b';').filter_map(pair).collect();
        DeviceId { pairs }
    }

    /// Returns whether not a single pair was found.
    pub fn is_empty(&self) -> bool {
        self.pairs.is_empty()
    }

    /// Returns the value of a key, without regard to case; a key with an empty value says nothing.
    pub fn get(&self, key: &str) -> Option<&str> {
        self.pairs().find(|(found, value)| found.eq_ignore_ascii_case(key) && !value.is_empty()).map(|(_, value)| value)
    }

    /// Returns all pairs, empty values included.
    pub fn pairs(&self) -> impl Iterator<Item = (&str, &str)> {
        self.pairs.iter().map(|(key, value)| (key.as_str(), value.as_str()))
    }

    /// Returns the maker.
    pub fn manufacturer(&self) -> Option<&str> {
        self.first(&["MANUFACTURER", "MFG"])
    }

    /// Returns the model.
    pub fn model(&self) -> Option<&str> {
        self.first(&["MODEL", "MDL"])
    }

    /// Returns the serial number as it stands. One maker writes it as hex digits: see
    /// [`text_of_hex`].
    pub fn serial_number(&self) -> Option<&str> {
        self.first(&["SN", "SERN", "SER", "SERIALNUMBER", "SERIAL NUMBER"])
    }

    /// Returns the description for people.
    pub fn description(&self) -> Option<&str> {
        self.first(&["DESCRIPTION", "DES"])
    }

    /// Returns the names of the printer languages.
    pub fn command_set(&self) -> impl Iterator<Item = &str> {
        let names = self.first(&["COMMAND SET", "CMD"]).unwrap_or_default();
        names.split(',').map(str::trim).filter(|name| !name.is_empty())
    }

    /// Returns the firmware version.
    pub fn firmware_version(&self) -> Option<&str> {
        self.first(&["FWVER", "FW"])
    }

    fn first(&self, keys: &[&str]) -> Option<&str> {
        keys.iter().find_map(|key| self.get(key))
    }
}

impl fmt::Display for DeviceId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.pairs().try_for_each(|(key, value)| write!(f, "{key}:{value};"))
    }
}

/// Returns the ASCII text that hex digits stand for, if every pair of digits is a printable
/// character. Only the caller knows which makers write serial numbers so.
pub fn text_of_hex(digits: &str) -> Option<String> {
    let octets = digits.as_bytes();
    if octets.is_empty() || !octets.len().is_multiple_of(2) {
        return None;
    }
    let digit = |octet: u8| char::from(octet).to_digit(16);
    octets
        .chunks(2)
        .map(|pair| char::from_u32(digit(pair[0])? << 4 | digit(pair[1])?))
        .map(|character| character.filter(|character| matches!(character, ' '..='~')))
        .collect()
}

/// Skips the two octets of length in front: a first octet below a blank starts no key.
fn without_length(octets: &[u8]) -> &[u8] {
    match octets {
        // One stray control character before a key is no length.
        [0..=0x1f, rest @ ..] if key_is_common(rest) => rest,
        [0..=0x1f, _, rest @ ..] => rest,
        _ => octets,
    }
}

fn key_is_common(octets: &[u8]) -> bool {
    const COMMON: [&str; 8] = ["MFG", "MANUFACTURER", "MDL", "MODEL", "CMD", "COMMAND SET", "CLS", "SN"];
    let key = octets.split(|octet| *octet == b':').next().unwrap_or_default();
    COMMON.iter().any(|common| common.as_bytes().eq_ignore_ascii_case(key.trim_ascii()))
}

fn pair(octets: &[u8]) -> Option<(String, String)> {
    let colon = octets.iter().position(|octet| *octet == b':')?;
    let key = text::shown(&octets[..colon]);
    (!key.is_empty()).then(|| (key, text::shown(&octets[colon + 1..])))
}

#[cfg(test)]
mod tests {
    use super::*;

    const PLAIN: &[u8] = b"MFG:Acme;MDL:Laser 9;CMD:PCL, POSTSCRIPT,;CLS:PRINTER;DES:Acme Laser 9;SN:X1;FWVER:2.1;";

    #[test]
    fn a_plain_device_id_gives_its_parts() {
        let id = DeviceId::parse(PLAIN);
        assert_eq!((id.manufacturer(), id.model()), (Some("Acme"), Some("Laser 9")));
        assert_eq!((id.serial_number(), id.description()), (Some("X1"), Some("Acme Laser 9")));
        assert_eq!(id.command_set().collect::<Vec<_>>(), ["PCL", "POSTSCRIPT"]);
        assert_eq!((id.firmware_version(), id.get("cls")), (Some("2.1"), Some("PRINTER")));
        assert_eq!(id.get("NONE"), None);
    }

    #[test]
    fn long_and_lower_case_keys_mean_the_same() {
        let id = DeviceId::parse(b"manufacturer:Acme;Model:9;command set:PJL;serialnumber:Y;description:Nine");
        assert_eq!((id.manufacturer(), id.model(), id.serial_number()), (Some("Acme"), Some("9"), Some("Y")));
        assert_eq!((id.description(), id.command_set().next()), (Some("Nine"), Some("PJL")));
        for key in ["SN", "SER", "SERN", "SERIALNUMBER"] {
            assert_eq!(DeviceId::parse(format!("{key}:Z9;").as_bytes()).serial_number(), Some("Z9"));
        }
    }

    #[test]
    fn the_length_that_the_bus_puts_in_front_is_skipped() {
        for prefix in [[0, 20], [0, 0x4d], [1, 0x15], [0x02, 0x51], [0, 0]] {
            let id = DeviceId::parse(&[&prefix, PLAIN].concat());
            assert_eq!(id.manufacturer(), Some("Acme"), "{prefix:?}");
            assert_eq!(id.pairs().count(), 7);
        }
    }

    #[test]
    fn a_length_that_is_a_letter_is_a_length_all_the_same() {
        let rest = b"MFG:A;MDL:B;";
        let padded = [&rest[..], &b"DES:"[..], &[b'x'; 49]].concat();
        let prefixed = [&[0, (padded.len() + 2) as u8][..], &padded].concat();
        assert_eq!(prefixed[1], b'C', "the length is a letter");
        assert_eq!(DeviceId::parse(&prefixed).manufacturer(), Some("A"));
    }

    #[test]
    fn blanks_and_control_characters_around_keys_are_dropped() {
        let id = DeviceId::parse(b"\nMFG : Acme ;\r\n MDL\t:\x00Nine\x00;\x01SN:\x7fA B;");
        assert_eq!((id.manufacturer(), id.model(), id.serial_number()), (Some("Acme"), Some("Nine"), Some("A B")));
    }

    #[test]
    fn a_text_cut_after_255_octets_keeps_what_came_before() {
        let long = format!("MFG:Acme;MDL:Nine;CMD:{}", "PCL,".repeat(100));
        let id = DeviceId::parse(&long.as_bytes()[..255]);
        assert_eq!((id.manufacturer(), id.model()), (Some("Acme"), Some("Nine")));
        assert!(id.command_set().count() > 50);
    }

    #[test]
    fn empty_values_say_nothing_and_what_is_no_pair_is_left_out() {
        let id = DeviceId::parse(b"MFG:;MANUFACTURER:Acme;rubbish;:value;SN: ;;MDL:A:B;");
        assert_eq!((id.manufacturer(), id.serial_number()), (Some("Acme"), None));
        assert_eq!(id.model(), Some("A:B"), "only the first colon separates");
        assert_eq!(id.pairs().count(), 4);
        assert!(DeviceId::parse(b"").is_empty());
        assert!(DeviceId::parse(b"\x00").is_empty());
        assert!(DeviceId::parse(b"none").is_empty());
    }

    #[test]
    fn a_megabyte_is_read_up_to_the_limit() {
        let id = DeviceId::parse(&b"K:v;".repeat(250_000));
        assert_eq!(id.pairs().count(), LIMIT / 4);
    }

    #[test]
    fn p_16_a_device_id_without_a_maker_has_none() {
        let id = DeviceId::parse(b"MDL:Nine;CMD:PCL;");
        assert_eq!((id.manufacturer(), id.model(), id.serial_number()), (None, Some("Nine"), None));
    }

    #[test]
    fn p_16_hex_digits_are_text_only_if_all_of_them_are_printable() {
        assert_eq!(text_of_hex("583142303030").as_deref(), Some("X1B000"));
        for wrong in ["", "5", "58314", "58zz", "0041", "ff41", "X1B000"] {
            assert_eq!(text_of_hex(wrong), None, "{wrong}");
        }
    }

    #[test]
    fn the_text_for_showing_has_one_form() {
        assert_eq!(DeviceId::parse(b"\x00\x12mfg: Acme ; MDL:9").to_string(), "mfg:Acme;MDL:9;");
    }

    #[test]
    fn latin_1_is_read_as_such() {
        assert_eq!(DeviceId::parse(b"MFG:Oc\xe9;").manufacturer(), Some("Oc\u{e9}"));
    }
}
