//! The head of a device's page: which it is, how it is, what it needs.

use askama::Template;
use askama::filters::HtmlSafe;
use model::DeviceRecord;
use report::attention;
use report::html::urgency_class;
use report::table::{printer_name, where_it_is};

use crate::clock::{Clock, When};
use crate::list::State;

/// Is the name with serial number, place and state.
#[derive(Template)]
#[template(path = "heading.html")]
pub(crate) struct Heading<'a> {
    pub printer: String,
    serial: Option<&'a str>,
    address: String,
    location: Option<&'a str>,
    class: &'static str,
    state: State,
    heard: When,
}

impl HtmlSafe for Heading<'_> {}

impl<'a> Heading<'a> {
    pub fn new(clock: &Clock, record: &'a DeviceRecord) -> Self {
        let needs = attention::of(record);
        Heading {
            printer: Some(printer_name(record)).filter(|name| !name.is_empty()).unwrap_or_else(|| "A device without a name".to_owned()),
            serial: record.identity.serial_number.as_deref(),
            address: where_it_is(record),
            location: record.identity.location.as_deref().filter(|location| !location.is_empty()),
            class: urgency_class(needs.urgency, record.presence),
            state: State::of(record, needs),
            heard: clock.ago_or(record.observed_at, "never"),
        }
    }
}
