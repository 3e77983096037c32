//! Rows on their way, and the sum over them.

use std::error::Error;
use std::hash::{DefaultHasher, Hash, Hasher};
use std::pin::pin;

use bytes::{BufMut, BytesMut};
use futures_util::TryStreamExt;
use rusqlite::Connection;
use rusqlite::types::{ToSqlOutput, ValueRef};
use tokio_postgres::binary_copy::{BinaryCopyInWriter, BinaryCopyOutRow, BinaryCopyOutStream};
use tokio_postgres::types::{IsNull, ToSql, Type, to_sql_checked};

use super::door::{Door, types};
use super::table::{Kind, Table};
use super::{Progress, ROWS};
use crate::error::{Result, StoreError};

/// Is one value of a row.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub enum Value {
    Null,
    Octets(Vec<u8>),
    Text(String),
    Number(i64),
}

/// Is how many rows there are and what is in them, whatever their order.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Sum {
    pub rows: u64,
    contents: [u64; 2],
}

impl Sum {
    fn add(&mut self, row: &[Value]) {
        self.rows += 1;
        for (half, sum) in self.contents.iter_mut().enumerate() {
            let mut hasher = DefaultHasher::new();
            half.hash(&mut hasher);
            row.hash(&mut hasher);
            *sum = sum.wrapping_add(hasher.finish());
        }
    }
}

/// Sends a table's rows; returns their sum.
pub async fn sqlite_to_postgres(source: &Connection, door: &Door, table: &Table, tell: &mut impl FnMut(Progress)) -> Result<Sum> {
    let copy = format!("COPY {} ({}) FROM STDIN BINARY", table.name, table.list());
    let sink = door.link().client().copy_in(&copy).await?;
    let mut writer = pin!(BinaryCopyInWriter::new(sink, &types(table)));
    let mut statement = source.prepare(&format!("SELECT {} FROM {}", table.list(), table.name))?;
    let mut rows = statement.query(())?;
    let mut sum = Sum::default();
    while let Some(row) = rows.next()? {
        let values = of_sqlite(row, table)?;
        sum.add(&values);
        writer.as_mut().write_raw(values.iter().map(|value| value as &(dyn ToSql + Sync))).await?;
        if sum.rows % ROWS == 0 {
            tell(Progress { table: table.name, rows: sum.rows, is_compared: false });
        }
    }
    writer.as_mut().finish().await?;
    Ok(sum)
}

/// Fetches a table's rows; returns their sum.
pub async fn postgres_to_sqlite(door: &Door, target: &Connection, table: &Table, tell: &mut impl FnMut(Progress)) -> Result<Sum> {
    let places: Vec<String> = (1..=table.columns.len()).map(|place| format!("?{place}")).collect();
    let mut insert = target.prepare(&format!("INSERT INTO {} ({}) VALUES ({})", table.name, table.list(), places.join(", ")))?;
    let mut sum = Sum::default();
    each_of_postgres(door, table, |values| {
        sum.add(&values);
        insert.execute(rusqlite::params_from_iter(&values))?;
        if sum.rows % ROWS == 0 {
            tell(Progress { table: table.name, rows: sum.rows, is_compared: false });
        }
        Ok(())
    })
    .await?;
    Ok(sum)
}

/// Returns the sum over what lies in PostgreSQL.
pub async fn sum_of_postgres(door: &Door, table: &Table) -> Result<Sum> {
    let mut sum = Sum::default();
    each_of_postgres(door, table, |values| {
        sum.add(&values);
        Ok(())
    })
    .await?;
    Ok(sum)
}

/// Returns the sum over what lies in SQLite.
pub fn sum_of_sqlite(connection: &Connection, table: &Table) -> Result<Sum> {
    let mut statement = connection.prepare(&format!("SELECT {} FROM {}", table.list(), table.name))?;
    let mut rows = statement.query(())?;
    let mut sum = Sum::default();
    while let Some(row) = rows.next()? {
        sum.add(&of_sqlite(row, table)?);
    }
    Ok(sum)
}

