//! The SNMP engine: messages as values, sessions and walks as state machines.
//!
//! It speaks SNMP v1, v2c and v3 for a manager, and answers as an agent for the simulator. It
//! deliberately owns no socket, clock, thread or random source: octets and times come in, octets
//! and deadlines go out. It has no cryptography of its own: that stands behind [`usm::Crypto`].
//! It knows no MIB; names live in `catalog`.
//!
//! Start reading at [`message::Message`], then [`session::Session`]; for version 3 at [`usm`].
//! [`ber`] is the ground.
#![forbid(unsafe_code)]

pub mod ber;
pub mod id;
pub mod message;
pub mod notification;
pub mod oid;
pub mod refusal;
pub mod responder;
pub mod session;
pub mod usm;
pub mod v3;
pub mod value;
pub mod walk;

pub use id::RequestIds;
pub use message::{Message, Pdu, PduType, Varbind, Varbinds, Version};
pub use oid::OidRef;
pub use refusal::Refusal;
pub use session::{Accepted, Expired, Patience, Session, Tick};
pub use value::Value;
pub use walk::{Walk, WalkEnd};
