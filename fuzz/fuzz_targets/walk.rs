//! A walk ends, whatever the agent answers, and never goes back.
#![no_main]

use libfuzzer_sys::fuzz_target;
use snmp::message::{Message, Pdu};
use snmp::{OidRef, Walk};

fuzz_target!(|input: (u8, Vec<Vec<u8>>)| {
    let (root_length, datagrams) = input;
    let root = [0x2b, 6, 1, 2, 1, 43, 11, 1, 1];
    let mut walk = Walk::new(&root[..usize::from(root_length % 9) + 1], 500);
    for datagram in &datagrams {
        let Ok(Message { pdu: Pdu::Plain(pdu), .. }) = Message::parse(datagram) else { continue };
        for binding in pdu.varbinds.map_while(Result::ok) {
            let before = walk.position().as_octets().to_vec();
            if walk.take(&binding) {
                assert!(walk.position().cmp_arcs(&OidRef::new(&before)).is_gt());
            }
        }
    }
    assert!(walk.taken() <= 500);
});
