//! The devices the agent knows, and how it knows one again at another address.

use jiff::Timestamp;
use rusqlite::{OptionalExtension, Row, params};
use wire::identity::{hardware_address_tells, serial_tells};
use wire::{Facts, Value};

use super::{Store, StoreError, blob, time};

/// Is a device as the agent knows it.
#[derive(Clone, Debug, PartialEq)]
pub struct Device {
    /// Given once and never to another device.
    pub number: u32,
    pub address: Option<String>,
    /// Whether the site wants it looked after.
    pub in_scope: bool,
    pub first_seen: Timestamp,
    /// When it last answered.
    pub last_seen: Timestamp,
    /// When it last said all it has to say.
    pub facts_at: Option<Timestamp>,
    /// The newest word on every fact.
    pub facts: Facts,
}

/// Is what tells one device from another.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Sighting {
    pub address: String,
    pub maker: Option<String>,
    pub serial: Option<String>,
    /// Lower case with colons.
    pub hardware_addresses: Vec<String>,
}

impl Sighting {
    /// Takes from a device's facts what tells it from others, and leaves out what does not: serial
    /// numbers that many devices share, and hardware addresses that somebody made up.
    pub fn of(facts: &Facts) -> Self {
        let text = |key: &str| match facts.get(key) {
            Some(Value::Text(text)) => Some(text.trim().to_owned()),
            _ => None,
        };
        let hardware_addresses = match facts.get("identity/mac_addresses") {
            Some(Value::List(words)) => words.iter().filter(|word| hardware_address_tells(word)).cloned().collect(),
            _ => Vec::new(),
        };
        Sighting {
            address: text("address").unwrap_or_default(),
            maker: text("identity/manufacturer"),
            serial: text("identity/serial_number").filter(|serial| serial_tells(serial)),
            hardware_addresses,
        }
    }

    /// Returns whether both have a serial number, and another one.
    fn contradicts(&self, maker: Option<&str>, serial: Option<&str>) -> bool {
        match (&self.serial, serial) {
            (Some(own), Some(other)) => own != other || self.maker.as_deref().zip(maker).is_some_and(|(own, other)| own != other),
            _ => false,
        }
    }
}

impl Store {
    /// Finds out which device was seen: the one with this serial number of this maker, else the one
    /// with one of these hardware addresses, else the one at this address that is not known to be another.
    ///
    /// # Errors
    /// Fails if the store does not read.
    pub fn find(&self, seen: &Sighting) -> Result<Option<u32>, StoreError> {
        if let Some(serial) = &seen.serial {
            let mut statement = self.connection.prepare_cached(
                "SELECT number FROM device WHERE serial = ?1 AND (maker IS ?2 OR maker IS NULL OR ?2 IS NULL)
                 ORDER BY address IS ?3 DESC, last_seen DESC",
            )?;
            let found = statement.query_row(params![serial, seen.maker, seen.address], |row| row.get(0)).optional()?;
            if found.is_some() {
                return Ok(found);
            }
        }
        for hardware_address in &seen.hardware_addresses {
            let mut statement = self.connection.prepare_cached(
                "SELECT number, maker, serial FROM device JOIN hardware_address ON device = number
                 WHERE hardware_address.address = ?1 ORDER BY last_seen DESC",
            )?;
            let found = statement.query_row([hardware_address], identity).optional()?;
            if let Some((number, maker, serial)) = found
                // A network board can be moved to another printer.
                && !seen.contradicts(maker.as_deref(), serial.as_deref())
            {
                return Ok(Some(number));
            }
        }
        let mut statement = self.connection.prepare_cached("SELECT number, maker, serial FROM device WHERE address = ?1")?;
        let found = statement.query_row([&seen.address], identity).optional()?;
        Ok(found.filter(|(_, maker, serial)| !seen.contradicts(maker.as_deref(), serial.as_deref())).map(|(number, ..)| number))
    }

