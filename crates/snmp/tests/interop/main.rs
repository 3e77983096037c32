//! SNMPv3 with engines written by others: net-snmp, async-snmp and snmpsim, every pair of
//! algorithms that they have, in both directions, with and without a context.
//!
//! What works is the table of docs/snmpv3-interoperability.md. To write it anew, run this with
//! ROUNDSMAN_WRITE_DOCS=1 and read the difference.
#![allow(clippy::disallowed_types, clippy::disallowed_methods, reason = "the others speak over real sockets, from real processes")]

mod ours;
mod pairs;
mod peers;
mod theirs;

use std::fmt::Write as _;
use std::fs;
use std::path::Path;

use pairs::Pair;

/// Is the context that every engine here has beside the default one.
const CONTEXT: &str = "Jetdirect";
/// Is what every engine here says of itself as sysDescr.
const DESCRIPTION: &str = "An example host";

/// Is what was tried with one peer in one direction.
struct Column {
    title: &'static str,
    /// Says what became of a pair: without and with a context; nothing where the peer has no such pair.
    cells: Vec<Option<(Tried, Tried)>>,
}

/// Is whether it worked, or why not; nothing where the peer has no such thing.
type Tried = Option<Result<(), String>>;

#[test]
fn every_pair_works_with_every_engine_that_has_it_as_the_table_says() {
    let pairs = Pair::all();
    let users: Vec<&Pair> = pairs.iter().filter(|pair| pair.is_permitted()).collect();
    let snmpd = peers::snmpd(&users);
    let snmpsim = peers::snmpsim(&users);
    let agent = theirs::agent(&users);
    let engine = ours::Engine::start(&users);
    let columns = [
        column("net-snmp `snmpd`", &pairs, |pair| {
            pair.net_snmp_privacy()?;
            Some(both(|context| ours::ask(snmpd.address, pair, context)))
        }),
        column("net-snmp `snmpget`", &pairs, |pair| {
            pair.net_snmp_privacy()?;
            Some(both(|context| peers::snmpget(engine.address, pair, context)))
        }),
        column("async-snmp agent", &pairs, |pair| theirs::has(pair).then(|| both(|context| ours::ask(agent.address, pair, context)))),
        column("async-snmp client", &pairs, |pair| theirs::has(pair).then(|| both(|context| theirs::ask(engine.address, pair, context)))),
        // Its objects are in contexts alone: one for each recording.
        column("snmpsim", &pairs, |pair| {
            pair.snmpsim_privacy()?;
            Some((None, Some(ours::ask(snmpsim.address, pair, CONTEXT))))
        }),
        column("net-snmp `snmptrap`", &pairs, |pair| {
            pair.net_snmp_privacy()?;
            Some((Some(peers::notify("snmptrap", pair)), None))
        }),
        column("net-snmp `snmpinform`", &pairs, |pair| {
            pair.net_snmp_privacy()?;
            Some((Some(peers::notify("snmpinform", pair)), None))
        }),
    ];
    let failures: Vec<String> = columns.iter().flat_map(|column| failures(column, &pairs)).collect();
    assert!(failures.is_empty(), "{}", failures.join("\n"));
    if !cryptography::IS_FIPS {
        is_in_the_docs(&table(&columns, &pairs));
    }
}

#[test]
fn what_is_not_permitted_is_refused_by_name() {
    for pair in Pair::all().into_iter().filter(|pair| !pair.is_permitted()) {
        let why = pair.user("").unwrap_err().to_string();
        assert!(pair.legacy().iter().any(|name| why.contains(name)), "{why}");
        assert!(why.contains("FIPS 140"), "{why}");
    }
}

fn column(title: &'static str, pairs: &[Pair], each: impl Fn(&Pair) -> Option<(Tried, Tried)>) -> Column {
    Column { title, cells: pairs.iter().map(|pair| pair.is_permitted().then(|| each(pair)).flatten()).collect() }
}

fn both(ask: impl Fn(&str) -> Result<(), String>) -> (Tried, Tried) {
    (Some(ask("")), Some(ask(CONTEXT)))
}

fn failures(column: &Column, pairs: &[Pair]) -> Vec<String> {
    let told = |(pair, cell): (&Pair, &Option<(Tried, Tried)>)| {
        let (plain, inside) = cell.as_ref()?;
        let why = [plain, inside].into_iter().flatten().find_map(|tried| tried.as_ref().err())?;
        Some(format!("{}: {pair}: {why}", column.title))
    };
    pairs.iter().zip(&column.cells).filter_map(told).collect()
}

/// Returns the table in Markdown: one row for each pair, one column for each peer.
fn table(columns: &[Column], pairs: &[Pair]) -> String {
    let mut text = String::from("| authentication | privacy | key extension |");
    columns.iter().for_each(|column| text.extend([" ", column.title, " |"]));
    text.push('\n');
    text.push_str(&"|---".repeat(3 + columns.len()));
    text.push_str("|\n");
    for (row, pair) in pairs.iter().enumerate() {
        let _ = write!(text, "{}", pair.cells());
        for column in columns {
            let cell = match &column.cells[row] {
                None => "–",
                Some((Some(_), Some(_))) => "yes, and in a context",
                Some((None, Some(_))) => "in a context",
                Some(_) => "yes",
            };
            text.extend([" ", cell, " |"]);
        }
        text.push('\n');
    }
    text
}

const BEGIN: &str = "<!-- table: written by the test -->\n";
const END: &str = "<!-- end of the table -->\n";

fn is_in_the_docs(table: &str) {
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../docs/snmpv3-interoperability.md");
    let page = fs::read_to_string(&path).unwrap_or_else(|error| panic!("{}: {error}", path.display()));
    let (before, rest) = page.split_once(BEGIN).expect("the page has a place for the table");
    let (told, behind) = rest.split_once(END).expect("the table has an end");
    if std::env::var_os("ROUNDSMAN_WRITE_DOCS").is_some() {
        fs::write(&path, format!("{before}{BEGIN}{table}{END}{behind}")).expect("the page can be written");
    } else {
        assert_eq!(told, table, "the page is not what was found; ROUNDSMAN_WRITE_DOCS=1 writes it anew");
    }
}
