//! Our two sides talking: how they come together, and why they may not.

use std::sync::Arc;

use cryptography::Module;
use snmp::message::{PduHead, PduType, push_pdu, push_varbind};
use snmp::responder::{Objects, respond_v3};
use snmp::usm::clock::LATCHED;
use snmp::usm::protection::{Cover, Unproved, push_protected};
use snmp::usm::talk::{Ignored, MOST_REPORTS, Oddity, Refused};
use snmp::usm::{Authentication, Authority, KeyExtension, Level, Privacy, Report, Talk, UserError, Words};
use snmp::v3::{EngineId, Envelope, Head, push_message, push_scoped};
use snmp::{OidRef, Value};

use crate::common::*;

#[test]
fn every_pair_of_algorithms_comes_together_and_the_second_question_takes_one_request() {
    for user in all_users() {
        let (mut talk, mut device) = (talk(&user, None), Device::new(7, std::slice::from_ref(&user)));
        // Who are you, and the question: what the first answer says of the clock words the second.
        assert_eq!(converse(&mut talk, &mut device, 0), (Said::name(), 2), "{user}");
        assert_eq!(converse(&mut talk, &mut device, SECOND), (Said::name(), 1), "{user}");
        assert_eq!(talk.take_oddities(), []);
    }
}

#[test]
fn a_talk_that_remembers_the_engine_needs_one_request() {
    let user = service();
    let (first, mut device) = acquainted(&user);
    let mut talk = talk(&user, first.remote().copied());
    assert_eq!(converse(&mut talk, &mut device, 3600 * SECOND), (Said::name(), 1));
}

/// RFC 3414 §4 has the clock told in a step of its own, and some devices tell it there alone.
#[test]
fn a_device_that_introduces_itself_without_its_clock_costs_one_request_more() {
    let user = service();
    let (mut talk, mut device) = (talk(&user, None), Device::new(7, &[user]));
    let introduction = report(&request(&talk, 0, 1), &UNKNOWN_ENGINE_IDS, engine_id(), 0, 0);
    assert_eq!(take(&mut talk, 0, &introduction), Said::AskAgain);
    assert_eq!(converse(&mut talk, &mut device, 0), (Said::name(), 2));
    assert_eq!(device.authority.count(Report::NotInTimeWindow), 1);
}

#[test]
fn every_request_looks_different_although_it_says_the_same() {
    let (talk, _) = acquainted(&service());
    let (one, other) = (request(&talk, 0, 1), request(&talk, 0, 2));
    let hidden = |message: &[u8]| Envelope::parse(message).unwrap().data.to_vec();
    assert_ne!(hidden(&one)[..16], hidden(&other)[..16]);
    assert!(!one.windows(SYS_NAME.len()).any(|octets| octets == SYS_NAME), "the name is hidden");
}

#[test]
fn an_unknown_user_is_reported() {
    let stranger = user_of(&Words { name: "stranger", ..words(Some(Authentication::Sha256), None) });
    let mut device = Device::new(7, &[service()]);
    let said = converse(&mut talk(&stranger, None), &mut device, 0);
    assert_eq!(said, (Said::Refused(Refused::Reported(Report::UnknownUserName)), 2));
    assert_eq!((device.authority.count(Report::UnknownUserName), device.authority.count(Report::UnknownEngineId)), (1, 1));
}

#[test]
fn a_wrong_authentication_password_is_reported() {
    let words = Words { authentication: Some((Authentication::Sha256, "another password")), ..words(None, Some(Privacy::Aes128)) };
    let mut device = Device::new(7, &[service()]);
    let said = converse(&mut talk(&user_of(&words), None), &mut device, 0);
    assert_eq!(said.0, Said::Refused(Refused::Reported(Report::WrongDigest)));
    assert_eq!(device.authority.count(Report::WrongDigest), 1);
}

