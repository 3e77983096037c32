//! What a sender tells of itself and seldom changes, as databases keep it: JSON in one column.

use serde::{Deserialize, Serialize};
use wire::envelope::{Host, Site as SiteInformation, Software};
use wire::privacy::Group;
use wire::rhythm::Schedule;

use crate::registry::Sender;

/// Is what stands in `senders.said`.
#[derive(Default, PartialEq, Serialize, Deserialize)]
pub struct Said {
    pub software: Software,
    pub schedule: Option<Schedule>,
    pub host: Option<Host>,
    pub site: Option<SiteInformation>,
    pub withheld: Vec<Group>,
}

impl Said {
    pub fn of(sender: &Sender) -> Self {
        Said {
            software: sender.software.clone(),
            schedule: sender.told.schedule.clone(),
            host: sender.told.host.clone(),
            site: sender.told.site_information.clone(),
            withheld: sender.told.withheld.clone(),
        }
    }
}
