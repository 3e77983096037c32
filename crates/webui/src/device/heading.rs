//! The head of a device's page: which it is, how it is, what it needs.

use askama::Template;
use askama::filters::HtmlSafe;
use jiff::Timestamp;
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
    /// How old the state is.
    told: When,
    /// Where the device has not been heard since before that.
    heard: Option<When>,
}

impl HtmlSafe for Heading<'_> {}

impl<'a> Heading<'a> {
    /// Makes the head of a page; `heard` is when the device itself was last heard, if that is known.
    pub fn new(clock: &Clock, record: &'a DeviceRecord, heard: Option<Timestamp>) -> Self {
        let needs = attention::of(record);
        Heading {
            printer: Some(printer_name(record)).filter(|name| !name.is_empty()).unwrap_or_else(|| "A device without a name".to_owned()),
            serial: record.identity.serial_number.as_deref(),
            address: where_it_is(record),
            location: record.identity.location.as_deref().filter(|location| !location.is_empty()),
            class: urgency_class(needs.urgency, record.presence),
            state: State::of(record, needs),
            told: clock.ago_or(heard.max(record.observed_at), "unknown"),
            heard: heard.filter(|heard| record.observed_at.is_some_and(|told| told > *heard)).map(|heard| clock.ago(heard)),
        }
    }
}
