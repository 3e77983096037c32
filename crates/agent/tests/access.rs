//! By what printers let the agent in: a fleet without v1 and v2c, a rotation, and printers that refuse.

mod common;

use std::net::Ipv4Addr;
use std::sync::Arc;
use std::sync::atomic::AtomicBool;

use agent::config::Config;
use agent::gather::{Gathered, Kept, Round, gather};
use agent::shared::Shared;
use agent::store::Store;
use common::Folder;
use common::printers::Printers;
use cryptography::Module;
use jiff::tz::TimeZone;
use sim::device::Conduct;
use sim::{Engines, FleetOptions};
use snmp::responder::Manners;
use snmp::usm::{Authentication, KeyExtension, Privacy, User, Words};
use wire::Value;

/// Makes printers that speak v3 alone, to a user with this password.
fn in_v3_alone(password: &str) -> FleetOptions {
    let words = Words {
        name: "service",
        authentication: Some((Authentication::Sha256, password)),
        privacy: Some((Privacy::Aes128, "a privacy password")),
        extension: KeyExtension::Blumenthal,
        context: "",
    };
    let user = Arc::new(User::new(&Module, &words).unwrap());
    let manners = Manners { v1: false, v2c: false, ..Manners::default() };
    FleetOptions {
        conduct: Conduct { manners, ..Conduct::default() },
        engines: Some(Arc::new(Engines::new(Arc::new(Module), vec![user]))),
        ..FleetOptions::default()
    }
}

/// Is a site with its agent, as far as that is between two rounds.
struct Site {
    folder: Folder,
    store: Shared,
    config: Config,
}

impl Site {
    fn new(printers: &Printers, range: &str) -> Self {
        let folder = Folder::new();
        let file = folder.path().join("credentials.toml");
        let text = format!(
            "[discovery]\nranges = ['{range}']\nport = {}\nrate = 0\nversions = ['v3']\ncredentials = '{}'\n[poll]\nprotocols = ['snmp']\n",
            printers.port,
            file.display()
        );
        let store = Shared::new(Store::open(folder.path()).unwrap());
        Site { store, config: settings::parse(&text, "agent.toml").unwrap().value, folder }
    }

    /// Gives the agent users with these passwords, the first one first.
    fn give(&self, passwords: &[&str]) {
        let mut text = "[[credentials]]\ntargets = ['127.0.0.0/8']\n".to_owned();
        for password in passwords {
            text.push_str(&format!(
                "[[credentials.users]]\nname = 'service'\nauthentication = 'SHA-256'\nauthentication_password = '{password}'\n\
                 privacy = 'AES-128'\nprivacy_password = 'a privacy password'\n"
            ));
        }
        std::fs::write(self.folder.path().join("credentials.toml"), text).unwrap();
    }

    fn round(&self, round: Round) -> Gathered {
        let kept = Kept { folder: Some(self.folder.path().to_owned()), ..Kept::default() };
        gather(round, &self.config, &self.store, &TimeZone::UTC, &kept, &AtomicBool::new(false), |_| {}).unwrap()
    }

    fn presence(&self, number: u32) -> Option<Value> {
        self.store.lock().device(number).unwrap().unwrap().facts.get("presence").cloned()
    }
}

/// Returns of each credential how many devices it serves, how many of these wait, and how many did not take it.
fn counts(gathered: &Gathered) -> Vec<(u64, u64, u64)> {
    let progress = gathered.progress.as_ref().expect("devices were asked");
    progress.credentials.iter().map(|line| (line.devices, line.waiting, line.turned_away)).collect()
}

