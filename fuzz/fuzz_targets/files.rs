//! What people and other programs write: recordings, vendor files, target lists.
#![no_main]

use catalog::Catalog;
use libfuzzer_sys::fuzz_target;
use sim::recording::Recording;

fuzz_target!(|octets: &[u8]| {
    let Ok(text) = std::str::from_utf8(octets) else { return };
    if let Ok(recording) = Recording::parse("fuzz", text) {
        let written = recording.write();
        let again = Recording::parse("fuzz", &written).expect("what we write reads");
        assert_eq!(again.write(), written);
    }
    let _ = Catalog::parse(&[("fuzz.toml", text)]);
    let _ = survey::targets::parse_list(text, "fuzz.txt");
});
