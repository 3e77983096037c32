//! The one thread that writes. What waits when it is free goes to disk together.

use std::collections::VecDeque;
use std::path::{Path, PathBuf};
use std::time::Duration;

use rusqlite::Connection;
use tokio::sync::{mpsc, oneshot};

use super::callers::Callers;
use super::draft::{self, Answer};
use super::values::Ask;
use crate::error::{Result, StoreError};
use crate::intake::{Incoming, Refused};

/// Is how many reports share one commit at most, so that the first does not wait for ever; a large
/// report counts for more than one.
const MOST_IN_A_COMMIT: usize = 512;

/// Is how long the writer waits for more while reports come in numbers: a commit costs as much as many
/// reports, however fast the disk is, so reports that come together are better taken together. A
/// report that comes alone does not wait.
const GATHERING: Duration = Duration::from_millis(2);

/// Is from how many reports in a commit on they come in numbers.
const NUMBERS: usize = 4;

/// Is the answers to reports that came together.
pub type Answers = Vec<Answer>;

/// Is something to be written.
pub enum Job {
    Take { reports: Vec<Incoming>, answer: oneshot::Sender<Answers> },
    Write(Work),
}

/// Is any other work; where there is no connection to do it with, it says why.
pub type Work = Box<dyn FnOnce(Result<&Connection>) -> Done + Send>;

/// Is what has been written and waits for its commit.
pub enum Done {
    Taken { answers: Answers, answer: oneshot::Sender<Answers> },
    Written { is_good: bool, announce: Box<dyn FnOnce(Option<StoreError>) + Send> },
}

impl Job {
    /// Makes a job of any work; the answer goes out after the commit.
    pub fn write<T: Send + 'static>(
        work: impl FnOnce(&Connection) -> Result<T> + Send + 'static,
        answer: oneshot::Sender<Result<T>>,
    ) -> Self {
        Job::Write(Box::new(move |connection| {
            let result = connection.and_then(work);
            let is_good = result.is_ok();
            // Who asked may have gone away; the work is done all the same.
            let announce = move |fault: Option<StoreError>| drop(answer.send(fault.map_or(result, Err)));
            Done::Written { is_good, announce: Box::new(announce) }
        }))
    }

    fn weight(&self) -> usize {
        match self {
            // What a batch changes lies in memory until it is written: large reports fill it sooner.
            Job::Take { reports, .. } => reports.iter().map(|incoming| 1 + incoming.report.readings.len() / 32).sum(),
            Job::Write(_) => 1,
        }
    }

    /// Answers that nothing was written.
    fn refuse(self, fault: &StoreError) {
        match self {
            Job::Take { reports, answer } => {
                drop(answer.send(reports.iter().map(|_| Err(Refused::Store(fault.again()))).collect()));
            }
            Job::Write(work) => work(Err(fault.again())).announce(None),
        }
    }
}

impl Done {
    fn announce(self, fault: Option<&StoreError>) {
        match self {
            Done::Taken { mut answers, answer } => {
                if let Some(fault) = fault {
                    // Refusals of policy stand; what was taken is not on disk.
                    let taken = answers.iter_mut().filter(|answer| answer.is_ok());
                    taken.for_each(|answer| *answer = Err(Refused::Store(fault.again())));
                }
                drop(answer.send(answers));
            }
            // What has failed by itself tells its own fault.
            Done::Written { is_good, announce } => announce(fault.filter(|_| is_good).map(StoreError::again)),
        }
    }
}

/// Does other work within a savepoint, so that its fault is not the others'.
fn run_work(connection: &Connection, work: Work) -> Done {
    if let Err(fault) = connection.run("SAVEPOINT work", ()) {
        return work(Err(fault));
    }
    let done = work(Ok(connection));
    let is_good = matches!(done, Done::Written { is_good: true, .. });
    close_savepoint(connection, is_good);
    done
}

/// Takes reports together. If they cannot be written together, each is tried by itself, so that
/// the one that is to blame does not cost the others.
///
/// Where they are the first of the transaction, it is itself the savepoint: a savepoint makes SQLite
/// keep a copy of every page that is changed, in a file, which was nearly half of all that was written.
fn take_together(connection: &Connection, reports: &[&Incoming], are_first: bool) -> Answers {
    let take = if are_first { draft::take_all } else { take_apart };
    let fault = match take(connection, reports.to_vec()) {
        Ok(answers) => return answers,
        Err(fault) => fault,
    };
    let refuse_all = |fault: &StoreError| reports.iter().map(|_| Err(Refused::Store(fault.again()))).collect();
    if connection.is_autocommit() {
        return refuse_all(&fault);
    }
    if are_first && let Err(fault) = begin_again(connection) {
        return refuse_all(&fault);
    }
    if reports.len() == 1 {
        return refuse_all(&fault);
    }
    tracing::error!(error = &fault as &dyn std::error::Error, "reports could not be written together; each is tried by itself");
    let one = |report: &&Incoming| match take_apart(connection, vec![*report]) {
        Ok(mut answers) => answers.pop().expect("one answer for one report"),
        Err(fault) => Err(Refused::Store(fault)),
    };
    reports.iter().map(one).collect()
}

