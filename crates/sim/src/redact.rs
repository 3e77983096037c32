//! Taking out of a recording what must not leave the site where it was made.

mod ipp;
mod text;

use std::net::Ipv4Addr;

use snmp::oid::{encode, parse, push_arc, tail_arcs};
use snmp::{OidRef, Value};

pub use self::ipp::redact_ipp;
use self::text::{
    StandIns, blank_written_macs, is_telling, mask, mask_occurrences, occurrences, replace_addresses, replace_mail_addresses, trim,
};
use crate::recording::{Recording, RecordingBuilder};

/// Says what else is to be taken out of a recording: people, e-mail addresses and SNMP
/// communities always are.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Redaction {
    /// What the printer is called: sysName, prtGeneralPrinterName, and the parts of a host name.
    pub names: bool,
    /// Where it stands: sysLocation.
    pub places: bool,
    /// IP addresses, and of MAC addresses all but the maker's half.
    pub addresses: bool,
    /// Serial numbers of the printer and of its parts.
    pub serials: bool,
    /// Further texts to be masked wherever they stand, such as the community that was used.
    pub texts: Vec<String>,
    /// Subtrees to be left out, such as a maker's tables of jobs; contents as `snmp::oid::encode` writes them.
    pub left_out: Vec<Vec<u8>>,
}

impl Redaction {
    /// Takes out everything that is known.
    pub fn all() -> Self {
        Redaction { names: true, places: true, addresses: true, serials: true, ..Redaction::default() }
    }
}

/// Objects that name people, or tell how to reach them.
const PEOPLE: [&str; 3] = ["1.3.6.1.2.1.1.4", "1.3.6.1.2.1.43.5.1.1.4", "1.3.6.1.2.1.43.5.1.1.5"];
/// ppmPrinterSnmpCommunityName (PWG 5107.1) tells a community to whoever asks.
const COMMUNITIES: [&str; 1] = ["1.3.6.1.4.1.2699.1.2.1.2.1.1.7"];
/// usmUser, vacmMIBObjects, snmpCommunityMIBObjects, snmpTargetObjects, snmpNotifyObjects: who may ask
/// what, by user names and communities, in values and in instances.
const WHO_MAY_ASK: [&str; 5] = ["1.3.6.1.6.3.15.1.2", "1.3.6.1.6.3.16.1", "1.3.6.1.6.3.18.1", "1.3.6.1.6.3.12.1", "1.3.6.1.6.3.13.1"];
/// sysName, prtGeneralPrinterName.
const NAMES: [&str; 2] = ["1.3.6.1.2.1.1.5", "1.3.6.1.2.1.43.5.1.1.16"];
/// sysLocation.
const PLACES: [&str; 1] = ["1.3.6.1.2.1.1.6"];
/// prtGeneralSerialNumber, prtInputSerialNumber, prtOutputSerialNumber, entPhysicalSerialNum.
const SERIALS: [&str; 4] = ["1.3.6.1.2.1.43.5.1.1.17", "1.3.6.1.2.1.43.8.2.1.17", "1.3.6.1.2.1.43.9.2.1.11", "1.3.6.1.2.1.47.1.1.1.1.11"];
/// ifPhysAddress.
const MACS: [&str; 1] = ["1.3.6.1.2.1.2.2.1.6"];
/// hrDeviceDescr: a name that stands in it is that of the model.
const MODELS: [&str; 1] = ["1.3.6.1.2.1.25.3.2.1.3"];
/// ipAddrEntry, whose instance is an address of the printer.
const OWN_ADDRESSES: &str = "1.3.6.1.2.1.4.20.1";
/// Routes, neighbours, connections and listeners: their instances are addresses, mostly of other hosts.
const ADDRESS_TABLES: [&str; 13] = [
    "1.3.6.1.2.1.3.1",
    "1.3.6.1.2.1.4.21",
    "1.3.6.1.2.1.4.22",
    "1.3.6.1.2.1.4.24",
    "1.3.6.1.2.1.4.32",
    "1.3.6.1.2.1.4.34",
    "1.3.6.1.2.1.4.35",
    "1.3.6.1.2.1.4.37",
    "1.3.6.1.2.1.6.13",
    "1.3.6.1.2.1.6.19",
    "1.3.6.1.2.1.6.20",
    "1.3.6.1.2.1.7.5",
    "1.3.6.1.2.1.7.7",
];

