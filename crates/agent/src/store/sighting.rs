//! Knowing a device again: to which number a sighting belongs, and why.

use std::collections::BTreeSet;

use jiff::Timestamp;
use rusqlite::{OptionalExtension, ToSql, params};
use wire::Facts;
use wire::identity::{Traits, Verdict, weigh, weigh_at_once};

use super::{Store, StoreError, blob, time};

/// Is what was seen of a device, as far as it says who it is.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Sighting {
    pub address: String,
    pub traits: Traits,
    /// When the round over the network began that saw it: what one round meets at two addresses may
    /// be two devices.
    pub round: Option<Timestamp>,
}

impl Sighting {
    /// Takes from a device's facts what tells it from others, and leaves out what does not: serial
    /// numbers that many devices share, and hardware addresses that somebody made up.
    pub fn of(facts: &Facts) -> Self {
        let traits = Traits::of(facts);
        Sighting { address: traits.address.clone().unwrap_or_default(), traits, round: None }
    }
}

/// Is a known device that was recognised.
#[derive(Clone, Debug, PartialEq)]
pub struct Recognised {
    pub number: u32,
    /// Where it was.
    pub address: Option<String>,
    /// Why it is the one.
    pub verdict: Verdict,
    last_seen: Timestamp,
}

/// Is how many devices are looked at for each trait; of a serial number that thousands have, the newest.
const MOST: u32 = 16;

impl Store {
    /// Finds out which device was seen: the one that weighs most and enough, else the one at this
    /// address if no more speaks against it than for it.
    ///
    /// # Errors
    /// Fails if the store does not read.
    pub fn find(&self, seen: &Sighting, at: Timestamp) -> Result<Option<Recognised>, StoreError> {
        let told = Traits { address: Some(seen.address.clone()), ..seen.traits.clone() }.read_between(at, at);
        let mut known = Vec::new();
        for number in self.candidates(seen)? {
            known.extend(self.compare(number, seen, &told, at)?);
        }
        let is_here = |known: &Recognised| known.address.as_deref() == Some(seen.address.as_str());
        let best = known.iter().filter(|known| known.verdict.is_same());
        let best = best.max_by_key(|known| (known.verdict.weight, is_here(known), known.last_seen));
        // A printer that says nothing of itself is its address.
        Ok(best.or_else(|| known.iter().find(|known| is_here(known) && !known.verdict.is_other())).cloned())
    }

    /// Lists the devices that may have been seen.
    fn candidates(&self, seen: &Sighting) -> Result<BTreeSet<u32>, StoreError> {
        const ORDER: &str = "ORDER BY device.address IS ?2 DESC, last_seen DESC LIMIT ?3";
        let mut found = BTreeSet::new();
        let mut look = |filter: &str, word: &dyn ToSql| -> Result<(), StoreError> {
            let mut statement = self.connection.prepare_cached(&format!("SELECT number FROM device {filter} {ORDER}"))?;
            let numbers = statement.query_map(params![word, seen.address, MOST], |row| row.get(0))?;
            found.extend(numbers.collect::<Result<Vec<u32>, _>>()?);
            Ok(())
        };
        for serial in &seen.traits.serials {
            look("WHERE serial = ?1 COLLATE NOCASE", serial)?;
        }
        for hardware_address in &seen.traits.hardware_addresses {
            look("JOIN hardware_address ON device = number WHERE hardware_address.address = ?1", hardware_address)?;
        }
        if let Some(uuid) = &seen.traits.uuid {
            look("WHERE uuid = ?1", uuid)?;
        }
        look("WHERE address = ?1", &seen.address)?;
        Ok(found)
    }

    /// Weighs a known device against what was seen.
    fn compare(&self, number: u32, seen: &Sighting, told: &Traits, at: Timestamp) -> Result<Option<Recognised>, StoreError> {
        let mut statement = self
            .connection
            .prepare_cached("SELECT address, maker, serial, uuid, last_seen, facts_at, facts FROM device WHERE number = ?1")?;
        let row = statement.query_row([number], |row| {
            let own = Traits { address: row.get(0)?, maker: row.get(1)?, uuid: row.get(3)?, ..Traits::default() };
            let facts = blob::decode(row.get_ref(6)?.as_blob()?);
            Ok((own, row.get::<_, Option<String>>(2)?, time(row.get(4)?), row.get::<_, Option<i64>>(5)?.map(time), facts))
        });
        let Some((own, serial, last_seen, facts_at, facts)) = row.optional()? else { return Ok(None) };
        let mut traits = Traits::of(&facts?);
        // What it did not say this time it has said before.
        traits.maker = traits.maker.or(own.maker);
        traits.uuid = traits.uuid.or(own.uuid);
        if let Some(serial) = serial.filter(|serial| !traits.serials.iter().any(|known| known.eq_ignore_ascii_case(serial))) {
            traits.serials.push(serial);
        }
        traits.hardware_addresses = self.hardware_addresses(number)?;
        traits.address.clone_from(&own.address);
        // A clock that was set back says nothing of which count came first.
        if let Some(facts_at) = facts_at.filter(|_| last_seen <= at) {
            traits = traits.read_between(facts_at, last_seen);
        }
        let is_elsewhere = own.address.as_ref().is_some_and(|address| *address != seen.address);
        let is_at_once = is_elsewhere && seen.round.is_some_and(|began| last_seen.as_second() >= began.as_second());
        let verdict = if is_at_once { weigh_at_once(&traits, told) } else { weigh(&traits, told) };
        Ok(Some(Recognised { number, address: own.address, verdict, last_seen }))
    }