/// Undoes all of a transaction, and goes on with a new one.
fn begin_again(connection: &Connection) -> Result<()> {
    connection.run("ROLLBACK", ())?;
    connection.run("BEGIN IMMEDIATE", ())?;
    Ok(())
}

fn take_apart(connection: &Connection, reports: Vec<&Incoming>) -> Result<Answers> {
    if connection.is_autocommit() {
        // Something before has cost the transaction; nothing may be written outside one.
        return Err(StoreError::Busy);
    }
    connection.run("SAVEPOINT work", ())?;
    let answers = draft::take_all(connection, reports);
    close_savepoint(connection, answers.is_ok());
    answers
}

fn close_savepoint(connection: &Connection, is_good: bool) {
    if !is_good && !connection.is_autocommit() {
        drop(connection.run("ROLLBACK TO work", ()));
    }
    // A savepoint that is left open ends with the transaction.
    drop(connection.run("RELEASE work", ()));
}

/// Writes until nobody is left who could ask for it.
pub fn work(connection: &Connection, path: PathBuf, callers: &Callers, mut jobs: mpsc::Receiver<Job>) {
    let mut seen = None;
    let mut last_weight = 0;
    while let Some(first) = jobs.blocking_recv() {
        if last_weight >= NUMBERS {
            std::thread::sleep(GATHERING);
        }
        let mut weight = first.weight();
        let mut batch = vec![first];
        while weight < MOST_IN_A_COMMIT
            && let Ok(job) = jobs.try_recv()
        {
            weight += job.weight();
            batch.push(job);
        }
        last_weight = weight;
        commit(connection, &path, batch);
        notice_others(connection, callers, &mut seen);
    }
    // Leaves one tidy file behind; whatever is not tidied here the next start tidies.
    drop(connection.execute_batch("PRAGMA optimize; PRAGMA wal_checkpoint(TRUNCATE);"));
}

/// Forgets who has called if another program has written something.
fn notice_others(connection: &Connection, callers: &Callers, seen: &mut Option<i64>) {
    let version = connection.one("PRAGMA data_version", (), |row| row.get(0)).ok().flatten();
    if version.is_none() || version != *seen {
        callers.forget();
    }
    *seen = version;
}

/// Writes jobs in one transaction, and answers when it is on disk.
fn commit(connection: &Connection, path: &Path, batch: Vec<Job>) {
    let mut jobs = VecDeque::from(batch);
    while !jobs.is_empty() {
        if let Err(fault) = connection.run("BEGIN IMMEDIATE", ()) {
            let fault = fault.at(path);
            tracing::error!(error = &fault as &dyn std::error::Error, "the store cannot be written");
            jobs.drain(..).for_each(|job| job.refuse(&fault));
            return;
        }
        let done = run(connection, &mut jobs);
        let fault = match connection.is_autocommit() {
            // On a full disk SQLite undoes the whole transaction. Everybody so far is told; the
            // rest has a transaction of its own.
            true => Some(StoreError::Full),
            false => connection.run("COMMIT", ()).err().map(|fault| fault.at(path)),
        };
        if let Some(fault) = &fault {
            tracing::error!(error = fault as &dyn std::error::Error, "nothing of this batch is on disk or acknowledged");
            if !connection.is_autocommit() {
                drop(connection.run("ROLLBACK", ()));
            }
        }
        done.into_iter().for_each(|done| done.announce(fault.as_ref()));
    }
}

/// Runs jobs until there are none, or until one has cost the transaction.
fn run(connection: &Connection, jobs: &mut VecDeque<Job>) -> Vec<Done> {
    let mut done = Vec::with_capacity(jobs.len());
    let mut takes = Vec::new();
    while let Some(job) = jobs.pop_front() {
        match job {
            Job::Take { reports, answer } => takes.push((reports, answer)),
            Job::Write(work) => {
                run_takes(connection, &mut takes, &mut done);
                if connection.is_autocommit() {
                    jobs.push_front(Job::Write(work));
                    break;
                }
                done.push(run_work(connection, work));
            }
        }
        if connection.is_autocommit() {
            break;
        }
    }
    run_takes(connection, &mut takes, &mut done);
    done
}

type Takes = Vec<(Vec<Incoming>, oneshot::Sender<Answers>)>;

/// Takes the reports of several callers, and gives each its answers.
fn run_takes(connection: &Connection, takes: &mut Takes, done: &mut Vec<Done>) {
    if takes.is_empty() {
        return;
    }
    let reports: Vec<&Incoming> = takes.iter().flat_map(|(reports, _)| reports).collect();
    let mut answers = take_together(connection, &reports, done.is_empty()).into_iter();
    done.extend(takes.drain(..).map(|(reports, answer)| Done::Taken { answers: answers.by_ref().take(reports.len()).collect(), answer }));
}
