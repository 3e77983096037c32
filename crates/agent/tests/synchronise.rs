//! Sessions with a server in memory: nothing is lost, nothing is said twice, wherever either stops.

mod common;

use agent::config::Mode;
use agent::synchronise::{Desk, Session, SyncError, synchronise};
use common::server::{FakeServer, Fault};
use common::{Folder, copy, desk, keep, make_places, miss, printer, speaker, time};
use jiff::{Timestamp, ToSpan};
use wire::commands::{Action, Command, OutcomeKind};
use wire::privacy::{Group, Privacy};
use wire::{Extent, Facts, Value};

fn now() -> Timestamp {
    time("2026-11-25T12:00:00Z")
}

fn talk(desk: &mut Desk, server: &FakeServer) -> (Session, Result<(), SyncError>) {
    synchronise(desk, server, speaker(), Mode::Normal, &now)
}

fn sync(desk: &mut Desk, server: &FakeServer) -> Session {
    let (session, result) = talk(desk, server);
    result.unwrap();
    session
}

/// Returns what the server may know of a printer that says this.
fn told(serial: &str, total: i64) -> Facts {
    let mut facts = printer(serial, total);
    Privacy::default().apply(&mut facts);
    facts
}

fn fresh() -> (Folder, Desk, FakeServer) {
    let folder = Folder::new();
    make_places(folder.path());
    let desk = desk(folder.path());
    (folder, desk, FakeServer::default())
}

#[test]
fn the_first_report_is_whole_and_the_next_tells_what_changed() {
    let (_folder, mut desk, server) = fresh();
    keep(&desk.store, "SN-0001", 100, now());
    assert_eq!(sync(&mut desk, &server).reports, 1);
    keep(&desk.store, "SN-0001", 142, now() + 1.hour());
    sync(&mut desk, &server);
    let reports = server.accepted();
    assert_eq!((reports[0].base.clone(), reports[0].readings[0].extent), (None, Extent::Whole));
    assert_eq!(reports[1].base, Some(reports[0].id.clone()));
    assert_eq!(reports[1].readings[0].changes.len(), 1);
    assert_eq!(server.devices.borrow()[&1], told("SN-0001", 142));
    assert!(!server.devices.borrow()[&1].contains_key("status/console"), "the panel's text stays on the site");
    assert!(desk.spool.is_empty());
    assert_eq!(desk.store.lock().unsent_count().unwrap(), 0);
}

#[test]
fn a_session_with_nothing_new_still_says_that_the_agent_is_there() {
    let (_folder, mut desk, server) = fresh();
    sync(&mut desk, &server);
    sync(&mut desk, &server);
    assert_eq!(server.accepted().len(), 2);
}

#[test]
fn days_without_a_link_arrive_in_order_each_with_its_time() {
    let (_folder, mut desk, server) = fresh();
    keep(&desk.store, "SN-0001", 100, now());
    sync(&mut desk, &server);
    server.is_cut.set(true);
    for day in 1..5 {
        let at = now() + (24 * day).hours();
        keep(&desk.store, "SN-0001", 100 + day, at);
        miss(&desk.store, 1, at + 2.hours());
        assert!(talk(&mut desk, &server).1.is_err());
    }
    server.is_cut.set(false);
    sync(&mut desk, &server);
    let readings = &server.accepted()[1].readings;
    let extents: Vec<Extent> = readings.iter().map(|reading| reading.extent).collect();
    assert_eq!(extents, [Extent::Changes, Extent::Glimpse].repeat(4));
    assert!(readings.is_sorted_by_key(|reading| reading.observed_at));
    let mut expected = told("SN-0001", 104);
    expected.insert("presence".into(), Value::from("unreachable"));
    assert_eq!(server.devices.borrow()[&1], expected);
}

/// Restores one part of the agent's folder to how it was.
fn restore(folder: &Folder, part: &str, from: &Folder) {
    copy(&from.path().join(part), &folder.path().join(part));
}

