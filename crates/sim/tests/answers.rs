//! Printers and recordings behind the responder, as a manager meets them.

use proptest::prelude::*;
use sim::{Habits, ModelSpec, Recording, RecordingBuilder, SimPrinter};
use snmp::message::{ErrorStatus, Head, Pdu, push_message, push_varbind};
use snmp::oid::{encode, parse};
use snmp::responder::{Manners, Objects, respond};
use snmp::{Message, OidRef, PduType, Value, Version};

/// Is an answer, read: error-status, error-index, and the bindings as text.
type Answer = (ErrorStatus, u32, Vec<(Vec<u8>, String)>);

fn request(version: Version, kind: PduType, first: u32, second: u32, names: &[&[u8]]) -> Vec<u8> {
    let mut out = Vec::new();
    let head = Head { version, community: b"public", kind, request_id: 0x4000_0007, first, second };
    push_message(&mut out, &head, |out| names.iter().for_each(|name| push_varbind(out, OidRef::new(name), Value::Null)));
    out
}

fn ask(objects: &impl Objects, manners: &Manners, request: &[u8]) -> Option<Answer> {
    let mut out = Vec::new();
    respond(request, objects, manners, &mut out).then_some(())?;
    let Ok(Message { pdu: Pdu::Plain(pdu), .. }) = Message::parse(&out) else { panic!("{out:x?}") };
    assert_eq!((pdu.kind, pdu.request_id), (PduType::Response, 0x4000_0007));
    let bindings = pdu.varbinds.map(|b| b.unwrap()).map(|b| (b.name.as_octets().to_vec(), format!("{:?}", b.value().unwrap()))).collect();
    Some((pdu.error_status(), pdu.second, bindings))
}

fn name(text: &str) -> Vec<u8> {
    encode(&parse(text).unwrap())
}

fn printer() -> SimPrinter {
    let mut printer = SimPrinter::new(2, ModelSpec { habits: Habits::none(), ..ModelSpec::color_mfp() });
    printer.jam();
    printer
}

fn straight(objects: &impl Objects) -> Vec<Vec<u8>> {
    std::iter::successors(objects.next(OidRef::new(&[])), |(name, _)| objects.next(*name))
        .map(|(name, _)| name.as_octets().to_vec())
        .collect()
}

#[test]
fn a_walk_of_either_version_sees_every_object_and_the_end() {
    let printer = printer();
    let expected = straight(&printer);
    for version in [Version::V1, Version::V2c] {
        let mut walked = vec![name("0.0")];
        let (status, end) = loop {
            let asked = request(version, PduType::GetNext, 0, 0, &[walked.last().unwrap()]);
            let (status, _, bindings) = ask(&printer, &Manners::default(), &asked).unwrap();
            let [(next, value)] = &bindings[..] else { panic!("{bindings:?}") };
            if status != ErrorStatus::NoError || value == "EndOfMibView" {
                break (status, value.clone());
            }
            walked.push(next.clone());
        };
        assert_eq!(walked[1..], expected[..]);
        match version {
            Version::V1 => assert_eq!(status, ErrorStatus::NoSuchName),
            _ => assert_eq!((status, end.as_str()), (ErrorStatus::NoError, "EndOfMibView")),
        }
    }
}

#[test]
fn a_bulk_walk_sees_the_same() {
    let printer = printer();
    let mut walked = vec![name("0.0")];
    loop {
        let asked = request(Version::V2c, PduType::GetBulk, 0, 50, &[walked.last().unwrap()]);
        let (_, _, bindings) = ask(&printer, &Manners::default(), &asked).unwrap();
        assert!(!bindings.is_empty());
        let is_end = bindings.iter().any(|(_, value)| value == "EndOfMibView");
        walked.extend(bindings.into_iter().filter(|(_, value)| value != "EndOfMibView").map(|(name, _)| name));
        if is_end {
            break;
        }
    }
    assert_eq!(walked[1..], straight(&printer)[..]);
}

#[test]
fn what_is_missing_is_told_as_each_version_tells_it() {
    let printer = printer();
    let names = [name("1.3.6.1.2.1.1.5.0"), name("1.3.6.1.2.1.43.11.1.1.9.1.99"), name("1.3.6.1.2.1.99.1.0")];
    let names: Vec<&[u8]> = names.iter().map(Vec::as_slice).collect();
    let (status, index, _) = ask(&printer, &Manners::default(), &request(Version::V1, PduType::Get, 0, 0, &names)).unwrap();
    assert_eq!((status, index), (ErrorStatus::NoSuchName, 2));
    let (_, _, bindings) = ask(&printer, &Manners::default(), &request(Version::V2c, PduType::Get, 0, 0, &names)).unwrap();
    assert_eq!((bindings[1].1.as_str(), bindings[2].1.as_str()), ("NoSuchInstance", "NoSuchObject"));
}