/// Returns the recording without what `what` names.
///
/// Types stay, and lengths where that is possible: letters become `x`, digits `0`, addresses
/// those kept for documentation, each the same throughout the recording. A text that is taken out
/// in one place is looked for in every other value. With the addresses go the tables whose
/// instances are addresses of other hosts.
///
/// # What a person must still look at
/// - Maker's private trees: job and user tables (document names, users, hosts), address books and
///   fax numbers, wireless network names, passwords. What stands there and nowhere else is not known here;
///   name the tables in [`Redaction::left_out`].
/// - Serial numbers, names and places that only a private object tells.
/// - Texts in other charsets than ASCII and UTF-8, addresses as raw octets or in the instances of private tables.
/// - Free texts on the console and in descriptions: "Property of …", telephone numbers.
/// - Names under four letters, which are masked in their own object only.
pub fn redact(recording: &Recording, what: &Redaction) -> Recording {
    let mut redactor = Redactor::new(recording, what);
    let mut builder = RecordingBuilder::new(recording.name());
    for (name, value) in recording.iter() {
        redactor.push(&mut builder, name, value);
    }
    builder.finish()
}

/// Is a set of subtrees.
struct Trees(Vec<Vec<u8>>);

impl Trees {
    fn of(texts: &[&str]) -> Self {
        Trees(texts.iter().map(|text| encode(&parse(text).expect("the constants above are dotted"))).collect())
    }

    fn hold(&self, name: OidRef<'_>) -> bool {
        self.0.iter().any(|tree| name.as_octets().starts_with(tree))
    }
}

struct Redactor<'a> {
    what: &'a Redaction,
    /// Objects that are masked as a whole.
    masked: Trees,
    /// Texts that are masked wherever they stand, the longest first.
    secrets: Vec<Vec<u8>>,
    macs: Vec<[u8; 6]>,
    mac_objects: Trees,
    left_out: Trees,
    own_addresses: Vec<u8>,
    stand_ins: StandIns,
}

impl<'a> Redactor<'a> {
    fn new(recording: &Recording, what: &'a Redaction) -> Self {
        let mut masked: Vec<&str> = PEOPLE.iter().chain(&COMMUNITIES).copied().collect();
        for (is_wanted, objects) in [(what.names, &NAMES[..]), (what.places, &PLACES[..]), (what.serials, &SERIALS[..])] {
            masked.extend(objects.iter().filter(|_| is_wanted));
        }
        let mut left_out = Trees::of(if what.addresses { &ADDRESS_TABLES } else { &[] });
        left_out.0.extend(Trees::of(&WHO_MAY_ASK).0);
        left_out.0.extend(what.left_out.iter().cloned());
        let mac_objects = Trees::of(&MACS);
        let masked = Trees::of(&masked);
        let secrets = secrets(recording, what, &masked);
        let macs = if what.addresses { macs(recording, &mac_objects) } else { Vec::new() };
        let own_addresses = encode(&parse(OWN_ADDRESSES).expect("the constant above is dotted"));
        let mut stand_ins = StandIns::default();
        for (_, value) in recording.iter().filter(|_| what.addresses) {
            // All addresses are known before the first text is read.
            if let Value::IpAddress(octets) = value {
                stand_ins.v4(octets.into());
            }
        }
        Redactor { what, masked, secrets, macs, mac_objects, left_out, own_addresses, stand_ins }
    }

