//! The network between a sender and the server, and all that it does to a request.

use std::cell::RefCell;
use std::time::Duration;

use agent::synchronise::{Connect, Refusal, Server};
use sim::Chance;
use wire::talk::{Hello, Reply};

use crate::kill::Lives;
use crate::model::Who;
use crate::office::Office;
use crate::tally::Tally;

/// Is how the network is at present.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Weather {
    pub is_cut: bool,
    /// How likely each accident is, for every request.
    pub accidents: f64,
}

pub const FAIR: Weather = Weather { is_cut: false, accidents: 0.0 };

/// Is the line of one sender.
pub struct Line<'a> {
    pub office: &'a Office,
    pub who: Who,
    pub weather: Weather,
    pub chance: &'a RefCell<Chance>,
    pub tally: &'a RefCell<Tally>,
    pub lives: &'a Lives,
}

impl Line<'_> {
    fn happens(&self, what: &'static str) -> bool {
        let happens = self.chance.borrow_mut().happens(self.weather.accidents);
        if happens {
            self.tally.borrow_mut().count(what);
        }
        happens
    }

    fn unheard(&self, reason: &str) -> Refusal {
        Refusal::Other { reason: reason.to_owned(), server_answered: false, wait: None }
    }

    /// Carries a report to the server and its answer back.
    pub fn send(&self, payload: &[u8]) -> Result<Reply, Refusal> {
        self.lives.pass();
        if self.happens("requests lost") {
            return Err(self.unheard("the connection broke in the middle of the request"));
        }
        self.server_trouble()?;
        let mut answer = self.office.take(self.who, payload);
        if self.happens("requests that came twice") {
            let second = self.office.take(self.who, payload);
            // A proxy in between may give either of the two answers.
            if self.chance.borrow_mut().happens(0.5) {
                answer = second;
            }
        }
        self.lives.pass();
        if self.happens("replies lost") {
            return Err(self.unheard("the connection was closed before the reply"));
        }
        answer
    }

    /// Lets the server say that it cannot, in one of its ways.
    fn server_trouble(&self) -> Result<(), Refusal> {
        let trouble = |reason: &str, wait| Err(Refusal::Other { reason: reason.to_owned(), server_answered: true, wait });
        if self.happens("answers 5xx") {
            return trouble("the server has a fault (503)", None);
        }
        if self.happens("answers 429") {
            let wait = Duration::from_secs(1 + self.chance.borrow_mut().below(7200));
            return trouble("the server is busy (429)", Some(wait));
        }
        if self.happens("hanging servers") {
            return Err(self.unheard("the server did not answer within its time"));
        }
        Ok(())
    }
}

impl Connect for Line<'_> {
    fn connect(&self) -> Result<Box<dyn Server + '_>, Refusal> {
        self.lives.pass();
        if self.weather.is_cut || !self.office.is_up() {
            return Err(self.unheard("no route to the server"));
        }
        if self.happens("connections refused") {
            return Err(self.unheard("the connection was refused"));
        }
        self.server_trouble()?;
        Ok(Box::new(Connected { hello: self.office.hello(self.who), line: self, sent: 0 }))
    }

    fn destination(&self) -> String {
        "server.example:443".to_owned()
    }
}

struct Connected<'a> {
    line: &'a Line<'a>,
    hello: Hello,
    sent: u64,
}

impl Server for Connected<'_> {
    fn hello(&self) -> &Hello {
        &self.hello
    }

    fn send(&mut self, payload: &[u8]) -> Result<Reply, Refusal> {
        self.sent += payload.len() as u64;
        self.line.send(payload)
    }

    fn octets(&self) -> (u64, u64) {
        (self.sent, 0)
    }
}