#[test]
fn a_crash_between_any_two_steps_loses_nothing_and_says_nothing_twice() {
    // In order: what of store, spool and ledger is on disk, and whether the server has the report.
    let points = [
        ("nothing was done", ["before", "before", "before"], false),
        ("a sequence number was taken", ["at send", "before", "before"], false),
        ("the report is in the spool", ["at send", "at send", "before"], false),
        ("the report is in the ledger", ["at send", "at send", "at send"], false),
        ("the server has the report", ["at send", "at send", "at send"], true),
        ("the store knows that", ["after", "at send", "at send"], true),
        ("the ledger knows that", ["after", "at send", "after"], true),
        ("the spool has let go of it", ["after", "after", "after"], true),
    ];
    for (point, parts, arrives) in points {
        let (folder, mut agent, server) = fresh();
        keep(&agent.store, "SN-0001", 100, now());
        keep(&agent.store, "SN-00002", 50, now());
        sync(&mut agent, &server);
        keep(&agent.store, "SN-0001", 142, now() + 1.hour());
        let (before, at_send, after) = (Folder::new(), Folder::new(), Folder::new());
        copy(folder.path(), before.path());
        let (from, to) = (folder.path().to_owned(), at_send.path().to_owned());
        *server.on_send.borrow_mut() = Some(Box::new(move || copy(&from, &to)));
        if !arrives {
            server.faults.borrow_mut().push_back(Fault::LostReport);
        }
        let _ = talk(&mut agent, &server);
        *server.on_send.borrow_mut() = None;
        drop(agent);
        copy(folder.path(), after.path());
        for (part, state) in ["store", "spool", "ledger"].into_iter().zip(parts) {
            let from = match state {
                "before" => &before,
                "at send" => &at_send,
                _ => &after,
            };
            restore(&folder, part, from);
        }
        let mut agent = desk(folder.path());
        // What is read after the restart must not get into the report that was sealed before.
        keep(&agent.store, "SN-0001", 150, now() + 2.hours());
        sync(&mut agent, &server);
        assert_eq!(server.devices.borrow()[&1], told("SN-0001", 150), "{point}");
        assert_eq!(server.devices.borrow()[&2], told("SN-00002", 50), "{point}");
        assert!(server.readings.borrow().values().all(|count| *count == 1), "{point}: {:?}", server.readings.borrow());
        assert!(agent.spool.is_empty(), "{point}");
        assert_eq!(agent.store.lock().unsent_count().unwrap(), 0, "{point}");
        let calls = server.calls.borrow();
        for (id, sum) in calls.iter() {
            assert!(calls.iter().all(|(other, octets)| other != id || octets == sum), "{point}: two versions of {id}");
        }
        // Everything that arrived stands in the ledger, and the ledger is sound.
        let reader = agent.ledger.reader();
        let entries = reader.entries(None, 100).unwrap().entries;
        for id in server.reports.borrow().keys() {
            assert!(entries.iter().any(|entry| entry.report.as_deref() == Some(id)), "{point}: {id} is not in the ledger");
        }
        assert!(reader.verify().unwrap().is_sound(), "{point}");
    }
}

#[test]
fn a_reply_that_got_lost_leads_to_the_same_octets_once_more() {
    let (_folder, mut desk, server) = fresh();
    keep(&desk.store, "SN-0001", 100, now());
    server.faults.borrow_mut().push_back(Fault::LostReply);
    assert!(talk(&mut desk, &server).1.is_err());
    assert_eq!(desk.spool.len(), 1);
    keep(&desk.store, "SN-0001", 101, now() + 1.hour());
    sync(&mut desk, &server);
    let calls = server.calls.borrow();
    assert_eq!(calls[0], calls[1]);
    assert_eq!(server.devices.borrow()[&1], told("SN-0001", 101));
}