    fn push(&mut self, builder: &mut RecordingBuilder, name: OidRef<'_>, value: Value<'_>) {
        if self.left_out.hold(name) {
            return;
        }
        let renamed = self.rename(name);
        let name = renamed.as_deref().map_or(name, OidRef::new);
        match value {
            Value::OctetString(octets) => {
                let told = self.octets(name, octets);
                builder.push(name, Value::OctetString(&told));
            }
            Value::Opaque(octets) => {
                let told = self.octets(name, octets);
                builder.push(name, Value::Opaque(&told));
            }
            Value::IpAddress(octets) if self.what.addresses => {
                builder.push(name, Value::IpAddress(self.stand_ins.v4(octets.into()).octets()));
            }
            other => {
                builder.push(name, other);
            }
        }
    }

    /// Returns the name of a row of ipAddrTable under the stand-in of its address.
    fn rename(&mut self, name: OidRef<'_>) -> Option<Vec<u8>> {
        let instance = name.as_octets().strip_prefix(&self.own_addresses[..]).filter(|_| self.what.addresses)?;
        let arcs: Vec<u32> = tail_arcs(instance).collect();
        let [column, address @ ..] = &arcs[..] else { return None };
        let octets: Vec<u8> = address.iter().filter_map(|arc| u8::try_from(*arc).ok()).collect();
        let address: [u8; 4] = octets.try_into().ok()?;
        let mut renamed = self.own_addresses.clone();
        push_arc(&mut renamed, *column);
        self.stand_ins.v4(address.into()).octets().iter().for_each(|octet| push_arc(&mut renamed, (*octet).into()));
        Some(renamed)
    }

    fn octets(&mut self, name: OidRef<'_>, octets: &[u8]) -> Vec<u8> {
        let mut told = octets.to_vec();
        if self.masked.hold(name) {
            mask(&mut told);
            return told;
        }
        if self.what.addresses {
            self.blank_macs(name, &mut told);
            if let Ok(address) = <[u8; 4]>::try_from(&told[..])
                && let Some(stand_in) = self.stand_ins.known(Ipv4Addr::from(address))
            {
                return stand_in.octets().to_vec();
            }
        }
        let is_text = is_text(&told);
        if is_text {
            // Before the secrets: the domain behind the @ may be one, and hide them.
            told = replace_mail_addresses(&told);
        }
        self.secrets.iter().for_each(|secret| mask_occurrences(&mut told, secret));
        if is_text && self.what.addresses { replace_addresses(&told, &mut self.stand_ins) } else { told }
    }

    fn blank_macs(&self, name: OidRef<'_>, told: &mut [u8]) {
        if self.mac_objects.hold(name) && told.len() == 6 {
            told[3..].fill(0);
        }
        for mac in &self.macs {
            for place in occurrences_exactly(told, mac) {
                told[place + 3..place + 6].fill(0);
            }
            let digits: String = mac.iter().map(|octet| format!("{octet:02x}")).collect();
            for place in occurrences(told, digits.as_bytes()) {
                told[place + 6..place + 12].fill(b'0');
            }
            // Boards make their host names of the last half; a half of decimal digits could be any number.
            let half = &digits.as_bytes()[6..];
            if half.iter().any(|digit| digit.is_ascii_alphabetic()) {
                for place in occurrences(told, half) {
                    told[place..place + 6].fill(b'0');
                }
            }
        }
        blank_written_macs(told);
    }
}

/// Returns whether octets read as text, in which addresses may be replaced by longer or shorter ones.
fn is_text(octets: &[u8]) -> bool {
    let controls = octets.iter().filter(|octet| **octet < b' ' && !matches!(octet, b'\n' | b'\r' | b'\t' | 0)).count();
    // Some makers put two control octets in front of every text.
    controls <= 2
}

fn occurrences_exactly(octets: &[u8], wanted: &[u8]) -> Vec<usize> {
    octets.windows(wanted.len()).enumerate().filter(|(_, window)| *window == wanted).map(|(place, _)| place).collect()
}

