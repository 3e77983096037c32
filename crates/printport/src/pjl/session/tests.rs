use super::*;

const SECOND: Tick = 1_000_000;
const PATIENCE: Patience = Patience { answer: 2 * SECOND, session: 10 * SECOND };
const READY: &[u8] = b"@PJL INFO STATUS\r\nCODE=10001\r\nDISPLAY=\"Ready\"\r\nONLINE=TRUE\r\n\x0c";

fn session(asked: &[Query]) -> Session {
    Session::new(asked, PATIENCE)
}

/// Sends the next query, which must be `query`.
fn sends(session: &mut Session, now: Tick, query: Query) {
    assert_eq!(session.poll_transmit(now).as_deref(), Some(query.octets()));
    assert_eq!(session.poll_transmit(now), None, "one query at a time");
}

/// A session that has been told that the printer is ready.
fn ready(asked: &[Query]) -> Session {
    let mut session = session(asked);
    sends(&mut session, 0, Query::Status);
    session.handle_input(0, READY);
    session
}

#[test]
fn a_session_asks_one_thing_after_the_other() {
    let mut session = ready(&Query::ALL);
    for (query, answer) in [
        (Query::Id, &b"@PJL INFO ID\r\n\"LASER 9\"\r\n\x0c"[..]),
        (Query::PageCount, b"@PJL INFO PAGECOUNT\r\n2346\r\n\x0c"),
        (Query::Config, b"@PJL INFO CONFIG\r\nMEMORY=4\r\n\x0c"),
        (Query::Variables, b"@PJL INFO VARIABLES\r\nDUPLEX=ON\r\n\x0c"),
        (Query::Supplies, b"@PJL INFO SUPPLIES\r\nBLACK=40\r\n\x0c"),
    ] {
        sends(&mut session, SECOND, query);
        assert!(!session.is_done());
        session.handle_input(SECOND, answer);
    }
    assert!(session.is_done());
    assert_eq!((session.poll_transmit(0), session.poll_timeout()), (None, None));
    let report = session.finish();
    assert_eq!((report.id.as_deref(), report.page_count), (Some("LASER 9"), Some(2346)));
    assert_eq!((report.config.len(), report.variables.len(), report.supplies.len()), (1, 1, 1));
    assert_eq!((report.status.and_then(|status| status.code), report.is_busy, report.problems), (Some(10_001), false, vec![]));
}

#[test]
fn all_that_can_ever_be_sent_is_info_framed_by_the_exit_sequence() {
    let allowed: BTreeSet<Vec<u8>> = ["STATUS", "ID", "PAGECOUNT", "CONFIG", "VARIABLES", "SUPPLIES"]
        .map(|category| format!("\x1b%-12345X@PJL INFO {category}\r\n\x1b%-12345X").into_bytes())
        .into();
    let mut sent = BTreeSet::new();
    // Whatever a printer answers: all, nothing, a command of its own, or that it is busy.
    let echo: fn(&[u8]) -> Vec<u8> = |octets| [&octets[9..octets.len() - 9], b"X=1\r\n\x0c"].concat();
    let command = |_: &[u8]| b"\x1b%-12345X@PJL SET COPIES=9\r\n\x0c".to_vec();
    let busy = |_: &[u8]| b"@PJL INFO STATUS\r\nCODE=10023\r\n\x0c".to_vec();
    for answer in [echo, |_| vec![], command, busy] {
        let mut session = session(&Query::ALL);
        let mut now = 0;
        while !session.is_done() {
            while let Some(octets) = session.poll_transmit(now) {
                session.handle_input(now, &answer(&octets));
                sent.insert(octets);
            }
            now = session.poll_timeout().unwrap_or(now);
            session.handle_timeout(now);
        }
    }
    assert_eq!(sent, allowed);
}

#[test]
fn a_printer_at_work_is_asked_nothing_more() {
    for busy in [
        &b"@PJL INFO STATUS\r\nCODE=10023\r\nDISPLAY=\"Processing\"\r\nONLINE=TRUE\r\n\x0c"[..],
        b"@PJL USTATUS DEVICE\r\nCODE=10023\r\n\x0c",
        b"@PJL USTATUS PAGE\r\n3\r\n\x0c",
    ] {
        let mut session = session(&Query::ALL);
        sends(&mut session, 0, Query::Status);
        session.handle_input(0, busy);
        assert!(session.is_done());
        assert_eq!(session.poll_transmit(1), None);
        let report = session.finish();
        assert!(report.is_busy && report.problems.is_empty());
    }
}

#[test]
fn status_is_asked_first_even_if_nobody_asked_for_it() {
    let mut session = session(&[Query::PageCount]);
    sends(&mut session, 0, Query::Status);
    session.handle_input(0, READY);
    sends(&mut session, 0, Query::PageCount);
}

#[test]
fn an_answer_in_single_octets_is_the_same_answer() {
    let mut session = session(&[]);
    sends(&mut session, 0, Query::Status);
    READY.iter().for_each(|octet| session.handle_input(0, &[*octet]));
    assert!(session.is_done());
    assert_eq!(session.finish().status.and_then(|status| status.online), Some(true));
}

