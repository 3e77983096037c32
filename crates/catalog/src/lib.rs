//! Vendor knowledge as data: what to ask a device, how, and why.
//!
//! A profile lists objects, tables and reading rules; `vendors/printer-mib.toml` holds the
//! standards, and a vendor's file inherits it and adds what is its own. Every rule remembers the
//! file and line it stands on. `vendors/makers.toml` tells makers apart. The crate deliberately
//! asks no device anything and decodes no value: that is for `survey` and `collect`.
//!
//! Start reading at [`Catalog`], then [`Profile`].
#![forbid(unsafe_code)]

mod catalog;
mod document;
mod error;
mod intern;
mod load;
pub mod meaning;
mod object;
mod profile;
mod recogniser;
mod section;
mod standard;
mod suggest;
mod table;
mod witness;

pub use catalog::{Catalog, EMBEDDED, LARGEST_OVERLAY_FILE, MOST_OVERLAY_FILES, Summary};
pub use error::{CatalogError, CatalogErrors};
pub use object::{Instance, Moves, Object, ObjectId, Rule, Syntax};
pub use profile::{Match, Profile, ReadRules, Signs};
pub use recogniser::{DeviceKind, Named, Recognition};
pub use section::{Section, Sections, UnknownSection};
pub use standard::Standard;
pub use table::{Rows, Table, TableId};
pub use witness::{Witness, Witnesses};