/// Collects the texts that are masked wherever they stand, the longest first.
fn secrets(recording: &Recording, what: &Redaction, masked: &Trees) -> Vec<Vec<u8>> {
    let (names, models) = (Trees::of(&NAMES), Trees::of(&MODELS));
    let model_texts: Vec<&[u8]> = texts(recording, &models).collect();
    let is_model = |text: &[u8]| model_texts.iter().any(|model| !occurrences(model, text).is_empty());
    let mut secrets: Vec<Vec<u8>> = what.texts.iter().map(|text| text.clone().into_bytes()).collect();
    for (name, value) in recording.iter().filter(|(name, _)| masked.hold(*name)) {
        let Value::OctetString(octets) = value else { continue };
        let whole = trim(octets);
        // Parts of a contact are people and numbers, parts of a host name are hosts and domains.
        let parts = whole.split(|octet| matches!(octet, b',' | b';' | b'/' | b'<' | b'>' | b'(' | b')' | b'\n' | b'\r' | 0));
        let host_end = whole.iter().position(|octet| *octet == b'.').filter(|_| names.hold(name)).unwrap_or(whole.len());
        let host_parts = [&whole[..host_end], whole.get(host_end + 1..).unwrap_or_default()];
        secrets.extend(parts.chain(host_parts).chain([whole]).map(trim).filter(|text| !is_model(text)).map(<[u8]>::to_vec));
    }
    secrets.retain(|text| is_telling(text));
    secrets.sort_by(|a, b| b.len().cmp(&a.len()).then_with(|| a.cmp(b)));
    secrets.dedup();
    secrets
}

fn texts<'r>(recording: &'r Recording, trees: &'r Trees) -> impl Iterator<Item = &'r [u8]> {
    recording.iter().filter(|(name, _)| trees.hold(*name)).filter_map(|(_, value)| match value {
        Value::OctetString(octets) => Some(octets),
        _ => None,
    })
}

/// Returns the MAC addresses of the interfaces, but for those that name no board.
fn macs(recording: &Recording, objects: &Trees) -> Vec<[u8; 6]> {
    let all = texts(recording, objects).filter_map(|octets| <[u8; 6]>::try_from(octets).ok());
    let mut macs: Vec<[u8; 6]> = all.filter(|mac| mac[3..] != [0; 3] && mac[3..] != [0xff; 3]).collect();
    macs.sort_unstable();
    macs.dedup();
    macs
}

#[cfg(test)]
mod tests {
    use super::*;

    const TEXT: &str = "1.3.6.1.2.1.1.1.0|4|Exemplar C4500; SN QX1234567; host prn-77\n\
        1.3.6.1.2.1.1.4.0|4|Jan Jansen, tel 555-0100\n\
        1.3.6.1.2.1.1.5.0|4|PRN-77.corp.example.nl\n\
        1.3.6.1.2.1.1.6.0|4|Building 3\n\
        1.3.6.1.2.1.2.2.1.6.1|4x|00005e0a0b0c\n\
        1.3.6.1.2.1.4.20.1.1.10.0.0.7|64|10.0.0.7\n\
        1.3.6.1.2.1.4.20.1.3.10.0.0.7|64|255.255.255.0\n\
        1.3.6.1.2.1.4.22.1.2.1.10.0.0.9|4x|00005e0d0e0f\n\
        1.3.6.1.2.1.25.3.2.1.3.1|4|Exemplar C4500\n\
        1.3.6.1.2.1.43.5.1.1.16.1|4|Exemplar\n\
        1.3.6.1.2.1.43.5.1.1.17.1|4x|011551583132333435363700\n\
        1.3.6.1.2.1.43.10.2.1.4.1.1|65|7432\n\
        1.3.6.1.4.1.2699.1.2.1.2.1.1.7.1|4|s3cret\n\
        1.3.6.1.4.1.32473.9.1.0|4|owner Jan Jansen at building 3, mail jj@corp.example.nl\n\
        1.3.6.1.4.1.32473.9.2.0|4|http://10.0.0.7/ 00:00:5E:0A:0B:0C BRN00005E0A0B0C NPI0A0B0C\n\
        1.3.6.1.4.1.32473.9.3.0|4x|0a000007\n\
        1.3.6.1.4.1.32473.9.4.0|4x|01020300005e0a0b0c04\n";

