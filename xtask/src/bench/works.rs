//! What is measured: each work with its printers, its contenders and its budgets.

use std::path::{Path, PathBuf};

use anyhow::{Result, bail};

use super::Bench;
use super::fleet::{self, Fleet, Printers};
use super::peers;
use super::series::{self, Contender, Series, Tells, words};
use super::summary::{Summary, distinct_addresses};
use super::table::{Bound, Budget, Row, Table};

pub(super) const NETWORK: &str = "127.16.0.0/16";
const LARGE_NETWORK: &str = "127.16.0.0/14";
/// How many times as many printers the large network holds.
const MANY: u32 = 50;
/// As slow as real ones, each in its own way, and busy with one request at a time.
const SLOW: &[&str] = &["--delay-ms", "20-200", "--serial"];

/// The values that a server wants.
pub(super) const SECTIONS: &str = "identity,meters,supplies,inputs,alerts,status";
/// How often devices are read again, and how many of them net-snmp reads: starting a program for
/// each question is slow, so a tenth must do.
const AGAIN: u32 = 20;
const FEW: u32 = 200;

/// Finding 2,000 printers among 65,536 addresses, on a good network and on a bad one.
pub fn sweep(bench: &Bench) -> Result<Vec<Table>> {
    let good = one_sweep(bench, &[], "", |row| {
        vec![Budget::new("wall s", Bound::Below(2.0), row.wall_s), Budget::new("MiB", Bound::AtMost(8.0), row.peak_mib)]
    })?;
    let bad = one_sweep(bench, &["--loss", "5"], ", 5 % of the requests lost", |row| {
        vec![
            Budget::new("found", Bound::AtLeast(1998.0), row.found.map(|found| found as f64)),
            Budget::new("wall s", Bound::Below(4.0), row.wall_s),
            Budget::new("CPU s", Bound::AtMost(1.2), row.cpu_s),
        ]
    })?;
    Ok(vec![good, bad])
}

fn one_sweep(bench: &Bench, manners: &'static [&'static str], circumstance: &str, budgets: fn(&Row) -> Vec<Budget>) -> Result<Table> {
    let printers = Printers { network: NETWORK, count: bench.devices, manners };
    let fleet = Fleet::start(&bench.program, &bench.folder, printers)?;
    let everywhere = bench.folder.join("addresses");
    let size = fleet::write_addresses(NETWORK, &everywhere)?;
    // Lists of addresses carry no count of requests: a run of its own, not timed, tells it.
    let counted = series::once(bench, &fleet, &identify(bench, &fleet, "none", Tells::Summary))?;
    let requests = counted.summary.map(|summary| summary.requests as f64);

    let mut contenders = vec![identify(bench, &fleet, "addresses", Tells::Addresses)];
    contenders.extend(peers::onesixtyone(bench, &fleet, &everywhere)?);
    contenders.extend(peers::braa(&fleet)?);
    let mut rows = Vec::new();
    for series in series::in_turn(bench, &fleet, &contenders)? {
        let requests = match series.name.as_str() {
            OURS => requests,
            peers::ASKS_ONCE => Some(f64::from(size)),
            _ => None,
        };
        rows.push(Row { requests, ..Row::of(&series, requests) });
    }
    with_budgets(bench, &mut rows[0], budgets);
    let title = format!("sweep: {} printers among {size} addresses, unthrottled{circumstance}", bench.devices);
    let notes = vec!["Our requests were counted in one more run, which was not timed.".to_string()];
    Ok(Table { title, unit: "request", rows, notes })
}

/// Reading 2,000 printers of a list, everything decoded.
pub fn read(bench: &Bench) -> Result<Vec<Table>> {
    let fleet = Fleet::start(&bench.program, &bench.folder, Printers { network: NETWORK, count: bench.devices, manners: &[] })?;
    let list = write_list(bench, &fleet, bench.devices)?;
    let few = bench.devices.min(FEW);
    let mut contenders = vec![reading(bench, &fleet, OURS.to_string(), &list, 0)];
    contenders.extend(peers::net_snmp(bench, &fleet, &list, few)?);
    let mut rows = Vec::new();
    for series in series::in_turn(bench, &fleet, &contenders)? {
        let devices = if series.name == OURS { bench.devices } else { few };
        rows.push(Row::of(&series, Some(f64::from(devices))));
    }
    let devices = f64::from(bench.devices);
    with_budgets(bench, &mut rows[0], |row| {
        vec![
            Budget::new("µs a device", Bound::AtMost(60.0), row.unit_us.map(|(median, _)| median)),
            Budget::new("requests a device", Bound::AtMost(5.3), row.requests.map(|requests| requests / devices)),
            Budget::new("MiB", Bound::AtMost(16.0), row.peak_mib),
        ]
    });
    let title = format!("read: {} printers of a list, {SECTIONS}", bench.devices);
    Ok(vec![Table { title, unit: "device", rows, notes: Vec::new() }])
}