#[test]
fn a_report_of_an_earlier_enrolment_is_not_sent_to_another_server() {
    let (_folder, mut desk, server) = fresh();
    keep(&desk.store, "SN-0001", 100, now());
    server.faults.borrow_mut().push_back(Fault::LostReport);
    assert!(talk(&mut desk, &server).1.is_err());
    let other = FakeServer::default();
    let anew = agent::speaker::Speaker { sender: "agent-8".into(), ..speaker() };
    synchronise(&mut desk, &other, anew, Mode::Normal, &now).1.unwrap();
    let reports = other.accepted();
    assert_eq!((reports.len(), reports[0].sender.id.as_str()), (1, "agent-8"));
    assert_eq!(other.devices.borrow()[&1], told("SN-0001", 100));
}

#[test]
fn a_word_on_another_report_is_no_word_on_this_one() {
    let (_folder, mut desk, server) = fresh();
    keep(&desk.store, "SN-0001", 100, now());
    server.faults.borrow_mut().push_back(Fault::WrongReply);
    assert!(talk(&mut desk, &server).1.unwrap_err().to_string().contains("another report"));
    assert_eq!(desk.spool.len(), 1);
    assert_eq!(desk.store.lock().unsent_count().unwrap(), 1);
    sync(&mut desk, &server);
    assert_eq!(server.calls.borrow()[0], server.calls.borrow()[1]);
}

#[test]
fn a_server_restored_from_an_old_copy_gets_everything_whole() {
    let (_folder, mut desk, server) = fresh();
    keep(&desk.store, "SN-0001", 100, now());
    keep(&desk.store, "SN-00002", 7, now());
    sync(&mut desk, &server);
    let (old, devices) = (server.last.borrow().clone(), server.devices.borrow().clone());
    keep(&desk.store, "SN-0001", 142, now() + 1.hour());
    sync(&mut desk, &server);
    server.restore(old, devices);
    sync(&mut desk, &server);
    assert_eq!(server.devices.borrow()[&1], told("SN-0001", 142));
    let last = server.accepted().pop().unwrap();
    assert_eq!((last.base, last.readings.len()), (None, 2));
    // With the time at which it was said, not that of the restoration.
    assert_eq!(last.readings[0].observed_at, now() + 1.hour());
}

#[test]
fn a_server_that_wants_everything_whole_gets_it_in_the_same_session() {
    let (_folder, mut desk, server) = fresh();
    keep(&desk.store, "SN-0001", 100, now());
    sync(&mut desk, &server);
    keep(&desk.store, "SN-0001", 101, now() + 1.hour());
    server.faults.borrow_mut().push_back(Fault::NeedsFull);
    sync(&mut desk, &server);
    assert_eq!(server.accepted().len(), 2);
    assert_eq!(server.devices.borrow()[&1], told("SN-0001", 101));
}

#[test]
fn a_server_that_always_wants_more_is_left_alone() {
    let (_folder, mut desk, server) = fresh();
    keep(&desk.store, "SN-0001", 100, now());
    server.faults.borrow_mut().extend([Fault::NeedsFull; 10]);
    let error = talk(&mut desk, &server).1.unwrap_err();
    assert!(error.to_string().contains("again and again"), "{error}");
    assert_eq!(server.calls.borrow().len(), 3);
    server.faults.borrow_mut().clear();
    sync(&mut desk, &server);
    assert_eq!(server.devices.borrow()[&1], told("SN-0001", 100));
}

#[test]
fn a_report_that_is_refused_for_good_does_not_stand_in_the_way() {
    let (_folder, mut desk, server) = fresh();
    keep(&desk.store, "SN-0001", 100, now());
    server.faults.borrow_mut().push_back(Fault::Rejected);
    assert!(talk(&mut desk, &server).1.is_err());
    assert!(desk.spool.is_empty());
    sync(&mut desk, &server);
    assert_eq!(server.devices.borrow()[&1], told("SN-0001", 100));
}

