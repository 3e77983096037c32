//! Nobody changes what was sent without being noticed.

mod ledger_common;

use std::fs;

use agent::ledger::show::{self, Content};
use agent::ledger::{ChainFault, Digest, Draft, Ledger, LedgerError, Options, Payload, What};
use jiff::SignedDuration;
use ledger_common::{Room, acknowledge, append, day};

#[track_caller]
fn assert_broken(room: &Room, number: u64, fault: ChainFault) {
    let broken = room.verify().first_broken.expect("tampering is noticed");
    assert_eq!((broken.number, broken.fault), (number, fault));
}

/// The lines of the ledger, each with its end.
fn lines(room: &Room) -> Vec<String> {
    fs::read_to_string(room.lines()).unwrap().split_inclusive('\n').map(str::to_owned).collect()
}

fn write(room: &Room, lines: &[String]) {
    fs::write(room.lines(), lines.concat()).unwrap();
}

#[test]
fn what_was_sent_is_read_again_octet_for_octet() {
    let room = Room::with_five_entries();
    let reader = room.reader();
    assert_eq!(reader.payload(2).unwrap(), Payload::Kept(b"second payload".to_vec()));
    assert_eq!(reader.payload(3).unwrap(), Payload::None);
    assert!(matches!(reader.payload(6), Err(LedgerError::NoEntry { number: 6 })));
    let verdict = room.verify();
    assert!(verdict.is_sound());
    assert_eq!((verdict.entries, verdict.payloads, verdict.pruned, verdict.head.0), (5, 3, 0, 5));
}

#[test]
fn an_empty_ledger_is_sound() {
    let room = Room::new();
    drop(room.open());
    let verdict = room.verify();
    assert!(verdict.is_sound());
    assert_eq!((verdict.entries, verdict.head), (0, (0, Digest::NONE)));
    assert_eq!(show::list(&room.reader().entries(None, 10).unwrap()), "nothing has left this site\n");
}

#[test]
fn every_changed_octet_of_every_entry_is_noticed() {
    let room = Room::with_five_entries();
    let sound = fs::read(room.lines()).unwrap();
    for place in 0..sound.len() {
        let mut changed = sound.clone();
        changed[place] ^= 1;
        fs::write(room.lines(), &changed).unwrap();
        let number = 1 + sound[..place].iter().filter(|octet| **octet == b'\n').count() as u64;
        let broken = room.verify().first_broken.unwrap_or_else(|| panic!("octet {place} was changed unnoticed"));
        assert_eq!(broken.number, number, "octet {place}: {broken}");
    }
}

#[test]
fn every_changed_octet_of_every_payload_is_noticed() {
    let room = Room::with_five_entries();
    for number in [1, 2, 4] {
        let sound = fs::read(room.payload(number)).unwrap();
        for place in 0..sound.len() {
            let mut changed = sound.clone();
            changed[place] ^= 0x80;
            fs::write(room.payload(number), &changed).unwrap();
            assert_broken(&room, number, ChainFault::PayloadAltered);
            assert!(matches!(room.reader().payload(number), Err(LedgerError::PayloadDiffers { .. })));
        }
        fs::write(room.payload(number), [&sound[..], b"x"].concat()).unwrap();
        assert_broken(&room, number, ChainFault::PayloadAltered);
        fs::write(room.payload(number), &sound[1..]).unwrap();
        assert_broken(&room, number, ChainFault::PayloadAltered);
        fs::write(room.payload(number), sound).unwrap();
    }
    assert!(room.verify().is_sound());
}

#[test]
fn payloads_that_vanish_appear_or_change_places_are_noticed() {
    let room = Room::with_five_entries();
    let copy = room.copy();
    fs::remove_file(copy.payload(2)).unwrap();
    assert_broken(&copy, 2, ChainFault::PayloadMissing);
    let copy = room.copy();
    fs::copy(copy.payload(2), copy.payload(3)).unwrap();
    assert_broken(&copy, 3, ChainFault::PayloadForeign);
    let copy = room.copy();
    fs::copy(copy.payload(2), copy.payload(77)).unwrap();
    assert_broken(&copy, 77, ChainFault::PayloadForeign);
    let copy = room.copy();
    fs::rename(copy.payload(1), copy.path().join("aside")).unwrap();
    fs::rename(copy.payload(2), copy.payload(1)).unwrap();
    fs::rename(copy.path().join("aside"), copy.payload(2)).unwrap();
    assert_broken(&copy, 1, ChainFault::PayloadAltered);
}

