//! PJL and LPD over TCP, with simulated printers at the other end.

use std::io::{Read, Write};
use std::sync::{Arc, Mutex};
use std::time::{Duration, Instant};

use netio::stream::{Ended, Timeouts, converse};
use printport::lpd::{self, Queue};
use printport::pjl::{Patience, Problem, Query, Report, Session};
use sim::{LpdJob, LpdQueue, PjlHabit, PjlPrinter};

use crate::server::Server;

const TIMEOUTS: Timeouts = Timeouts { connect: Duration::from_secs(2), total: Duration::from_secs(8) };
const PATIENCE: Patience = Patience { answer: 300_000, session: 5_000_000 };

fn laser(change: impl FnOnce(&mut PjlPrinter)) -> PjlPrinter {
    let mut printer = PjlPrinter::new("LASER 9", 2346);
    change(&mut printer);
    printer
}

fn ask(printer: PjlPrinter) -> (Report, Ended, PjlPrinter) {
    let printer = Arc::new(Mutex::new(printer));
    let served = printer.clone();
    let server = Server::of_connections(move |mut stream| {
        let mut buffer = [0; 512];
        while let Ok(read @ 1..) = stream.read(&mut buffer) {
            let answer = served.lock().expect("not poisoned").answer(&buffer[..read]);
            // In pieces, as a slow printer sends.
            for piece in answer.chunks(5) {
                if stream.write_all(piece).is_err() {
                    return;
                }
            }
        }
    });
    let mut session = Session::new(&Query::ALL, PATIENCE);
    let ended = converse(server.address, &mut session, TIMEOUTS);
    drop(server);
    let printer = printer.lock().expect("not poisoned").clone();
    (session.finish(), ended, printer)
}

#[test]
fn a_printer_is_read_and_prints_nothing_whatever_its_habits() {
    for habit in [PjlHabit::Correct, PjlHabit::LineFeedOnly, PjlHabit::Talkative, PjlHabit::Noisy, PjlHabit::NoFormFeed] {
        let (report, ended, printer) = ask(laser(|printer| printer.habit = habit));
        assert_eq!((ended, printer.printed), (Ended::Done, 0), "{habit:?}");
        assert_eq!((report.id.as_deref(), report.page_count), (Some("LASER 9"), Some(2346)), "{habit:?}");
        assert_eq!((report.config.len(), report.variables.len(), report.supplies.len()), (2, 2, 0), "{habit:?}");
        assert!(report.problems.contains(&Problem::Unknown(Query::Supplies)), "{habit:?}: {:?}", report.problems);
    }
}

#[test]
fn a_printer_at_work_is_let_go_at_once() {
    let started = Instant::now();
    let (report, ended, printer) = ask(laser(|printer| printer.status_code = 10_023));
    assert_eq!((ended, printer.printed, report.is_busy, report.page_count), (Ended::Done, 0, true, None));
    assert!(started.elapsed() < Duration::from_secs(2));
}

#[test]
fn a_printer_that_does_not_speak_pjl_is_left_after_one_question() {
    let (report, ended, printer) = ask(laser(|printer| printer.habit = PjlHabit::Silent));
    assert_eq!((ended, printer.printed, report.problems), (Ended::Done, 0, vec![Problem::Silent]));
}

#[test]
fn a_port_where_nobody_listens_is_told() {
    let address = Server::of_connections(drop).address;
    let mut session = Session::new(&Query::ALL, PATIENCE);
    assert_eq!(converse(address, &mut session, TIMEOUTS), Ended::Failed("connection refused".to_owned()));
}

fn state_of(queue: LpdQueue, asked: &str) -> (Queue, usize) {
    let queue = Arc::new(Mutex::new(queue));
    let served = queue.clone();
    let server = Server::of_connections(move |mut stream| {
        let mut buffer = [0; 512];
        while let Ok(read @ 1..) = stream.read(&mut buffer) {
            if let Some(answer) = served.lock().expect("not poisoned").answer(&buffer[..read]) {
                let _ = stream.write_all(&answer);
                return;
            }
        }
    });
    let mut question = lpd::Question::new(asked, 1_000_000).expect("a name");
    assert_eq!(converse(server.address, &mut question, TIMEOUTS), Ended::Done);
    drop(server);
    let others = queue.lock().expect("not poisoned").others;
    (question.finish(), others)
}

#[test]
fn a_queue_tells_whether_it_takes_jobs_and_how_many_there_are() {
    let queue = LpdQueue::new("raw");
    let ready = Queue { lives: true, ready: Some(true), accepts: None, jobs: Some(0) };
    assert_eq!(state_of(queue.clone(), "raw"), (ready, 0));
    let job = LpdJob { owner: "ada".into(), file: "salaries.pdf".into() };
    let mut working = queue.clone();
    working.jobs = vec![job; 5];
    assert_eq!(state_of(working, "raw"), (Queue { jobs: Some(5), ..ready }, 0));
    let mut closed = queue.clone();
    closed.accepts = false;
    assert_eq!(state_of(closed, "raw").0.accepts, Some(false));
    assert_eq!(state_of(queue, "other"), (Queue { lives: true, accepts: Some(false), ..Queue::default() }, 0));
}

#[test]
fn a_queue_that_never_closes_is_left_when_its_time_is_up() {
    let server = Server::of_connections(|mut stream| {
        let _ = stream.write_all(b"raw is ready\nno entries\n");
        let _ = stream.read_to_end(&mut Vec::new());
    });
    let mut question = lpd::Question::new("raw", 300_000).expect("a name");
    assert_eq!(converse(server.address, &mut question, TIMEOUTS), Ended::Done);
    assert_eq!(question.finish().jobs, Some(0));
}

#[test]
fn the_total_time_bounds_a_conversation_that_would_wait_longer() {
    let server = Server::of_connections(|mut stream| {
        let _ = stream.read_to_end(&mut Vec::new());
    });
    let mut question = lpd::Question::new("raw", 60_000_000).expect("a name");
    let timeouts = Timeouts { total: Duration::from_millis(300), ..TIMEOUTS };
    assert_eq!(converse(server.address, &mut question, timeouts), Ended::OutOfTime);
}
