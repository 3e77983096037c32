//! What people and other programs write: recordings, vendor files, target lists.
#![no_main]

use catalog::{Catalog, EMBEDDED};
use libfuzzer_sys::fuzz_target;
use sim::recording::Recording;

/// Begins a vendor file with something to refer to: without it, few inputs come as far as what objects mean.
const BEGUN: &str = r#"[profile]
inherits = "printer-mib"
source = "s"
[group.a]
source = "s"
oid = "1.3.6.1.4.1.99999.1"
instance = "scalar"
sections = ["meters", "supplies", "identity"]
moves = "always"
objects = [{ at = 1, name = "aTotal" }, { at = 2, name = "aRecords", syntax = "tagged-records" }]
[table.aTable]
source = "s"
oid = "1.3.6.1.4.1.99999.2.1"
rows = { walk = "aCount" }
sections = ["meters", "supplies"]
moves = "always"
objects = [{ at = 1, name = "aName", syntax = "text" }, { at = 2, name = "aCount" }]
"#;

fuzz_target!(|octets: &[u8]| {
    let Ok(text) = std::str::from_utf8(octets) else { return };
    if let Ok(recording) = Recording::parse("fuzz", text) {
        let written = recording.write();
        let again = Recording::parse("fuzz", &written).expect("what we write reads");
        assert_eq!(again.write(), written);
    }
    vendor_file(text);
    vendor_file(&format!("{BEGUN}{text}"));
    let _ = survey::targets::parse_list(text, "fuzz.txt");
});

/// Only beside the standards is the body of a file read.
fn vendor_file(text: &str) {
    match Catalog::parse(&[EMBEDDED[0], ("fuzz.toml", text)]) {
        Ok(catalog) => {
            let profile = catalog.profile("fuzz").expect("a sound file is a profile");
            let witnesses = catalog.witnesses("fuzz");
            let own = profile.objects.iter().filter(|object| object.rule.file == "fuzz.toml");
            own.for_each(|object| assert!(witnesses.of(object.rule).is_some(), "{} rests on nothing", object.name));
        }
        Err(errors) => assert!(!errors.0.is_empty(), "refused without a fault"),
    }
}
