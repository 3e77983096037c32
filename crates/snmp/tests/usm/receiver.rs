//! Traps and informs of every version, as a receiver takes them.

use std::sync::Arc;

use cryptography::Module;
use snmp::message::{Head, PduHead, PduType, TrapV1, Version, push_message, push_pdu, push_trap_v1, push_varbind};
use snmp::notification::{Notice, Receiver, Rejected, name_of};
use snmp::usm::authority::Authority;
use snmp::usm::clock::WINDOW;
use snmp::usm::protection::{Cover, push_protected};
use snmp::usm::{Authentication, Level, Privacy, User, Words};
use snmp::v3::{EngineId, Envelope, Scoped, push_scoped};
use snmp::{Message, OidRef, Pdu, Value, oid};

use crate::common::*;

const PRINTER_V2_ALERT: [u32; 11] = [1, 3, 6, 1, 2, 1, 43, 18, 2, 0, 1];

fn receiver(users: &[Arc<User>]) -> Receiver {
    let own = Authority::new(Arc::new(Module), EngineId::new(b"receiver").unwrap(), 4, 9);
    let mut receiver = Receiver::new(Arc::new(Module), own);
    receiver.add_community(b"public");
    users.iter().for_each(|user| receiver.add_user(user.clone()));
    receiver
}

fn push_alert(out: &mut Vec<u8>) {
    push_varbind(out, OidRef::new(&[0x2b, 6, 1, 2, 1, 1, 3, 0]), Value::TimeTicks(4711));
    let alert = oid::encode(&PRINTER_V2_ALERT);
    push_varbind(out, OidRef::new(&oid::encode(&[1, 3, 6, 1, 6, 3, 1, 1, 4, 1, 0])), Value::ObjectIdentifier(OidRef::new(&alert)));
}

fn plain(kind: PduType, community: &[u8]) -> Vec<u8> {
    let mut out = Vec::new();
    let head = Head { version: Version::V2c, community, kind, request_id: 5, first: 0, second: 0 };
    push_message(&mut out, &head, push_alert);
    out
}

/// Is a printer's engine that sends of itself.
struct Sender {
    user: Arc<User>,
    engine_id: EngineId,
    boots: u32,
    time: u32,
}

impl Sender {
    fn new(user: &Arc<User>) -> Self {
        Sender { user: user.clone(), engine_id: engine_id(), boots: 7, time: 1000 }
    }

    fn send(&self, kind: PduType, id: i32) -> Vec<u8> {
        self.send_of(self.engine_id, kind, id)
    }

    /// Sends of the context of an engine, sealed with the keys of `engine_id`.
    fn send_of(&self, context_engine_id: EngineId, kind: PduType, id: i32) -> Vec<u8> {
        let keys = self.user.keys(&Module, self.engine_id);
        let cover = Cover {
            id,
            level: self.user.level(),
            is_reportable: kind == PduType::Inform,
            engine_id: self.engine_id,
            boots: self.boots,
            time: self.time,
            user: self.user.name().as_bytes(),
            salt: u64::from(id.unsigned_abs()),
        };
        let mut out = Vec::new();
        push_protected(&mut out, &Module, &keys, &cover, |out| {
            let head = PduHead { kind, request_id: id, first: 0, second: 0 };
            push_scoped(out, context_engine_id.as_octets(), b"", |out| push_pdu(out, &head, push_alert));
        });
        out
    }
}

fn taken(receiver: &mut Receiver, now: u64, datagram: &[u8]) -> (Result<Notice, Rejected>, Vec<u8>) {
    let mut out = Vec::new();
    let notice = receiver.take(now, datagram, &mut out);
    (notice, out)
}

fn alert(version: Version, is_inform: bool, is_proved: bool) -> Result<Notice, Rejected> {
    Ok(Notice { version, is_inform, trap: PRINTER_V2_ALERT.to_vec(), is_proved })
}

#[test]
fn a_trap_of_v1_is_told_as_a_notification() {
    let mut receiver = receiver(&[]);
    let send = |generic, specific| {
        let enterprise = oid::encode(&[1, 3, 6, 1, 2, 1, 43, 18, 2]);
        let trap = TrapV1 {
            enterprise: OidRef::new(&enterprise),
            agent_address: [192, 0, 2, 7],
            generic,
            specific,
            time_stamp: 5,
            varbinds: empty(),
        };
        let mut out = Vec::new();
        push_trap_v1(&mut out, b"public", &trap, |_| {});
        out
    };
    let (notice, answer) = taken(&mut receiver, 0, &send(0, 0));
    let notice = notice.unwrap();
    assert_eq!((notice.version, name_of(&notice.trap), answer.len()), (Version::V1, Some("coldStart"), 0));
    let (notice, _) = taken(&mut receiver, 0, &send(6, 1));
    assert_eq!(name_of(&notice.unwrap().trap), Some("printerV2Alert"));
}

fn empty() -> snmp::Varbinds<'static> {
    let mut out = Vec::new();
    let head = Head { version: Version::V2c, community: b"", kind: PduType::Get, request_id: 0, first: 0, second: 0 };
    push_message(&mut out, &head, |_| {});
    let Ok(Message { pdu: Pdu::Plain(pdu), .. }) = Message::parse(Box::leak(out.into_boxed_slice())) else { unreachable!() };
    pdu.varbinds
}