    /// Takes a device in, or what has become of a known one; returns its number.
    ///
    /// # Errors
    /// Fails if the store does not obey.
    pub fn see(&mut self, seen: &Sighting, in_scope: bool, at: Timestamp) -> Result<u32, StoreError> {
        let number = match self.find(seen)? {
            Some(number) => {
                let mut statement = self.connection.prepare_cached(
                    "UPDATE device SET address = ?2, maker = coalesce(?3, maker), serial = coalesce(?4, serial), in_scope = ?5,
                     last_seen = max(last_seen, ?6) WHERE number = ?1",
                )?;
                statement.execute(params![number, seen.address, seen.maker, seen.serial, in_scope, at.as_second()])?;
                number
            }
            None => {
                let mut statement = self.connection.prepare_cached(
                    "INSERT INTO device (address, maker, serial, in_scope, first_seen, last_seen, facts) VALUES (?1, ?2, ?3, ?4, ?5, ?5, ?6)",
                )?;
                let nothing = blob::encode(&Facts::new());
                statement.execute(params![seen.address, seen.maker, seen.serial, in_scope, at.as_second(), nothing])?;
                u32::try_from(self.connection.last_insert_rowid()).expect("nobody has four thousand million printers")
            }
        };
        // Who was there before is somewhere else, or gone.
        let mut statement = self.connection.prepare_cached("UPDATE device SET address = NULL WHERE address = ?1 AND number <> ?2")?;
        statement.execute(params![seen.address, number])?;
        for hardware_address in &seen.hardware_addresses {
            let mut statement =
                self.connection.prepare_cached("INSERT OR IGNORE INTO hardware_address (address, device) VALUES (?1, ?2)")?;
            statement.execute(params![hardware_address, number])?;
        }
        Ok(number)
    }

    /// Returns a device.
    ///
    /// # Errors
    /// Fails if the store does not read.
    pub fn device(&self, number: u32) -> Result<Option<Device>, StoreError> {
        let mut statement = self
            .connection
            .prepare_cached("SELECT number, address, in_scope, first_seen, last_seen, facts_at, facts FROM device WHERE number = ?1")?;
        Ok(statement.query_row([number], device).optional()?.transpose()?)
    }

    /// Returns the first device with a number above `after`; so a caller goes through all of them.
    ///
    /// # Errors
    /// Fails if the store does not read.
    pub fn device_after(&self, after: u32) -> Result<Option<Device>, StoreError> {
        let mut statement = self.connection.prepare_cached("SELECT number, address, in_scope, first_seen, last_seen, facts_at, facts FROM device WHERE number > ?1 ORDER BY number LIMIT 1")?;
        Ok(statement.query_row([after], device).optional()?.transpose()?)
    }

    /// Lists number and address of every device that is looked after.
    ///
    /// # Errors
    /// Fails if the store does not read.
    pub fn whereabouts(&self) -> Result<Vec<(u32, Option<String>)>, StoreError> {
        let mut statement = self.connection.prepare_cached("SELECT number, address FROM device WHERE in_scope ORDER BY number")?;
        let rows = statement.query_map([], |row| Ok((row.get(0)?, row.get(1)?)))?;
        Ok(rows.collect::<Result<_, _>>()?)
    }

    /// Returns how many devices are looked after, and how many were seen besides.
    ///
    /// # Errors
    /// Fails if the store does not read.
    pub fn counts(&self) -> Result<(u64, u64), StoreError> {
        let mut statement =
            self.connection.prepare_cached("SELECT coalesce(sum(in_scope), 0), coalesce(sum(NOT in_scope), 0) FROM device")?;
        let (within, without): (i64, i64) = statement.query_row([], |row| Ok((row.get(0)?, row.get(1)?)))?;
        Ok((within.unsigned_abs(), without.unsigned_abs()))
    }

    /// Returns the octets that the knowledge of devices takes: all of the file but what waits to be sent.
    ///
    /// # Errors
    /// Fails if the store does not read.
    pub fn discovery_octets(&self) -> Result<u64, StoreError> {
        let octets: i64 = self.connection.query_row(
            "SELECT coalesce((SELECT sum(length(facts)) + 64 * count(*) FROM device), 0)
                  + coalesce((SELECT sum(length(address)) + 16 * count(*) FROM hardware_address), 0)",
            [],
            |row| row.get(0),
        )?;
        Ok(octets.unsigned_abs())
    }
}

type Identity = (u32, Option<String>, Option<String>);

fn identity(row: &Row<'_>) -> rusqlite::Result<Identity> {
    Ok((row.get(0)?, row.get(1)?, row.get(2)?))
}