#[test]
fn a_fleet_without_v1_and_v2c_reports_and_is_moved_to_another_password_in_stages() {
    let first = Ipv4Addr::new(127, 46, 1, 0);
    let printers = Printers::start_with(first, 16, 3, &in_v3_alone("the old password"));
    let site = Site::new(&printers, "127.46.1.0/28");
    site.give(&["the old password"]);
    let found = site.round(Round::Discover);
    assert_eq!((found.read, found.refusing_strangers, counts(&found)), (3, 0, vec![(3, 0, 0)]));
    // The new one stands in front, and the old one serves on.
    site.give(&["the new password", "the old password"]);
    let read = site.round(Round::Read);
    assert_eq!((read.read, read.silent), (3, 0));
    assert_eq!(counts(&read), [(0, 0, 3), (3, 3, 0)]);
    let why = read.progress.as_ref().unwrap().credentials[0].why.clone().unwrap();
    assert!(why.contains("usmStatsWrongDigests"), "{why}");
    // It is left alone now: nobody takes it a second time.
    assert_eq!(counts(&site.round(Round::Read)), [(0, 0, 3), (3, 3, 0)]);
    // The printers are changed. What served is refused, so the other one is worth a try at once.
    let port = printers.port;
    drop(printers);
    let _printers = Printers::try_start(first, 16, 3, port, &in_v3_alone("the new password")).expect("the port is free again");
    let refused = site.round(Round::Read);
    assert_eq!((refused.read, refused.silent, refused.again.as_slice()), (0, 0, &[1, 2, 3][..]));
    let looked = site.round(Round::Look(refused.again.into()));
    assert_eq!((looked.read, looked.again.len()), (3, 0));
    let progress = looked.progress.clone().unwrap();
    assert_eq!((counts(&looked)[0], progress.refusing, progress.by_former), ((3, 0, 0), 0, 0));
    assert!(progress.is_complete());
    // The old one is taken away, and nothing is missed.
    site.give(&["the new password"]);
    assert_eq!(counts(&site.round(Round::Read)), [(3, 0, 0)]);
    assert_eq!(site.store.lock().counts().unwrap(), (3, 0));
}

#[test]
fn a_printer_that_lets_nobody_in_is_refusing_says_why_and_keeps_its_facts() {
    let printers = Printers::start_with(Ipv4Addr::new(127, 46, 2, 0), 16, 2, &in_v3_alone("the right password"));
    let site = Site::new(&printers, "127.46.2.0/28");
    site.give(&["the right password"]);
    assert_eq!(site.round(Round::Discover).read, 2);
    let before = site.store.lock().device(1).unwrap().unwrap();
    site.give(&["a wrong password"]);
    // Once it is tried, and then left alone; the word on why stays.
    for tries in 1..=2 {
        let read = site.round(Round::Read);
        assert_eq!((read.read, read.silent, read.again.len()), (0, 2, 0), "{tries}");
        assert_eq!(site.presence(1), Some(Value::from("refusing")));
        let after = site.store.lock().device(1).unwrap().unwrap();
        let record = wire::facts::record(&after.facts, model::record::Path::Agent, None);
        let problems = record.problems.join("\n");
        assert!(problems.contains("user service (SHA-256, AES-128): wrong authentication password"), "{problems}");
        assert_eq!(after.facts_at, before.facts_at);
        assert_eq!(record.meters.len(), wire::facts::record(&before.facts, model::record::Path::Agent, None).meters.len());
        let turned = site.store.lock().turned_by(1).unwrap();
        assert_eq!(turned.iter().map(|turned| turned.times).collect::<Vec<_>>(), [1]);
    }
    // No credential at all loses nobody.
    std::fs::write(site.folder.path().join("credentials.toml"), "[[credentials]]\ntargets = ['10.0.0.1']\ncommunities = ['x']\n").unwrap();
    site.round(Round::Read);
    site.round(Round::Discover);
    assert_eq!(site.store.lock().counts().unwrap(), (2, 0));
    // The right one is known again by its fingerprint, and serves at once.
    site.give(&["a wrong password", "the right password"]);
    assert_eq!(site.round(Round::Read).read, 2);
    assert_eq!(site.presence(1), before.facts.get("presence").cloned());
}

#[test]
fn an_unknown_device_that_lets_nobody_in_is_counted_and_is_nobody_yet() {
    let printers = Printers::start_with(Ipv4Addr::new(127, 46, 3, 0), 16, 2, &in_v3_alone("the right password"));
    let site = Site::new(&printers, "127.46.3.0/28");
    site.give(&["a wrong password"]);
    let found = site.round(Round::Discover);
    assert_eq!((found.read, found.refusing_strangers), (0, 2));
    assert_eq!(site.store.lock().counts().unwrap(), (0, 0));
}
