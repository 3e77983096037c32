//! A whole reading, its record included, against an agent that answers anything at all.
#![no_main]

use std::net::SocketAddr;
use std::sync::{Arc, OnceLock};

use catalog::{Catalog, Sections};
use libfuzzer_sys::fuzz_target;
use snmp::message::{Head, Message, Pdu, PduType, push_message};
use survey::{Ceiling, Credentials, Event, Plans, Rate, Reader, ReaderOptions, Response, Statistics};

static OPTIONS: OnceLock<ReaderOptions> = OnceLock::new();

fn options() -> &'static ReaderOptions {
    OPTIONS.get_or_init(|| {
        let catalog = Arc::new(Catalog::embedded().expect("the embedded files load"));
        let plans = Arc::new(Plans::new(catalog, Sections::all()));
        let credentials = Arc::new(Credentials::communities(["public"]));
        ReaderOptions { epoch: Some(jiff::Timestamp::UNIX_EPOCH), remember: true, ..ReaderOptions::new(plans, credentials, [1, 2]) }
    })
}

/// Is one answer: whether to take the request's own names, an error, and octets for the bindings.
type Answer = (bool, u8, u8, Vec<u8>);

fuzz_target!(|answers: Vec<Answer>| {
    let address = SocketAddr::from(([10, 0, 0, 7], 161));
    let mut reader = Reader::new(options().clone());
    let (mut ceiling, mut statistics) = (Ceiling::new(Rate::UNLIMITED), Statistics::default());
    reader.read(address, false);
    let mut answers = answers.iter();
    let mut now = 0;
    for _ in 0..2000 {
        let mut request = Vec::new();
        if reader.poll_transmit(now, &mut ceiling, &mut request).is_some() {
            if let Some((echo, status, index, octets)) = answers.next() {
                let Ok(Message { version, community, pdu: Pdu::Plain(pdu) }) = Message::parse(&request) else { panic!("our own request") };
                let head = Head { version, community, kind: PduType::Response, request_id: pdu.request_id, first: u32::from(*status % 6), second: u32::from(*index) };
                let mut datagram = Vec::new();
                push_message(&mut datagram, &head, |out| {
                    if *echo {
                        // The names that were asked, each with a value made of the fuzzer's octets.
                        for (place, binding) in pdu.varbinds.map_while(Result::ok).enumerate() {
                            let tag = octets.get(place % octets.len().max(1)).copied().unwrap_or(2);
                            let contents = &octets[place.min(octets.len())..(place + usize::from(tag % 9)).min(octets.len())];
                            snmp::ber::push_constructed(out, 0x30, |out| {
                                snmp::ber::push_element(out, 6, binding.name.as_octets());
                                snmp::ber::push_element(out, tag, contents);
                            });
                        }
                    } else {
                        out.extend_from_slice(octets);
                    }
                });
                if let Ok(Some(response)) = Response::parse(address, &datagram) {
                    reader.handle_response(now, &response, &mut statistics);
                }
            }
        } else if let Some(due) = reader.poll_timeout() {
            now = now.max(due);
            reader.handle_timeout(now);
        }
        match reader.poll_event() {
            Some(Event::Read { known, .. }) => {
                // What was learned must be fit for a second reading.
                if answers.len() == 0 {
                    return;
                }
                reader.read_again(address, *known.expect("told to remember"));
            }
            Some(_) => return,
            None => {}
        }
    }
    panic!("a reading does not end");
});
