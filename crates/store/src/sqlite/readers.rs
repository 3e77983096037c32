//! The threads that read. Each has a connection of its own and sees what was on disk when it began.

use std::path::Path;
use std::sync::{Arc, Mutex, PoisonError};
use std::thread::JoinHandle;

use rusqlite::Connection;
use tokio::sync::{mpsc, oneshot};

use super::Options;
use super::schema::{self, Purpose};
use crate::error::{Result, StoreError};

/// Is how many questions may wait; whoever comes then waits at the door.
const WAITING: usize = 64;

type Question = Box<dyn FnOnce(&Connection) + Send>;

/// Is all threads that read.
pub struct Readers {
    /// Gone only while the threads are on their way out.
    questions: Option<mpsc::Sender<Question>>,
    threads: Vec<JoinHandle<()>>,
}

impl Readers {
    /// Opens the connections and starts their threads, which end with `Readers`.
    pub fn start(path: &Path, options: &Options) -> Result<Self> {
        let (questions, queue) = mpsc::channel::<Question>(WAITING);
        let queue = Arc::new(Mutex::new(queue));
        let mut threads = Vec::new();
        for number in 0..options.readers.clamp(1, 16) {
            let connection = schema::connect(path, Purpose::Read, options.cache_octets)?;
            let queue = Arc::clone(&queue);
            let thread = std::thread::Builder::new()
                .name(format!("store-reader-{number}"))
                .spawn(move || {
                    while let Some(question) = next(&queue) {
                        question(&connection);
                    }
                })
                .map_err(|source| StoreError::Write { path: path.to_owned(), source })?;
            threads.push(thread);
        }
        Ok(Readers { questions: Some(questions), threads })
    }

    /// Asks a question; the answer is of one moment.
    pub async fn read<T: Send + 'static>(&self, work: impl FnOnce(&Connection) -> Result<T> + Send + 'static) -> Result<T> {
        let (answer, wait) = oneshot::channel();
        let question: Question = Box::new(move |connection| {
            // Who asked may have gone away.
            drop(answer.send(within_transaction(connection, work)));
        });
        self.questions.as_ref().ok_or(StoreError::Closed)?.send(question).await.map_err(|_| StoreError::Closed)?;
        wait.await.map_err(|_| StoreError::Closed)?
    }
}

impl Drop for Readers {
    fn drop(&mut self) {
        drop(self.questions.take());
        // Only then is the file free.
        self.threads.drain(..).for_each(|thread| drop(thread.join()));
    }
}

fn next(queue: &Mutex<mpsc::Receiver<Question>>) -> Option<Question> {
    queue.lock().unwrap_or_else(PoisonError::into_inner).blocking_recv()
}

fn within_transaction<T>(connection: &Connection, work: impl FnOnce(&Connection) -> Result<T>) -> Result<T> {
    let transaction = connection.unchecked_transaction()?;
    let answer = work(&transaction);
    transaction.rollback()?;
    answer
}
