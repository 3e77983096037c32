//! How values stand in columns.

use std::error::Error;

use bytes::{BufMut, BytesMut};
use jiff::Timestamp;
use serde::Serialize;
use serde::de::DeserializeOwned;
use tokio_postgres::Row;
use tokio_postgres::types::{FromSql, IsNull, ToSql, Type, accepts, to_sql_checked};

use crate::error::{Result, StoreError};
use crate::ids::{DeviceId, SenderId, SiteId, TenantId, TokenId, UserId};
use crate::registry::SecretHash;

type Fault = Box<dyn Error + Sync + Send>;

/// Writes how many rows are wanted at most.
pub fn most(limit: usize) -> i64 {
    i64::try_from(limit).unwrap_or(i64::MAX)
}

/// Writes a moment: microseconds since 1970.
pub fn micros(at: Timestamp) -> i64 {
    at.as_microsecond()
}

/// Reads a moment.
pub fn moment(microsecond: i64) -> Timestamp {
    // The end of time has a fraction that a column does not keep, and comes back as out of range.
    let end = if microsecond < 0 { Timestamp::MIN } else { Timestamp::MAX };
    Timestamp::from_microsecond(microsecond).unwrap_or(end)
}

/// Returns the moment in a column.
pub fn at(row: &Row, column: usize) -> Result<Timestamp> {
    Ok(moment(row.try_get(column)?))
}

/// Returns the moment in a column that may have none.
pub fn maybe_at(row: &Row, column: usize) -> Result<Option<Timestamp>> {
    Ok(row.try_get::<_, Option<i64>>(column)?.map(moment))
}

/// Returns a small number in a column.
pub fn small(row: &Row, column: usize, table: &'static str) -> Result<u32> {
    u32::try_from(row.try_get::<_, i64>(column)?).map_err(|_| StoreError::Unreadable { table })
}

/// Writes a text without the one sign that a column of text cannot hold. What names come from
/// elsewhere may have it; it stands for nothing in any of them.
pub fn plain(text: &str) -> String {
    text.replace('\0', "\u{fffd}")
}

/// Writes a value as JSON.
pub fn json<T: Serialize>(value: &T) -> String {
    serde_json::to_string(value).expect("keys are texts, and numbers are finite")
}

/// Reads JSON.
pub fn from_json<T: DeserializeOwned>(row: &Row, column: usize, table: &'static str) -> Result<T> {
    serde_json::from_str(row.try_get(column)?).map_err(|_| StoreError::Unreadable { table })
}

/// Writes one of a closed list of words as the word.
pub fn word<T: Serialize>(value: &T) -> String {
    match serde_json::to_value(value) {
        Ok(serde_json::Value::String(word)) => word,
        other => unreachable!("every listed value has a word: {other:?}"),
    }
}

/// Reads a word.
pub fn from_word<T: DeserializeOwned>(row: &Row, column: usize, table: &'static str) -> Result<T> {
    let text: &str = row.try_get(column)?;
    let word = serde::de::value::StrDeserializer::<serde::de::value::Error>::new(text);
    T::deserialize(word).map_err(|_| StoreError::Unreadable { table })
}

/// Reads a word that may be absent.
pub fn maybe_word<T: DeserializeOwned>(row: &Row, column: usize, table: &'static str) -> Result<Option<T>> {
    match row.try_get::<_, Option<&str>>(column)? {
        Some(_) => from_word(row, column, table).map(Some),
        None => Ok(None),
    }
}

macro_rules! as_uuid {
    ($($name:ident)*) => {$(
        impl ToSql for $name {
            fn to_sql(&self, _: &Type, out: &mut BytesMut) -> std::result::Result<IsNull, Fault> {
                out.put_slice(self.octets());
                Ok(IsNull::No)
            }
            accepts!(UUID);
            to_sql_checked!();
        }

        impl<'a> FromSql<'a> for $name {
            fn from_sql(_: &Type, raw: &'a [u8]) -> std::result::Result<Self, Fault> {
                Ok($name::from_octets(raw.try_into()?))
            }
            accepts!(UUID);
        }
    )*};
}

as_uuid!(TenantId SiteId SenderId DeviceId UserId TokenId);

impl ToSql for SecretHash {
    fn to_sql(&self, _: &Type, out: &mut BytesMut) -> std::result::Result<IsNull, Fault> {
        out.put_slice(&self.0);
        Ok(IsNull::No)
    }
    accepts!(BYTEA);
    to_sql_checked!();
}

impl<'a> FromSql<'a> for SecretHash {
    fn from_sql(_: &Type, raw: &'a [u8]) -> std::result::Result<Self, Fault> {
        Ok(SecretHash(raw.try_into()?))
    }
    accepts!(BYTEA);
}
