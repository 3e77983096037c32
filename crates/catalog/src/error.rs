//! What is wrong with a vendor file, and where.

use std::fmt;

use crate::object::Rule;

/// Is one fault of a vendor file.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("{rule}: {message}")]
pub struct CatalogError {
    pub rule: Rule,
    pub message: String,
}

/// Is every fault that one reading of the files found, in their order.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct CatalogErrors(pub Vec<CatalogError>);

impl fmt::Display for CatalogErrors {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        for (place, error) in self.0.iter().enumerate() {
            write!(f, "{}{error}", if place == 0 { "" } else { "\n" })?;
        }
        Ok(())
    }
}

impl std::error::Error for CatalogErrors {}
