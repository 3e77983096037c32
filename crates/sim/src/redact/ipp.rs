//! The same for what a printer says over IPP.

use super::text::{
    StandIns, blank_written_macs, is_telling, mask, mask_occurrences, occurrences, replace_addresses, replace_mail_addresses, trim,
};
use super::{Redaction, is_text};
use crate::ipp::{Attribute, Value};

const NAMES: [&str; 2] = ["printer-info", "printer-dns-sd-name"];
const PLACES: [&str; 1] = ["printer-location"];
const SERIALS: [&str; 1] = ["printer-serial-number"];
/// A name that stands in it is that of the model.
const MODEL: &str = "printer-make-and-model";
const UUID: &str = "printer-uuid";
const DEVICE_ID: &str = "printer-device-id";
/// Keys of a device ID (IEEE 1284) that tell a serial number.
const SERIAL_KEYS: [&str; 5] = ["SN", "SERN", "SER", "SERIALNUMBER", "SERIAL NUMBER"];
/// Source: RFC 8010 §3.5.2.
const URI_TAG: u8 = 0x45;

/// Returns the attributes without what `what` names, as [`super::redact`] does for objects.
///
/// Of a UUID the node part goes with the addresses, for it mostly is a hardware address; of a URI the host.
///
/// # What a person must still look at
/// - Free texts: messages of the state and of the markers, names of trays and of supplies.
/// - Serial numbers of parts inside such texts.
pub fn redact_ipp(attributes: &[Attribute], what: &Redaction) -> Vec<Attribute> {
    let mut redactor = Redactor { what, secrets: secrets(attributes, what), stand_ins: StandIns::default() };
    attributes.iter().map(|attribute| redactor.attribute(attribute)).collect()
}

struct Redactor<'a> {
    what: &'a Redaction,
    /// Texts that are masked wherever they stand, the longest first.
    secrets: Vec<Vec<u8>>,
    stand_ins: StandIns,
}

impl Redactor<'_> {
    fn attribute(&mut self, attribute: &Attribute) -> Attribute {
        let name = attribute.name.as_str();
        Attribute::new(name, attribute.values.iter().map(|value| self.value(name, value)))
    }

    fn value(&mut self, name: &str, value: &Value) -> Value {
        match value {
            Value::Collection(members) => Value::Collection(members.iter().map(|member| self.attribute(member)).collect()),
            Value::Plain { tag, octets } => Value::Plain { tag: *tag, octets: self.octets(name, *tag, octets) },
        }
    }

    fn octets(&mut self, name: &str, tag: u8, octets: &[u8]) -> Vec<u8> {
        let mut told = octets.to_vec();
        if is_masked(name, self.what) {
            mask(&mut told);
            return told;
        }
        // Numbers, dates and keywords name nobody; texts and names do, URIs and packed octets (RFC 8010 §3.5.2).
        if !matches!(tag, 0x30 | 0x35 | 0x36 | 0x41 | 0x42 | URI_TAG) || !is_text(&told) {
            return told;
        }
        if name == UUID && self.what.addresses {
            let node = told.len() - node(&told).len();
            told[node..].fill(b'0');
            return told;
        }
        if name == DEVICE_ID && self.what.serials {
            serial_numbers(octets).into_iter().for_each(|serial| mask(&mut told[serial]));
        }
        if tag == URI_TAG {
            return self.uri(&told);
        }
        told = replace_mail_addresses(&told);
        self.secrets.iter().for_each(|secret| mask_occurrences(&mut told, secret));
        if !self.what.addresses {
            return told;
        }
        blank_written_macs(&mut told);
        replace_addresses(&told, &mut self.stand_ins)
    }

    /// Replaces the host of a URI: an address by its stand-in, a name by its mask.
    fn uri(&mut self, uri: &[u8]) -> Vec<u8> {
        let mut told = uri.to_vec();
        self.secrets.iter().for_each(|secret| mask_occurrences(&mut told, secret));
        let replaced = if self.what.addresses { replace_addresses(&told, &mut self.stand_ins) } else { told.clone() };
        let Some(start) = occurrences(&told, b"://").first().map(|place| place + 3).filter(|_| self.what.names) else {
            return replaced;
        };
        let end = told[start..].iter().position(|octet| matches!(octet, b'/' | b'?' | b'#')).map_or(told.len(), |length| start + length);
        // An address has its stand-in already; brackets are those of IPv6.
        let is_address = replaced != told || told[start] == b'[' || told[start..end].iter().all(|octet| !octet.is_ascii_alphabetic());
        if is_address {
            return replaced;
        }
        mask(&mut told[start..end]);
        told
    }
}

fn is_masked(name: &str, what: &Redaction) -> bool {
    what.names && NAMES.contains(&name) || what.places && PLACES.contains(&name) || what.serials && SERIALS.contains(&name)
}

/// Returns the last part of a UUID, of twelve digits; nothing if this is none.
fn node(uuid: &[u8]) -> &[u8] {
    let last = uuid.rsplit(|octet| *octet == b'-').next().unwrap_or_default();
    if last.len() == 12 && last.iter().all(u8::is_ascii_hexdigit) { last } else { &[] }
}

/// Returns where the serial numbers of a device ID stand.
fn serial_numbers(device_id: &[u8]) -> Vec<std::ops::Range<usize>> {
    let mut places = Vec::new();
    let mut at = 0;
    for pair in device_id.split(|octet| *octet == b';') {
        let key = pair.split(|octet| *octet == b':').next().unwrap_or_default();
        let is_serial = SERIAL_KEYS.iter().any(|serial| trim(key).eq_ignore_ascii_case(serial.as_bytes()));
        if is_serial && key.len() < pair.len() {
            places.push(at + key.len() + 1..at + pair.len());
        }
        at += pair.len() + 1;
    }
    places
}

