//! SIGKILL at any moment: nothing is put in order, and everything is there afterwards, once.

use std::time::Duration;

use agent::store::Store;
use sim::Chance;

use crate::site::Site;
use crate::verdict::{Promise, verdict};
use crate::{passed, runs, seed};

/// A program is killed at some moment within so long after it was asked to read and report.
const WINDOW_MS: u64 = 1500;

#[derive(Clone, Copy, PartialEq)]
enum Victim {
    Agent,
    Server,
}

#[test]
fn an_agent_killed_at_any_moment_loses_nothing() {
    passed("kill.agent", kill(Victim::Agent));
}

#[test]
fn a_server_killed_at_any_moment_loses_nothing() {
    passed("kill.server", kill(Victim::Server));
}

fn kill(victim: Victim) -> u64 {
    let (count, mut chance) = (runs(20), Chance::new(seed()));
    let site = Site::new();
    let mut promises = Vec::new();
    let (mut server, mut agent) = (site.start_server(), site.start_agent());
    site.settle();
    for _ in 0..count {
        // Whether it can be asked does not matter: it reads and reports by itself as well.
        let _ = site.ask_agent(&["sync-now"]);
        // Chance decides at which moment of its work it is hit; nothing is waited for.
        std::thread::sleep(Duration::from_millis(chance.below(WINDOW_MS)));
        match victim {
            Victim::Agent => {
                agent.kill();
                promises.extend(promised(&site));
                agent = site.start_agent();
            }
            Victim::Server => {
                server.kill();
                server = site.start_server();
            }
        }
    }
    site.settle();
    agent.kill();
    promises.extend(promised(&site));
    server.kill();
    let verdict = verdict(&site, &promises);
    println!("{verdict}");
    count
}

/// Reads what the agent has on its disk and has not been relieved of.
fn promised(site: &Site) -> Vec<Promise> {
    let store = Store::open(&site.agent()).unwrap();
    let mut promises = Vec::new();
    let mut after = 0;
    while let Some(device) = store.unsent_after(after).unwrap() {
        after = device;
        let unsent = store.unsent_of(device).unwrap();
        promises
            .extend(unsent.into_iter().filter(|reading| reading.whole).map(|reading| Promise { device, observed_at: reading.observed_at }));
    }
    promises
}