#[test]
fn entries_left_out_swapped_or_said_twice_are_noticed() {
    let room = Room::with_five_entries();
    let sound = lines(&room);
    for left_out in 0..4 {
        let mut changed = sound.clone();
        changed.remove(left_out);
        write(&room, &changed);
        let number = left_out as u64 + 1;
        assert_broken(&room, number, ChainFault::OutOfPlace { found: number + 1 });
        let mut changed = sound.clone();
        changed.swap(left_out, left_out + 1);
        write(&room, &changed);
        assert_broken(&room, number, ChainFault::OutOfPlace { found: number + 1 });
        let mut changed = sound.clone();
        changed.insert(left_out, sound[left_out].clone());
        write(&room, &changed);
        assert_broken(&room, number + 1, ChainFault::OutOfPlace { found: number });
    }
}

#[test]
fn an_end_that_was_cut_off_is_noticed_at_every_octet() {
    let room = Room::with_five_entries();
    let sound = fs::read(room.lines()).unwrap();
    for length in 0..sound.len() {
        fs::write(room.lines(), &sound[..length]).unwrap();
        let whole = sound[..length].iter().filter(|octet| **octet == b'\n').count() as u64;
        assert_broken(&room, whole + 1, ChainFault::CutOff { head: 5 });
    }
}

#[test]
fn a_rewritten_entry_with_a_hash_of_its_own_does_not_fit_the_next() {
    let room = Room::with_five_entries();
    let sound = lines(&room);
    let rewrite = |line: &str| {
        let body = line.split(",\"hash\":\"").next().unwrap().replace("reports.example", "reports.examp1e");
        format!("{body},\"hash\":\"{}\"}}\n", Digest::of(body.as_bytes()))
    };
    let mut changed = sound.clone();
    changed[1] = rewrite(&sound[1]);
    write(&room, &changed);
    assert_broken(&room, 3, ChainFault::NotLinked);
    let mut changed = sound.clone();
    changed[4] = rewrite(&sound[4].replace("acknowledged\"", "acknowledged\",\"note\":\"never\""));
    write(&room, &changed);
    assert_broken(&room, 5, ChainFault::HeadDiffers);
}

#[test]
fn a_foreign_or_missing_head_is_noticed() {
    let room = Room::with_five_entries();
    let sound = fs::read_to_string(room.head()).unwrap();
    fs::remove_file(room.head()).unwrap();
    assert_broken(&room, 5, ChainFault::HeadBehind);
    fs::write(room.head(), sound.replace("5 ", "9 ")).unwrap();
    assert_broken(&room, 6, ChainFault::CutOff { head: 9 });
    for text in ["", "5", "five", "5 abc\n"] {
        fs::write(room.head(), text).unwrap();
        assert_broken(&room, 5, ChainFault::HeadDiffers);
    }
}

#[test]
fn garbage_and_endless_lines_are_reported_and_take_no_memory() {
    let room = Room::with_five_entries();
    let mut changed = lines(&room);
    changed[2] = format!("{}\n", "x".repeat(3 << 20));
    write(&room, &changed);
    assert_broken(&room, 3, ChainFault::Unreadable);
    assert_eq!(room.reader().entries(None, 10).unwrap().unreadable, 1);
    let mut changed = lines(&room);
    changed[2] = "\0\u{1b}[2J\n".to_owned();
    write(&room, &changed);
    assert_broken(&room, 3, ChainFault::Unreadable);
}

#[test]
fn a_broken_chain_is_told_goes_on_and_stays_broken() {
    let room = Room::with_five_entries();
    let mut changed = lines(&room);
    changed[1] = changed[1].replace("report-2", "report-9");
    write(&room, &changed);
    let mut opened = room.open();
    assert_eq!(opened.broken.unwrap().to_string(), "entry 2 was changed: its text does not match its hash");
    assert_eq!(append(&mut opened.ledger, 6, b"more"), 6);
    assert_broken(&room, 2, ChainFault::Altered);
    assert_eq!(room.verify().entries, 6);
}