#[test]
fn an_answer_without_a_form_feed_counts_when_its_time_is_up() {
    let mut session = ready(&[Query::PageCount, Query::Config]);
    sends(&mut session, 0, Query::PageCount);
    session.handle_input(SECOND, b"@PJL INFO PAGECOUNT\r\n2346\r\n");
    assert_eq!(session.poll_timeout(), Some(2 * SECOND));
    session.handle_timeout(SECOND);
    assert!(session.poll_transmit(SECOND).is_none(), "not before its time");
    session.handle_timeout(2 * SECOND);
    sends(&mut session, 2 * SECOND, Query::Config);
    let report = session.finish();
    assert_eq!((report.page_count, report.problems), (Some(2346), vec![Problem::NoFormFeed(Query::PageCount)]));
}

#[test]
fn half_a_page_count_is_none() {
    let mut session = ready(&[Query::PageCount]);
    sends(&mut session, 0, Query::PageCount);
    session.handle_input(0, b"@PJL INFO PAGECOUNT\r\n23");
    session.handle_timeout(2 * SECOND);
    let report = session.finish();
    assert_eq!((report.page_count, report.problems), (None, vec![Problem::NoAnswer(Query::PageCount)]));
}

#[test]
fn a_printer_that_does_not_speak_pjl_is_left_after_one_question() {
    let mut session = session(&Query::ALL);
    sends(&mut session, 0, Query::Status);
    session.handle_timeout(2 * SECOND);
    assert!(session.is_done());
    assert_eq!(session.finish().problems, [Problem::Silent]);
}

#[test]
fn binary_rubbish_is_no_answer_and_ends_the_session() {
    let mut session = session(&Query::ALL);
    sends(&mut session, 0, Query::Status);
    session.handle_input(0, &[0, 1, 0xff, 0x0c, b'\n', 0x80, 0x0c]);
    session.handle_timeout(2 * SECOND);
    assert!(session.is_done());
    assert_eq!(session.finish(), Report { problems: vec![Problem::NoAnswer(Query::Status)], ..Report::default() });
}

#[test]
fn unasked_status_and_late_answers_in_between_do_no_harm() {
    let mut session = ready(&[Query::Id, Query::PageCount]);
    sends(&mut session, 0, Query::Id);
    session.handle_input(0, b"@PJL USTATUS DEVICE\r\nCODE=10001\r\n\x0c@PJL USTATUS TIMED\r\nCODE=10001\r\n\x0c");
    session.handle_timeout(2 * SECOND);
    sends(&mut session, 2 * SECOND, Query::PageCount);
    session.handle_input(2 * SECOND, b"@PJL INFO ID\r\n\"LATE 9\"\r\n\x0c@PJL INFO PAGECOUNT\r\n5\r\n\x0c");
    assert!(session.is_done());
    let report = session.finish();
    assert_eq!((report.id.as_deref(), report.page_count), (Some("LATE 9"), Some(5)));
}

#[test]
fn a_printer_that_closes_gives_what_it_said() {
    let mut session = ready(&[Query::PageCount]);
    sends(&mut session, 0, Query::PageCount);
    session.handle_input(0, b"@PJL INFO PAGECOUNT\r\n7\r\n");
    session.handle_closed(0);
    assert!(session.is_done());
    let report = session.finish();
    assert_eq!((report.page_count, report.problems), (Some(7), vec![Problem::NoFormFeed(Query::PageCount)]));
    let mut session = ready(&[Query::PageCount]);
    session.handle_closed(0);
    assert_eq!(session.finish().problems, [Problem::Closed(Query::PageCount)]);
}

#[test]
fn an_endless_answer_ends_the_session() {
    let mut session = ready(&[Query::Config, Query::Supplies]);
    sends(&mut session, 0, Query::Config);
    session.handle_input(0, b"@PJL INFO CONFIG\r\n");
    (0..100).for_each(|_| session.handle_input(0, &[b'x'; 1024]));
    assert!(session.is_done() && session.buffer.is_empty());
    assert_eq!(session.finish().problems, [Problem::TooLong(Query::Config)]);
}

#[test]
fn the_whole_session_has_an_end_however_slowly_it_is_answered() {
    let mut session = session(&Query::ALL);
    let mut now = 0;
    while session.poll_transmit(now).is_some() {
        session.handle_input(now, b"x");
        session.handle_input(now, READY);
        now = session.poll_timeout().unwrap_or(now).max(now);
        session.handle_timeout(now);
        assert!(now <= PATIENCE.session);
    }
    assert!(session.is_done());
}

#[test]
fn a_category_that_is_not_known_is_told() {
    let mut session = ready(&[Query::Supplies]);
    sends(&mut session, 0, Query::Supplies);
    session.handle_input(0, b"@PJL INFO SUPPLIES\r\n\"?\"\r\n\x0c");
    assert!(session.is_done());
    let report = session.finish();
    assert_eq!(report.problems, [Problem::Unknown(Query::Supplies)]);
    assert_eq!(report.problems[0].to_string(), "INFO SUPPLIES: not known to the printer");
}

proptest::proptest! {
    #[test]
    fn no_octets_make_it_panic_and_it_always_ends(pieces in proptest::collection::vec(proptest::collection::vec(proptest::num::u8::ANY, 0..80), 0..20)) {
        let mut session = session(&Query::ALL);
        let mut now = 0;
        for piece in &pieces {
            let _ = session.poll_transmit(now);
            session.handle_input(now, piece);
            now += SECOND / 2;
            session.handle_timeout(now);
        }
        for _ in 0..20 {
            let _ = session.poll_transmit(now);
            now = session.poll_timeout().unwrap_or(now);
            session.handle_timeout(now);
        }
        assert!(session.is_done());
    }
}
