//! Devices and agents as the API tells them.

use std::collections::BTreeMap;

use jiff::Timestamp;
use model::DeviceRecord;
use policy::current::{Source, merge};
use policy::identity::{Evidence, Joined};
use serde::Serialize;
use store::{Admission, Device, Sender, SiteId};
use utoipa::ToSchema;
use wire::envelope::{Host, Room, Software};
use wire::rhythm::Schedule;

use crate::standing;
use crate::watch::word_of;
use crate::words;

/// Is a device's latest state: the device record and what the server adds to it.
#[derive(Clone, Debug, Serialize, ToSchema)]
pub struct DeviceItem {
    /// The device record, schema `roundsman.device/1`; its fields stand beside the ones below.
    #[serde(flatten)]
    #[schema(value_type = Object)]
    pub record: DeviceRecord,
    pub id: String,
    /// The tenant's name.
    pub tenant: String,
    /// The site's name.
    pub site: String,
    /// By path, `agent` and `device-direct`: when the device was last read that way.
    pub paths: BTreeMap<&'static str, PathItem>,
    /// When the reading was due that never came; null while nothing is missing.
    #[schema(value_type = Option<String>, format = DateTime)]
    pub overdue_since: Option<Timestamp>,
    /// Why, as far as known: `sender-silent`, `off`, `unreachable`, `refusing`, …
    pub overdue_reason: Option<String>,
    /// The id of another device that tells the same serial number, UUID or hardware address, by the
    /// same path or with too little else in common: a copy, or the same printer seen twice. Null where
    /// there is none.
    pub twin: Option<String>,
}

/// Is one way by which a device is known.
#[derive(Clone, Debug, Serialize, ToSchema)]
pub struct PathItem {
    /// When the device last answered; null if it never has.
    #[schema(value_type = Option<String>, format = DateTime)]
    pub observed_at: Option<Timestamp>,
    /// When the server last heard of it this way.
    #[schema(value_type = String, format = DateTime)]
    pub received_at: Timestamp,
    /// The id of the agent or module.
    pub sender: String,
    /// How it came to this device; null for the sender that told of it first.
    pub joined: Option<JoinedItem>,
}

/// Is how it came that a sender's word counts for a device that another one told of first.
#[derive(Clone, Debug, Serialize, ToSchema)]
pub struct JoinedItem {
    #[schema(value_type = String, format = DateTime)]
    pub at: Timestamp,
    /// `serial-number`, `printer-uuid`, `hardware-address`, or `person`.
    #[schema(value_type = String)]
    pub on: Evidence,
    /// Who decided; null if it was the evidence alone.
    pub by: Option<String>,
    /// What spoke for it and against it; from 40 points together on two are one. Empty if a person
    /// decided, and for what was joined before reasons were kept.
    pub why: Vec<ReasonItem>,
}

/// Is one thing that spoke for taking two for one device, or against it.
#[derive(Clone, Debug, Serialize, ToSchema)]
pub struct ReasonItem {
    /// What is the same, or not: `maker and serial number A1234`.
    pub says: String,
    /// Above zero it speaks for one device.
    pub points: i32,
}

/// Makes the item of a joining.
pub fn joined_item(joined: &Joined) -> JoinedItem {
    let why = joined.why.iter().map(|reason| ReasonItem { says: reason.says.clone(), points: reason.points });
    JoinedItem { at: joined.at, on: joined.on, by: joined.by.clone(), why: why.collect() }
}

/// Returns what is said of a device, and by which path.
pub fn sources(device: &Device) -> Vec<Source<'_>> {
    device.views.iter().map(|view| Source { path: view.kind.into(), view: &view.view }).collect()
}

/// Returns what is current of a device.
pub fn current_record(device: &Device) -> DeviceRecord {
    merge(&sources(device)).record
}

/// Makes the item of a device.
pub fn device_item(device: &Device, tenant: &str, site: &str) -> DeviceItem {
    let mut paths: BTreeMap<&'static str, PathItem> = BTreeMap::new();
    for view in &device.views {
        let item = PathItem {
            observed_at: view.view.answered_at(),
            received_at: view.view.received_at,
            sender: view.sender.to_string(),
            joined: view.joined.as_ref().map(joined_item),
        };
        match paths.get(words::kind(view.kind)) {
            // Two agents may see one device; the one that saw it last speaks for the path.
            Some(known) if known.observed_at >= item.observed_at => {}
            _ => drop(paths.insert(words::kind(view.kind), item)),
        }
    }
    DeviceItem {
        record: current_record(device),
        id: device.id.to_string(),
        tenant: tenant.to_owned(),
        site: site.to_owned(),
        paths,
        overdue_since: device.overdue.as_ref().map(|overdue| overdue.since),
        overdue_reason: device.overdue.map(|overdue| word_of(overdue.why)),
        twin: device.twin.map(|twin| twin.to_string()),
    }
}

