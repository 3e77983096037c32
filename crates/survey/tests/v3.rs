//! Printers that speak SNMPv3: found, let in, read, and what happens where they do not let us in.

mod common;

use std::collections::BTreeMap;
use std::sync::Arc;

use common::{SECOND, SimReader, SimScan, address, quiet_printer, scan_options};
use cryptography::Module;
use model::record::Presence;
use sim::device::Conduct;
use sim::{Engines, ModelSpec, NetOptions, SimDevice, SimNet, Vices};
use snmp::Version;
use snmp::responder::Manners;
use snmp::usm::{Authentication, Certainty, KeyExtension, Privacy, Refused, Remote, Report, User, Words};
use survey::scan::Task;
use survey::{Access, Credential, Credentials, Door, Event, Rate, ReaderOptions, Turned};

const AT: &str = "10.0.0.7";

fn user_of(name: &str, authentication: (Authentication, &str), privacy: (Privacy, &str), extension: KeyExtension) -> Arc<User> {
    let words = Words { name, authentication: Some(authentication), privacy: Some(privacy), extension, context: "" };
    Arc::new(User::new(&Module, &words).unwrap())
}

fn service(password: &str) -> Arc<User> {
    user_of("service", (Authentication::Sha256, password), (Privacy::Aes128, "battery staple"), KeyExtension::Blumenthal)
}

/// Puts one printer at 10.0.0.7 that lets these users in, and nobody without.
fn net_for(users: Vec<Arc<User>>, vices: Vices) -> SimNet {
    let mut net = SimNet::new(1, NetOptions::default());
    let engines = Arc::new(Engines::new(Arc::new(Module), users));
    let manners = Manners { v1: false, v2c: false, ..Manners::default() };
    let conduct = Conduct { vices, manners, ..Conduct::default() };
    let device = SimDevice::living(quiet_printer(7, ModelSpec::color_mfp()), 7).with_conduct(conduct).with_engine(engines, b"7");
    net.add(address(AT).ip(), device);
    net
}

fn options(credentials: Vec<Credential>) -> ReaderOptions {
    let credentials = Arc::new(Credentials::new(credentials));
    ReaderOptions { credentials, crypto: Some(Arc::new(Module)), ..common::options("all", &[]) }
}

fn users(users: &[Arc<User>]) -> Vec<Credential> {
    users.iter().cloned().map(Credential::User).collect()
}

fn door(access: Option<Access>, shut: Vec<u16>) -> Arc<BTreeMap<std::net::IpAddr, Door>> {
    Arc::new(BTreeMap::from([(address(AT).ip(), Door { access, shut })]))
}

fn read(net: &mut SimNet, options: ReaderOptions) -> Event {
    let mut reader = SimReader::new(options);
    reader.reader.read(address(AT), false);
    reader.run(net)
}

fn plain_requests() -> u16 {
    let mut net = SimNet::new(1, NetOptions::default());
    net.add(address(AT).ip(), SimDevice::living(quiet_printer(7, ModelSpec::color_mfp()), 7));
    let Event::Read { requests, .. } = read(&mut net, common::options("all", &["public"])) else { panic!("it is read") };
    requests
}

#[test]
fn a_printer_of_v3_alone_is_found_by_a_sweep_and_read() {
    let mut net = net_for(vec![service("correct horse")], Vices::default());
    let mut options = scan_options(Task::FindAndRead, &["10.0.0.0/28"], Rate::POLITE);
    let community = Credential::Community(b"public"[..].into());
    options.reader = self::options([vec![community], users(&[service("correct horse")])].concat());
    let scan = SimScan::new(options).run(&mut net, 600 * SECOND);
    let found = scan.events.iter().position(|event| matches!(event, Event::Found(_))).expect("it is found");
    let is_read = scan.events.iter().position(|event| matches!(event, Event::Read { .. })).expect("it is read");
    assert!(found < is_read);
    assert_eq!(scan.record().presence, Presence::Ready);
    assert!(!scan.record().meters.is_empty() && scan.record().problems.is_empty(), "{:?}", scan.record().problems);
}

