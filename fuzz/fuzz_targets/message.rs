//! BER and PDUs: whatever arrives is read or refused, and what was read can be written again.
#![no_main]

use libfuzzer_sys::fuzz_target;
use snmp::message::{Head, Message, Pdu, push_message, push_varbind};

fuzz_target!(|datagram: &[u8]| {
    let Ok(message) = Message::parse(datagram) else { return };
    let Pdu::Plain(pdu) = message.pdu else { return };
    let bindings: Vec<_> = pdu.varbinds.map_while(Result::ok).collect();
    let values: Vec<_> = bindings.iter().filter_map(|b| Some((b.name, b.value().ok()?))).filter(|(name, _)| name.check().is_ok()).collect();
    let head = Head {
        version: message.version,
        community: message.community,
        kind: pdu.kind,
        request_id: pdu.request_id,
        first: pdu.first,
        second: pdu.second,
    };
    let mut out = Vec::new();
    push_message(&mut out, &head, |out| values.iter().for_each(|(name, value)| push_varbind(out, *name, *value)));
    let Ok(Message { pdu: Pdu::Plain(again), .. }) = Message::parse(&out) else { panic!("what we write does not read") };
    let read: Vec<_> = again.varbinds.map(|b| b.expect("just written")).map(|b| (b.name, b.value().expect("just written"))).collect();
    assert_eq!(read, values);
});
