//! What one sighting of a device tells of who it is.

use alloc::borrow::ToOwned;
use alloc::string::String;
use alloc::vec::Vec;
use core::ops::Bound::{Included, Unbounded};

use jiff::Timestamp;

use super::{hardware_address_tells, serial_tells, uuid_tells};
use crate::facts::{Facts, Value};

/// Is how many hardware addresses count; a device has one or two, and a liar has any number.
const MOST_ADDRESSES: usize = 4;

/// Is who a device is, as one sighting tells it. What is absent was not told; fillers are left out.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Traits {
    pub maker: Option<String>,
    /// The printer's own, and that of its IEEE 1284 device ID if it is another one.
    pub serials: Vec<String>,
    /// Without `urn:uuid:`, in lower case.
    pub uuid: Option<String>,
    /// Universally administered ones only, in lower case with colons.
    pub hardware_addresses: Vec<String>,
    /// snmpEngineID, where a profile has it read.
    pub engine_id: Option<String>,
    pub model: Option<String>,
    pub system_object_id: Option<String>,
    /// What the customer calls it.
    pub name: Option<String>,
    /// Where it was, on the network of whoever saw it.
    pub address: Option<String>,
    /// What it has counted; only with [`Traits::read_between`] it is known when.
    pub count: Option<Count>,
    /// Between which times it was read.
    pub read: Option<(Timestamp, Timestamp)>,
}

/// Is the total of a device.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Count {
    pub total: u64,
    pub unit: Option<String>,
    /// The most that it can add in an hour, as it says itself; `None` if it does not.
    pub hourly: Option<u64>,
}

impl Traits {
    /// Takes from a device's facts what tells who it is.
    pub fn of(facts: &Facts) -> Self {
        let device_id = text(facts, "identity/device_id").unwrap_or_default();
        let own = text(facts, "identity/serial_number");
        let mut serials: Vec<String> = Vec::new();
        for serial in own.into_iter().chain(field(device_id, &["SN", "SERN", "SERIALNUMBER"])).filter(|serial| serial_tells(serial)) {
            if !serials.iter().any(|known| known.eq_ignore_ascii_case(serial)) {
                serials.push(serial.to_owned());
            }
        }
        let hardware_addresses = match facts.get("identity/mac_addresses") {
            Some(Value::List(words)) => {
                let words = words.iter().map(|word| word.to_lowercase());
                words.filter(|word| hardware_address_tells(word)).take(MOST_ADDRESSES).collect()
            }
            _ => Vec::new(),
        };
        let uuid = text(facts, "identity/printer_uuid").filter(|uuid| uuid_tells(uuid)).map(str::to_lowercase);
        let owned = |word: Option<&str>| word.map(ToOwned::to_owned);
        Traits {
            maker: owned(text(facts, "identity/manufacturer").or_else(|| field(device_id, &["MFG", "MANUFACTURER"]))),
            serials,
            uuid: uuid.map(|uuid| uuid.trim_start_matches("urn:uuid:").to_owned()),
            hardware_addresses,
            engine_id: owned(text(facts, "configuration/snmpEngineID.0").filter(|id| serial_tells(id))),
            model: owned(text(facts, "identity/model").or_else(|| field(device_id, &["MDL", "MODEL"]))),
            system_object_id: owned(text(facts, "identity/system_object_id")),
            name: owned(text(facts, "identity/system_name").filter(|name| serial_tells(name))),
            address: owned(text(facts, "address")),
            count: Count::of(facts),
            read: None,
        }
    }

    /// Says between which times the device was read. Of a sender with a clock of its own the time of
    /// reading is not certain; that its word had arrived by then is.
    #[must_use]
    pub fn read_between(self, earliest: Timestamp, latest: Timestamp) -> Self {
        Traits { read: Some((earliest.min(latest), latest.max(earliest))), ..self }
    }
}

impl Count {
    fn of(facts: &Facts) -> Option<Self> {
        let Some(Value::Integer(total)) = facts.get("meters/total/value") else { return None };
        // Where two counters of one device disagree, neither tells it from another one.
        if text(facts, "meters/total/evidence") == Some("conflicting") {
            return None;
        }
        let unit = text(facts, "meters/total/unit").map(ToOwned::to_owned);
        Some(Count { total: u64::try_from(*total).ok()?, unit, hourly: hourly(facts) })
    }
}