#[test]
fn a_trap_of_v2c_gets_no_answer_and_an_inform_its_own_bindings() {
    let mut receiver = receiver(&[]);
    assert_eq!(taken(&mut receiver, 0, &plain(PduType::TrapV2, b"public")), (alert(Version::V2c, false, false), vec![]));
    let (notice, answer) = taken(&mut receiver, 0, &plain(PduType::Inform, b"public"));
    assert_eq!(notice, alert(Version::V2c, true, false));
    let Ok(Message { community, pdu: Pdu::Plain(pdu), .. }) = Message::parse(&answer) else { panic!("is a response") };
    assert_eq!((community, pdu.kind, pdu.request_id, pdu.first), (&b"public"[..], PduType::Response, 5, 0));
    let mut bindings = Vec::new();
    push_alert(&mut bindings);
    assert_eq!(pdu.varbinds.as_octets(), bindings);
}

#[test]
fn another_community_is_told_and_not_answered() {
    let mut receiver = receiver(&[]);
    assert_eq!(taken(&mut receiver, 0, &plain(PduType::Inform, b"private")), (Err(Rejected::UnknownCommunity), vec![]));
    assert_eq!(taken(&mut receiver, 0, &plain(PduType::Get, b"public")), (Err(Rejected::Malformed), vec![]));
    assert_eq!(taken(&mut receiver, 0, b"nonsense"), (Err(Rejected::Malformed), vec![]));
}

#[test]
fn a_trap_of_every_user_is_taken_and_proved_where_it_can_be() {
    for user in all_users() {
        let mut receiver = receiver(std::slice::from_ref(&user));
        let is_proved = user.level() > Level::NoAuthNoPriv;
        let trap = Sender::new(&user).send(PduType::TrapV2, 1);
        assert_eq!(taken(&mut receiver, 0, &trap), (alert(Version::V3, false, is_proved), vec![]), "{user}");
    }
}

#[test]
fn traps_that_are_not_as_their_user_must_send_them_are_told_apart() {
    let known = service();
    let mut receiver = receiver(std::slice::from_ref(&known));
    let base = words(Some(Authentication::Sha256), Some(Privacy::Aes128));
    let mut why = |words: Words<'_>| taken(&mut receiver, 0, &Sender::new(&user_of(&words)).send(PduType::TrapV2, 1)).0.unwrap_err();
    assert_eq!(why(Words { name: "stranger", ..base }), Rejected::UnknownUser);
    assert_eq!(why(Words { authentication: None, privacy: None, ..base }), Rejected::Level);
    assert_eq!(why(Words { privacy: None, ..base }), Rejected::Level);
    assert_eq!(why(Words { authentication: Some((Authentication::Sha256, "another password")), ..base }), Rejected::Digest);
    assert_eq!(why(Words { privacy: Some((Privacy::Aes128, "another password")), ..base }), Rejected::Hidden);
}

/// RFC 3414 §1.2: within the window a trap may come twice. It is a reason to look, and looking twice harms nobody.
#[test]
fn a_trap_seen_before_counts_within_its_window_and_not_behind_it() {
    let user = service();
    let mut receiver = receiver(std::slice::from_ref(&user));
    let trap = Sender::new(&user).send(PduType::TrapV2, 1);
    let window = u64::from(WINDOW) * SECOND;
    assert!(taken(&mut receiver, 0, &trap).0.is_ok());
    assert!(taken(&mut receiver, window, &trap).0.is_ok());
    assert_eq!(taken(&mut receiver, window + SECOND, &trap).0, Err(Rejected::OutsideWindow));
    // A later one moves the window on.
    let later = Sender { time: 5000, ..Sender::new(&user) }.send(PduType::TrapV2, 2);
    assert!(taken(&mut receiver, window, &later).0.is_ok());
    assert_eq!(taken(&mut receiver, window, &trap).0, Err(Rejected::OutsideWindow));
    let restarted = Sender { boots: 8, time: 3, ..Sender::new(&user) }.send(PduType::TrapV2, 3);
    assert!(taken(&mut receiver, window, &restarted).0.is_ok());
    assert_eq!(taken(&mut receiver, window, &later).0, Err(Rejected::OutsideWindow));
}

#[test]
fn what_nobody_proved_moves_no_window() {
    let user = service();
    let mut receiver = receiver(std::slice::from_ref(&user));
    let mut forged = Sender { boots: 2_000_000, ..Sender::new(&user) }.send(PduType::TrapV2, 1);
    let last = forged.len() - 1;
    forged[last] ^= 1;
    assert_eq!(taken(&mut receiver, 0, &forged).0, Err(Rejected::Digest));
    assert!(taken(&mut receiver, 0, &Sender::new(&user).send(PduType::TrapV2, 2)).0.is_ok());
}