#[test]
fn a_printer_that_speaks_v3_and_knows_no_such_user_is_still_let_in_by_its_community() {
    let engines = Arc::new(Engines::new(Arc::new(Module), vec![service("correct horse")]));
    let stranger =
        user_of("stranger", (Authentication::Sha256, "correct horse"), (Privacy::Aes128, "battery staple"), KeyExtension::Blumenthal);
    let credentials = [users(&[stranger]), vec![Credential::Community(b"public"[..].into())]].concat();
    let told = |reader: ReaderOptions| {
        let mut net = SimNet::new(1, NetOptions::default());
        let device = SimDevice::living(quiet_printer(7, ModelSpec::color_mfp()), 7).with_engine(engines.clone(), b"7");
        net.add(address(AT).ip(), device);
        let options = survey::ScanOptions { reader, ..scan_options(Task::FindAndRead, &["10.0.0.0/28"], Rate::POLITE) };
        let scan = SimScan::new(options).run(&mut net, 600 * SECOND);
        assert_eq!(scan.record().presence, Presence::Ready);
        let read = scan.events.into_iter().find_map(|event| if let Event::Read { entry, .. } = event { Some(entry) } else { None });
        read.expect("it is read")
    };
    let entry = told(options(credentials.clone()));
    assert_eq!(entry.access.expect("it let us in").version, Version::V2c);
    assert_eq!(entry.turned, [(0, Turned::Refused(Refused::Reported(Report::UnknownUserName)))]);
    // Also where the user is left alone for a while: then its community is asked at once.
    let shut = ReaderOptions { doors: door(entry.access, vec![0]), ..options(credentials) };
    assert_eq!(told(shut).access.expect("it let us in").credential, 1);
}

#[test]
fn what_v3_costs_is_one_question_for_the_engine_and_none_where_it_is_known() {
    let plain = plain_requests();
    let mut net = net_for(vec![service("correct horse")], Vices::default());
    let Event::Read { requests, entry, .. } = read(&mut net, options(users(&[service("correct horse")]))) else { panic!("it is read") };
    assert!(requests <= plain + 2, "{requests} against {plain}");
    let access = entry.access.expect("it let us in");
    assert_eq!((access.version, access.remote.map(|remote| remote.certainty)), (Version::V3, Some(Certainty::Proved)));
    let options = ReaderOptions { doors: door(Some(access), vec![]), ..options(users(&[service("correct horse")])) };
    let Event::Read { requests, .. } = read(&mut net, options) else { panic!("it is read") };
    assert_eq!(requests, plain);
}

#[test]
fn a_device_read_in_v3_is_read_again_with_one_request() {
    let mut net = net_for(vec![service("correct horse")], Vices::default());
    let mut reader = SimReader::new(options(users(&[service("correct horse")])));
    let (_, _, known) = reader.read(&mut net, address(AT));
    match reader.read_again(&mut net, address(AT), known) {
        Event::Unchanged { .. } => {}
        Event::Read { requests, .. } => assert_eq!(requests, 1),
        other => panic!("{other:?}"),
    }
}

#[test]
fn a_wrong_password_is_refusing_with_its_reason_and_is_tried_once() {
    let mut net = net_for(vec![service("correct horse")], Vices::default());
    let Event::Refusing { record, entry, .. } = read(&mut net, options(users(&[service("wrong horse!")]))) else { panic!("it refuses") };
    assert_eq!(record.presence, Presence::Refusing);
    assert_eq!(record.problems, ["user service (SHA-256, AES-128): wrong authentication password or protocol (usmStatsWrongDigests)"]);
    assert_eq!(entry.turned, [(0, Turned::Refused(Refused::Reported(Report::WrongDigest)))]);
    let engine = net.fleet().device(address(AT).ip()).unwrap().engine().unwrap().authority().unwrap();
    assert_eq!(engine.count(Report::WrongDigest), 1);
    assert_eq!(engine.count(Report::UnknownEngineId), 1);
}

#[test]
fn the_new_user_is_tried_first_and_the_old_one_serves_until_the_device_has_moved() {
    let old = service("correct horse");
    let new = user_of("service-2026", (Authentication::Sha512, "new password"), (Privacy::Aes128, "new privacy"), KeyExtension::Blumenthal);
    let both = users(&[new.clone(), old.clone()]);
    let mut net = net_for(vec![old], Vices::default());
    let Event::Read { entry, .. } = read(&mut net, options(both.clone())) else { panic!("it is read") };
    assert_eq!(entry.access.unwrap().credential, 1);
    assert_eq!(entry.turned, [(0, Turned::Refused(Refused::Reported(Report::UnknownUserName)))]);
    // What was refused lately is not tried: the old user is asked at once.
    let plain = plain_requests();
    let closed = ReaderOptions { doors: door(entry.access, vec![0]), ..options(both.clone()) };
    let Event::Read { requests, entry, .. } = read(&mut net, closed) else { panic!("it is read") };
    assert_eq!((requests, entry.turned.len()), (plain, 0));
    let mut moved = net_for(vec![new], Vices::default());
    let Event::Read { entry, .. } = read(&mut moved, options(both)) else { panic!("it is read") };
    assert_eq!(entry.access.unwrap().credential, 0);
}