    /// Lists the hardware addresses that a device has told.
    pub(super) fn hardware_addresses(&self, number: u32) -> Result<Vec<String>, StoreError> {
        let mut statement = self.connection.prepare_cached("SELECT address FROM hardware_address WHERE device = ?1 LIMIT 64")?;
        let addresses = statement.query_map([number], |row| row.get(0))?;
        Ok(addresses.collect::<Result<_, _>>()?)
    }
}

#[cfg(test)]
mod tests {
    use jiff::SignedDuration;
    use jiff::tz::TimeZone;
    use wire::{Extent, Value};

    use super::*;
    use crate::store::PartError;
    use crate::testing::Folder;

    const BOARD: &str = "00:17:c8:01:02:03";
    const OTHER_BOARD: &str = "00:17:c8:09:09:09";

    fn seen(address: &str, serial: Option<&str>, hardware_addresses: &[&str]) -> Sighting {
        let traits = Traits {
            maker: Some("Acme".to_owned()),
            serials: serial.map(str::to_owned).into_iter().collect(),
            hardware_addresses: hardware_addresses.iter().map(|address| (*address).to_owned()).collect(),
            ..Traits::default()
        };
        Sighting { address: address.to_owned(), traits, round: None }
    }

    /// Is a printer as it is read at an address, of a round that began at noon.
    fn read(store: &mut Store, address: &str, serial: &str, hardware_addresses: &[&str], total: i64, hour: i64) -> u32 {
        let at = noon() + SignedDuration::from_hours(hour);
        let mut facts = Facts::from([
            ("address".into(), address.into()),
            ("identity/manufacturer".into(), "Acme".into()),
            ("identity/serial_number".into(), serial.into()),
            ("identity/mac_addresses".into(), Value::List(hardware_addresses.iter().map(|address| (*address).to_owned()).collect())),
            ("meters/total/value".into(), total.into()),
        ]);
        facts.retain(|_, value| *value != Value::from(""));
        let number = store.see(&Sighting { round: Some(at), ..Sighting::of(&facts) }, true, at).unwrap();
        store.keep(number, Extent::Whole, at, at.to_zoned(TimeZone::UTC).date(), &facts).unwrap();
        number
    }

    fn address(store: &Store, number: u32) -> Option<String> {
        store.device(number).unwrap().unwrap().address
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
        assert_eq!((sighting.traits.serials, sighting.traits.hardware_addresses), (vec![], vec!["00:11:22:33:44:55".to_owned()]));
    }

    #[test]
    fn d_08_address_swap_between_two_printers_moves_both_and_says_why() {
        let folder = Folder::new();
        let mut store = Store::open(folder.path()).unwrap();
        let one = read(&mut store, "10.0.0.7", "", &[BOARD], 7432, 0);
        let other = read(&mut store, "10.0.0.8", "", &[OTHER_BOARD], 90_000, 0);
        assert_eq!(read(&mut store, "10.0.0.8", "", &[BOARD], 7510, 24), one);
        assert_eq!(address(&store, other), None);
        assert_eq!(read(&mut store, "10.0.0.7", "", &[OTHER_BOARD], 90_100, 24), other);
        let moved = store.move_of(one).unwrap().unwrap();
        assert_eq!((moved.from.as_deref(), moved.to.as_str()), (Some("10.0.0.7"), "10.0.0.8"));
        assert_eq!(
            moved.why,
            "hardware address 00:17:c8:01:02:03: +40; the counter goes on (7432 → 7510): +10; together +50, 40 make one device"
        );
        assert_eq!(store.move_of(other).unwrap().unwrap().from, None, "somebody else was at its address by then");
        assert_eq!(store.moves().unwrap().len(), 2);
    }

    #[test]
    fn d_08_duplicate_ip_two_printers_at_one_address_stay_two() {
        let folder = Folder::new();
        let mut store = Store::open(folder.path()).unwrap();
        let one = read(&mut store, "10.0.0.7", "SN-0007", &[BOARD], 7432, 0);
        let other = read(&mut store, "10.0.0.7", "SN-0009", &[OTHER_BOARD], 9000, 1);
        assert_ne!(one, other);
        for hour in 2..6 {
            assert_eq!(read(&mut store, "10.0.0.7", "SN-0007", &[BOARD], 7432, hour), one);
            assert_eq!(read(&mut store, "10.0.0.7", "SN-0009", &[OTHER_BOARD], 9000, hour), other);
        }
        assert_eq!(store.counts().unwrap(), (2, 0));
    }

