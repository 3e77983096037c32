//! Which printer a state belongs to: an image of one module's flash may wake up in another printer.

use alloc::string::String;
use alloc::vec::Vec;

use wire::Facts;
use wire::facts::Value;
use wire::identity::{hardware_address_tells, serial_tells};

/// Is what tells one printer from another: maker and serial number, else hardware addresses.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Printer {
    /// Maker and serial number in lower case; `None` if the printer tells no usable one.
    pub serial: Option<String>,
    pub addresses: Vec<String>,
}

/// So many addresses are remembered.
const MOST_ADDRESSES: usize = 4;

impl Printer {
    /// Takes what the facts tell; `None` if they tell nothing that is one printer's alone.
    pub fn of(facts: &Facts) -> Option<Self> {
        let text = |key: &str| match facts.get(key) {
            Some(Value::Text(text)) => Some(text.trim().to_ascii_lowercase()),
            _ => None,
        };
        let maker = text("identity/manufacturer").unwrap_or_default();
        let serial = text("identity/serial_number").filter(|serial| serial_tells(serial)).map(|serial| alloc::format!("{maker} {serial}"));
        let words: &[String] = match facts.get("identity/mac_addresses") {
            Some(Value::List(words)) => words,
            _ => &[],
        };
        let addresses = words.iter().map(|word| word.to_ascii_lowercase()).filter(|word| hardware_address_tells(word));
        let addresses: Vec<String> = addresses.take(MOST_ADDRESSES).collect();
        (serial.is_some() || !addresses.is_empty()).then_some(Printer { serial, addresses })
    }

    /// Returns whether `other` is surely another printer.
    ///
    /// A network board that was replaced changes the addresses and not the serial number, so the
    /// addresses count only where no serial numbers can be compared.
    pub fn is_another(&self, other: &Printer) -> bool {
        match (&self.serial, &other.serial) {
            (Some(one), Some(other)) => one != other,
            _ if self.addresses.is_empty() || other.addresses.is_empty() => false,
            _ => !self.addresses.iter().any(|address| other.addresses.contains(address)),
        }
    }

    /// Takes in what a later look has shown besides; returns whether that is news.
    pub fn learn(&mut self, later: &Printer) -> bool {
        let before = self.clone();
        if self.serial.is_none() {
            self.serial.clone_from(&later.serial);
        }
        if !later.addresses.is_empty() {
            self.addresses.clone_from(&later.addresses);
        }
        *self != before
    }
}

#[cfg(test)]
mod tests {
    use alloc::string::ToString;

    use super::*;

    fn printer(maker: &str, serial: &str, addresses: &[&str]) -> Option<Printer> {
        let list = addresses.iter().map(|address| address.to_string()).collect();
        let pairs = [
            ("identity/manufacturer", Value::from(maker)),
            ("identity/serial_number", Value::from(serial)),
            ("identity/mac_addresses", Value::List(list)),
        ];
        Printer::of(&pairs.into_iter().map(|(key, value)| (key.into(), value)).collect())
    }

    #[test]
    fn another_serial_number_or_maker_is_another_printer() {
        let one = printer("Acme", "AC0012345", &["00:50:56:00:00:01"]).unwrap();
        assert!(!one.is_another(&printer("ACME", " ac0012345 ", &["00:50:56:00:00:09"]).unwrap()), "a new network board");
        assert!(one.is_another(&printer("Acme", "AC0012346", &["00:50:56:00:00:01"]).unwrap()));
        assert!(one.is_another(&printer("Bolt", "AC0012345", &[]).unwrap()));
    }

    #[test]
    fn without_serial_numbers_the_addresses_tell() {
        let one = printer("Acme", "0000000000", &["00:50:56:00:00:01", "00:50:56:00:00:02"]).unwrap();
        assert_eq!(one.serial, None);
        assert!(!one.is_another(&printer("Acme", "", &["00:50:56:00:00:02"]).unwrap()));
        assert!(one.is_another(&printer("Acme", "", &["00:50:56:00:00:03"]).unwrap()));
        assert!(!one.is_another(&printer("Acme", "AC0012345", &[]).unwrap()), "nothing to compare");
    }

    #[test]
    fn what_is_no_printer_s_own_is_not_remembered() {
        for serial in ["", "0", "123", "XXXXXXXX", "--------", "unknown", "serial_number"] {
            assert_eq!(printer("Acme", serial, &["00:00:00:00:00:00"]), None, "{serial}");
        }
    }
}