#[test]
fn a_large_fleet_goes_in_several_reports_each_after_the_one_before() {
    let (_folder, mut desk, server) = fresh();
    desk.bounds.changes = 25;
    for number in 0..10 {
        keep(&desk.store, &format!("SN-{number:04}"), number, now());
    }
    let session = sync(&mut desk, &server);
    assert_eq!(session.reports, 5);
    assert_eq!(server.devices.borrow().len(), 10);
    assert!(server.accepted().is_sorted_by_key(|report| report.sequence));
    // A server that finds a report too large gets smaller ones.
    desk.bounds = Default::default();
    for number in 0..10 {
        keep(&desk.store, &format!("SN-{number:04}"), 2 * number, now() + 1.hour());
    }
    server.faults.borrow_mut().push_back(Fault::TooLarge);
    sync(&mut desk, &server);
    assert_eq!(server.devices.borrow()[&10], told("SN-0009", 18));
}

#[test]
fn other_groups_withheld_make_the_next_report_whole() {
    let (_folder, mut desk, server) = fresh();
    keep(&desk.store, "SN-0001", 100, now());
    sync(&mut desk, &server);
    let mut open = speaker();
    open.privacy = Privacy::withholding(&[Group::Addresses], &[Group::Console]);
    keep(&desk.store, "SN-0001", 100, now() + 1.hour());
    synchronise(&mut desk, &server, open, Mode::Normal, &now).1.unwrap();
    let devices = server.devices.borrow();
    assert!(devices[&1].contains_key("status/console") && !devices[&1].contains_key("address"));
    assert_eq!(server.accepted()[1].withheld, [Group::Addresses]);
}

fn command(id: &str, action: Action) -> Command {
    Command { id: id.into(), issued_at: now(), expires_at: now() + 1.hour(), action }
}

#[test]
fn a_command_runs_once_and_its_outcome_is_told_at_once() {
    let (_folder, mut desk, server) = fresh();
    keep(&desk.store, "SN-0001", 100, now());
    server.commands.borrow_mut().push_back(command("c1", Action::SendFullReport));
    sync(&mut desk, &server);
    let reports = server.accepted();
    assert_eq!(reports.len(), 2);
    assert_eq!((reports[1].outcomes[0].command.as_str(), reports[1].outcomes[0].outcome), ("c1", OutcomeKind::Done));
    assert_eq!((reports[1].base.clone(), reports[1].readings[0].extent), (None, Extent::Whole));
    // The server did not hear that and sends it again.
    server.commands.borrow_mut().push_back(command("c1", Action::SendFullReport));
    sync(&mut desk, &server);
    let last = server.accepted().pop().unwrap();
    assert_eq!((last.outcomes.len(), last.readings.len()), (0, 0));
}

#[test]
fn a_command_that_was_under_way_at_a_crash_is_unknown_and_never_runs_again() {
    let (folder, mut agent, server) = fresh();
    server.commands.borrow_mut().push_back(command("c1", Action::ReadNow));
    let session = sync(&mut agent, &server);
    assert_eq!(session.wanted.len(), 1);
    drop(agent);
    let mut agent = desk(folder.path());
    assert_eq!(agent.store.lock().end_abandoned(now()).unwrap(), 1);
    server.commands.borrow_mut().push_back(command("c1", Action::ReadNow));
    let session = sync(&mut agent, &server);
    assert_eq!(session.wanted, []);
    assert_eq!(server.accepted()[1].outcomes[0].outcome, OutcomeKind::Unknown);
    sync(&mut agent, &server);
    assert!(server.accepted()[2].outcomes.is_empty(), "told once");
}

