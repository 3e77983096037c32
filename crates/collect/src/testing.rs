//! A device for the unit tests: says what a test makes it say.

use std::sync::LazyLock;

use catalog::{Catalog, Sections, Standard};
use model::DeviceRecord;
use model::record::Path;
use snmp::{OidRef, Value};

use crate::{Answers, Context, Verdict};

static CATALOG: LazyLock<Catalog> = LazyLock::new(|| Catalog::embedded().expect("the embedded files are checked by the catalog's tests"));

pub(crate) struct Device {
    answers: Answers,
    context: Context,
}

impl Device {
    pub fn new() -> Self {
        Device { answers: Answers::new(), context: Context { sections: Sections::all(), observed_at: None, path: Path::Agent } }
    }

    pub fn value(mut self, object: Standard, instance: &[u32], value: Value<'_>) -> Self {
        self.answers.put(object, instance, value);
        self
    }

    pub fn integer(self, object: Standard, instance: &[u32], number: i64) -> Self {
        self.value(object, instance, Value::Integer(number))
    }

    pub fn ticks(self, object: Standard, instance: &[u32], ticks: u32) -> Self {
        self.value(object, instance, Value::TimeTicks(ticks))
    }

    pub fn text(self, object: Standard, instance: &[u32], octets: &[u8]) -> Self {
        self.value(object, instance, Value::OctetString(octets))
    }

    pub fn oid(self, object: Standard, instance: &[u32], arcs: &[u32]) -> Self {
        self.value(object, instance, Value::ObjectIdentifier(OidRef::new(&snmp::oid::encode(arcs))))
    }

    pub fn observed_at(mut self, time: &str) -> Self {
        self.context.observed_at = Some(time.parse().expect("an RFC 3339 time"));
        self
    }

    pub fn collect(mut self) -> DeviceRecord {
        self.answers.sort();
        crate::collect(CATALOG.standard(), &CATALOG, &self.answers, &self.context)
    }

    pub fn verdict(mut self) -> Verdict {
        self.answers.sort();
        crate::is_printer(&CATALOG, &self.answers)
    }
}
