//! How rows of senders, of the ledger and of the inbox are read.

use tokio_postgres::Row;
use wire::talk::LastReport;

use super::values::{at, from_json, from_word, maybe_at, maybe_word, small};
use crate::error::{Result, StoreError};
use crate::intake::Coding;
use crate::registry::{Admission, Sender, Told};
use crate::rows::{Watch, Watched};
use crate::said::Said;
use policy::expectation::Expectation;
use policy::identity::Joined;

/// Asks for whole senders, for [`watched`]; what is given says which.
macro_rules! senders {
    ($which:literal) => {
        concat!(
            "SELECT s.tenant_id, s.sender_id, s.site_id, s.name, s.kind, s.created_at, s.admission, s.admission_at, \
             s.admission_reason, s.certificate, s.said, t.last_contact_at, t.last_success_at, t.last_data_at, t.last_error, \
             t.last_error_at, t.last_report, t.last_sequence, t.next_at, t.stopped_at, t.next_sweep_at, t.owing_since \
             FROM senders s CROSS JOIN LATERAL \
             (SELECT * FROM standings o WHERE o.tenant_id = s.tenant_id AND o.sender_id = s.sender_id OFFSET 0) AS t ",
            $which
        )
    };
}
pub(super) use senders;

/// Reads a row of `senders!`.
pub fn watched(row: &Row) -> Result<Watched> {
    let said: Said = from_json(row, 10, "senders")?;
    let told = Told {
        last_contact_at: maybe_at(row, 11)?,
        last_success_at: maybe_at(row, 12)?,
        last_data_at: maybe_at(row, 13)?,
        last_error: row.try_get(14)?,
        last_error_at: maybe_at(row, 15)?,
        last_report: last_report(row, 16, 17)?,
        schedule: said.schedule,
        next_at: maybe_at(row, 18)?,
        stopped_at: maybe_at(row, 19)?,
        host: said.host,
        site_information: said.site,
        withheld: said.withheld,
    };
    let sender = Sender {
        tenant: row.try_get(0)?,
        id: row.try_get(1)?,
        site: row.try_get(2)?,
        name: row.try_get(3)?,
        kind: from_word(row, 4, "senders")?,
        created_at: at(row, 5)?,
        admission: admission(row, 6, 7, 8)?,
        software: said.software,
        certificate: certificate(row, 9)?,
        told,
    };
    Ok(Watched { sender, watch: Watch { next_sweep_at: at(row, 20)?, owing_since: maybe_at(row, 21)? } })
}

/// Reads how a view came to its device.
pub fn joined(row: &Row, column: usize) -> Result<Option<Joined>> {
    match row.try_get::<_, Option<&str>>(column)? {
        None => Ok(None),
        Some(_) => from_json(row, column, "views").map(Some),
    }
}

pub fn certificate(row: &Row, column: usize) -> Result<Option<[u8; 32]>> {
    let octets = row.try_get::<_, Option<&[u8]>>(column)?;
    octets.map(|octets| octets.try_into().map_err(|_| StoreError::Unreadable { table: "senders" })).transpose()
}

pub fn last_report(row: &Row, id: usize, sequence: usize) -> Result<Option<LastReport>> {
    let Some(id) = row.try_get::<_, Option<String>>(id)? else { return Ok(None) };
    Ok(Some(LastReport { id, sequence: number(row.try_get::<_, Option<i64>>(sequence)?.unwrap_or(i64::MIN)) }))
}

/// Reads an admission from its word, its time and its reason.
pub fn admission(row: &Row, word: usize, since: usize, reason: usize) -> Result<Admission> {
    let since = maybe_at(row, since)?.unwrap_or(jiff::Timestamp::UNIX_EPOCH);
    Ok(match row.try_get::<_, &str>(word)? {
        "disabled" => Admission::Disabled { reason: row.try_get::<_, Option<String>>(reason)?.unwrap_or_default(), at: since },
        "retired" => Admission::Retired { at: since },
        _ => Admission::Admitted,
    })
}

/// Writes a sequence number into a column, which has a sign: the order is kept, the value shifted.
pub fn column(sequence: u64) -> i64 {
    (sequence ^ 1 << 63).cast_signed()
}

/// Reads a sequence number from a column.
pub fn number(column: i64) -> u64 {
    column.cast_unsigned() ^ 1 << 63
}

/// Returns the word for a coding.
pub fn coding_word(coding: Coding) -> &'static str {
    match coding {
        Coding::Plain => "plain",
        Coding::Zstd => "zstd",
    }
}

/// Asks for lines of the ledger, for [`line`]; what is given says which.
macro_rules! lines {
    ($which:literal) => {
        concat!("SELECT l.day, l.due_at, l.kept, l.met_at, l.reports, l.devices, l.why, l.sender_id FROM ledger l ", $which)
    };
}
pub(super) use lines;

/// Reads a row of `lines!`.
pub fn line(row: &Row) -> Result<Expectation> {
    Ok(Expectation {
        day: from_word(row, 0, "ledger")?,
        due_at: at(row, 1)?,
        kept: from_word(row, 2, "ledger")?,
        met_at: maybe_at(row, 3)?,
        reports: small(row, 4, "ledger")?,
        devices: small(row, 5, "ledger")?,
        why: maybe_word(row, 6, "ledger")?,
    })
}
