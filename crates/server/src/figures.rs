//! Figures about the server's work, in the text format of Prometheus.
//!
//! A few counters, gauges and two histograms behind one lock: a library would bring more than it saves.

use std::collections::BTreeMap;
use std::fmt::Write;
use std::sync::Mutex;
use std::time::Duration;

use store::{Counts, Size};

use crate::app::locked;

/// Are the bounds of the buckets of times, in seconds.
const SECONDS: [f64; 10] = [0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.5, 2.5, 10.0];
/// Are the bounds of the buckets of sizes, in octets.
const OCTETS: [f64; 7] = [1e3, 1e4, 1e5, 1e6, 4e6, 16e6, 64e6];

/// Names the figures, with their kind and what they tell.
const NAMES: [(&str, &str, &str); 12] = [
    ("roundsman_reports_total", "counter", "Reports by what became of them."),
    ("roundsman_readings_total", "counter", "Readings in accepted reports."),
    ("roundsman_requests_total", "counter", "Requests by route and status."),
    ("roundsman_unknown_callers_total", "counter", "Credentials, tokens and codes that are not known."),
    ("roundsman_senders", "gauge", "Agents and device modules by state."),
    ("roundsman_tenants", "gauge", "Tenants."),
    ("roundsman_devices", "gauge", "Devices."),
    ("roundsman_devices_overdue", "gauge", "Devices that have not been read for too long."),
    ("roundsman_store_octets", "gauge", "Size of the store."),
    ("roundsman_store_free_octets", "gauge", "Of it, free for reuse."),
    ("roundsman_report_octets", "histogram", "Size of reports as they travelled."),
    ("roundsman_intake_seconds", "histogram", "Time from a report's head to its answer."),
];

/// Counts, and tells what was counted.
pub struct Figures(Mutex<Counted>);

struct Counted {
    /// By name and labels as they are written: all of them are ours, so they are few and need no escaping.
    numbers: BTreeMap<(&'static str, String), u64>,
    /// Counted with every report and every request, so without making texts for it: reports by what
    /// became of them, requests by route and status.
    reports: BTreeMap<&'static str, u64>,
    requests: BTreeMap<String, BTreeMap<u16, u64>>,
    report_octets: Histogram<7>,
    intake_seconds: Histogram<10>,
}

struct Histogram<const N: usize> {
    bounds: [f64; N],
    /// How many were up to each bound and above the one before.
    counts: [u64; N],
    sum: f64,
    total: u64,
}

impl<const N: usize> Histogram<N> {
    fn new(bounds: [f64; N]) -> Self {
        Histogram { bounds, counts: [0; N], sum: 0.0, total: 0 }
    }

    fn record(&mut self, value: f64) {
        if let Some(bucket) = self.bounds.iter().position(|bound| value <= *bound) {
            self.counts[bucket] += 1;
        }
        self.sum += value;
        self.total += 1;
    }

    fn write(&self, name: &str, text: &mut String) {
        let mut count = 0;
        for (bound, more) in self.bounds.iter().zip(&self.counts) {
            count += more;
            line(text, format_args!("{name}_bucket{{le=\"{bound}\"}} {count}"));
        }
        line(text, format_args!("{name}_bucket{{le=\"+Inf\"}} {}", self.total));
        line(text, format_args!("{name}_sum {}", self.sum));
        line(text, format_args!("{name}_count {}", self.total));
    }
}

fn line(text: &mut String, line: std::fmt::Arguments<'_>) {
    writeln!(text, "{line}").expect("writing to memory does not fail");
}

impl Default for Figures {
    fn default() -> Self {
        let (numbers, reports, requests) = (BTreeMap::new(), BTreeMap::new(), BTreeMap::new());
        let counted =
            Counted { numbers, reports, requests, report_octets: Histogram::new(OCTETS), intake_seconds: Histogram::new(SECONDS) };
        Figures(Mutex::new(counted))
    }
}

impl Figures {
    /// Returns all figures.
    pub fn text(&self) -> String {
        let counted = locked(&self.0);
        let mut text = String::new();
        for (name, kind, help) in NAMES {
            line(&mut text, format_args!("# HELP {name} {help}"));
            line(&mut text, format_args!("# TYPE {name} {kind}"));
            match name {
                "roundsman_report_octets" => counted.report_octets.write(name, &mut text),
                "roundsman_intake_seconds" => counted.intake_seconds.write(name, &mut text),
                "roundsman_reports_total" => {
                    for (outcome, value) in &counted.reports {
                        line(&mut text, format_args!("{name}{{outcome=\"{outcome}\"}} {value}"));
                    }
                }
                "roundsman_requests_total" => {
                    for (route, by_status) in &counted.requests {
                        for (status, value) in by_status {
                            line(&mut text, format_args!("{name}{{route=\"{route}\",status=\"{status}\"}} {value}"));
                        }
                    }
                }
                _ => {
                    let first = (name, String::new());
                    for ((_, labels), value) in counted.numbers.range(first..).take_while(|((known, _), _)| *known == name) {
                        line(&mut text, format_args!("{name}{labels} {value}"));
                    }
                }
            }
        }
        text
    }

