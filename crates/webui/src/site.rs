//! The sixteen fields that an agent tells of its computer and site.

use askama::Template;
use askama::filters::HtmlSafe;
use report::grouped;
use wire::envelope::{Room, Site};
use wire::privacy::{Group, REPORT_FIELDS};

use crate::words::octets;

/// Is the table of the sixteen fields; one that is not told says whether the site withholds it.
#[derive(Template)]
#[template(path = "site.html")]
pub(crate) struct SiteInformation {
    fields: Vec<Field>,
}

impl HtmlSafe for SiteInformation {}

struct Field {
    name: &'static str,
    value: Option<String>,
    is_withheld: bool,
}

impl SiteInformation {
    pub fn new(site: &Site, withheld: &[Group]) -> Self {
        let is_withheld = |key: &str| REPORT_FIELDS.iter().any(|field| field.pattern == key && withheld.contains(&field.group));
        let fields = fields(site).into_iter().map(|(name, key, value)| Field { name, value, is_withheld: is_withheld(key) });
        SiteInformation { fields: fields.collect() }
    }
}

/// Lists the fields with their label, their place in a report, and their value.
fn fields(site: &Site) -> [(&'static str, &'static str, Option<String>); 16] {
    [
        ("DNS name of the agent's computer", "site/dns_name", site.dns_name.clone()),
        ("Agent database", "site/agent_database_octets", site.agent_database_octets.map(octets)),
        ("Agent build version", "site/agent_build_version", site.agent_build_version.clone()),
        ("IP address", "site/ip_address", site.ip_address.clone()),
        ("Operating system", "site/operating_system_name", site.operating_system_name.clone()),
        ("Processor", "site/processor", site.processor.clone()),
        ("Discovery database", "site/discovery_database_octets", site.discovery_database_octets.map(octets)),
        ("Hard disk", "site/disk", site.disk.map(room)),
        ("Operating system type", "site/operating_system_type", site.operating_system_type.clone()),
        ("Time zone", "site/time_zone", site.time_zone.clone()),
        ("Devices discovered", "site/devices_discovered", site.devices_discovered.map(grouped)),
        ("Memory", "site/memory", site.memory.map(room)),
        ("Site name", "site/site_name", site.site_name.clone()),
        ("Printers in scope", "site/printers_in_scope", site.printers_in_scope.map(grouped)),
        ("Discovery version", "site/discovery_version", site.discovery_version.clone()),
        ("Printers out of scope", "site/printers_out_of_scope", site.printers_out_of_scope.map(grouped)),
    ]
}

fn room(room: Room) -> String {
    format!("{}, {} free", octets(room.size), octets(room.free))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_field_is_one_that_may_leave() {
        for (name, key, _) in fields(&Site::default()) {
            assert!(REPORT_FIELDS.iter().any(|field| field.pattern == key), "{name}: {key}");
        }
    }

    #[test]
    fn what_is_withheld_is_not_called_unknown() {
        let table = SiteInformation::new(&Site { processor: Some("x86-64, 4 cores".into()), ..Site::default() }, &[Group::Addresses]);
        let states: Vec<_> = table.fields.iter().filter(|field| field.is_withheld).map(|field| field.name).collect();
        assert_eq!(states, ["IP address"]);
    }
}