#[test]
fn a_server_that_never_stops_asking_does_not_keep_the_agent() {
    let (_folder, mut desk, server) = fresh();
    let number = std::cell::Cell::new(0);
    // A new command with every reply.
    let ask = || {
        number.set(number.get() + 1);
        command(&format!("c{}", number.get()), Action::SendFullReport)
    };
    server.commands.borrow_mut().push_back(ask());
    for _ in 0..3 {
        sync(&mut desk, &server);
        server.commands.borrow_mut().push_back(ask());
    }
    assert!(server.accepted().len() <= 8);
}

#[test]
fn nothing_leaves_that_cannot_be_written_into_the_ledger_first() {
    let (_folder, mut agent, server) = fresh();
    keep(&agent.store, "SN-0001", 100, now());
    // A number is where the folder of payloads should be.
    let payloads = agent.ledger.reader().folder().join("payloads");
    let _ = std::fs::remove_dir_all(&payloads);
    std::fs::write(&payloads, "").unwrap();
    let error = talk(&mut agent, &server).1.unwrap_err();
    assert!(matches!(error, SyncError::Ledger(_)), "{error:?}");
    assert!(server.calls.borrow().is_empty());
    std::fs::remove_file(&payloads).unwrap();
    std::fs::create_dir(&payloads).unwrap();
    sync(&mut agent, &server);
    assert_eq!(server.devices.borrow()[&1], told("SN-0001", 100));
}

#[test]
fn days_before_the_first_contact_arrive_whole() {
    let (_folder, mut desk, server) = fresh();
    for day in 0..3 {
        keep(&desk.store, "SN-0001", 100 + day, now() + (24 * day).hours());
    }
    assert_eq!(sync(&mut desk, &server).reports, 1);
    let extents: Vec<Extent> = server.accepted()[0].readings.iter().map(|reading| reading.extent).collect();
    assert_eq!(extents, [Extent::Whole; 3], "there is no base that changes could be told against");
    assert_eq!(desk.store.lock().unsent_count().unwrap(), 0);
}

#[test]
fn a_clock_set_back_does_not_let_an_older_reading_pass_for_the_newest() {
    let (_folder, mut desk, server) = fresh();
    // A day ahead, then put right.
    keep(&desk.store, "SN-0001", 100, now() + 24.hours());
    keep(&desk.store, "SN-0001", 110, now());
    sync(&mut desk, &server);
    assert_eq!(server.devices.borrow()[&1], told("SN-0001", 110));
}

#[test]
fn a_disk_that_was_put_back_holds_its_old_readings_until_the_device_was_read_again() {
    let (folder, mut agent, server) = fresh();
    keep(&agent.store, "SN-0001", 100, now());
    keep(&agent.store, "SN-00002", 50, now());
    sync(&mut agent, &server);
    keep(&agent.store, "SN-0001", 110, now() + 24.hours());
    let backup = Folder::new();
    copy(folder.path(), backup.path());
    for day in 2..4 {
        keep(&agent.store, "SN-0001", 100 + 10 * day, now() + (24 * day).hours());
        keep(&agent.store, "SN-00002", 50 + day, now() + (24 * day).hours());
        sync(&mut agent, &server);
    }
    drop(agent);
    copy(backup.path(), folder.path());
    let mut agent = desk(folder.path());
    keep(&agent.store, "SN-00002", 60, now() + 96.hours());
    miss(&agent.store, 1, now() + 96.hours());
    sync(&mut agent, &server);
    let total = |device| server.devices.borrow()[&device]["meters/total/value"].clone();
    assert_eq!((total(1), total(2)), (130.into(), 60.into()), "the first one was silent, and the server knows it better");
    assert_eq!(server.devices.borrow()[&1]["presence"], "unreachable".into());
    keep(&agent.store, "SN-0001", 140, now() + 120.hours());
    sync(&mut agent, &server);
    assert_eq!(total(1), 140.into());
    assert_eq!(agent.store.lock().unsent_count().unwrap(), 0);
    assert_eq!(agent.store.lock().held().unwrap(), None, "nothing is held back any more");
}
