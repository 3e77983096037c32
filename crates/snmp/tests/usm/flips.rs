//! Every single bit of what travels, changed; every cut; and everything once more.

use snmp::message::{PduHead, PduType};
use snmp::usm::clock::WINDOW;
use snmp::usm::{Authentication, Privacy, Report};

use crate::common::*;

fn flipped(message: &[u8], bit: usize) -> Vec<u8> {
    let mut changed = message.to_vec();
    changed[bit / 8] ^= 1 << (bit % 8);
    changed
}

#[test]
fn no_bit_of_a_request_can_be_changed() {
    for user in all_users().into_iter().filter(|user| user.authentication().is_some()) {
        let (talk, mut device) = acquainted(&user);
        let request = request(&talk, 0, 50);
        assert!(device.takes(0, &request), "{user}");
        for bit in 0..request.len() * 8 {
            let changed = flipped(&request, bit);
            assert!(!device.takes(0, &changed), "{user}: bit {bit}");
            // What is said of it is a report or nothing, and never longer than twice the request.
            let said = device.answer(0, &changed);
            assert!(said.is_none_or(|said| said.len() <= 2 * request.len()), "{user}: bit {bit}");
        }
    }
}

#[test]
fn no_bit_of_an_answer_can_be_changed() {
    for user in all_users().into_iter().filter(|user| user.authentication().is_some()) {
        let (talk, mut device) = acquainted(&user);
        let answer = device.answer(0, &request(&talk, 0, 50)).unwrap();
        assert_eq!(take(&mut talk.clone(), 0, &answer), Said::name(), "{user}");
        for bit in 0..answer.len() * 8 {
            let mut talk = talk.clone();
            let said = take(&mut talk, 0, &flipped(&answer, bit));
            assert!(matches!(said, Said::Ignored(_) | Said::Nonsense), "{user}: bit {bit}: {said:?}");
            assert_eq!(talk.take_oddities(), [], "{user}: bit {bit}");
            // Nor has it changed what we know: the true answer still counts.
            assert_eq!(take(&mut talk, 0, &answer), Said::name(), "{user}: bit {bit}");
        }
    }
}

/// The report by which we set our clock is proved as an answer is.
#[test]
fn no_bit_of_a_proved_report_can_be_changed() {
    let user = service();
    let (known, mut device) = acquainted(&user);
    device.time += 10_000;
    let report = device.answer(0, &request(&known, 0, 50)).unwrap();
    assert_eq!(take(&mut known.clone(), 0, &report), Said::AskAgain);
    let mut hints = 0;
    for bit in 0..report.len() * 8 {
        let mut talk = known.clone();
        let said = take(&mut talk, 0, &flipped(&report, bit));
        // With its flag of authentication gone it is a report in the clear: a hint, of which nothing is kept.
        assert!(matches!(said, Said::Ignored(_) | Said::Nonsense | Said::AskAgain), "bit {bit}: {said:?}");
        assert_eq!(talk.remote(), known.remote(), "bit {bit}");
        hints += usize::from(said == Said::AskAgain);
    }
    assert_eq!(hints, 1);
}

/// Nobody proves who somebody is: a changed bit may lead to another engine, and then nothing is answered there.
#[test]
fn a_changed_introduction_never_panics_and_leads_to_no_answer() {
    let user = service();
    let mut device = Device::new(7, std::slice::from_ref(&user));
    let report = device.answer(0, &request(&talk(&user, None), 0, 1)).unwrap();
    for bit in 0..report.len() * 8 {
        let mut talk = talk(&user, None);
        let said = take(&mut talk, 0, &flipped(&report, bit));
        assert!(!matches!(said, Said::Answer(_)), "bit {bit}: {said:?}");
        if said == Said::AskAgain {
            // It comes right by itself, for the device tells its engine again.
            assert_eq!(converse(&mut talk, &mut device, 0).0, Said::name(), "bit {bit}");
        }
    }
}

#[test]
fn no_cut_of_a_message_is_taken() {
    for user in [service(), user(Authentication::Sha1, Privacy::Aes256)] {
        let (talk, mut device) = acquainted(&user);
        let request = request(&talk, 0, 50);
        let answer = device.answer(0, &request).unwrap();
        for end in 0..request.len() {
            assert!(!device.takes(0, &request[..end]), "cut at {end}");
        }
        for end in 0..answer.len() {
            assert_eq!(take(&mut talk.clone(), 0, &answer[..end]), Said::Nonsense, "cut at {end}");
        }
        // What pads the datagram is outside the message, and outside its proof.
        assert!(device.takes(0, &[&request[..], &[0; 9]].concat()));
        assert_eq!(take(&mut talk.clone(), 0, &[&answer[..], &[0; 9]].concat()), Said::name());
    }
}