    fn add(&self, name: &'static str, labels: String, by: u64) {
        *locked(&self.0).numbers.entry((name, labels)).or_default() += by;
    }

    fn set(&self, name: &'static str, labels: String, value: u64) {
        locked(&self.0).numbers.insert((name, labels), value);
    }

    /// Counts a report by what became of it.
    pub fn report(&self, outcome: &'static str, octets: usize, took: Duration) {
        let mut counted = locked(&self.0);
        *counted.reports.entry(outcome).or_default() += 1;
        counted.intake_seconds.record(took.as_secs_f64());
        // One that was refused by its head has no size.
        if octets > 0 {
            counted.report_octets.record(octets as f64);
        }
    }

    /// Counts the readings of a report that was accepted.
    pub fn readings(&self, count: usize) {
        self.add("roundsman_readings_total", String::new(), count as u64);
    }

    /// Counts a request of any kind, by the pattern of its route.
    pub fn request(&self, route: &str, status: u16) {
        let mut counted = locked(&self.0);
        match counted.requests.get_mut(route) {
            Some(by_status) => *by_status.entry(status).or_default() += 1,
            None => drop(counted.requests.insert(route.to_owned(), BTreeMap::from([(status, 1)]))),
        }
    }

    /// Counts a name and password, a token or a code that is not known.
    pub fn unknown_caller(&self, kind: &'static str) {
        self.add("roundsman_unknown_callers_total", format!("{{kind=\"{kind}\"}}"), 1);
    }

    /// Tells how many senders are in a state.
    pub fn senders(&self, state: &'static str, count: u64) {
        self.set("roundsman_senders", format!("{{state=\"{state}\"}}"), count);
    }

    /// Tells how much there is.
    pub fn counts(&self, counts: &Counts, size: &Size) {
        for (name, value) in [
            ("roundsman_tenants", counts.tenants),
            ("roundsman_devices", counts.devices),
            ("roundsman_devices_overdue", counts.devices_overdue),
            ("roundsman_store_octets", size.octets),
            ("roundsman_store_free_octets", size.free_octets),
        ] {
            self.set(name, String::new(), value);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn figures_are_told_as_prometheus_reads_them() {
        let figures = Figures::default();
        figures.report("accepted", 2_000, Duration::from_millis(3));
        figures.report("accepted", 500, Duration::from_secs(20));
        figures.report("unknown", 0, Duration::from_millis(1));
        figures.senders("running", 4);
        let text = figures.text();
        for line in [
            "# TYPE roundsman_reports_total counter",
            "roundsman_reports_total{outcome=\"accepted\"} 2",
            "roundsman_reports_total{outcome=\"unknown\"} 1",
            "roundsman_senders{state=\"running\"} 4",
            "roundsman_report_octets_bucket{le=\"1000\"} 1",
            "roundsman_report_octets_bucket{le=\"10000\"} 2",
            "roundsman_report_octets_bucket{le=\"+Inf\"} 2",
            "roundsman_report_octets_count 2",
            "roundsman_intake_seconds_bucket{le=\"10\"} 2",
            "roundsman_intake_seconds_bucket{le=\"+Inf\"} 3",
        ] {
            assert!(text.lines().any(|known| known == line), "{line}\n{text}");
        }
    }
}