#[test]
fn no_bit_of_a_trap_can_be_changed() {
    for user in [service(), user(Authentication::Sha1, Privacy::Aes256)] {
        let mut receiver = receiver(std::slice::from_ref(&user));
        let trap = Sender::new(&user).send(PduType::TrapV2, 1);
        for bit in 0..trap.len() * 8 {
            let mut changed = trap.clone();
            changed[bit / 8] ^= 1 << (bit % 8);
            assert!(taken(&mut receiver, 0, &changed).0.is_err(), "{user}: bit {bit}");
        }
        for end in 0..trap.len() {
            assert_eq!(taken(&mut receiver, 0, &trap[..end]).0, Err(Rejected::Malformed));
        }
        assert!(taken(&mut receiver, 0, &trap).0.is_ok());
    }
}

/// An inform is sealed for its receiver: its sender asks who that is, then what time it is there.
#[test]
fn an_inform_of_every_user_finds_the_receiver_and_is_answered() {
    for user in all_users() {
        let mut receiver = receiver(std::slice::from_ref(&user));
        let mut talk = talk(&user, None);
        let (now, mut reports) = (5 * SECOND, 0);
        let notice = loop {
            let mut inform = Vec::new();
            let head = PduHead { kind: PduType::Inform, request_id: 50 + reports, first: 0, second: 0 };
            talk.push_request(&mut inform, &Module, now, &head, b"", 1, push_alert);
            let (notice, answer) = taken(&mut receiver, now, &inform);
            match take(&mut talk, now, &answer) {
                Said::AskAgain => assert_eq!(notice, Err(Rejected::Reported)),
                Said::Answer(value) => break (notice, value),
                other => panic!("{user}: {other:?}"),
            }
            reports += 1;
        };
        let is_proved = user.level() > Level::NoAuthNoPriv;
        assert_eq!((notice.0, reports), (alert(Version::V3, true, is_proved), 1), "{user}");
        assert_eq!(notice.1, [0x12, 0x67], "sysUpTime came back");
    }
}

/// RFC 3412 §7.2, step 12b: the sender looks whether the answer is of the context that it wrote of, which is its own.
#[test]
fn the_answer_to_an_inform_repeats_whose_context_it_is() {
    let user = service();
    let mut receiver = receiver(std::slice::from_ref(&user));
    let sender = Sender { engine_id: receiver.engine_id(), boots: 4, time: 0, ..Sender::new(&user) };
    let inform = sender.send_of(engine_id(), PduType::Inform, 1);
    let (notice, answer) = taken(&mut receiver, 0, &inform);
    assert_eq!(notice, alert(Version::V3, true, true));
    let (envelope, keys, mut room) = (Envelope::parse(&answer).unwrap(), user.keys(&Module, receiver.engine_id()), Vec::new());
    let octets = snmp::usm::protection::uncover(&envelope, &Module, &keys, Level::AuthPriv, &mut room).unwrap();
    assert_eq!(Scoped::parse(octets).unwrap().context_engine_id, engine_id().as_octets());
}

#[test]
fn an_inform_of_a_wrong_password_is_reported_and_told_by_its_digest() {
    let mut receiver = receiver(&[service()]);
    let words = Words { authentication: Some((Authentication::Sha256, "another password")), ..words(None, Some(Privacy::Aes128)) };
    let sender = Sender { engine_id: receiver.engine_id(), boots: 4, time: 0, ..Sender::new(&user_of(&words)) };
    let (notice, report) = taken(&mut receiver, 0, &sender.send(PduType::Inform, 1));
    assert_eq!(notice, Err(Rejected::Digest));
    let Pdu::Plain(pdu) = Scoped::parse(Envelope::parse(&report).unwrap().data).unwrap().pdu else { panic!("a report") };
    assert_eq!(snmp::usm::Report::of(&pdu), Some(snmp::usm::Report::WrongDigest));
}

#[test]
fn an_inform_sealed_for_another_engine_is_nobodys() {
    let user = service();
    let mut receiver = receiver(std::slice::from_ref(&user));
    assert_eq!(taken(&mut receiver, 0, &Sender::new(&user).send(PduType::Inform, 1)), (Err(Rejected::Malformed), vec![]));
}

/// While a password is being changed, devices of both are heard.
#[test]
fn two_users_of_one_name_are_both_heard() {
    let old = service();
    let new = user_of(&Words { authentication: Some((Authentication::Sha256, "the new password")), ..words(None, Some(Privacy::Aes128)) });
    let mut receiver = receiver(&[old.clone(), new.clone()]);
    for user in [&old, &new] {
        assert!(taken(&mut receiver, 0, &Sender::new(user).send(PduType::TrapV2, 1)).0.is_ok());
    }
}

#[test]
fn clocks_of_more_engines_than_are_remembered_do_no_harm() {
    let user = user_of(&words(Some(Authentication::Sha256), None));
    let mut receiver = receiver(std::slice::from_ref(&user));
    for number in 0u32..4200 {
        let engine_id = EngineId::new(&number.to_be_bytes()).unwrap();
        let trap = Sender { engine_id, ..Sender::new(&user) }.send(PduType::TrapV2, 1);
        assert!(taken(&mut receiver, u64::from(number), &trap).0.is_ok(), "{number}");
    }
}
