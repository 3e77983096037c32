//! What every conversation over one byte stream has in common.

/// Is a moment in microseconds since the owner's own start.
pub type Tick = u64;

/// Is one conversation over a byte stream: octets and times come in, octets and deadlines go out.
pub trait Talk {
    /// Returns what is to be sent next, if anything is.
    fn poll_transmit(&mut self, now: Tick) -> Option<Vec<u8>>;

    /// Takes octets that arrived, in whatever pieces the network made of them.
    fn handle_input(&mut self, now: Tick, octets: &[u8]);

    /// Takes the news that the other end has closed the stream.
    fn handle_closed(&mut self, now: Tick);

    /// Is called when the moment of [`Talk::poll_timeout`] has come.
    fn handle_timeout(&mut self, now: Tick);

    /// Returns when the conversation wants to be called again although nothing arrives.
    fn poll_timeout(&self) -> Option<Tick>;

    /// Returns whether the stream may be closed.
    fn is_done(&self) -> bool;
}