#[test]
fn another_authentication_protocol_is_reported_as_a_wrong_digest() {
    let mut device = Device::new(7, &[service()]);
    let said = converse(&mut talk(&user(Authentication::Sha512, Privacy::Aes128), None), &mut device, 0);
    assert_eq!(said.0, Said::Refused(Refused::Reported(Report::WrongDigest)));
}

#[test]
fn a_wrong_privacy_password_is_reported_and_never_answered() {
    let privacies = [Privacy::Des, Privacy::TripleDes, Privacy::Aes128, Privacy::Aes256];
    for privacy in privacies.into_iter().filter(|protocol| !cryptography::IS_FIPS || !protocol.is_legacy()) {
        let words = Words { privacy: Some((privacy, "another password")), ..words(Some(Authentication::Sha512), None) };
        let mut device = Device::new(7, &[user(Authentication::Sha512, privacy)]);
        let said = converse(&mut talk(&user_of(&words), None), &mut device, 0);
        assert_eq!(said.0, Said::Refused(Refused::Reported(Report::DecryptionError)), "{privacy}");
        assert_eq!(device.authority.count(Report::DecryptionError), 1);
    }
}

#[test]
fn the_other_key_extension_is_reported_as_a_wrong_privacy_password() {
    let user = user(Authentication::Sha1, Privacy::Aes256);
    let mut device = Device::new(7, std::slice::from_ref(&user));
    let other = Arc::new(user.extended_by(KeyExtension::Reeder));
    let said = converse(&mut talk(&other, None), &mut device, 0);
    assert_eq!(said.0, Said::Refused(Refused::Reported(Report::DecryptionError)));
}

#[test]
fn privacy_asked_of_a_user_without_it_is_reported() {
    let mut device = Device::new(7, &[user_of(&words(Some(Authentication::Sha256), None))]);
    let said = converse(&mut talk(&service(), None), &mut device, 0);
    assert_eq!(said.0, Said::Refused(Refused::Reported(Report::UnsupportedSecurityLevel)));
}

#[test]
fn less_than_the_user_must_prove_is_reported() {
    let weaker = [words(None, None), words(Some(Authentication::Sha256), None)];
    for words in weaker {
        let mut device = Device::new(7, &[service()]);
        let said = converse(&mut talk(&user_of(&words), None), &mut device, 0);
        assert_eq!(said.0, Said::Refused(Refused::Reported(Report::UnsupportedSecurityLevel)));
    }
}

#[test]
fn an_unknown_context_is_reported_and_a_known_one_answered() {
    let inside = user_of(&Words { context: "Jetdirect", ..words(Some(Authentication::Sha256), Some(Privacy::Aes128)) });
    let mut device = Device::new(7, &[service()]);
    let said = converse(&mut talk(&inside, None), &mut device, 0);
    assert_eq!(said, (Said::Refused(Refused::Reported(Report::UnknownContext)), 2));
    device.authority.add_context("Jetdirect");
    assert_eq!(converse(&mut talk(&inside, None), &mut device, 0), (Said::name(), 2));
}

/// A report on a wrong digest cannot be proved by anybody who would have to know the key for it.
#[test]
fn an_answer_with_a_wrong_digest_is_ignored_and_the_true_one_still_counts() {
    let (mut talk, mut device) = acquainted(&service());
    let answer = device.answer(0, &request(&talk, 0, 50)).unwrap();
    let envelope = Envelope::parse(&answer).unwrap();
    let mac_at = envelope.around_mac.0.len();
    let mut forged = answer.clone();
    forged[mac_at] ^= 1;
    assert_eq!(take(&mut talk, 0, &forged), Said::Ignored(Ignored::Unproved(Unproved::Digest)));
    assert_eq!(take(&mut talk, 0, &answer), Said::name());
}

