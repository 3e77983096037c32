//! What an engine says of a message that it did not take.

use std::fmt;

use crate::message::{PduType, PlainPdu};
use crate::oid::OidRef;

/// Is the counter that a report shows, by what it counts.
///
/// Source: RFC 3414 §5 (usmStats), RFC 3412 §5 (snmpMPDStats), RFC 3413 §4.1.2 (snmpTargetObjects).
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Report {
    UnsupportedSecurityLevel,
    NotInTimeWindow,
    UnknownUserName,
    UnknownEngineId,
    WrongDigest,
    DecryptionError,
    UnknownSecurityModel,
    InvalidMessage,
    UnknownPduHandler,
    UnavailableContext,
    UnknownContext,
    /// A counter that no standard has reports show.
    Other,
}

/// The counters with the arcs behind 1.3.6.1.6.3, and the names that the standards give them.
const COUNTERS: [(Report, &[u8], &str); 11] = [
    (Report::UnsupportedSecurityLevel, &[15, 1, 1, 1, 0], "usmStatsUnsupportedSecLevels"),
    (Report::NotInTimeWindow, &[15, 1, 1, 2, 0], "usmStatsNotInTimeWindows"),
    (Report::UnknownUserName, &[15, 1, 1, 3, 0], "usmStatsUnknownUserNames"),
    (Report::UnknownEngineId, &[15, 1, 1, 4, 0], "usmStatsUnknownEngineIDs"),
    (Report::WrongDigest, &[15, 1, 1, 5, 0], "usmStatsWrongDigests"),
    (Report::DecryptionError, &[15, 1, 1, 6, 0], "usmStatsDecryptionErrors"),
    (Report::UnknownSecurityModel, &[11, 2, 1, 1, 0], "snmpUnknownSecurityModels"),
    (Report::InvalidMessage, &[11, 2, 1, 2, 0], "snmpInvalidMsgs"),
    (Report::UnknownPduHandler, &[11, 2, 1, 3, 0], "snmpUnknownPDUHandlers"),
    (Report::UnavailableContext, &[12, 1, 4, 0], "snmpUnavailableContexts"),
    (Report::UnknownContext, &[12, 1, 5, 0], "snmpUnknownContexts"),
];

/// 1.3.6.1.6.3, snmpModules.
const SNMP_MODULES: [u8; 5] = [0x2b, 6, 1, 6, 3];

impl Report {
    /// Reads a report; `None` if the PDU is none.
    pub fn of(pdu: &PlainPdu<'_>) -> Option<Self> {
        if pdu.kind != PduType::Report {
            return None;
        }
        let mut bindings = pdu.varbinds;
        let Some(Ok(first)) = bindings.next() else { return Some(Report::Other) };
        let arcs = first.name.as_octets().strip_prefix(&SNMP_MODULES).unwrap_or_default();
        let known = COUNTERS.iter().find(|(_, counter, _)| *counter == arcs);
        Some(known.map_or(Report::Other, |(report, _, _)| *report))
    }

    /// Returns the name that the standards give the counter.
    pub fn name(self) -> &'static str {
        COUNTERS.iter().find(|(report, _, _)| *report == self).map_or("an unknown counter", |(_, _, name)| name)
    }

    /// Appends the binding that shows the counter.
    pub(super) fn push(self, out: &mut Vec<u8>, count: u32) {
        let counter = COUNTERS.iter().find(|(report, _, _)| *report == self).map_or(&[][..], |(_, arcs, _)| arcs);
        let name = [&SNMP_MODULES, counter].concat();
        crate::message::push_varbind(out, OidRef::new(&name), crate::Value::Counter32(count));
    }

    /// Returns the place of the counter among those an engine keeps.
    pub(super) fn place(self) -> usize {
        COUNTERS.iter().position(|(report, _, _)| *report == self).unwrap_or(COUNTERS.len())
    }

    /// Is how many counters an engine keeps.
    pub(super) const COUNT: usize = COUNTERS.len() + 1;
}

impl fmt::Display for Report {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.name())
    }
}
