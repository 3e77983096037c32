//! Rounds over simulated printers on real sockets, into the store.

mod common;

use std::net::Ipv4Addr;
use std::sync::atomic::AtomicBool;

use agent::config::Config;
use agent::gather::{Gathered, Kept, Round, gather};
use agent::shared::Shared;
use agent::store::Store;
use common::Folder;
use common::printers::Printers;
use jiff::tz::TimeZone;
use wire::Value;

fn config(port: u16, range: &str, more: &str) -> Config {
    let text = format!("[discovery]\nranges = ['{range}']\nport = {port}\nrate = 0\n{more}");
    settings::parse(&text, "agent.toml").unwrap().value
}

fn round(round: Round, config: &Config, store: &Shared) -> Gathered {
    gather(round, config, store, &TimeZone::UTC, &Kept::default(), &AtomicBool::new(false), |_| {}).unwrap()
}

#[test]
fn printers_are_found_read_and_read_again() {
    let printers = Printers::start(Ipv4Addr::new(127, 41, 1, 0), 64, 12);
    let folder = Folder::new();
    let store = Shared::new(Store::open(folder.path()).unwrap());
    let config = config(printers.port, "127.41.1.0/26", "");
    let found = round(Round::Discover, &config, &store);
    assert_eq!((found.read, found.silent), (12, 0));
    assert!(found.data_at.is_some());
    assert_eq!(store.lock().counts().unwrap(), (12, 0));
    let read = round(Round::Read, &config, &store);
    assert_eq!((read.read, read.silent), (12, 0));
    // Nobody was taken for a new one, and of the day only the last word waits.
    assert_eq!(store.lock().counts().unwrap(), (12, 0));
    assert_eq!(store.lock().unsent_count().unwrap(), 12);
    let device = store.lock().device(1).unwrap().unwrap();
    assert!(device.facts.contains_key("meters/total/value"), "{:?}", device.facts.keys().collect::<Vec<_>>());
}

#[test]
fn a_printer_that_falls_silent_is_told_to_be_unreachable_and_keeps_its_facts() {
    let printers = Printers::start(Ipv4Addr::new(127, 41, 2, 0), 16, 2);
    let folder = Folder::new();
    let store = Shared::new(Store::open(folder.path()).unwrap());
    let config = config(printers.port, "127.41.2.0/28", "[poll]\nprotocols = ['snmp']\n");
    assert_eq!(round(Round::Discover, &config, &store).read, 2);
    let before = store.lock().device(1).unwrap().unwrap();
    drop(printers);
    let read = round(Round::Read, &config, &store);
    assert_eq!((read.read, read.silent, read.data_at), (0, 2, None));
    let after = store.lock().device(1).unwrap().unwrap();
    assert_eq!(after.facts.get("presence"), Some(&Value::from("unreachable")));
    assert_eq!(after.facts_at, before.facts_at);
    assert_eq!(after.facts.len(), before.facts.len());
    let unsent = store.lock().unsent_of(1).unwrap();
    assert_eq!(unsent.iter().map(|reading| reading.whole).collect::<Vec<_>>(), [true, false]);
}

#[test]
fn d_16_a_host_that_is_there_and_will_not_talk_is_refusing() {
    let printers = Printers::start(Ipv4Addr::new(127, 41, 5, 0), 16, 1);
    let folder = Folder::new();
    let store = Shared::new(Store::open(folder.path()).unwrap());
    let config = config(printers.port, "127.41.5.0/28", "");
    assert_eq!(round(Round::Discover, &config, &store).read, 1);
    drop(printers);
    // Its SNMP is gone; the host refuses a connection at the port of IPP.
    assert_eq!(round(Round::Read, &config, &store).silent, 1);
    let device = store.lock().device(1).unwrap().unwrap();
    assert_eq!(device.facts.get("presence"), Some(&Value::from("refusing")));
}

#[test]
fn nobody_outside_the_limit_is_asked_and_who_was_known_there_is_left_alone() {
    let printers = Printers::start(Ipv4Addr::new(127, 41, 3, 0), 64, 20);
    let folder = Folder::new();
    let store = Shared::new(Store::open(folder.path()).unwrap());
    let everywhere = config(printers.port, "127.41.3.0/26", "");
    assert_eq!(round(Round::Discover, &everywhere, &store).read, 20);
    let limited = config(printers.port, "127.41.3.0/26", "[poll]\nallow = ['127.41.3.0-127.41.3.31']\n");
    let inside = printers.addresses.iter().filter(|address| matches!(address, std::net::IpAddr::V4(v4) if v4.octets()[3] < 32)).count();
    let read = round(Round::Read, &limited, &store);
    assert_eq!((read.read, read.silent), (inside as u64, 0));
    assert!(inside < 20);
}

#[test]
fn where_there_is_no_printer_nothing_is_found() {
    let printers = Printers::start(Ipv4Addr::new(127, 41, 4, 0), 16, 1);
    let folder = Folder::new();
    let store = Shared::new(Store::open(folder.path()).unwrap());
    let elsewhere = config(printers.port, "127.41.5.0/28", "");
    let found = round(Round::Discover, &elsewhere, &store);
    assert_eq!((found.read, found.silent, found.data_at), (0, 0, None));
    assert_eq!(round(Round::Read, &elsewhere, &store), Gathered::default());
}
