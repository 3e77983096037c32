//! ifTable: the hardware addresses by which a device is found again.

use catalog::Standard;
use snmp::Value;

use crate::cells::{Grid, Source};

/// Is a 48-bit hardware address.
type Mac = [u8; 6];

/// Returns the addresses in lower case with colons: universally administered ones first, interfaces
/// that are up before others, a cable and a wireless network before what else there is; each address once.
///
/// Zero, broadcast and multicast addresses identify nobody and are left out.
pub(crate) fn read(source: &Source<'_>) -> Vec<String> {
    /// RFC 2863, ifOperStatus.
    const UP: i64 = 1;
    /// IANAifType-MIB: ethernetCsmacd, fastEther, ieee80211, gigabitEthernet.
    const NETWORKS: [Value<'static>; 4] = [Value::Integer(6), Value::Integer(62), Value::Integer(71), Value::Integer(117)];
    let mut found: Vec<((bool, bool, bool), Mac)> = Vec::new();
    let interfaces = Grid::read_all(source, [Standard::IfPhysAddress, Standard::IfOperStatus, Standard::IfType]);
    for (_, [address, status, kind]) in interfaces.rows() {
        let Some(Value::OctetString(octets)) = address.value else { continue };
        let Some(mac) = parse(octets).filter(identifies) else { continue };
        let is_network = kind.value.is_none_or(|kind| NETWORKS.contains(&kind));
        if found.iter().all(|(_, known)| *known != mac) {
            found.push(((mac[0] & 2 != 0, status.value != Some(Value::Integer(UP)), !is_network), mac));
        }
    }
    found.sort_by_key(|(place, _)| *place);
    found.iter().map(|(_, mac)| format(mac)).collect()
}

/// Reads six octets, or the same written out, as a few agents do.
fn parse(octets: &[u8]) -> Option<Mac> {
    if let Ok(mac) = octets.try_into() {
        return Some(mac);
    }
    let mut digits = octets.iter().filter(|octet| !b":-. ".contains(octet)).map(|octet| char::from(*octet).to_digit(16));
    let mut mac = [0; 6];
    for octet in &mut mac {
        *octet = (digits.next()?? << 4 | digits.next()??) as u8;
    }
    digits.next().is_none().then_some(mac)
}

fn identifies(mac: &Mac) -> bool {
    let multicast = mac[0] & 1 != 0;
    *mac != [0; 6] && !multicast
}

fn format(mac: &Mac) -> String {
    const DIGITS: &[u8; 16] = b"0123456789abcdef";
    let mut text = String::with_capacity(17);
    for (place, octet) in mac.iter().enumerate() {
        if place > 0 {
            text.push(':');
        }
        text.push(char::from(DIGITS[usize::from(octet >> 4)]));
        text.push(char::from(DIGITS[usize::from(octet & 15)]));
    }
    text
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::testing::Device;

    fn addresses(interfaces: &[(&[u8], i64)]) -> Vec<String> {
        let mut device = Device::new();
        for (row, (address, status)) in (1..).zip(interfaces) {
            device = device.text(Standard::IfPhysAddress, &[row], address).integer(Standard::IfOperStatus, &[row], *status);
        }
        device.collect().identity.mac_addresses
    }

    #[test]
    fn only_addresses_that_identify_are_kept_once_and_universal_ones_first() {
        let found = addresses(&[
            (b"", 1),
            (&[0xfa, 0xda, 0x0c, 0x2d, 0x63, 0xaa], 1),
            (&[0xf8, 0xda, 0x0c, 0x2d, 0xe3, 0xaa], 2),
            (&[0x3c, 0x2a, 0xf4, 0x10, 0xd2, 0x78], 1),
            (&[0; 6], 1),
            (&[0xff; 6], 1),
            (&[0x01, 0, 0x5e, 0, 0, 1], 1),
            (&[0x3c, 0x2a, 0xf4, 0x10, 0xd2, 0x78], 1),
        ]);
        assert_eq!(found, ["3c:2a:f4:10:d2:78", "f8:da:0c:2d:e3:aa", "fa:da:0c:2d:63:aa"]);
    }

    #[test]
    fn an_address_written_out_is_read_and_other_lengths_are_not() {
        assert_eq!(
            addresses(&[(b"00:1B:A9:0B:A7:52", 1), (b"001ba90ba753", 1), (b"\x00\x1b\xa9", 1)]),
            ["00:1b:a9:0b:a7:52", "00:1b:a9:0b:a7:53"]
        );
    }
}