/// Is an agent or a device module.
#[derive(Clone, Debug, Serialize, ToSchema)]
pub struct AgentItem {
    pub id: String,
    /// The tenant's name.
    pub tenant: String,
    /// The site's name.
    pub site: String,
    pub name: String,
    /// `agent` or `device-direct`.
    pub kind: &'static str,
    /// `provisioned`, `running`, `unresponsive`, `stopped`, `disabled` or `retired`.
    pub state: &'static str,
    /// Since when it is in this state, where that is known.
    #[schema(value_type = Option<String>, format = DateTime)]
    pub state_since: Option<Timestamp>,
    /// Why it is disabled.
    pub disabled_reason: Option<String>,
    #[schema(value_type = String, format = DateTime)]
    pub created_at: Timestamp,
    #[schema(value_type = Object)]
    pub software: Software,
    #[schema(value_type = Option<Object>)]
    pub host: Option<Host>,
    /// When it reports, as it says.
    #[schema(value_type = Option<Object>)]
    pub schedule: Option<Schedule>,
    pub synchronisation: Synchronisation,
    pub site_information: SiteInformation,
    /// Groups of fields that the site has switched off.
    pub withheld: Vec<&'static str>,
}

/// Is how an agent and the server stand.
#[derive(Clone, Debug, Serialize, ToSchema)]
pub struct Synchronisation {
    /// When a printer was last read, among all that was reported.
    #[schema(value_type = Option<String>, format = DateTime)]
    pub last_data_at: Option<Timestamp>,
    /// When it last called, whatever it wanted.
    #[schema(value_type = Option<String>, format = DateTime)]
    pub last_contact_at: Option<Timestamp>,
    /// When its last report was taken.
    #[schema(value_type = Option<String>, format = DateTime)]
    pub last_success_at: Option<Timestamp>,
    /// When it is to report next.
    #[schema(value_type = Option<String>, format = DateTime)]
    pub next_send_at: Option<Timestamp>,
    /// What it was last refused for; null after a success.
    pub last_error: Option<String>,
    #[schema(value_type = Option<String>, format = DateTime)]
    pub last_error_at: Option<Timestamp>,
}

/// Is what an agent says of its computer and site: sixteen fields, null where it does not say.
#[derive(Clone, Debug, Default, Serialize, ToSchema)]
pub struct SiteInformation {
    pub dns_name: Option<String>,
    pub agent_database_octets: Option<u64>,
    pub agent_build_version: Option<String>,
    pub ip_address: Option<String>,
    pub operating_system_name: Option<String>,
    pub processor: Option<String>,
    pub discovery_database_octets: Option<u64>,
    #[schema(value_type = Option<Object>)]
    pub disk: Option<Room>,
    pub operating_system_type: Option<String>,
    pub time_zone: Option<String>,
    pub devices_discovered: Option<u64>,
    #[schema(value_type = Option<Object>)]
    pub memory: Option<Room>,
    pub site_name: Option<String>,
    pub printers_in_scope: Option<u64>,
    pub discovery_version: Option<String>,
    pub printers_out_of_scope: Option<u64>,
}

impl From<wire::envelope::Site> for SiteInformation {
    fn from(site: wire::envelope::Site) -> Self {
        SiteInformation {
            dns_name: site.dns_name,
            agent_database_octets: site.agent_database_octets,
            agent_build_version: site.agent_build_version,
            ip_address: site.ip_address,
            operating_system_name: site.operating_system_name,
            processor: site.processor,
            discovery_database_octets: site.discovery_database_octets,
            disk: site.disk,
            operating_system_type: site.operating_system_type,
            time_zone: site.time_zone,
            devices_discovered: site.devices_discovered,
            memory: site.memory,
            site_name: site.site_name,
            printers_in_scope: site.printers_in_scope,
            discovery_version: site.discovery_version,
            printers_out_of_scope: site.printers_out_of_scope,
        }
    }
}

/// Makes the item of a sender.
pub fn agent_item(sender: &Sender, tenant: &str, sites: &BTreeMap<SiteId, String>, now: Timestamp) -> AgentItem {
    let (state, state_since) = standing::state_of(sender, now);
    let told = &sender.told;
    AgentItem {
        id: sender.id.to_string(),
        tenant: tenant.to_owned(),
        site: sites.get(&sender.site).cloned().unwrap_or_default(),
        name: sender.name.clone(),
        kind: words::kind(sender.kind),
        state: state.word(),
        state_since,
        disabled_reason: match &sender.admission {
            Admission::Disabled { reason, .. } => Some(reason.clone()),
            Admission::Admitted | Admission::Retired { .. } => None,
        },
        created_at: sender.created_at,
        software: sender.software.clone(),
        host: told.host.clone(),
        schedule: told.schedule.clone(),
        synchronisation: Synchronisation {
            last_data_at: told.last_data_at,
            last_contact_at: told.last_contact_at,
            last_success_at: told.last_success_at,
            next_send_at: standing::next_report(sender, now).or(told.next_at),
            last_error: told.last_error.clone(),
            last_error_at: told.last_error_at,
        },
        site_information: told.site_information.clone().map(SiteInformation::from).unwrap_or_default(),
        withheld: told.withheld.iter().map(|group| group.word()).collect(),
    }
}
