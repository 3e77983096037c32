//! Simulated printers asked in SNMP v3, by our own asking side.

use std::net::{IpAddr, Ipv4Addr};
use std::sync::Arc;

use cryptography::Module;
use sim::device::Conduct;
use sim::time::{HOUR, MONDAY, SECOND};
use sim::{Engines, Every, Fleet, FleetOptions, Recording, SimDevice, Tick, Vices};
use snmp::PduType;
use snmp::message::{PduHead, push_name};
use snmp::responder::Manners;
use snmp::usm::talk::{Oddity, Refused, Taken, Talk};
use snmp::usm::{Authentication, KeyExtension, Privacy, User, Words};
use snmp::v3::Envelope;

/// sysName.0.
const SYS_NAME: [u8; 8] = [0x2b, 6, 1, 2, 1, 1, 5, 0];

fn user(context: &str) -> Arc<User> {
    let words = Words {
        name: "service",
        authentication: Some((Authentication::Sha256, "an authentication password")),
        privacy: Some((Privacy::Aes128, "a privacy password")),
        extension: KeyExtension::Blumenthal,
        context,
    };
    Arc::new(User::new(&Module, &words).unwrap())
}

fn fleet(conduct: Conduct, count: u32) -> Fleet {
    let engines = Engines::new(Arc::new(Module), vec![user("")]).with_context("Jetdirect");
    let options = FleetOptions { conduct, engines: Some(Arc::new(engines)), ..FleetOptions::default() };
    Fleet::new(1).options(options).network(Ipv4Addr::new(127, 16, 0, 0), 4_096, count)
}

/// Asks a device for an object until it answers or refuses; `None` for silence.
fn converse(fleet: &mut Fleet, address: IpAddr, talk: &mut Talk, now: Tick, kind: PduType) -> Option<Result<Vec<u8>, Refused>> {
    for id in 1.. {
        let (mut request, mut replies, mut room) = (Vec::new(), Vec::new(), Vec::new());
        let context = talk.user().context().to_owned();
        let head = PduHead { kind, request_id: id, first: 0, second: 5 * u32::from(kind == PduType::GetBulk) };
        talk.push_request(&mut request, &Module, now, &head, context.as_bytes(), now + id as u64, |out| push_name(out, &SYS_NAME, &[]));
        fleet.answer(now, MONDAY, address, &request, &mut replies);
        let envelope = Envelope::parse(&replies.first()?.octets).ok()?;
        match talk.take(&Module, now, &envelope, &mut room) {
            Taken::Answer(mut pdu) => return Some(Ok(pdu.varbinds.next()?.ok()?.contents.to_vec())),
            Taken::AskAgain => {}
            Taken::Refused(refused) => return Some(Err(refused)),
            Taken::Ignored(ignored) => panic!("{ignored}"),
        }
    }
    unreachable!("a talk ends")
}

fn name(fleet: &mut Fleet, address: IpAddr, talk: &mut Talk, now: Tick) -> Option<Result<Vec<u8>, Refused>> {
    converse(fleet, address, talk, now, PduType::Get)
}

#[test]
fn each_printer_of_two_thousand_is_an_engine_of_its_own() {
    let mut fleet = fleet(Conduct::default(), 2_000);
    let mut engines = std::collections::BTreeSet::new();
    for address in fleet.addresses() {
        let mut talk = Talk::new(&Module, user_of_all(), None);
        let said = name(&mut fleet, address, &mut talk, 0);
        assert_eq!(said, Some(Ok(fleet.printer(address).unwrap().identity().name.clone().into_bytes())));
        let remote = talk.remote().unwrap();
        assert_eq!(remote.boots, fleet.printer(address).unwrap().boots());
        engines.insert(remote.engine_id);
    }
    assert_eq!(engines.len(), 2_000);
}

fn user_of_all() -> Arc<User> {
    static USER: std::sync::OnceLock<Arc<User>> = std::sync::OnceLock::new();
    USER.get_or_init(|| user("")).clone()
}

#[test]
fn contexts_are_known_or_not() {
    let mut fleet = fleet(Conduct::default(), 1);
    let address = fleet.addresses()[0];
    let said = name(&mut fleet, address, &mut Talk::new(&Module, user("Jetdirect"), None), 0);
    assert!(matches!(said, Some(Ok(_))), "{said:?}");
    let said = name(&mut fleet, address, &mut Talk::new(&Module, user("elsewhere"), None), 0);
    assert_eq!(said, Some(Err(Refused::Reported(snmp::usm::Report::UnknownContext))));
}