#[test]
fn how_a_key_is_made_longer_is_found_by_trying_and_remembered_with_the_credential() {
    let reeder = user_of("service", (Authentication::Sha1, "correct horse"), (Privacy::Aes256, "battery staple"), KeyExtension::Reeder);
    let named = reeder.extended_by(KeyExtension::Blumenthal);
    let mut net = net_for(vec![reeder], Vices::default());
    let credentials = users(&[Arc::new(named)]);
    let Event::Read { entry, .. } = read(&mut net, options(credentials.clone())) else { panic!("it is read") };
    let access = entry.access.expect("it let us in");
    assert_eq!(access.credential, 1);
    let again = ReaderOptions { doors: door(Some(access), vec![0]), ..options(credentials) };
    let Event::Read { requests, .. } = read(&mut net, again) else { panic!("it is read") };
    assert_eq!(requests, plain_requests());
}

#[test]
fn d_13_an_engine_that_forgets_its_boots_is_read_after_one_more_question_and_told() {
    let mut net = net_for(vec![service("correct horse")], Vices::default());
    let Event::Read { entry, .. } = read(&mut net, options(users(&[service("correct horse")]))) else { panic!("it is read") };
    let access = entry.access.unwrap();
    let known = access.remote.unwrap();
    let ahead = Remote { boots: known.boots + 7, certainty: Certainty::Remembered, ..known };
    let remembered = Access { remote: Some(ahead), ..access };
    let options = ReaderOptions { doors: door(Some(remembered), vec![]), ..options(users(&[service("correct horse")])) };
    let Event::Read { requests, record, .. } = read(&mut net, options) else { panic!("it is read") };
    assert_eq!(requests, plain_requests() + 1);
    assert!(record.problems.iter().any(|problem| problem.starts_with("snmpEngineBoots went back from")), "{:?}", record.problems);
}

#[test]
fn legacy_algorithms_are_told_in_the_record() {
    let old = user_of("old", (Authentication::Md5, "correct horse"), (Privacy::Des, "battery staple"), KeyExtension::Blumenthal);
    let mut net = net_for(vec![old.clone()], Vices::default());
    let Event::Read { record, .. } = read(&mut net, options(users(&[old]))) else { panic!("it is read") };
    assert_eq!(
        record.problems,
        ["read as user \"old\" with MD5 and DES, which no longer protects: give the device a user with SHA-256 and AES-128"]
    );
}

#[test]
fn a_device_that_is_gone_is_silent_although_its_engine_is_remembered() {
    let mut net = net_for(vec![service("correct horse")], Vices::default());
    let Event::Read { entry, .. } = read(&mut net, options(users(&[service("correct horse")]))) else { panic!("it is read") };
    let mut gone = SimNet::new(1, NetOptions::default());
    let options = ReaderOptions { doors: door(entry.access, vec![]), ..options(users(&[service("correct horse")])) };
    assert!(matches!(read(&mut gone, options), Event::Silent { .. }));
}

#[test]
fn a_silent_device_is_silent_and_one_whose_credentials_are_all_shut_is_not_asked() {
    let mut net = SimNet::new(1, NetOptions::default());
    assert!(matches!(read(&mut net, options(users(&[service("correct horse")]))), Event::Silent { .. }));
    let mut net = net_for(vec![service("correct horse")], Vices::default());
    let shut = ReaderOptions { doors: door(None, vec![0]), ..options(users(&[service("wrong horse!")])) };
    let Event::Refusing { record, .. } = read(&mut net, shut) else { panic!("it refuses") };
    assert!(record.problems[0].contains("refused lately"), "{:?}", record.problems);
    assert!(net.fleet().device(address(AT).ip()).unwrap().engine().unwrap().authority().is_none(), "nobody asked it");
}