async fn each_of_postgres(door: &Door, table: &Table, mut row: impl FnMut(Vec<Value>) -> Result<()>) -> Result<()> {
    let copy = format!("COPY (SELECT {} FROM {}) TO STDOUT BINARY", table.list(), table.name);
    let stream = door.link().client().copy_out(&copy).await?;
    let mut rows = pin!(BinaryCopyOutStream::new(stream, &types(table)));
    while let Some(next) = rows.try_next().await? {
        row(of_postgres(&next, table)?)?;
    }
    Ok(())
}

fn of_sqlite(row: &rusqlite::Row<'_>, table: &Table) -> Result<Vec<Value>> {
    let unreadable = || StoreError::Unreadable { table: table.name };
    let mut values = Vec::with_capacity(table.columns.len());
    for (place, (_, kind)) in table.columns.iter().enumerate() {
        values.push(match (row.get_ref(place)?, kind) {
            (ValueRef::Null, _) => Value::Null,
            (ValueRef::Blob(octets), Kind::Id) if octets.len() != 16 => return Err(unreadable()),
            (ValueRef::Blob(octets), Kind::Id | Kind::Octets) => Value::Octets(octets.to_vec()),
            // The one sign that a column of text there cannot hold; it stands for nothing in any name.
            (ValueRef::Text(text), Kind::Text) => {
                Value::Text(std::str::from_utf8(text).map_err(|_| unreadable())?.replace('\0', "\u{fffd}"))
            }
            (ValueRef::Integer(number), Kind::Number | Kind::Flag) => Value::Number(number),
            _ => return Err(unreadable()),
        });
    }
    Ok(values)
}

fn of_postgres(row: &BinaryCopyOutRow, table: &Table) -> Result<Vec<Value>> {
    let mut values = Vec::with_capacity(table.columns.len());
    for (place, (_, kind)) in table.columns.iter().enumerate() {
        let value = match kind {
            Kind::Id => row.try_get::<Option<crate::ids::DeviceId>>(place)?.map(|id| Value::Octets(id.octets().to_vec())),
            Kind::Octets => row.try_get::<Option<Vec<u8>>>(place)?.map(Value::Octets),
            Kind::Text => row.try_get::<Option<String>>(place)?.map(Value::Text),
            Kind::Number => row.try_get::<Option<i64>>(place)?.map(Value::Number),
            Kind::Flag => row.try_get::<Option<bool>>(place)?.map(|flag| Value::Number(flag.into())),
        };
        values.push(value.unwrap_or(Value::Null));
    }
    Ok(values)
}

impl ToSql for Value {
    fn to_sql(&self, kind: &Type, out: &mut BytesMut) -> std::result::Result<IsNull, Box<dyn Error + Sync + Send>> {
        match self {
            Value::Null => return Ok(IsNull::Yes),
            Value::Octets(octets) => out.put_slice(octets),
            Value::Text(text) => out.put_slice(text.as_bytes()),
            Value::Number(flag) if *kind == Type::BOOL => out.put_u8(u8::from(*flag != 0)),
            Value::Number(number) => out.put_i64(*number),
        }
        Ok(IsNull::No)
    }

    fn accepts(kind: &Type) -> bool {
        [Type::UUID, Type::BYTEA, Type::TEXT, Type::INT8, Type::BOOL].contains(kind)
    }

    to_sql_checked!();
}

impl rusqlite::ToSql for Value {
    fn to_sql(&self) -> rusqlite::Result<ToSqlOutput<'_>> {
        Ok(ToSqlOutput::Borrowed(match self {
            Value::Null => ValueRef::Null,
            Value::Octets(octets) => ValueRef::Blob(octets),
            Value::Text(text) => ValueRef::Text(text.as_bytes()),
            Value::Number(number) => ValueRef::Integer(*number),
        }))
    }
}