#[test]
fn v1_and_v2c_can_be_switched_off() {
    let only_v3 = Manners { v1: false, v2c: false, ..Manners::default() };
    let mut fleet = fleet(Conduct { manners: only_v3, ..Conduct::default() }, 1);
    let address = fleet.addresses()[0];
    let mut plain = Vec::new();
    let head =
        snmp::message::Head { version: snmp::Version::V2c, community: b"public", kind: PduType::Get, request_id: 1, first: 0, second: 0 };
    snmp::message::push_message(&mut plain, &head, |out| push_name(out, &SYS_NAME, &[]));
    let mut replies = Vec::new();
    fleet.answer(0, MONDAY, address, &plain, &mut replies);
    assert!(replies.is_empty());
    assert!(name(&mut fleet, address, &mut Talk::new(&Module, user(""), None), 0).is_some_and(|said| said.is_ok()));
    assert!(fleet.device(address).unwrap().engine().unwrap().authority().is_some());
}

#[test]
fn without_engines_nobody_answers_v3() {
    let mut fleet = Fleet::new(1).network(Ipv4Addr::new(127, 16, 0, 0), 4_096, 1);
    let address = fleet.addresses()[0];
    assert_eq!(name(&mut fleet, address, &mut Talk::new(&Module, user(""), None), 0), None);
}

#[test]
fn a_power_cycle_counts_one_boot_more_and_is_followed() {
    let mut fleet = fleet(Conduct::default(), 1);
    let address = fleet.addresses()[0];
    let mut talk = Talk::new(&Module, user(""), None);
    assert!(name(&mut fleet, address, &mut talk, 0).is_some());
    let before = talk.remote().unwrap().boots;
    fleet.printer(address).unwrap().restart(true);
    assert!(name(&mut fleet, address, &mut talk, HOUR).is_some_and(|said| said.is_ok()));
    assert_eq!((talk.remote().unwrap().boots, talk.take_oddities()), (before + 1, vec![]));
}

#[test]
fn a_printer_that_forgets_its_boots_is_followed_once_and_then_refused() {
    let vices = Vices { forgets_boots: true, ..Vices::default() };
    let mut fleet = fleet(Conduct { vices, ..Conduct::default() }, 1);
    let address = fleet.addresses()[0];
    let mut talk = Talk::new(&Module, user(""), None);
    assert!(name(&mut fleet, address, &mut talk, 0).is_some());
    let before = talk.remote().unwrap().boots;
    fleet.printer(address).unwrap().restart(true);
    assert!(name(&mut fleet, address, &mut talk, HOUR).is_some_and(|said| said.is_ok()));
    assert_eq!(talk.take_oddities(), [Oddity::BootsWentBack { before, now: 0 }]);
    fleet.printer(address).unwrap().restart(true);
    assert_eq!(name(&mut fleet, address, &mut talk, 2 * HOUR), Some(Err(Refused::ClockWentBack)));
}

#[test]
fn vices_are_the_same_behind_the_seal() {
    let mistyped = Vices { mistyped: vec![SYS_NAME.to_vec()], ..Vices::default() };
    let mut fleet = fleet(Conduct { vices: mistyped, ..Conduct::default() }, 1);
    let address = fleet.addresses()[0];
    let mut talk = Talk::new(&Module, user(""), None);
    assert_eq!(name(&mut fleet, address, &mut talk, 0), Some(Ok(b"n/a".to_vec())));
    for vices in [
        Vices { v1_only: true, ..Vices::default() },
        Vices { ignores_bulk: true, ..Vices::default() },
        Vices { truncates: Every::ALWAYS, ..Vices::default() },
        Vices { drops: Every::ALWAYS, ..Vices::default() },
    ] {
        let mut fleet = self::fleet(Conduct { vices, ..Conduct::default() }, 1);
        assert_eq!(converse(&mut fleet, address, &mut talk.clone(), 0, PduType::GetBulk), None);
    }
}

#[test]
fn recordings_are_engines_too() {
    let address: IpAddr = "127.0.0.9".parse().unwrap();
    let recording = Recording::parse("x", "1.3.6.1.2.1.1.5.0|4|PRN").unwrap();
    let mut fleet = fleet(Conduct::default(), 0).recordings(vec![(address, recording.clone())]);
    let mut talk = Talk::new(&Module, user(""), None);
    assert_eq!(name(&mut fleet, address, &mut talk, 90 * SECOND), Some(Ok(b"PRN".to_vec())));
    assert_eq!(talk.remote().map(|remote| (remote.boots, remote.time)), Some((1, 90)));
    let engines = Arc::new(Engines::new(Arc::new(Module), vec![user("")]));
    fleet.insert(address, SimDevice::recorded(recording, 1).with_engine(engines, b"another"));
    assert!(name(&mut fleet, address, &mut talk, 90 * SECOND).is_some_and(|said| said.is_ok()));
    assert!(matches!(talk.take_oddities()[..], [Oddity::AnotherEngine { .. }]));
}