#[test]
fn an_answer_in_the_clear_is_no_answer() {
    let (mut talk, _) = acquainted(&service());
    let remote = *talk.remote().unwrap();
    let head = Head {
        id: 50,
        level: Level::NoAuthNoPriv,
        is_reportable: false,
        engine_id: remote.engine_id,
        boots: remote.boots,
        time: remote.time,
        user: b"service",
        mac_octets: 0,
        salt: &[],
    };
    let mut forged = Vec::new();
    let response = PduHead { kind: PduType::Response, request_id: 50, first: 0, second: 0 };
    push_message(&mut forged, &head, |out| push_scoped(out, b"", b"", |out| push_name_pdu(out, &response)));
    assert_eq!(take(&mut talk, 0, &forged), Said::Ignored(Ignored::Unproved(Unproved::Level)));
}

/// Seals what the device's engine would seal: whoever has its keys, and errs.
fn sealed(level: Level, name: &[u8], id: i32, pdu: &PduHead) -> Vec<u8> {
    let cover = Cover { id, level, is_reportable: false, engine_id: engine_id(), boots: 7, time: 1000, user: name, salt: 5 };
    let mut out = Vec::new();
    let keys = service().keys(&Module, engine_id());
    push_protected(&mut out, &Module, &keys, &cover, |out| push_scoped(out, b"", b"", |out| push_name_pdu(out, pdu)));
    out
}

#[test]
fn a_proved_answer_to_something_else_is_ignored() {
    let (mut talk, _) = acquainted(&service());
    let pdu = |kind, request_id| PduHead { kind, request_id, first: 0, second: 0 };
    let response = pdu(PduType::Response, 50);
    assert_eq!(take(&mut talk, 0, &sealed(Level::AuthPriv, b"service", 50, &response)), Said::name());
    let cases = [
        sealed(Level::AuthPriv, b"service", 51, &response),
        sealed(Level::AuthPriv, b"another", 50, &response),
        sealed(Level::AuthPriv, b"service", 50, &pdu(PduType::Get, 50)),
        sealed(Level::AuthPriv, b"service", 50, &pdu(PduType::TrapV2, 50)),
    ];
    for case in cases {
        assert_eq!(take(&mut talk, 0, &case), Said::Ignored(Ignored::Mismatch));
    }
    let open = sealed(Level::AuthNoPriv, b"service", 50, &response);
    assert_eq!(take(&mut talk, 0, &open), Said::Ignored(Ignored::Unproved(Unproved::Level)));
}

#[test]
fn another_engine_in_the_same_place_is_met_anew_and_told() {
    let (mut talk, _) = acquainted(&service());
    let other = EngineId::new(b"\x80\0\x1f\x88\x04another").unwrap();
    let mut exchanged = Device::new(2, &[]);
    exchanged.authority = Authority::new(Arc::new(Module), other, 2, 5);
    exchanged.authority.add_user(service());
    assert_eq!(converse(&mut talk, &mut exchanged, SECOND), (Said::name(), 2));
    assert_eq!(talk.take_oddities(), [Oddity::AnotherEngine { before: engine_id(), now: other }]);
    assert_eq!(talk.take_oddities(), []);
    assert_eq!(talk.remote().unwrap().engine_id, other);
}

#[test]
fn an_answer_of_another_engine_than_was_asked_is_ignored() {
    let (mut talk, _) = acquainted(&service());
    let mut other = Authority::new(Arc::new(Module), EngineId::new(b"another").unwrap(), 7, 5);
    other.add_user(service());
    let mut device = Device { authority: other, ..Device::new(7, &[]) };
    let answer = {
        let mut talk = crate::common::talk(&service(), None);
        converse(&mut talk, &mut device, 0);
        device.answer(0, &request(&talk, 0, 50)).unwrap()
    };
    assert_eq!(take(&mut talk, 0, &answer), Said::Ignored(Ignored::Engine));
}

