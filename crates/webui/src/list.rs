//! A list of devices: the table of the fleet and of the agent's own devices.

use askama::Template;
use askama::filters::HtmlSafe;
use jiff::Timestamp;
use model::DeviceRecord;
use model::record::{Evidence, Presence};
use model::standard::MarkerCounterUnit;
use report::attention::{self, Attention, Urgency};
use report::html::urgency_class;
use report::table::{presence_word, printer_name, where_it_is};
use report::text::{counted, grouped};

use crate::bar::Supplies;
use crate::clock::{Clock, When};
use crate::server::fleet::Overdue;
use crate::words;

/// Is the table; devices that need somebody come first.
#[derive(Template)]
#[template(path = "list.html")]
pub(crate) struct List {
    lines: Vec<Line>,
}

impl HtmlSafe for List {}

/// Is what a list says of a device.
pub(crate) struct Entry<'a> {
    pub address: String,
    pub record: &'a DeviceRecord,
    pub meters_at: Option<Timestamp>,
    pub supplies_at: Option<Timestamp>,
    pub overdue: Option<&'a Overdue>,
    /// The site's name, or why the device is only looked at.
    pub remark: Option<&'a str>,
}

struct Line {
    rank: Rank,
    class: &'static str,
    state: State,
    overdue: Option<(When, String)>,
    page: String,
    printer: String,
    serial: Option<String>,
    remark: Option<String>,
    location: Option<String>,
    address: String,
    told: When,
    meters: Meters,
    /// Where the meters are older than the rest.
    meters_told: Option<When>,
    supplies: Supplies,
    supplies_told: Option<When>,
}

/// Is the place in a list: what to do first, then what is missing, then the rest.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
enum Rank {
    Urgent(Urgency),
    Overdue,
    Other(Urgency),
}

fn rank(urgency: Urgency, is_overdue: bool) -> Rank {
    match (urgency.needs_attention(), is_overdue) {
        (true, _) => Rank::Urgent(urgency),
        (false, true) => Rank::Overdue,
        (false, false) => Rank::Other(urgency),
    }
}

impl List {
    pub fn new<'a>(clock: &Clock, entries: impl Iterator<Item = Entry<'a>>) -> Self {
        let mut lines: Vec<Line> = entries.map(|entry| Line::of(clock, entry)).collect();
        lines.sort_by_key(|line| line.rank);
        List { lines }
    }

    pub fn is_empty(&self) -> bool {
        self.lines.is_empty()
    }
}

impl Line {
    fn of(clock: &Clock, entry: Entry<'_>) -> Self {
        let record = entry.record;
        let needs = attention::of(record);
        let rank = rank(needs.urgency, entry.overdue.is_some());
        Line {
            rank,
            class: if rank == Rank::Overdue { "overdue" } else { urgency_class(needs.urgency, record.presence) },
            state: State::of(record, needs),
            overdue: entry.overdue.map(|overdue| (clock.lasting(overdue.since), overdue.reason.clone())),
            page: entry.address,
            printer: Some(printer_name(record)).filter(|name| !name.is_empty()).unwrap_or_else(|| "a device without a name".to_owned()),
            serial: record.identity.serial_number.clone(),
            remark: entry.remark.map(str::to_owned),
            location: record.identity.location.clone().filter(|location| !location.is_empty()),
            address: where_it_is(record),
            told: clock.ago_or(record.observed_at, "unknown"),
            meters: Meters::of(record),
            meters_told: older(clock, entry.meters_at, record.observed_at),
            supplies: Supplies::of(&record.supplies),
            supplies_told: older(clock, entry.supplies_at, record.observed_at),
        }
    }
}

/// Is by how many seconds a part may be older than the rest before the list says so.
const NOTABLY_OLDER: i64 = 60 * 60;

/// Returns the age of a part that is notably older than the rest of the record.
///
/// A device that has fallen silent is told of anew each time it does not answer; its meters are not.
fn older(clock: &Clock, part: Option<Timestamp>, rest: Option<Timestamp>) -> Option<When> {
    let (part, rest) = (part?, rest?);
    (rest.as_second() - part.as_second() > NOTABLY_OLDER).then(|| clock.ago(part))
}

/// Is the state of a device in words, with what it needs.
#[derive(Template)]
#[template(path = "state.html")]
pub(crate) struct State {
    word: Option<&'static str>,
    reasons: Vec<String>,
}

impl HtmlSafe for State {}

impl State {
    pub fn of(record: &DeviceRecord, needs: Attention) -> Self {
        let is_calm = matches!(needs.urgency, Urgency::Fine | Urgency::Notice | Urgency::Absent);
        let word = is_calm || needs.reasons.is_empty() || record.presence == Presence::Printing;
        State { word: word.then(|| presence_word(record.presence)), reasons: needs.reasons }
    }
}

/// Is the meters that are billed, as far as they are told.
#[derive(Template)]
#[template(path = "meters.html")]
pub(crate) struct Meters {
    total: Option<String>,
    is_conflicting: bool,
    unit: Option<String>,
    others: Vec<(String, String)>,
}

impl HtmlSafe for Meters {}

impl Meters {
    pub fn of(record: &DeviceRecord) -> Self {
        let meter = |name: &str| record.meters.iter().find(|meter| meter.name == name);
        let total = meter("total");
        let others = ["monochrome", "color"].into_iter().filter_map(meter);
        Meters {
            total: total.map(|meter| grouped(meter.value)),
            is_conflicting: total.is_some_and(|meter| meter.evidence == Evidence::Conflicting),
            unit: total.filter(|meter| meter.unit != Some(MarkerCounterUnit::Impressions)).map(|meter| counted(meter.unit)),
            others: others.map(|meter| (words::meter(&meter.name), grouped(meter.value))).collect(),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn missing_data_come_after_faults_and_before_what_works() {
        let mut ranks = [
            rank(Urgency::Fine, false),
            rank(Urgency::Absent, true),
            rank(Urgency::Low, false),
            rank(Urgency::Fault, true),
            rank(Urgency::Notice, true),
            rank(Urgency::Absent, false),
        ];
        ranks.sort();
        let expected = [
            Rank::Urgent(Urgency::Fault),
            Rank::Urgent(Urgency::Low),
            Rank::Overdue,
            Rank::Overdue,
            Rank::Other(Urgency::Fine),
            Rank::Other(Urgency::Absent),
        ];
        assert_eq!(ranks, expected);
    }
}
