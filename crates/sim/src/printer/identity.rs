//! Who a printer is: what tells it from all others of its model.

use crate::chance::mix;

/// Is what a printer says of itself.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Identity {
    /// prtGeneralSerialNumber.
    pub serial: String,
    /// ifPhysAddress of the first interface.
    pub mac: [u8; 6],
    /// sysName and prtGeneralPrinterName.
    pub name: String,
    /// sysLocation.
    pub location: String,
}

impl Identity {
    /// Makes the identity of the `number`th printer: below ten million, no two share a serial number or a MAC address.
    pub fn numbered(number: u32) -> Self {
        // Factors without a divisor in common with the modulus: different numbers stay different.
        let serial = (u64::from(number) * 7_654_321 + 1_234_567) % 10_000_000;
        let [_, a, b, c] = (number.wrapping_mul(0x009e_3779).wrapping_add(0x0012_3456) & 0x00ff_ffff).to_be_bytes();
        let h = mix(number.into());
        let (building, floor, room) = (h % 12 + 1, h >> 8 & 7, h >> 16 & 63);
        Identity {
            serial: format!("QX{serial:07}"),
            mac: [0x00, 0x00, 0x5e, a, b, c],
            name: format!("PRN-{serial:07}"),
            location: format!("Building {building}, floor {floor}, room {floor}{room:02}"),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::collections::BTreeSet;

    #[test]
    fn serial_numbers_and_mac_addresses_are_unique_and_look_assigned() {
        let all: Vec<Identity> = (0..20_000).map(Identity::numbered).collect();
        assert_eq!(all.iter().map(|i| &i.serial).collect::<BTreeSet<_>>().len(), all.len());
        assert_eq!(all.iter().map(|i| i.mac).collect::<BTreeSet<_>>().len(), all.len());
        assert!(all.iter().all(|i| i.mac[0] & 3 == 0 && i.serial.len() == 9));
    }
}
