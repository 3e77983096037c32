//! What reaches a device module: facts from firmware, DNS, the server's answers, and its own flash.
#![no_main]

use device::answers::{self, Answer};
use device::linux::srv;
use device::state::{codec, slots};
use jiff::Timestamp;
use libfuzzer_sys::fuzz_target;

fuzz_target!(|octets: &[u8]| {
    let now = Timestamp::from_second(1_800_000_000).expect("in range");
    if let Ok(told) = device::facts::decode(octets, now, now) {
        assert!(told.problems.len() <= 17, "problems are told within bounds");
    }
    let asked = srv::query("_roundsman._tcp.example.net", 0x1234, 0).expect("a name");
    let _ = srv::parse(&asked, octets);
    // An answer to this very question, and whatever then comes.
    let question = &asked[12..asked.len() - 11];
    let answered = [&[0x12, 0x34, 0x81, 0x80, 0, 1, 0, 3, 0, 0, 0, 0], question, octets].concat();
    let _ = srv::parse(&asked, &answered);
    for status in [200, 409] {
        let answer = Answer { status, retry_after: None, body: octets };
        let _ = (answers::hello(answer), answers::reply(answer), answers::enrolled(answer));
    }
    let _ = slots::unframe(octets);
    if let Some(state) = codec::decode(octets) {
        assert_eq!(codec::decode(&codec::encode(&state)), Some(state), "what we write reads");
    }
});