/// Collects the texts that are masked wherever they stand, the longest first.
fn secrets(attributes: &[Attribute], what: &Redaction) -> Vec<Vec<u8>> {
    let models: Vec<&[u8]> = texts(attributes, MODEL).collect();
    let is_model = |text: &[u8]| models.iter().any(|model| !occurrences(model, text).is_empty());
    let mut secrets: Vec<Vec<u8>> = what.texts.iter().map(|text| text.clone().into_bytes()).collect();
    for attribute in attributes.iter().filter(|attribute| is_masked(&attribute.name, what)) {
        secrets.extend(texts(attributes, &attribute.name).map(trim).filter(|text| !is_model(text)).map(<[u8]>::to_vec));
    }
    if what.serials {
        for id in texts(attributes, DEVICE_ID) {
            secrets.extend(serial_numbers(id).into_iter().map(|place| trim(&id[place]).to_vec()));
        }
    }
    if what.addresses {
        for node in texts(attributes, UUID).map(node) {
            // Boards make their host names of the last half; a half of decimal digits could be any number.
            let half = node.get(6..).filter(|half| half.iter().any(u8::is_ascii_alphabetic));
            secrets.extend([Some(node), half].into_iter().flatten().map(<[u8]>::to_vec));
        }
    }
    secrets.retain(|text| is_telling(text));
    secrets.sort_by(|a, b| b.len().cmp(&a.len()).then_with(|| a.cmp(b)));
    secrets.dedup();
    secrets
}

fn texts<'a>(attributes: &'a [Attribute], name: &'a str) -> impl Iterator<Item = &'a [u8]> {
    let values = attributes.iter().filter(move |attribute| attribute.name == name).flat_map(|attribute| &attribute.values);
    values.filter_map(|value| match value {
        Value::Plain { octets, .. } => Some(octets.as_slice()),
        Value::Collection(_) => None,
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn attributes() -> Vec<Attribute> {
        vec![
            Attribute::new("printer-make-and-model", [Value::text("Exemplar C4500")]),
            Attribute::new("printer-info", [Value::text("Reception PRN-77")]),
            Attribute::new("printer-dns-sd-name", [Value::name("Exemplar C4500")]),
            Attribute::new("printer-location", [Value::text("Building 3")]),
            Attribute::new("printer-serial-number", [Value::text("QX1234567")]),
            Attribute::new("printer-uuid", [Value::uri("urn:uuid:4509a320-00a0-008f-00b6-00005e0a0b0c")]),
            Attribute::new("printer-device-id", [Value::text("MFG:Exemplar;MDL:C4500;SERN:QX1234567;SN:513A;")]),
            Attribute::new("printer-state-message", [Value::text("Reception PRN-77 at 10.0.0.7, jj@corp.example.nl, NPI0A0B0C")]),
            Attribute::new(
                "power-state-monitor-col",
                [Value::Collection(vec![Attribute::new("power-state-message", [Value::text("in building 3")])])],
            ),
            Attribute::new("printer-supply-info-uri", [Value::uri("http://prn-77.corp.example.nl/ink"), Value::uri("http://10.0.0.7/ink")]),
            Attribute::new("printer-input-tray", [Value::octet_string(b"index=1;level=100;name=Tray QX1234567;")]),
            Attribute::new("marker-levels", [Value::integer(70)]),
        ]
    }

    fn told(what: &Redaction) -> Vec<String> {
        let shown = |value: &Value| match value {
            Value::Plain { octets, .. } => String::from_utf8_lossy(octets).into_owned(),
            Value::Collection(members) => format!("{:?}", texts(members, "power-state-message").map(String::from_utf8_lossy).next()),
        };
        redact_ipp(&attributes(), what).iter().flat_map(|attribute| attribute.values.iter().map(shown)).collect()
    }

    #[test]
    fn everything_known_goes_and_the_shape_stays() {
        let expected = [
            "Exemplar C4500",
            "Xxxxxxxxx XXX-00",
            "Xxxxxxxx X0000",
            "Xxxxxxxx 0",
            "XX0000000",
            "urn:uuid:4509a320-00a0-008f-00b6-000000000000",
            "MFG:Exemplar;MDL:C4500;SERN:XX0000000;SN:000X;",
            "Xxxxxxxxx XXX-00 at 192.0.2.1, user@example.com, NPI0X0X0X",
            "Some(\"in xxxxxxxx 0\")",
            "http://xxx-00.xxxx.xxxxxxx.xx/ink",
            "http://192.0.2.1/ink",
            "index=1;level=100;name=Tray XX0000000;",
            "\0\0\0F",
        ];
        assert_eq!(told(&Redaction::all()), expected);
    }

    #[test]
    fn what_is_to_be_kept_is_kept() {
        let told = told(&Redaction::default()).join("\n");
        let kept = ["Reception", "Building 3", "QX1234567", "00005e0a0b0c", "10.0.0.7", "prn-77.corp"];
        assert!(kept.iter().all(|kept| told.contains(kept)) && !told.contains("jj@"), "{told}");
    }

    #[test]
    fn a_device_id_that_ends_in_the_middle_is_no_trap() {
        assert_eq!(serial_numbers(b"MFG:x;SN"), []);
        assert_eq!(serial_numbers(b"SN:").first(), Some(&(3..3)));
        assert_eq!((node(b"urn:uuid:1-2"), node(b"")), (&b""[..], &b""[..]));
    }
}
