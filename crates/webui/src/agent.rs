//! The agent's pages.
//!
//! Their addresses, which links and forms use: `/` (overview), `/devices`, `/devices/ID`, `/ledger`,
//! `/ledger/NUMBER`, `/ledger/NUMBER/payload` (the octets alone), `/preview`, `/privacy`, `/login`,
//! `POST /login`, `POST /logout`, `POST /sync-now`.

pub mod devices;
pub mod ledger;
pub mod overview;
pub mod preview;
pub mod privacy;

pub use devices::{Device, Devices};
pub use ledger::{Entry, Ledger};
pub use overview::{CredentialLine, Credentials, LastNotice, Overview, Traps};
pub use preview::Preview;
pub use privacy::Privacy;
