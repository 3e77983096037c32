//! A file in the spool: whatever the disk gives back is a report as it was put, or refused.
#![no_main]

use libfuzzer_sys::fuzz_target;
use uplink::spool::file::{header, payload};

fuzz_target!(|octets: &[u8]| {
    // As it stands, and with a header that fits.
    if let Ok(payload) = payload(octets) {
        assert_eq!([&header(payload)[..], payload].concat(), octets);
    }
    let whole = [&header(octets)[..], octets].concat();
    assert_eq!(payload(&whole), Ok(octets));
});
