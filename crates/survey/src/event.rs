//! What the engines have to tell.

use std::net::SocketAddr;

use model::DeviceRecord;
use snmp::ber::BerError;
use snmp::message::{Message, Pdu, PduType, PlainPdu, Version};

use crate::access::Entry;
use crate::reading::Known;

/// Is a device that answered a sweep.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Found {
    pub address: SocketAddr,
    /// Dotted.
    pub system_object_id: Option<String>,
    pub system_description: Option<String>,
}

/// Is a piece of news.
#[derive(Debug)]
pub enum Event {
    /// A printer answered the sweep.
    Found(Found),
    /// A device was read, wholly or in part: the record's `problems` tell, and `cut_short` whether it
    /// fell silent midway, so that what is missing was not seen. `known` is there if the reader was
    /// told to remember.
    Read { address: SocketAddr, record: Box<DeviceRecord>, requests: u16, cut_short: bool, known: Option<Box<Known>>, entry: Entry },
    /// A device was read again, and nothing moved but its clock.
    Unchanged { address: SocketAddr, known: Option<Box<Known>> },
    /// A device answers, and lets nobody in that we are: the record's presence is `refusing`, and its
    /// `problems` say why. Whether it is a printer is not known.
    Refusing { address: SocketAddr, record: Box<DeviceRecord>, entry: Entry },
    /// Something answers SNMP there, and it is no printer.
    NotPrinter(SocketAddr),
    /// Nothing answered at an address that was named; `why` is the system's error, if it gave one.
    Silent { address: SocketAddr, why: Option<String> },
    /// One pass of the sweep is over.
    PassEnded { pass: u32, newly_found: u64 },
}

/// Is a response as it came, before anybody has decided whose it is.
#[derive(Clone, Copy, Debug)]
pub struct Response<'a> {
    pub from: SocketAddr,
    pub version: Version,
    pub community: &'a [u8],
    pub pdu: PlainPdu<'a>,
}

impl<'a> Response<'a> {
    /// Reads a datagram; `None` if it is a message of another kind.
    ///
    /// # Errors
    /// Fails if it does not decode.
    pub fn parse(from: SocketAddr, datagram: &'a [u8]) -> Result<Option<Self>, BerError> {
        let Message { version, community, pdu } = Message::parse(datagram)?;
        Ok(match pdu {
            Pdu::Plain(pdu) if pdu.kind == PduType::Response => Some(Response { from, version, community, pdu }),
            _ => None,
        })
    }
}

/// Counts what went over the wire.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Statistics {
    pub requests: u64,
    pub request_octets: u64,
    pub answers: u64,
    pub answer_octets: u64,
    /// Answers that no open request asked for: ignored.
    pub strangers: u64,
    /// Answers that came too late or twice: ignored.
    pub late: u64,
    /// Datagrams that do not decode: ignored.
    pub malformed: u64,
    /// Answers in another version, with another community or from another address: ignored.
    pub mismatched: u64,
    /// Requests that the system would not send.
    pub unsent: u64,
}

impl Statistics {
    pub fn add(&mut self, other: &Statistics) {
        self.requests += other.requests;
        self.request_octets += other.request_octets;
        self.answers += other.answers;
        self.answer_octets += other.answer_octets;
        self.strangers += other.strangers;
        self.late += other.late;
        self.malformed += other.malformed;
        self.mismatched += other.mismatched;
        self.unsent += other.unsent;
    }
}