/// RFC 3414 §1.2 leaves a replay within the window to the application: requests that only read may come twice.
#[test]
fn a_request_seen_before_counts_until_its_window_has_passed_and_not_after_a_restart() {
    let user = service();
    let (talk, mut device) = acquainted(&user);
    let request = request(&talk, 0, 50);
    let window = u64::from(WINDOW) * SECOND;
    assert!(device.takes(window, &request));
    assert!(!device.takes(window + SECOND, &request));
    assert!(!Device::new(8, &[user]).takes(0, &request));
    let _ = device.answer(window + SECOND, &request);
    assert_eq!(device.authority.count(Report::NotInTimeWindow), 2);
}

/// An answer belongs to one request: its owner takes none twice, and none of another request.
#[test]
fn an_answer_seen_before_fits_no_later_request() {
    let (talk, mut device) = acquainted(&service());
    let answer = device.answer(0, &request(&talk, 0, 50)).unwrap();
    let id = snmp::v3::Envelope::parse(&answer).unwrap().id;
    assert_eq!(id, 50, "by which the session knows which request it is for");
    // With the id of a later request it is no longer proved.
    let at = answer.windows(3).position(|octets| octets == [2, 1, 50]).unwrap() + 2;
    let mut forged = answer.clone();
    forged[at] = 51;
    assert!(matches!(take(&mut talk.clone(), 0, &forged), Said::Ignored(_)));
}

/// With a wrong privacy key an authentic request decodes to chance: it must never pass as one.
#[test]
fn what_a_wrong_key_uncovers_is_never_taken() {
    use snmp::usm::Words;
    let privacies = [Privacy::Des, Privacy::Aes128, Privacy::Aes256];
    for privacy in privacies.into_iter().filter(|protocol| !cryptography::IS_FIPS || !protocol.is_legacy()) {
        let right = user(Authentication::Sha256, privacy);
        let (known, mut device) = acquainted(&right);
        let words = Words { privacy: Some((privacy, "another password")), ..words(Some(Authentication::Sha256), None) };
        let wrong = talk(&user_of(&words), known.remote().copied());
        for id in 1..2000 {
            assert!(!device.takes(0, &request(&wrong, 0, id)), "{privacy}: {id}");
            let answer = device.answer(0, &request(&known, 0, id)).unwrap();
            let said = take(&mut wrong.clone(), 0, &answer);
            assert!(matches!(said, Said::Ignored(_)), "{privacy}: {id}: {said:?}");
        }
    }
}

#[test]
fn chance_is_never_taken() {
    let (known, mut device) = acquainted(&service());
    let request = request(&known, 0, 50);
    // A linear congruence is chance enough to change many octets at once.
    let mut state = 1u64;
    let mut draw = || {
        state = state.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
        (state >> 33) as usize
    };
    for _ in 0..20_000 {
        let mut changed = request.clone();
        for _ in 0..1 + draw() % 6 {
            let at = draw() % changed.len();
            changed[at] = draw() as u8;
        }
        assert!(changed == request || !device.takes(0, &changed));
        let _ = take(&mut known.clone(), 0, &changed);
    }
}

/// RFC 3412 lets msgID and request-id differ, and some managers use that; in an answer to us they are one.
#[test]
fn a_request_may_number_its_message_and_its_pdu_apart() {
    use cryptography::Module;
    use snmp::usm::Level;
    use snmp::usm::protection::{Cover, push_protected};
    use snmp::v3::push_scoped;
    let user = service();
    let keys = user.keys(&Module, engine_id());
    let (_, mut device) = acquainted(&user);
    let cover = Cover {
        id: 9,
        level: Level::AuthPriv,
        is_reportable: true,
        engine_id: engine_id(),
        boots: 7,
        time: 1000,
        user: b"service",
        salt: 1,
    };
    let mut out = Vec::new();
    let head = PduHead { kind: PduType::Get, request_id: 10, first: 0, second: 0 };
    push_protected(&mut out, &Module, &keys, &cover, |out| push_scoped(out, b"", b"", |out| push_name_pdu(out, &head)));
    assert!(device.takes(0, &out));
}