    fn redacted(what: &Redaction) -> String {
        redact(&Recording::parse("x", TEXT).unwrap(), what).write()
    }

    #[test]
    fn everything_known_goes_and_the_shape_stays() {
        let expected = "1.3.6.1.2.1.1.1.0|4|Exemplar C4500; SN XX0000000; host xxx-00\n\
            1.3.6.1.2.1.1.4.0|4|Xxx Xxxxxx, xxx 000-0000\n\
            1.3.6.1.2.1.1.5.0|4|XXX-00.xxxx.xxxxxxx.xx\n\
            1.3.6.1.2.1.1.6.0|4|Xxxxxxxx 0\n\
            1.3.6.1.2.1.2.2.1.6.1|4x|00005e000000\n\
            1.3.6.1.2.1.4.20.1.1.192.0.2.1|64|192.0.2.1\n\
            1.3.6.1.2.1.4.20.1.3.192.0.2.1|64|255.255.255.0\n\
            1.3.6.1.2.1.25.3.2.1.3.1|4|Exemplar C4500\n\
            1.3.6.1.2.1.43.5.1.1.16.1|4|Xxxxxxxx\n\
            1.3.6.1.2.1.43.5.1.1.17.1|4x|011558583030303030303000\n\
            1.3.6.1.2.1.43.10.2.1.4.1.1|65|7432\n\
            1.3.6.1.4.1.2699.1.2.1.2.1.1.7.1|4|x0xxxx\n\
            1.3.6.1.4.1.32473.9.1.0|4|owner Xxx Xxxxxx at xxxxxxxx 0, mail user@example.com\n\
            1.3.6.1.4.1.32473.9.2.0|4|http://192.0.2.1/ 00:00:5E:00:00:00 BRN00005E000000 NPI000000\n\
            1.3.6.1.4.1.32473.9.3.0|4x|c0000201\n\
            1.3.6.1.4.1.32473.9.4.0|4x|01020300005e00000004\n";
        assert_eq!(redacted(&Redaction::all()), expected);
    }

    #[test]
    fn people_communities_and_mail_addresses_go_even_if_nothing_is_asked_for() {
        let told = redacted(&Redaction::default());
        assert!(["Jan", "Jansen", "s3cret", "jj@"].iter().all(|secret| !told.contains(secret)), "{told}");
        assert!(["QX1234567", "PRN-77.corp", "Building 3", "10.0.0.7", "00005e0a0b0c"].iter().all(|kept| told.contains(kept)), "{told}");
    }

    #[test]
    fn users_and_what_they_may_ask_go_even_if_nothing_is_asked_for() {
        // usmUserSecurityName.0."jan", snmpCommunityName."a".
        let text = "1.3.6.1.2.1.1.1.0|4|Exemplar\n1.3.6.1.6.3.15.1.1.3.0|65|2\n1.3.6.1.6.3.15.1.2.2.1.3.0.3.106.97.110|4|jan\n\
                    1.3.6.1.6.3.18.1.1.1.2.97|4|s3cret\n";
        let told = redact(&Recording::parse("x", text).unwrap(), &Redaction::default()).write();
        assert_eq!(told, "1.3.6.1.2.1.1.1.0|4|Exemplar\n1.3.6.1.6.3.15.1.1.3.0|65|2\n");
    }

    #[test]
    fn a_name_that_is_the_models_stays_in_the_models_description() {
        let told = redacted(&Redaction { names: true, ..Redaction::default() });
        assert!(told.contains("1.3.6.1.2.1.25.3.2.1.3.1|4|Exemplar C4500\n"));
    }

    #[test]
    fn further_texts_and_subtrees_are_named_by_who_knows_them() {
        let what = Redaction {
            texts: vec!["exemplar".into()],
            left_out: vec![encode(&parse("1.3.6.1.4.1.32473").unwrap())],
            ..Redaction::default()
        };
        let told = redacted(&what);
        assert!(told.contains("1.3.6.1.2.1.25.3.2.1.3.1|4|Xxxxxxxx C4500\n") && !told.contains("32473"), "{told}");
    }
}