    #[test]
    fn two_that_answer_at_once_with_one_serial_number_are_two() {
        let folder = Folder::new();
        let mut store = Store::open(folder.path()).unwrap();
        let one = read(&mut store, "10.0.0.7", "SN-0007", &[], 7432, 0);
        let other = read(&mut store, "10.0.0.8", "SN-0007", &[], 7440, 0);
        assert_ne!(one, other, "one round saw both");
        assert_eq!(read(&mut store, "10.0.0.8", "SN-0007", &[], 7441, 24), other);
        assert_eq!(read(&mut store, "10.0.0.7", "SN-0007", &[], 7433, 24), one);
        assert!(store.moves().unwrap().is_empty());
    }

    #[test]
    fn a_serial_number_at_another_address_with_a_counter_that_cannot_be_is_another_device() {
        let folder = Folder::new();
        let mut store = Store::open(folder.path()).unwrap();
        let one = read(&mut store, "10.0.0.7", "SN-0007", &[], 90_000, 0);
        assert_ne!(read(&mut store, "10.0.0.8", "SN-0007", &[], 12, 24), one);
        // At its own address a printer whose counter was reset stays what it is.
        assert_eq!(read(&mut store, "10.0.0.7", "SN-0007", &[], 3, 24), one);
    }

    #[test]
    fn s_34_a_printer_with_two_interfaces_is_one() {
        let folder = Folder::new();
        let mut store = Store::open(folder.path()).unwrap();
        let one = read(&mut store, "10.0.0.7", "SN-0007", &[BOARD, OTHER_BOARD], 7432, 0);
        assert_eq!(read(&mut store, "10.0.0.8", "SN-0007", &[BOARD, OTHER_BOARD], 7432, 0), one);
        assert_eq!(read(&mut store, "10.0.0.9", "", &[OTHER_BOARD], 7432, 0), one);
        assert_eq!(store.counts().unwrap(), (1, 0));
    }

    #[test]
    fn a_new_printer_without_a_serial_number_is_not_who_had_its_address() {
        let folder = Folder::new();
        let mut store = Store::open(folder.path()).unwrap();
        let one = read(&mut store, "10.0.0.7", "", &[BOARD], 7432, 0);
        assert_ne!(read(&mut store, "10.0.0.7", "", &[OTHER_BOARD], 12, 24), one);
        // A new board in the old printer: the counter goes on.
        let two = read(&mut store, "10.0.0.8", "", &["00:17:c8:0b:0b:0b"], 5000, 48);
        assert_eq!(read(&mut store, "10.0.0.8", "", &["00:17:c8:0a:0a:0a"], 5010, 72), two);
    }

    #[test]
    fn a_uuid_is_known_again_at_another_address() {
        let folder = Folder::new();
        let mut store = Store::open(folder.path()).unwrap();
        let at = |address: &str| Sighting {
            address: address.to_owned(),
            traits: Traits { uuid: Some("4509a320-00a0-008f-00b6-002507510eca".into()), ..Traits::default() },
            round: None,
        };
        let one = store.see(&at("10.0.0.7"), true, noon()).unwrap();
        assert_eq!(store.see(&at("10.0.0.8"), true, noon()).unwrap(), one);
    }

    #[test]
    fn what_a_person_parts_gets_its_own_number_and_stays_apart() {
        let folder = Folder::new();
        let mut store = Store::open(folder.path()).unwrap();
        let one = read(&mut store, "10.0.0.7", "SN-0007", &[], 7432, 0);
        assert_eq!(read(&mut store, "10.0.0.8", "SN-0007", &[OTHER_BOARD], 7450, 24), one);
        let new = store.part(one, noon()).unwrap();
        assert_ne!(new, one);
        let (was, is) = (store.device(one).unwrap().unwrap(), store.device(new).unwrap().unwrap());
        assert_eq!((was.address.as_deref(), is.address.as_deref()), (Some("10.0.0.7"), Some("10.0.0.8")));
        assert_eq!(was.facts.get("meters/total/value"), Some(&7432.into()));
        assert_eq!(is.facts.get("meters/total/value"), Some(&7450.into()));
        let waiting = |number| store.unsent_of(number).unwrap().len();
        assert_eq!((waiting(one), waiting(new)), (1, 1));
        for hour in [48, 72] {
            assert_eq!(read(&mut store, "10.0.0.8", "SN-0007", &[OTHER_BOARD], 7450 + hour, hour), new);
            assert_eq!(read(&mut store, "10.0.0.7", "SN-0007", &[BOARD], 7440 + hour, hour), one);
        }
        assert_eq!(read(&mut store, "10.0.0.9", "SN-0007", &[OTHER_BOARD], 7600, 96), new);
        assert!(matches!(store.part(one, noon()), Err(PartError::NotMoved(1))));
    }
}
