//! The server's pages.
//!
//! Their addresses, which links and forms use: `/` (fleet), `/devices/ID`, `/agents`, `/agents/ID`,
//! `POST /agents/ID/commands`, `/codes`, `POST /codes`, `/login`, `POST /login`, `POST /logout`.

pub mod agent;
pub mod agents;
pub mod codes;
pub mod device;
pub mod fleet;

pub use agent::Agent;
pub use agents::Agents;
pub use codes::Codes;
pub use device::Device;
pub use fleet::Fleet;

/// Is a place where devices stand.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct SiteName {
    pub id: String,
    pub name: String,
}