/// Answers every request with a report of this kind, in the clear.
fn report(request: &[u8], counter: &[u8], engine_id: EngineId, boots: u32, time: u32) -> Vec<u8> {
    let asked = Envelope::parse(request).unwrap();
    let level = Level::NoAuthNoPriv;
    let head = Head { id: asked.id, level, is_reportable: false, engine_id, boots, time, user: asked.user, mac_octets: 0, salt: &[] };
    let pdu = PduHead { kind: PduType::Report, request_id: 0, first: 0, second: 0 };
    let name = [&[0x2b, 6, 1, 6, 3, 15, 1, 1][..], counter].concat();
    let mut out = Vec::new();
    push_message(&mut out, &head, |out| {
        push_scoped(out, engine_id.as_octets(), b"", |out| {
            push_pdu(out, &pdu, |out| push_varbind(out, OidRef::new(&name), Value::Counter32(9)));
        });
    });
    out
}

const NOT_IN_TIME_WINDOWS: [u8; 2] = [2, 0];
const UNKNOWN_ENGINE_IDS: [u8; 2] = [4, 0];

#[test]
fn reports_without_end_end() {
    for (counter, report_of) in [(NOT_IN_TIME_WINDOWS, Report::NotInTimeWindow), (UNKNOWN_ENGINE_IDS, Report::UnknownEngineId)] {
        let (mut talk, _) = acquainted(&service());
        let mut said = Vec::new();
        for id in 100..100 + i32::from(MOST_REPORTS) + 1 {
            let request = request(&talk, 0, id);
            said.push(take(&mut talk, 0, &report(&request, &counter, engine_id(), 7, 1000)));
        }
        assert_eq!(said.pop(), Some(Said::Refused(Refused::ReportsWithoutEnd(report_of))));
        assert!(said.iter().all(|said| *said == Said::AskAgain), "{said:?}");
    }
}

#[test]
fn a_device_that_claims_another_engine_each_time_is_given_up() {
    let mut talk = talk(&service(), None);
    for id in 1.. {
        let request = request(&talk, 0, id);
        let engine_id = EngineId::new(&id.to_be_bytes()).unwrap();
        match take(&mut talk, 0, &report(&request, &UNKNOWN_ENGINE_IDS, engine_id, 7, 1000)) {
            Said::AskAgain => assert!(id < 10),
            said => return assert_eq!(said, Said::Refused(Refused::ReportsWithoutEnd(Report::UnknownEngineId))),
        }
    }
}

#[test]
fn a_device_without_an_engine_is_no_engine() {
    let mut talk = talk(&service(), None);
    let request = request(&talk, 0, 1);
    let nobody = report(&request, &UNKNOWN_ENGINE_IDS, EngineId::UNKNOWN, 0, 0);
    assert_eq!(take(&mut talk, 0, &nobody), Said::Ignored(Ignored::Engine));
    assert!(talk.remote().is_none());
}

#[test]
fn what_a_report_says_in_the_clear_of_the_clock_words_the_next_request_and_is_not_believed() {
    let (mut talk, mut device) = acquainted(&service());
    let request = request(&talk, 0, 50);
    let hint = report(&request, &NOT_IN_TIME_WINDOWS, engine_id(), 3, 9_000);
    assert_eq!(take(&mut talk, 0, &hint), Said::AskAgain);
    let next = crate::common::request(&talk, 0, 51);
    assert_eq!(Envelope::parse(&next).map(|envelope| (envelope.boots, envelope.time)).unwrap(), (3, 9_000));
    // It was a lie: the device says so itself, proved, and nothing odd is told of it.
    assert_eq!(converse(&mut talk, &mut device, 0), (Said::name(), 2));
    assert_eq!(talk.take_oddities(), []);
    assert_eq!(talk.remote().map(|remote| (remote.boots, remote.certainty)), Some((7, snmp::usm::Certainty::Proved)));
}

/// Asks for more than any datagram holds.
fn bulk(talk: &Talk, id: i32) -> Vec<u8> {
    let mut out = Vec::new();
    let head = PduHead { kind: PduType::GetBulk, request_id: id, first: 0, second: 1000 };
    talk.push_request(&mut out, &Module, 0, &head, b"", 50, |out| snmp::message::push_name(out, &[0x2b, 6, 1], &[]));
    out
}

