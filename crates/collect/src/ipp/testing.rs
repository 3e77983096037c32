//! A printer that says over IPP what a test makes it say.

use std::sync::LazyLock;

use catalog::{Catalog, Sections};
use model::DeviceRecord;
use model::record::Path;
use printport::ipp::{Attributes, Value};

use crate::Context;

static CATALOG: LazyLock<Catalog> = LazyLock::new(|| Catalog::embedded().expect("the embedded files are checked by the catalog's tests"));

#[derive(Default)]
pub(crate) struct Printer(Attributes);

impl Printer {
    pub fn new() -> Self {
        Self::default()
    }

    fn with(mut self, name: &str, values: Vec<Value>) -> Self {
        assert!(self.0.add(name.to_string(), values), "{name} is there already");
        self
    }

    pub fn texts(self, name: &str, texts: &[&str]) -> Self {
        self.with(name, texts.iter().map(|text| Value::Text((*text).to_string())).collect())
    }

    pub fn numbers(self, name: &str, numbers: &[i32]) -> Self {
        self.with(name, numbers.iter().map(|number| Value::Integer(*number)).collect())
    }

    pub fn packed(self, name: &str, octets: &[&str]) -> Self {
        self.with(name, octets.iter().map(|text| Value::Octets(text.as_bytes().to_vec())).collect())
    }

    pub fn collect(self) -> DeviceRecord {
        let context = Context { sections: Sections::all(), observed_at: None, path: Path::Agent };
        super::collect(&self.0, &CATALOG, &context)
    }
}