#[test]
fn entries_come_newest_first_in_pages_over_many_files() {
    let room = Room::new();
    let mut ledger = room.open().ledger;
    for number in 1..=600 {
        acknowledge(&mut ledger, number);
    }
    drop(ledger);
    let reader = room.reader();
    let (mut before, mut seen) = (None, Vec::new());
    loop {
        let page = reader.entries(before, 70).unwrap();
        seen.extend(page.entries.iter().map(|entry| entry.number));
        before = page.before;
        if before.is_none() {
            break;
        }
    }
    assert_eq!(seen, (1..=600).rev().collect::<Vec<u64>>());
    assert_eq!(reader.entry(257).unwrap().number, 257);
    assert_eq!(reader.entry(256).unwrap().number, 256);
    assert!(room.verify().is_sound());
    let mut ledger = room.open().ledger;
    assert_eq!(append(&mut ledger, 601, b"more"), 601);
    assert!(room.verify().is_sound());
    drop(ledger);
    fs::remove_file(room.path().join("000000000257.jsonl")).unwrap();
    assert_broken(&room, 257, ChainFault::OutOfPlace { found: 513 });
}

#[test]
fn old_payloads_go_their_entries_stay_and_the_chain_is_sound() {
    let room = Room::new();
    let options = Options { keep: SignedDuration::from_hours(24 * 10), ..Options::default() };
    let mut ledger = Ledger::open(room.path(), options).unwrap().ledger;
    for number in 1..=30 {
        append(&mut ledger, number, format!("payload {number}").as_bytes());
    }
    drop(ledger);
    let verdict = room.verify();
    assert!(verdict.is_sound(), "{verdict:?}");
    assert_eq!((verdict.payloads, verdict.pruned), (11, 19));
    let reader = room.reader();
    assert_eq!(reader.payload(1).unwrap(), Payload::Pruned);
    assert!(!room.payload(1).exists());
    // A lost payload is not taken for a pruned one.
    let kept = reader.entries(None, 100).unwrap().entries.into_iter().rfind(|entry| room.payload(entry.number).exists()).unwrap();
    fs::remove_file(room.payload(kept.number)).unwrap();
    assert_broken(&room, kept.number, ChainFault::PayloadMissing);
}

#[test]
fn payloads_stay_below_their_bound_and_the_newest_stays_always() {
    let room = Room::new();
    let options = Options { most_octets: 1000, ..Options::default() };
    let mut ledger = Ledger::open(room.path(), options).unwrap().ledger;
    for number in 1..=30 {
        append(&mut ledger, number, &[7; 100]);
        assert!(ledger.kept_octets() <= 1000);
    }
    drop(ledger);
    let mut ledger = Ledger::open(room.path(), options).unwrap().ledger;
    assert!((500..=1000).contains(&ledger.kept_octets()));
    let large = append(&mut ledger, 31, &[8; 5000]);
    assert_eq!(ledger.reader().payload(large).unwrap(), Payload::Kept(vec![8; 5000]));
    assert!(room.verify().is_sound());
    let pruned = room.reader().entries(None, 1).unwrap().entries.remove(0);
    assert_eq!((pruned.what, pruned.note.as_deref()), (What::Pruned, Some("size")));
}

#[test]
fn pruning_is_not_a_way_to_hide_what_comes_later() {
    let room = Room::with_five_entries();
    let mut changed = lines(&room);
    let body = changed[4].split(",\"hash\":\"").next().unwrap().replace("\"acknowledged\"", "\"pruned\",\"pruned_through\":9");
    changed[4] = format!("{body},\"hash\":\"{}\"}}\n", Digest::of(body.as_bytes()));
    write(&room, &changed);
    fs::write(room.head(), format!("5 {}\n", Digest::of(body.as_bytes()))).unwrap();
    let broken = room.verify().first_broken;
    assert!(broken.is_some_and(|broken| broken.number == 5), "{broken:?}");
}

