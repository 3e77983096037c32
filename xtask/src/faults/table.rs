//! The block of `docs/reliability.md` that the command writes.

use std::fmt::Write as _;
use std::time::Duration;

use anyhow::{Context, Result};

use super::Counts;

const BEGIN: &str = "<!-- written by `cargo xtask faults`: begin -->";
const END: &str = "<!-- end -->";

/// One fault: what it is called in the document, what the tests call it, and how often CI runs it.
struct Row {
    says: &'static str,
    names: &'static [&'static str],
    in_ci: &'static str,
}

const ROWS: &[Row] = &[
    Row { says: "SIGKILL of the agent at any moment", names: &["kill.agent"], in_ci: "20" },
    Row { says: "SIGKILL of the server at any moment", names: &["kill.server"], in_ci: "20" },
    Row { says: "SIGKILL of the module at any moment", names: &["kill.device"], in_ci: "20" },
    Row { says: "Power cut under the server's store", names: &["power.server"], in_ci: "120" },
    Row { says: "Power cut under the agent's store", names: &["power.agent"], in_ci: "120" },
    Row { says: "Network cut in mid-handshake, mid-request or mid-reply", names: &["network.cut"], in_ci: "60" },
    Row { says: "Silent connections held at once", names: &["idle.connections"], in_ci: "990" },
    Row { says: "Devices that return after an outage", names: &["comeback.devices"], in_ci: "1,000,000" },
    Row { says: "Simulated seeds, each of twelve days", names: &["simulate.seeds"], in_ci: "50" },
    Row { says: "Simulated steps, each compared with the reference", names: &["simulate.steps"], in_ci: "by seed" },
    Row { says: "Simulated: agent killed between two steps", names: &["simulate.agents killed between two steps"], in_ci: "by seed" },
    Row {
        says: "Simulated: module killed between two steps, its flash torn",
        names: &["simulate.modules killed between two steps"],
        in_ci: "by seed",
    },
    Row { says: "Simulated: server killed, goes on from its files", names: &["simulate.servers killed"], in_ci: "by seed" },
    Row { says: "Simulated: request lost on the way", names: &["simulate.requests lost"], in_ci: "by seed" },
    Row { says: "Simulated: reply lost after the commit", names: &["simulate.replies lost"], in_ci: "by seed" },
    Row { says: "Simulated: request delivered twice", names: &["simulate.requests that came twice"], in_ci: "by seed" },
    Row { says: "Simulated: old request delivered late, out of order", names: &["simulate.old requests that came late"], in_ci: "by seed" },
    Row { says: "Simulated: server answers 5xx", names: &["simulate.answers 5xx"], in_ci: "by seed" },
    Row { says: "Simulated: server answers 429 with a wait", names: &["simulate.answers 429"], in_ci: "by seed" },
    Row { says: "Simulated: server hangs", names: &["simulate.hanging servers"], in_ci: "by seed" },
    Row { says: "Simulated: no way to the server", names: &["simulate.networks cut", "simulate.connections refused"], in_ci: "by seed" },
    Row { says: "Simulated: agent's disk full", names: &["simulate.disks filled"], in_ci: "by seed" },
    Row { says: "Simulated: server's disk full", names: &["simulate.server disks without room"], in_ci: "by seed" },
    Row {
        says: "Simulated: clock set, by minutes or up to a year, ahead or behind",
        names: &["simulate.clocks set", "simulate.clocks of modules set"],
        in_ci: "by seed",
    },
    Row { says: "Simulated: time zone changed", names: &["simulate.zones changed"], in_ci: "by seed" },
    Row { says: "Simulated: agent's disk put back to an older state", names: &["simulate.disks restored from a backup"], in_ci: "by seed" },
    Row {
        says: "Simulated: a module's image put into another printer",
        names: &["simulate.images of a module put into another printer"],
        in_ci: "by seed",
    },
    Row {
        says: "Simulated: printer silent, or found at another address",
        names: &["simulate.printers gone silent", "simulate.addresses swapped"],
        in_ci: "by seed",
    },
];

/// Writes the result of a run.
pub fn block(counts: &Counts, failed: &[&str], took: Duration) -> String {
    let mut text = format!("{BEGIN}\n\n");
    let verdict = match failed {
        [] => "0 lost, 0 doubled, nothing failed".to_owned(),
        failed => format!("**failed: {}**", failed.join(", ")),
    };
    writeln!(text, "Last run of `cargo xtask faults`: {verdict}, in {} minutes.\n", took.as_secs().div_ceil(60)).expect("to a string");
    text.push_str("| Fault | Runs in CI | Runs in the last `cargo xtask faults` |\n|---|---:|---:|\n");
    for row in ROWS {
        let found: Vec<u64> = row.names.iter().filter_map(|name| counts.get(*name).copied()).collect();
        // What did not report did not pass, and must not look as if it had.
        let count = if found.is_empty() { "none".to_owned() } else { grouped(found.iter().sum()) };
        writeln!(text, "| {} | {} | {count} |", row.says, row.in_ci).expect("to a string");
    }
    write!(text, "\n{END}").expect("to a string");
    text
}

/// Puts the block into the document, in the place of the one before.
pub fn put(document: &str, block: &str) -> Result<String> {
    let (before, rest) = document.split_once(BEGIN).with_context(|| format!("docs/reliability.md has no line `{BEGIN}`"))?;
    let (_, after) = rest.split_once(END).with_context(|| format!("docs/reliability.md has no line `{END}`"))?;
    Ok(format!("{before}{block}{after}"))
}

/// Writes a number with its thousands apart.
fn grouped(number: u64) -> String {
    let digits = number.to_string();
    let mut text = String::new();
    for (place, digit) in digits.chars().enumerate() {
        if place > 0 && (digits.len() - place).is_multiple_of(3) {
            text.push(',');
        }
        text.push(digit);
    }
    text
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn thousands_stand_apart() {
        assert_eq!([0, 7, 999, 1000, 1_234_567].map(grouped), ["0", "7", "999", "1,000", "1,234,567"]);
    }

    #[test]
    fn the_block_takes_the_place_of_the_one_before() {
        let counts = Counts::from([("kill.agent".to_owned(), 200)]);
        let block = block(&counts, &[], Duration::from_secs(61));
        assert!(block.contains("| SIGKILL of the agent at any moment | 20 | 200 |"), "{block}");
        assert!(block.contains("| SIGKILL of the server at any moment | 20 | none |"), "{block}");
        let document = format!("# Title\n\n{BEGIN}\nwhat stood here before\n{END}\n\nend\n");
        let new = put(&document, &block).unwrap();
        assert!(new.starts_with("# Title") && new.ends_with("end\n") && !new.contains("what stood here before"), "{new}");
        assert_eq!(put(&new, &block).unwrap(), new);
    }

    #[test]
    fn a_failure_is_told_first() {
        assert!(block(&Counts::new(), &["programs"], Duration::ZERO).contains("**failed: programs**"));
    }

    #[test]
    fn a_document_without_a_place_is_an_error() {
        assert!(put("# Title\n", "x").is_err());
    }
}