/// Reading them again: the difference between a run with re-reads and one without.
pub fn reread(bench: &Bench) -> Result<Vec<Table>> {
    let fleet = Fleet::start(&bench.program, &bench.folder, Printers { network: NETWORK, count: bench.devices, manners: &[] })?;
    let list = write_list(bench, &fleet, bench.devices)?;
    let contenders = [
        reading(bench, &fleet, "read once".to_string(), &list, 0),
        reading(bench, &fleet, format!("and {AGAIN} times again"), &list, AGAIN),
    ];
    let all = series::in_turn(bench, &fleet, &contenders)?;
    let [once, again] = all.as_slice() else { bail!("two contenders give two series") };
    let more = Difference::between(once, again);
    let mut row = Row {
        name: "so one re-read".to_string(),
        unit_us: more
            .rereads
            .map(|rereads| ((again.cpu() - once.cpu()) * 1e6 / rereads, (again.best_cpu() - once.best_cpu()) * 1e6 / rereads)),
        ..Row::default()
    };
    with_budgets(bench, &mut row, |row| {
        vec![
            Budget::new("µs", Bound::AtMost(15.0), row.unit_us.map(|(median, _)| median)),
            // A printer that moved meanwhile is asked more; one in a hundred may.
            Budget::new("requests", Bound::AtMost(1.01), more.requests_each()),
        ]
    });
    let rows = vec![Row::of(once, None), Row::of(again, None), row];
    let title = format!("reread: {} printers read again, only what moves", bench.devices);
    Ok(vec![Table { title, unit: "re-read", rows, notes: vec![more.note(bench.devices * AGAIN)] }])
}

/// What a run with re-reads did more than one without.
struct Difference {
    /// How many re-reads were made.
    rereads: Option<f64>,
    requests: Option<f64>,
}

impl Difference {
    fn between(once: &Series, again: &Series) -> Self {
        let more = |figure: fn(&Summary) -> u64| Some(again.told(figure)? - once.told(figure)?).filter(|more| *more > 0.0);
        Difference { rereads: more(|summary| summary.readings()), requests: more(|summary| summary.requests) }
    }

    fn requests_each(&self) -> Option<f64> {
        Some(self.requests? / self.rereads?)
    }

    fn note(&self, wanted: u32) -> String {
        match (self.rereads, self.requests_each()) {
            (Some(rereads), Some(each)) => format!("{rereads:.0} of {wanted} re-reads were made, with {each:.3} requests each."),
            _ => "The summaries tell of no re-reads.".to_string(),
        }
    }
}

/// Reading 2,000 printers that take their time.
pub fn slow(bench: &Bench) -> Result<Vec<Table>> {
    let printers = Printers { network: NETWORK, count: bench.devices, manners: SLOW };
    read_slow(bench, "slow", printers, |row| vec![Budget::new("wall s", Bound::AtMost(1.3), row.wall_s)])
}

/// Reading 100,000 of them.
pub fn many(bench: &Bench) -> Result<Vec<Table>> {
    let printers = Printers { network: LARGE_NETWORK, count: bench.devices * MANY, manners: SLOW };
    read_slow(bench, "many", printers, |row| {
        vec![Budget::new("wall s", Bound::AtMost(10.0), row.wall_s), Budget::new("MiB", Bound::AtMost(64.0), row.peak_mib)]
    })
}

fn read_slow(bench: &Bench, work: &str, printers: Printers, budgets: fn(&Row) -> Vec<Budget>) -> Result<Vec<Table>> {
    let fleet = Fleet::start(&bench.program, &bench.folder, printers)?;
    let list = write_list(bench, &fleet, printers.count)?;
    let all = series::in_turn(bench, &fleet, &[reading(bench, &fleet, OURS.to_string(), &list, 0)])?;
    let mut rows: Vec<Row> = all.iter().map(|series| Row::of(series, Some(f64::from(printers.count)))).collect();
    with_budgets(bench, &mut rows[0], budgets);
    let title = format!("{work}: {} printers that take 20 to 200 ms, one request at a time each", printers.count);
    Ok(vec![Table { title, unit: "device", rows, notes: Vec::new() }])
}

pub(super) fn with_budgets(bench: &Bench, row: &mut Row, budgets: impl Fn(&Row) -> Vec<Budget>) {
    if bench.has_budgets() {
        row.budgets = budgets(row);
    }
}

/// The name of our rows.
pub(super) const OURS: &str = "roundsman";

fn identify(bench: &Bench, fleet: &Fleet, format: &str, tells: Tells) -> Contender {
    let arguments = words(&format!("scan --identify --rate 0 --format {format} --port {} {}", fleet.port, fleet.network));
    Contender { name: OURS.to_string(), program: bench.program.clone(), arguments, tells }
}

pub(super) fn reading(bench: &Bench, fleet: &Fleet, name: String, list: &Path, again: u32) -> Contender {
    let mut arguments = words(&format!("scan --rate 0 --port {} --sections {SECTIONS} --format none --again {again} --list", fleet.port));
    arguments.push(list.display().to_string());
    Contender { name, program: bench.program.clone(), arguments, tells: Tells::Summary }
}

/// Writes the addresses of a fleet to a file, as a sweep finds them.
pub(super) fn write_list(bench: &Bench, fleet: &Fleet, count: u32) -> Result<PathBuf> {
    let path = bench.folder.join("devices");
    let mut sweep = identify(bench, fleet, "addresses", Tells::Nothing);
    sweep.arguments.extend(["--output".to_string(), path.display().to_string()]);
    series::once(bench, fleet, &sweep)?;
    let found = distinct_addresses(&path)?;
    if found != u64::from(count) {
        bail!("a sweep found {found} of the {count} printers that are to be read; is another one running?");
    }
    Ok(path)
}
