//! A month of agent and server on a simulated clock: every day's report is expected, and what
//! became of it stands in the ledger.
//!
//! The real parts run without sockets and without waiting: printers of `sim` are read through
//! `survey`, an agenda decides, the agent's store, spool, ledger and synchronisation send, and an
//! in-process server takes, merges and watches. Thirty days in Amsterdam, over the night in which
//! clocks are set back, with a host that is off, a link that is cut, a reply that is lost, a printer
//! that is switched off for two days and one that is gone for good.
//!
//! Of the fleet a few dozen are living printers that are asked over SNMP; reading 2,000 of them thirty
//! times would take minutes. The others are records of these printers under names of their own, cut to
//! some forty values, whose meters and levels move by a small function of device and day; from
//! `wire::facts` on they go the same way. A round takes its time, and is kept when it has ended.

mod agent;
mod calendar;
mod checks;
mod month;
mod office;
mod site;

use std::time::Instant;

use calendar::Calendar;
use month::{Month, Options};

fn play(options: Options) -> Month {
    let began = Instant::now();
    let month = Month::play(options, Calendar::new());
    eprintln!("{} in {:.1} s", month.summary(), began.elapsed().as_secs_f64());
    month
}

#[test]
fn thirty_days_of_two_thousand_devices_leave_a_line_for_every_day() {
    let month = play(Options { devices: 2_000, simulated: 30, seed: 30, catch_up: false });
    checks::everything(&month);
}

#[test]
fn an_agent_that_catches_up_reports_as_soon_as_it_can() {
    let month = play(Options { devices: 200, simulated: 20, seed: 31, catch_up: true });
    checks::everything(&month);
}

#[test]
fn the_same_seed_gives_the_same_month() {
    let digest = |seed| play(Options { devices: 40, simulated: 8, seed, catch_up: false }).digest();
    assert_eq!(digest(7), digest(7));
    assert_ne!(digest(7), digest(8));
}