fn device(row: &Row<'_>) -> rusqlite::Result<Result<Device, blob::Damaged>> {
    let facts = match blob::decode(row.get_ref(6)?.as_blob()?) {
        Ok(facts) => facts,
        Err(damaged) => return Ok(Err(damaged)),
    };
    Ok(Ok(Device {
        number: row.get(0)?,
        address: row.get(1)?,
        in_scope: row.get(2)?,
        first_seen: time(row.get(3)?),
        last_seen: time(row.get(4)?),
        facts_at: row.get::<_, Option<i64>>(5)?.map(time),
        facts,
    }))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::testing::Folder;

    fn seen(address: &str, serial: Option<&str>, hardware_addresses: &[&str]) -> Sighting {
        Sighting {
            address: address.to_owned(),
            maker: Some("Acme".to_owned()),
            serial: serial.map(str::to_owned),
            hardware_addresses: hardware_addresses.iter().map(|address| (*address).to_owned()).collect(),
        }
    }

    fn noon() -> Timestamp {
        "2026-11-25T12:00:00Z".parse().unwrap()
    }

    #[test]
    fn a_device_is_known_again_at_another_address() {
        let folder = Folder::new();
        let mut store = Store::open(folder.path()).unwrap();
        let first = store.see(&seen("10.0.0.7", Some("SN-0007"), &["00:11:22:33:44:55"]), true, noon()).unwrap();
        assert_eq!(store.see(&seen("10.0.0.8", Some("SN-0007"), &[]), true, noon()).unwrap(), first);
        assert_eq!(store.device(first).unwrap().unwrap().address.as_deref(), Some("10.0.0.8"));
        assert_eq!(store.see(&seen("10.0.0.9", None, &["00:11:22:33:44:55"]), true, noon()).unwrap(), first);
    }

    #[test]
    fn two_printers_that_swap_their_addresses_stay_themselves() {
        let folder = Folder::new();
        let mut store = Store::open(folder.path()).unwrap();
        let one = store.see(&seen("10.0.0.7", Some("SN-0007"), &[]), true, noon()).unwrap();
        let other = store.see(&seen("10.0.0.8", Some("SN-0008"), &[]), true, noon()).unwrap();
        assert_eq!(store.see(&seen("10.0.0.8", Some("SN-0007"), &[]), true, noon()).unwrap(), one);
        assert_eq!(store.device(other).unwrap().unwrap().address, None);
        assert_eq!(store.see(&seen("10.0.0.7", Some("SN-0008"), &[]), true, noon()).unwrap(), other);
    }

    #[test]
    fn another_printer_at_the_same_address_gets_a_number_of_its_own() {
        let folder = Folder::new();
        let mut store = Store::open(folder.path()).unwrap();
        let first = store.see(&seen("10.0.0.7", Some("SN-0007"), &["00:11:22:33:44:55"]), true, noon()).unwrap();
        let second = store.see(&seen("10.0.0.7", Some("SN-0009"), &["00:11:22:33:44:55"]), true, noon()).unwrap();
        assert_ne!(first, second);
        assert_eq!(store.counts().unwrap(), (2, 0));
    }

    #[test]
    fn a_printer_that_says_nothing_of_itself_is_its_address() {
        let folder = Folder::new();
        let mut store = Store::open(folder.path()).unwrap();
        let first = store.see(&seen("10.0.0.7", None, &[]), true, noon()).unwrap();
        assert_eq!(store.see(&seen("10.0.0.7", None, &[]), true, noon()).unwrap(), first);
        assert_ne!(store.see(&seen("10.0.0.8", None, &[]), true, noon()).unwrap(), first);
    }

    #[test]
    fn fillers_are_left_out_of_a_sighting() {
        let facts = Facts::from([
            ("identity/serial_number".into(), "Unknown".into()),
            ("identity/mac_addresses".into(), Value::List(vec!["00:00:00:00:00:00".into(), "00:11:22:33:44:55".into()])),
        ]);
        let sighting = Sighting::of(&facts);
        assert_eq!((sighting.serial, sighting.hardware_addresses), (None, vec!["00:11:22:33:44:55".to_owned()]));
    }
}
