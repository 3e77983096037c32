//! The agent's side: no request makes it panic or answer with more than it may.
#![no_main]

use std::sync::OnceLock;

use libfuzzer_sys::fuzz_target;
use sim::recording::Recording;
use snmp::responder::{Manners, respond};

static RECORDING: OnceLock<Recording> = OnceLock::new();

fuzz_target!(|input: (u16, Vec<u8>)| {
    let recording = RECORDING.get_or_init(|| {
        let text = "1.3.6.1.2.1.1.1.0|4|a printer\n1.3.6.1.2.1.43.11.1.1.9.1.1|2|-3\n1.3.6.1.2.1.43.11.1.1.9.1.2|2|40\n";
        Recording::parse("fuzz", text).expect("well formed")
    });
    let (room, request) = input;
    let manners = Manners { largest_response: usize::from(room), ..Manners::default() };
    let mut out = Vec::new();
    if respond(&request, recording, &manners, &mut out) {
        // An error that repeats the request's own list is as large as the request.
        assert!(out.len() <= usize::from(room).max(request.len() + 32).max(128));
    }
});