/// Returns the speed of the fastest media path in impressions an hour.
///
/// Source: RFC 3805, prtMediaPathMaxSpeed, prtMediaPathMaxSpeedPrintUnit. A sheet has two sides;
/// lengths tell nothing of impressions.
fn hourly(facts: &Facts) -> Option<u64> {
    const SPEED: &str = "configuration/prtMediaPathMaxSpeed.";
    let speeds =
        facts.range::<str, _>((Included(SPEED), Unbounded)).take_while(|(key, _)| key.starts_with(SPEED)).filter_map(|(key, value)| {
            let Value::Text(speed) = value else { return None };
            let unit = alloc::format!("configuration/prtMediaPathMaxSpeedPrintUnit.{}", &key[SPEED.len()..]);
            let sides = match text(facts, &unit)? {
                "impressionsPerHour" => 1,
                "sheetsPerHour" => 2,
                _ => return None,
            };
            speed.trim().parse::<u64>().ok()?.checked_mul(sides)
        });
    speeds.max().filter(|speed| *speed > 0)
}

fn text<'a>(facts: &'a Facts, key: &str) -> Option<&'a str> {
    match facts.get(key) {
        Some(Value::Text(text)) => Some(text.trim()).filter(|text| !text.is_empty()),
        _ => None,
    }
}

/// Returns a field of an IEEE 1284 device ID (`MFG:Acme;MDL:Copier 3000;SN:A1234;`), by any of its names.
fn field<'a>(device_id: &'a str, names: &[&str]) -> Option<&'a str> {
    let fields = device_id.split(';').filter_map(|field| field.split_once(':'));
    let mut wanted = fields.filter(|(name, _)| names.iter().any(|wanted| wanted.eq_ignore_ascii_case(name.trim())));
    wanted.next().map(|(_, value)| value.trim()).filter(|value| !value.is_empty())
}

#[cfg(test)]
mod tests {
    use super::*;
    use alloc::vec;

    fn told(pairs: &[(&str, Value)]) -> Traits {
        Traits::of(&pairs.iter().map(|(key, value)| ((*key).into(), value.clone())).collect())
    }

    #[test]
    fn s_34_addresses_that_are_zero_or_made_up_are_left_out() {
        let words = ["00:00:00:00:00:00", "c2:b5:d7:e7:b8:4b", "00:17:C8:01:02:03", "ff:ff:ff:ff:ff:ff"].map(String::from);
        assert_eq!(told(&[("identity/mac_addresses", Value::List(words.into()))]).hardware_addresses, ["00:17:c8:01:02:03"]);
        let many = (0..99).map(|number| alloc::format!("00:17:c8:01:02:{number:02}")).collect();
        assert_eq!(told(&[("identity/mac_addresses", Value::List(many))]).hardware_addresses.len(), MOST_ADDRESSES);
    }

    #[test]
    fn d_08_fillers_are_no_traits() {
        for filler in ["XXXXXXX", "serial_number", "0000000000", ""] {
            let device_id = alloc::format!("MFG:Acme;SN:{filler};");
            let traits = told(&[("identity/serial_number", filler.into()), ("identity/device_id", device_id.as_str().into())]);
            assert_eq!(traits, Traits { maker: Some("Acme".into()), ..Traits::default() }, "{filler}");
        }
        assert_eq!(told(&[("identity/system_name", "<private>".into())]), Traits::default());
    }

    #[test]
    fn d_09_the_device_id_tells_maker_model_and_serial_number() {
        let device_id = "MANUFACTURER:Acme;mdl: Copier 3000 ;CMD:PCL;SERN:A1234;";
        let traits = told(&[("identity/device_id", device_id.into())]);
        let of = |word: &str| Some(word.to_owned());
        assert_eq!((traits.maker, traits.model, traits.serials), (of("Acme"), of("Copier 3000"), vec!["A1234".to_owned()]));
        let both = told(&[("identity/device_id", device_id.into()), ("identity/serial_number", "a1234".into())]);
        assert_eq!(both.serials, ["a1234"], "the same serial number is told once");
    }

    #[test]
    fn the_fastest_media_path_says_what_an_hour_can_add() {
        let told = told(&[
            ("meters/total/value", 7432.into()),
            ("meters/total/unit", "impressions".into()),
            ("configuration/prtMediaPathMaxSpeed.1.1", "2400".into()),
            ("configuration/prtMediaPathMaxSpeedPrintUnit.1.1", "impressionsPerHour".into()),
            ("configuration/prtMediaPathMaxSpeed.1.2", "1500".into()),
            ("configuration/prtMediaPathMaxSpeedPrintUnit.1.2", "sheetsPerHour".into()),
            ("configuration/prtMediaPathMaxSpeed.1.3", "900000".into()),
            ("configuration/prtMediaPathMaxSpeedPrintUnit.1.3", "feetPerHour".into()),
        ]);
        assert_eq!(told.count, Some(Count { total: 7432, unit: Some("impressions".into()), hourly: Some(3000) }));
    }

    #[test]
    fn sentinels_and_counters_that_disagree_tell_nothing() {
        assert_eq!(told(&[("meters/total/value", Value::from(-2))]).count, None);
        assert_eq!(told(&[("meters/total/value", 9.into()), ("meters/total/evidence", "conflicting".into())]).count, None);
    }
}
