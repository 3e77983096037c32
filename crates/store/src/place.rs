//! Where a store lies: `sqlite:PATH` or `postgres://…`.

use std::path::PathBuf;
use std::str::FromStr;
use std::sync::Arc;

use crate::error::Result;
use crate::postgres::{Address, AddressError, PostgresStore};
use crate::sqlite::SqliteStore;
use crate::{Store, postgres, sqlite};

/// Is where a store lies.
#[derive(Clone, Debug)]
pub enum Place {
    Sqlite(PathBuf),
    Postgres(Box<Address>),
}

/// Says why a text names no store. It never repeats the text: somebody may have written a password into it.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum PlaceError {
    #[error("expected \"sqlite:PATH\" or \"postgres://USER@HOST/DATABASE\"")]
    NoStore,
    #[error("this database cannot be reached so: {0}")]
    Address(AddressError),
}

impl FromStr for Place {
    type Err = PlaceError;

    fn from_str(text: &str) -> std::result::Result<Self, PlaceError> {
        if let Some(path) = text.strip_prefix("sqlite:") {
            return if path.is_empty() { Err(PlaceError::NoStore) } else { Ok(Place::Sqlite(PathBuf::from(path))) };
        }
        if !text.starts_with("postgres") {
            return Err(PlaceError::NoStore);
        }
        text.parse().map(|address| Place::Postgres(Box::new(address))).map_err(PlaceError::Address)
    }
}

impl std::fmt::Display for Place {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        match self {
            Place::Sqlite(path) => write!(f, "sqlite:{}", path.display()),
            Place::Postgres(address) => write!(f, "{address}"),
        }
    }
}

impl Place {
    /// Adds the password of a database; a file needs none.
    pub fn with_password(self, password: &str) -> Self {
        match self {
            Place::Postgres(address) => Place::Postgres(Box::new(address.with_password(password))),
            file => file,
        }
    }

    /// Opens the store, makes it if there is none, and brings it to the schema of today. It blocks.
    ///
    /// # Errors
    /// Fails as [`SqliteStore::open`] and [`PostgresStore::open`] do.
    pub fn open(&self) -> Result<Arc<dyn Store>> {
        Ok(match self {
            Place::Sqlite(path) => Arc::new(SqliteStore::open(path, &sqlite::Options::default())?),
            Place::Postgres(address) => Arc::new(PostgresStore::open(address, &postgres::Options::default())?),
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_place_is_a_file_or_a_database() {
        assert!(matches!("sqlite:/srv/r.db".parse(), Ok(Place::Sqlite(path)) if path == std::path::Path::new("/srv/r.db")));
        assert!(matches!("postgres://r@h/fleet".parse(), Ok(Place::Postgres(_))));
        for (text, expected) in [("sqlite:", PlaceError::NoStore), ("mysql://h/x", PlaceError::NoStore)] {
            assert_eq!(text.parse::<Place>().map(drop), Err(expected));
        }
        let hidden = "postgres://r:hidden@h/fleet".parse::<Place>().unwrap_err().to_string();
        assert!(hidden.contains("password") && !hidden.contains("hidden"), "{hidden}");
    }
}
