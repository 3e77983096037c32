//! Reads a device that is not on a network: a recording, or a printer in memory.
//!
//! The same reader asks the same questions, so the record is the one the network would have given.

use std::net::{Ipv4Addr, SocketAddr};
use std::sync::Arc;

use model::DeviceRecord;
use snmp::responder::{Manners, Objects, respond};

use crate::ceiling::{Ceiling, Rate};
use crate::credentials::Credentials;
use crate::event::{Event, Response, Statistics};
use crate::plan::Plans;
use crate::reader::{Reader, ReaderOptions};

/// Reads the objects as the agent of a device would tell them; returns the record, without an
/// address or a time, and how many requests it took.
pub fn read(objects: &impl Objects, plans: Arc<Plans>) -> (DeviceRecord, u16) {
    const NOBODY: SocketAddr = SocketAddr::new(std::net::IpAddr::V4(Ipv4Addr::UNSPECIFIED), 0);
    let credentials = Arc::new(Credentials::communities(["public"]));
    let mut reader = Reader::new(ReaderOptions::new(plans, credentials, [0, 0]));
    reader.read(NOBODY, false);
    let (mut ceiling, mut statistics) = (Ceiling::new(Rate::UNLIMITED), Statistics::default());
    let (mut request, mut answer) = (Vec::new(), Vec::new());
    let mut now = 0;
    loop {
        request.clear();
        answer.clear();
        if reader.poll_transmit(now, &mut ceiling, &mut request).is_some() {
            if respond(&request, objects, &Manners::default(), &mut answer)
                && let Ok(Some(response)) = Response::parse(NOBODY, &answer)
            {
                reader.handle_response(now, &response, &mut statistics);
            }
        } else if let Some(due) = reader.poll_timeout() {
            now = due;
            reader.handle_timeout(now);
        }
        if let Some(Event::Read { mut record, requests, .. }) = reader.poll_event() {
            record.address = None;
            return (*record, requests);
        }
    }
}
