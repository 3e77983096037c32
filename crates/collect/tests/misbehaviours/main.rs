//! What devices do against the standards and against sense, one test a misbehaviour.
//!
//! A test's name begins with the number that `docs/misbehaviours.md` gives it; those without a number
//! were seen nowhere and are written all the same. The answers are made by hand. What a maker's
//! devices do is read by that maker's profile. Misbehaviours on the wire are in `survey`'s tests.
//! What is also on record is looked at in the recordings themselves, where there are any.
#![allow(clippy::disallowed_methods, reason = "tests read the recordings")]

mod counters;
mod documented;
mod identity;
mod levels;
mod recorded;
#[path = "../recording/mod.rs"]
mod recording;
mod state;
mod texts;

use std::sync::{Arc, LazyLock};

use catalog::{Catalog, Profile, Sections};
use collect::{Answers, Context, collect};
use model::DeviceRecord;
use model::record::Path;
use snmp::{OidRef, Value};

static CATALOG: LazyLock<Catalog> = LazyLock::new(|| Catalog::embedded().expect("the embedded files load"));

/// Is a device that says what a test makes it say.
#[derive(Clone)]
struct Printer {
    profile: Arc<Profile>,
    answers: Answers,
    observed_at: Option<jiff::Timestamp>,
}

impl Printer {
    /// One of which nothing is known but the standards.
    fn standard() -> Self {
        Self::by(CATALOG.standard().clone())
    }

    /// One that is read by a vendor's profile.
    fn of(profile: &str) -> Self {
        Self::by(CATALOG.profile(profile).unwrap_or_else(|errors| panic!("{errors}")).clone())
    }

    /// One of a made-up maker that departs from the standards in this way.
    fn that_deviates(deviation: &str) -> Self {
        let text = format!(
            "[profile]\ninherits = \"printer-mib\"\nsource = \"made up\"\n\n[[deviation]]\n{deviation}\nwhy = \"the test wants it\"\n"
        );
        let catalog = Catalog::with_overlay(&[("vendors/acme.toml", &text)]).unwrap_or_else(|errors| panic!("{errors}"));
        Self::by(catalog.profile("acme").expect("just loaded").clone())
    }

    fn by(profile: Arc<Profile>) -> Self {
        Printer { profile, answers: Answers::new(), observed_at: None }
    }

    fn says(mut self, object: &str, instance: &[u32], value: Value<'_>) -> Self {
        let id = self.profile.find(object).unwrap_or_else(|| panic!("{} knows no {object}", self.profile.name));
        self.answers.put(id, instance, value);
        self
    }

    fn number(self, object: &str, instance: &[u32], number: i64) -> Self {
        self.says(object, instance, Value::Integer(number))
    }

    fn count(self, object: &str, instance: &[u32], count: u32) -> Self {
        self.says(object, instance, Value::Counter32(count))
    }

    fn octets(self, object: &str, instance: &[u32], octets: &[u8]) -> Self {
        self.says(object, instance, Value::OctetString(octets))
    }

    fn text(self, object: &str, instance: &[u32], text: &str) -> Self {
        self.octets(object, instance, text.as_bytes())
    }

    fn named(self, object: &str, instance: &[u32], arcs: &[u32]) -> Self {
        let oid = snmp::oid::encode(arcs);
        self.says(object, instance, Value::ObjectIdentifier(OidRef::new(&oid)))
    }

    /// A row of marker 1 in the supplies table.
    fn supply(self, row: u32, supply: Row) -> Self {
        let mut printer = self.number("prtMarkerSuppliesMarkerIndex", &[1, row], 1);
        if let Some(class) = supply.class {
            printer = printer.number("prtMarkerSuppliesClass", &[1, row], class);
        }
        printer
            .number("prtMarkerSuppliesType", &[1, row], supply.kind)
            .number("prtMarkerSuppliesSupplyUnit", &[1, row], supply.unit)
            .number("prtMarkerSuppliesMaxCapacity", &[1, row], supply.capacity)
            .number("prtMarkerSuppliesLevel", &[1, row], supply.level)
    }

    fn at(mut self, time: &str) -> Self {
        self.observed_at = Some(time.parse().expect("an RFC 3339 time"));
        self
    }

    fn read(mut self) -> DeviceRecord {
        self.answers.sort();
        let context = Context { sections: Sections::all(), observed_at: self.observed_at, path: Path::Agent };
        collect(&self.profile, &CATALOG, &self.answers, &context)
    }
}

/// Is one supply in the numbers of RFC 3805; toner of a container in impressions if nothing else is said.
#[derive(Clone, Copy)]
struct Row {
    /// 3 container, 4 receptacle.
    class: Option<i64>,
    kind: i64,
    unit: i64,
    capacity: i64,
    level: i64,
}

const TONER: i64 = 3;
const WASTE_TONER: i64 = 4;
const IMPRESSIONS: i64 = 7;
const PERCENT: i64 = 19;

const CONTAINER: Row = Row { class: Some(3), kind: TONER, unit: IMPRESSIONS, capacity: 100, level: 0 };
const RECEPTACLE: Row = Row { class: Some(4), kind: WASTE_TONER, unit: IMPRESSIONS, capacity: 100, level: 0 };
