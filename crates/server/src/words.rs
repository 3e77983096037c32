//! The words of the API for values of the domain.

use wire::envelope::SenderKind;

/// Returns the word for a kind of sender, as on the wire.
pub fn kind(kind: SenderKind) -> &'static str {
    match kind {
        SenderKind::Agent => "agent",
        SenderKind::DeviceDirect => "device-direct",
    }
}

/// Reads the word for a kind of sender.
pub fn kind_of(word: &str) -> Option<SenderKind> {
    [SenderKind::Agent, SenderKind::DeviceDirect].into_iter().find(|candidate| kind(*candidate) == word)
}