#[test]
fn only_one_program_writes_and_others_may_read() {
    let room = Room::with_five_entries();
    let opened = room.open();
    let second = Ledger::open(room.path(), Options::default());
    assert!(matches!(second, Err(LedgerError::InUse { .. })));
    assert!(room.verify().is_sound());
    drop(opened);
    room.open();
}

#[test]
fn texts_that_would_spoil_the_lines_are_refused() {
    let room = Room::new();
    let mut ledger = room.open().ledger;
    let draft = Draft { time: day(1), what: What::Enrolment, report: None, destination: None, note: None, payload: None };
    let long = "x".repeat(513);
    assert!(matches!(ledger.append(Draft { note: Some(&long), ..draft }), Err(LedgerError::TooLong { field: "note", .. })));
    assert!(matches!(ledger.append(Draft { report: Some("a\nb"), ..draft }), Err(LedgerError::NotPlain { field: "report" })));
    let quotes = "\"\\".repeat(256);
    ledger.append(Draft { report: Some(&quotes), destination: Some(&quotes), note: Some(&quotes), ..draft }).unwrap();
    assert!(room.verify().is_sound());
}

#[cfg(unix)]
#[test]
fn nobody_else_on_the_host_can_read_it() {
    use std::os::unix::fs::PermissionsExt;
    let room = Room::new();
    let folder = room.path().join("ledger");
    let mut ledger = Ledger::open(&folder, Options::default()).unwrap().ledger;
    append(&mut ledger, 1, b"x");
    let mode = |name: &str| fs::metadata(folder.join(name)).unwrap().permissions().mode() & 0o777;
    assert_eq!([mode(""), mode("payloads")], [0o700, 0o700]);
    assert_eq!([mode("head"), mode("000000000001.jsonl"), mode("payloads/000000000001.json.zst")], [0o600, 0o600, 0o600]);
}

#[test]
fn the_ledger_is_shown_as_a_list_and_entry_by_entry() {
    let room = Room::with_five_entries();
    let page = room.reader().entries(None, 2).unwrap();
    assert_eq!(
        show::list(&page),
        "  number  time                  what                  octets  to
       5  2026-01-06T02:00:00Z  acknowledged               -  -
       4  2026-01-05T02:00:00Z  sent                      13  reports.example:8443  report report-4
older entries: `roundsman-agent ledger show --before 4`
"
    );
    let entry = room.reader().entry(1).unwrap();
    let shown = show::one(&entry, Content::Json("{\"devices\":[1,2]}"), 10_000);
    assert_eq!(
        shown,
        format!(
            "entry 1: sent, 2026-01-02T02:00:00Z
to: reports.example:8443
report: report-1
octets: 13 as sent, SHA-256 {}
follows: {}

{{
  \"devices\": [
    1,
    2
  ]
}}
",
            Digest::of(b"first payload"),
            Digest::NONE
        )
    );
    assert!(show::one(&entry, Content::Pruned, 10).ends_with("\nthe payload has had its time and was pruned\n"));
    let sound = show::verdict(&room.verify());
    assert!(sound.starts_with("the ledger is sound: every entry follows from the one before\n5 entries, 3 payloads as sent,"), "{sound}");
    fs::remove_file(room.payload(2)).unwrap();
    let broken = show::verdict(&room.verify());
    assert!(broken.starts_with("the ledger is not as it was written: entry 2 has lost its payload"), "{broken}");
}

#[test]
fn a_payload_is_unpacked_within_bounds_and_plain_json_is_left_as_it_is() {
    let json = format!("{{\"devices\":[{}]}}", "1,".repeat(10_000));
    let packed = uplink::compress(json.as_bytes());
    assert_eq!(show::unpacked(&packed, 1 << 20).unwrap(), json);
    assert_eq!(show::unpacked(json.as_bytes(), 10).unwrap(), json);
    assert_eq!(show::unpacked(&packed, 1000).unwrap_err().to_string(), "it has more than 1000 octets when unpacked");
    assert!(show::unpacked(&packed[..packed.len() / 2], 1 << 20).is_err());
}