/// Answers from objects without end, so that the answer is as long as it may be.
fn answer_of_many(device: &mut Device, request: &[u8]) -> Vec<u8> {
    let mut out = Vec::new();
    assert!(respond_v3(request, &Endless, &device.manners, &mut device.authority, 1000, &mut out));
    out
}

struct Endless;

impl Objects for Endless {
    fn get(&self, _: OidRef<'_>) -> Option<Value<'_>> {
        None
    }

    fn next(&self, _: OidRef<'_>) -> Option<(OidRef<'_>, Value<'_>)> {
        Some((OidRef::new(&SYS_NAME), Value::OctetString(b"x")))
    }
}

#[test]
fn an_answer_fits_the_room_it_has_whatever_protects_it() {
    for user in all_users() {
        for octets in [5, 17, 32] {
            let mut authority = Authority::new(Arc::new(Module), EngineId::new(&vec![7; octets]).unwrap(), LATCHED - 1, u64::MAX);
            authority.add_user(user.clone());
            let mut device = Device { authority, ..Device::new(7, &[]) };
            let mut talk = talk(&user, None);
            assert_eq!(converse(&mut talk, &mut device, 0).0, Said::name());
            for largest in [484, 1472] {
                device.manners.largest_response = largest;
                let answer = answer_of_many(&mut device, &bulk(&talk, i32::MAX));
                assert!((largest - 130..=largest).contains(&answer.len()), "{user}: {} of {largest}", answer.len());
            }
        }
    }
}

/// Writes another msgMaxSize into a short message in the clear.
fn with_largest(message: &[u8], largest: &[u8]) -> Vec<u8> {
    let ours = [2, 3, 0, 0xff, 0xe3];
    let at = message.windows(ours.len()).position(|octets| octets == ours).unwrap();
    let mut changed = [&message[..at], &[2, largest.len() as u8], largest, &message[at + ours.len()..]].concat();
    // The lengths of the message and of msgGlobalData, both below 128.
    changed[1] = changed[1] + largest.len() as u8 - 3;
    changed[6] = changed[6] + largest.len() as u8 - 3;
    changed
}

#[test]
fn an_asker_may_lie_about_the_largest_message_it_takes() {
    let nobody = user_of(&words(None, None));
    let (talk, mut device) = acquainted(&nobody);
    let request = bulk(&talk, 50);
    for (largest, most) in [(&[0][..], 484), (&[1, 0xff], 511), (&[0x7f, 0xff, 0xff, 0xff], 1472)] {
        let answer = answer_of_many(&mut device, &with_largest(&request, largest));
        assert!((most - 150..=most).contains(&answer.len()), "{} of {most}", answer.len());
    }
    for outside in [&[0xff][..], &[0, 0x80, 0, 0, 0]] {
        assert!(Envelope::parse(&with_largest(&request, outside)).is_err(), "RFC 3412 §6: 484 to 2147483647");
    }
}

#[test]
fn users_that_the_standard_does_not_allow_are_refused_with_the_reason() {
    let new = |words: Words<'_>| snmp::usm::User::new(&Module, &words).map(|_| ()).unwrap_err();
    let base = words(Some(Authentication::Sha256), Some(Privacy::Aes128));
    assert_eq!(new(Words { name: "", ..base }), UserError::Name(String::new()));
    assert!(matches!(new(Words { name: &"n".repeat(33), ..base }), UserError::Name(_)));
    assert!(matches!(new(Words { context: &"c".repeat(256), ..base }), UserError::Context(_)));
    assert!(matches!(new(Words { authentication: None, ..base }), UserError::PrivacyWithoutAuthentication(_)));
    let short = Some((Authentication::Sha256, "1234567"));
    assert!(matches!(new(Words { authentication: short, ..base }), UserError::ShortPassword { which: "authentication", .. }));
    assert!(matches!(new(Words { privacy: Some((Privacy::Aes128, "")), ..base }), UserError::ShortPassword { which: "privacy", .. }));
}
