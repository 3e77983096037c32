//! What a sender says: a report, and everything around it.
#![no_main]

use jiff::Timestamp;
use libfuzzer_sys::fuzz_target;
use policy::View;
use wire::code::EnrolmentCode;
use wire::{Facts, json, talk};

fuzz_target!(|octets: &[u8]| {
    if let Ok(report) = json::decode(octets) {
        let again = json::encode(&report);
        assert_eq!(json::decode(&again).expect("what we write reads"), report);
        let mut facts = Facts::new();
        let mut view = View::unseen(Timestamp::UNIX_EPOCH);
        for reading in &report.readings {
            let before = facts.clone();
            if reading.apply(&mut facts).is_err() {
                assert_eq!(facts, before, "what does not fit changes nothing");
            }
            let _ = view.take(reading, Timestamp::UNIX_EPOCH);
        }
        // Any facts make a record, and the record makes facts that make the same record.
        let record = wire::facts::record(&facts, report.sender.kind.into(), None);
        let _ = wire::facts::of(&record, &mut wire::facts::Keys::default());
        let mut day = policy::history::Day::default();
        day.add(policy::history::Sample::of(view.seen_at, &facts));
        assert_eq!(policy::history::Day::unpack(&day.pack()).expect("what we write reads"), day);
    }
    let _ = serde_json::from_slice::<talk::Reply>(octets);
    let _ = serde_json::from_slice::<talk::Hello>(octets);
    let _ = serde_json::from_slice::<talk::Problem>(octets);
    if let Ok(text) = std::str::from_utf8(octets)
        && let Ok(code) = text.parse::<EnrolmentCode>()
    {
        assert_eq!(code.to_string().parse(), Ok(code));
    }
});
