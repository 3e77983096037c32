//! Writes the one operation that is ever sent.

use super::tag;

/// Is the version of the protocol that a request speaks.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Version {
    /// IPP/2.0.
    V2_0,
    /// IPP/1.1.
    V1_1,
}

impl Version {
    fn octets(self) -> [u8; 2] {
        match self {
            Version::V2_0 => [2, 0],
            Version::V1_1 => [1, 1],
        }
    }
}

const GET_PRINTER_ATTRIBUTES: u16 = 0x000b;

/// Returns a request for some attributes of a printer.
///
/// It carries no `requesting-user-name`: nobody's name is needed to read a printer.
///
/// Source: RFC 8011 §4.2.5.1.
pub fn get_printer_attributes(version: Version, request_id: u32, printer_uri: &str, requested: &[&str]) -> Vec<u8> {
    let mut out = Vec::with_capacity(128 + requested.len() * 40);
    out.extend(version.octets());
    out.extend(GET_PRINTER_ATTRIBUTES.to_be_bytes());
    out.extend(request_id.to_be_bytes());
    out.push(tag::OPERATION_ATTRIBUTES);
    push(&mut out, tag::CHARSET, "attributes-charset", "utf-8");
    push(&mut out, tag::NATURAL_LANGUAGE, "attributes-natural-language", "en");
    push(&mut out, tag::URI, "printer-uri", printer_uri);
    for (place, name) in requested.iter().enumerate() {
        push(&mut out, tag::KEYWORD, if place == 0 { "requested-attributes" } else { "" }, name);
    }
    out.push(tag::END_OF_ATTRIBUTES);
    out
}

fn push(out: &mut Vec<u8>, value_tag: u8, name: &str, value: &str) {
    out.push(value_tag);
    for part in [name, value] {
        // No string of ours comes near the length that two octets can say.
        let part = crate::text::cut(part, 1023).as_bytes();
        out.extend((part.len() as u16).to_be_bytes());
        out.extend(part);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_request_is_what_the_standard_says_octet_for_octet() {
        let request = get_printer_attributes(Version::V2_0, 7, "ipp://p/ipp/print", &["printer-state", "marker-levels"]);
        let expected = [
            b"\x02\x00\x00\x0b\x00\x00\x00\x07\x01".as_slice(),
            b"\x47\x00\x12attributes-charset\x00\x05utf-8",
            b"\x48\x00\x1battributes-natural-language\x00\x02en",
            b"\x45\x00\x0bprinter-uri\x00\x11ipp://p/ipp/print",
            b"\x44\x00\x14requested-attributes\x00\x0dprinter-state",
            b"\x44\x00\x00\x00\x0dmarker-levels",
            b"\x03",
        ];
        assert_eq!(request, expected.concat());
    }

    #[test]
    fn the_older_version_differs_in_two_octets_and_nobody_is_named() {
        let request = |version| get_printer_attributes(version, 7, "ipp://p/", &["printer-state"]);
        let (new, old) = (request(Version::V2_0), request(Version::V1_1));
        assert_eq!((&old[..2], &old[2..]), (&[1, 1][..], &new[2..]));
        assert!(!new.windows(4).any(|window| window == b"user"));
    }
}
