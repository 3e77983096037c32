//! What every report says of the agent itself.

use jiff::Timestamp;
use wire::envelope::{Host, Sender, SenderKind, Site, Software};
use wire::privacy::{Group, Privacy};
use wire::rhythm::Schedule;

/// Is the agent as its reports tell it.
#[derive(Clone, Debug)]
pub struct Speaker {
    /// Given at enrolment.
    pub sender: String,
    pub schedule: Schedule,
    pub next_at: Option<Timestamp>,
    /// Whether the agent goes out of service in good order.
    pub stopping: bool,
    pub host: Host,
    pub site: Site,
    pub privacy: Privacy,
}

impl Speaker {
    /// Returns who reports.
    pub fn sender(&self) -> Sender {
        Sender { kind: SenderKind::Agent, id: self.sender.clone() }
    }

    /// Returns the fields of the site that may leave.
    pub fn site(&self) -> Site {
        let mut site = self.site.clone();
        self.privacy.apply_to_site(&mut site);
        site
    }

    /// Returns the diagnostics of the host that may leave.
    pub fn host(&self) -> Option<Host> {
        (!self.privacy.withheld().contains(&Group::Host)).then(|| self.host.clone())
    }
}

/// Returns what the agent runs.
pub fn software() -> Software {
    Software { name: "roundsman-agent".to_owned(), version: env!("CARGO_PKG_VERSION").to_owned(), profiles: Some(discovery_version()) }
}

/// Returns the version of the rules by which devices are found and read: the start of their check sum.
///
/// The rules are part of the program, so the same program always says the same.
pub fn discovery_version() -> String {
    let mut rules = Vec::new();
    for (file, text) in catalog::EMBEDDED {
        rules.extend_from_slice(&crate::secrets::digest(file.as_bytes()));
        rules.extend_from_slice(&crate::secrets::digest(text.as_bytes()));
    }
    crate::secrets::hex(&crate::secrets::digest(&rules)[..6])
}
