//! What printers say at their print ports: IPP, PJL, LPD, device IDs and packed values.
#![no_main]

use libfuzzer_sys::fuzz_target;
use printport::ipp::{Exchange, Reply, Target, exchange, firmware, groups};
use printport::pjl::{Patience, Query, Session};
use printport::{DeviceId, Packed, Talk, device_id, ipp, lpd};

fuzz_target!(|octets: &[u8]| {
    let Some((choice, octets)) = octets.split_first() else { return };
    match choice % 6 {
        0 => message(octets),
        1 => printer(octets),
        2 => conversation(octets),
        3 => {
            let id = DeviceId::parse(octets);
            let _ = id.serial_number().and_then(device_id::text_of_hex);
            let again = DeviceId::parse(id.to_string().as_bytes());
            assert_eq!(again.pairs().count(), id.pairs().count(), "what is shown reads");
        }
        4 => {
            let packed = Packed::parse(octets);
            assert!(packed.pairs().all(|(key, _)| packed.get(key).is_some()));
        }
        _ => {
            let _ = lpd::read(octets);
        }
    }
});

fn message(octets: &[u8]) {
    let within_printer = [b"\x02\x00\x00\x00\x00\x00\x00\x01\x04".as_slice(), octets].concat();
    for octets in [octets, &within_printer] {
        let Ok(message) = ipp::decode(octets) else { continue };
        assert!(message.problems.len() <= 64, "problems are told within bounds");
        for attributes in message.printers() {
            let _ = (attributes.to_string(), firmware::version(attributes));
        }
    }
}

/// A printer that answers each request with the next piece, under whatever HTTP status it likes.
fn printer(octets: &[u8]) {
    let target = Target { host: "printer.example".into(), port: 631, is_tls: false };
    let mut exchange = Exchange::new(target, exchange::PATHS, groups::ALL);
    let mut pieces = octets.split(|octet| *octet == 0xfe);
    let mut requests = 0;
    while exchange.poll_request().is_some() {
        requests += 1;
        match pieces.next().and_then(|piece| piece.split_first()) {
            Some((status, body)) => {
                let text = std::str::from_utf8(body).ok();
                let http_status = [200, 200, 200, 302, 404, 426, 500, 401][usize::from(status % 8)];
                exchange.handle_response(Reply { http_status, content_type: text, location: text, body });
            }
            None => exchange.handle_error("silence"),
        }
    }
    assert!(requests <= 10 && exchange.is_done(), "asking ends");
    let answers = exchange.finish();
    let asked = |name: &str| groups::ALL.iter().any(|group| group.attributes.contains(&name));
    assert!(answers.attributes.iter().all(|(name, _)| asked(name)), "only what was asked for is kept");
}

fn conversation(octets: &[u8]) {
    let mut session = Session::new(&Query::ALL, Patience { answer: 2, session: 9 });
    let mut now = 0;
    for piece in octets.split(|octet| *octet == 0xfe) {
        let _ = session.poll_transmit(now);
        session.handle_input(now, piece);
        now += 1;
        session.handle_timeout(now);
    }
    for _ in 0..10 {
        let _ = session.poll_transmit(now);
        now = session.poll_timeout().unwrap_or(now);
        session.handle_timeout(now);
    }
    assert!(session.is_done(), "a conversation ends");
    let _ = session.finish();
}