#[test]
fn version_1_skips_counters_of_64_bits() {
    // RFC 3584 §4.2.2.1: a walk of version 1 passes over them instead of ending there.
    let text = "1.3.6.1.2.1.31.1.1.1.1.1|4|eth0\n1.3.6.1.2.1.31.1.1.1.6.1|70|17\n1.3.6.1.2.1.31.1.1.1.14.1|2|1\n";
    let recording = Recording::parse("x", text).unwrap();
    let asked = request(Version::V1, PduType::GetNext, 0, 0, &[&name("1.3.6.1.2.1.31.1.1.1.1.1")]);
    let (status, _, bindings) = ask(&recording, &Manners::default(), &asked).unwrap();
    assert_eq!((status, bindings[0].1.as_str()), (ErrorStatus::NoError, "Integer(1)"));
}

#[test]
fn a_small_device_says_too_big_and_cuts_bulk_answers() {
    let printer = printer();
    let small = Manners { largest_response: 484, ..Manners::default() };
    let everything = straight(&printer);
    let names: Vec<&[u8]> = everything.iter().take(60).map(Vec::as_slice).collect();
    let (status, _, bindings) = ask(&printer, &small, &request(Version::V2c, PduType::Get, 0, 0, &names)).unwrap();
    assert_eq!((status, bindings.len()), (ErrorStatus::TooBig, 0));
    let (status, _, bindings) = ask(&printer, &small, &request(Version::V2c, PduType::GetBulk, 0, 60, &names[..1])).unwrap();
    assert!(status == ErrorStatus::NoError && (5..60).contains(&bindings.len()), "{}", bindings.len());
}

#[test]
fn a_recording_of_a_walk_answers_as_the_printer_did() {
    let printer = printer();
    let mut builder = RecordingBuilder::new("walked");
    let mut at = printer.next(OidRef::new(&[]));
    while let Some((name, value)) = at {
        builder.push(name, value);
        at = printer.next(name);
    }
    let recording = Recording::parse("again", &builder.finish().write()).unwrap();
    assert_eq!(recording.len(), printer.object_count());
    assert!(recording.iter().all(|(name, value)| printer.get(name) == Some(value)));
}

fn oids() -> impl Strategy<Value = Vec<u8>> {
    prop_oneof![
        prop::collection::vec(any::<u8>(), 0..20),
        prop::collection::vec(0u32..300, 0..8).prop_map(|tail| encode(&[&[1, 3, 6, 1, 2, 1][..], &tail].concat())),
        (0usize..600).prop_map(|place| straight(&printer()).get(place).cloned().unwrap_or_default()),
    ]
}

fn kinds() -> impl Strategy<Value = PduType> {
    prop::sample::select(vec![PduType::Get, PduType::GetNext, PduType::GetBulk])
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 400, failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn arbitrary_octets_never_panic(octets in prop::collection::vec(any::<u8>(), 0..200)) {
        let mut out = Vec::new();
        respond(&octets, &printer(), &Manners::default(), &mut out);
    }

    #[test]
    fn bent_requests_never_panic_and_answers_keep_within_their_limit(
        name in oids(), kind in kinds(), place in 0usize..60, octet in any::<u8>(), cut in 0usize..80,
    ) {
        let mut request = request(Version::V2c, kind, 0, 20, &[&name]);
        let place = place % request.len();
        request[place] = octet;
        request.truncate(request.len().saturating_sub(cut % 7));
        let mut out = Vec::new();
        respond(&request, &printer(), &Manners::default(), &mut out);
        prop_assert!(out.len() <= Manners::default().largest_response);
    }

    #[test]
    fn answers_keep_within_their_limit(
        names in prop::collection::vec(oids(), 1..20),
        kind in kinds(), first in 0u32..5, second in 0u32..200, largest_response in 484usize..1500,
    ) {
        let names: Vec<&[u8]> = names.iter().map(Vec::as_slice).collect();
        let request = request(Version::V2c, kind, first, second, &names);
        let mut out = Vec::new();
        respond(&request, &printer(), &Manners { largest_response, ..Manners::default() }, &mut out);
        prop_assert!(out.len() <= largest_response, "{} octets of {}", out.len(), largest_response);
    }

    #[test]
    fn recordings_of_anything_survive_their_text(
        rows in prop::collection::vec((prop::collection::vec(any::<u32>(), 0..6), prop::collection::vec(any::<u8>(), 0..40), any::<i64>(), 0u8..8), 0..20),
    ) {
        let mut builder = RecordingBuilder::new("made up");
        for (tail, octets, number, kind) in &rows {
            let name = encode(&[&[1, 3, 6, 1][..], tail].concat());
            let value = match kind {
                0 => Value::Integer(*number),
                1 => Value::OctetString(octets),
                2 => Value::Counter32(*number as u32),
                3 => Value::Counter64(*number as u64),
                4 => Value::TimeTicks(*number as u32),
                5 => Value::Opaque(octets),
                6 => Value::ObjectIdentifier(OidRef::new(&name)),
                _ => Value::IpAddress((*number as u32).to_be_bytes()),
            };
            builder.push(OidRef::new(&name), value);
        }
        let recording = builder.finish();
        let text = recording.write();
        prop_assert_eq!(Recording::parse("again", &text).unwrap().write(), text);
    }
}
