//! Datagrams on their way out, kept in buffers that are used again.

use std::net::SocketAddr;

/// Is the most datagrams handled by one system call.
pub const BATCH: usize = 64;

/// Holds up to [`BATCH`] datagrams until they are sent together.
pub struct Outbox {
    datagrams: Vec<Vec<u8>>,
    to: Vec<SocketAddr>,
}

impl Outbox {
    pub fn new() -> Self {
        Outbox { datagrams: vec![Vec::new(); BATCH], to: Vec::with_capacity(BATCH) }
    }

    /// Returns the buffer of the next datagram, emptied, or `None` when the box is full.
    pub fn buffer(&mut self) -> Option<&mut Vec<u8>> {
        let buffer = self.datagrams.get_mut(self.to.len())?;
        buffer.clear();
        Some(buffer)
    }

    /// Returns what was written into the buffer and not yet addressed.
    pub fn pending(&self) -> &[u8] {
        self.datagrams.get(self.to.len()).map_or(&[], |buffer| buffer)
    }

    /// Addresses the datagram in the buffer.
    pub fn queue(&mut self, to: SocketAddr) {
        self.to.push(to);
    }

    /// Returns the addressed datagrams, oldest first.
    pub fn queued(&self) -> impl Iterator<Item = (&[u8], SocketAddr)> {
        self.datagrams.iter().map(Vec::as_slice).zip(self.to.iter().copied())
    }

    /// Forgets the addressed datagrams; their buffers stay.
    pub fn clear(&mut self) {
        self.to.clear();
    }
}
