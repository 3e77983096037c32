//! What may leave a site: a list of fields, in groups that the site can switch off.
//!
//! What is not listed does not leave, whoever adds it to a record. Names of contacts, users and
//! documents are read from no device in the first place, and have no place in the list.

use alloc::collections::BTreeMap;
use alloc::vec::Vec;
use serde::{Deserialize, Serialize};

use crate::envelope::Report;
use crate::facts::{Facts, Key};

/// Is a set of fields that is sent or withheld as one.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Group {
    Identity,
    Meters,
    Supplies,
    Status,
    Media,
    Configuration,
    Addresses,
    Locations,
    AssetNames,
    Console,
    Host,
    Site,
}

impl Group {
    /// Lists every group, in the order in which people read of them.
    pub const ALL: [Group; 12] = [
        Group::Identity,
        Group::Meters,
        Group::Supplies,
        Group::Status,
        Group::Media,
        Group::Configuration,
        Group::Addresses,
        Group::Locations,
        Group::AssetNames,
        Group::Console,
        Group::Host,
        Group::Site,
    ];

    /// Returns the word for configuration files.
    pub fn word(self) -> &'static str {
        match self {
            Group::Identity => "identity",
            Group::Meters => "meters",
            Group::Supplies => "supplies",
            Group::Status => "status",
            Group::Media => "media",
            Group::Configuration => "configuration",
            Group::Addresses => "addresses",
            Group::Locations => "locations",
            Group::AssetNames => "asset-names",
            Group::Console => "console",
            Group::Host => "host",
            Group::Site => "site",
        }
    }

    /// Says what the group is for, in a sentence without a full stop.
    pub fn purpose(self) -> &'static str {
        match self {
            Group::Identity => "who made the device, and which one it is; without it nothing can be billed or shipped",
            Group::Meters => "what is billed",
            Group::Supplies => "what is replenished",
            Group::Status => "faults and their history, whether the device is there, and what went wrong while reading",
            Group::Media => "trays, bins and covers",
            Group::Configuration => "installed options, settings and figures of performance, for support",
            Group::Addresses => "network addresses of devices and of the agent's computer",
            Group::Locations => "where devices and the site are, in the customer's words",
            Group::AssetNames => "what the customer calls devices and the agent's computer",
            Group::Console => "the text on the panel, which some devices use for the names of jobs and people",
            Group::Host => "which installation speaks, and through which proxy",
            Group::Site => "the agent's computer: sizes, counts and versions",
        }
    }

    /// Returns whether a site may withhold it.
    pub fn can_be_withheld(self) -> bool {
        !matches!(self, Group::Identity | Group::Host)
    }

    /// Returns whether it is sent unless the site says otherwise.
    pub fn is_sent_by_default(self) -> bool {
        self != Group::Console
    }
}

/// Is one line of the list.
#[derive(Clone, Copy, Debug)]
pub struct Field {
    /// A key of a fact, or a place in the report; `*` stands for one name.
    pub pattern: &'static str,
    pub group: Group,
    pub says: &'static str,
}

const fn field(pattern: &'static str, group: Group, says: &'static str) -> Field {
    Field { pattern, group, says }
}

/// Lists every fact about a device that may leave.
pub const DEVICE_FIELDS: &[Field] = &[
    field("identity/manufacturer", Group::Identity, "the maker"),
    field("identity/model", Group::Identity, "the model"),
    field("identity/serial_number", Group::Identity, "the serial number of the printer"),
    field("identity/firmware", Group::Identity, "the version of its firmware"),
    field("identity/printer_uuid", Group::Identity, "the UUID that the device made for itself"),
    field("identity/system_object_id", Group::Identity, "the maker's number for the kind of device"),
    field("identity/device_id", Group::Identity, "the IEEE 1284 device ID"),
    field("identity/system_description", Group::Identity, "what the device says of itself (sysDescr)"),
    field("identity/builder", Group::Identity, "who built a device that is sold under another name"),
    field("identity/board/manufacturer", Group::Identity, "the maker of the network board"),
    field("identity/board/model", Group::Identity, "the model of the network board"),
    field("identity/board/serial_number", Group::Identity, "the serial number of the network board"),
    field("meters/*", Group::Meters, "that the device has this counter"),
    field("meters/*/value", Group::Meters, "the count"),
    field("meters/*/unit", Group::Meters, "what is counted: impressions, sheets, …"),
    field("meters/*/origin", Group::Meters, "the object that the count was read from"),
    field("meters/*/evidence", Group::Meters, "how far the count can be believed"),
    field("supplies/*", Group::Supplies, "that the device has this supply"),
    field("supplies/*/marker", Group::Supplies, "the marker it belongs to"),
    field("supplies/*/class", Group::Supplies, "whether it is used up or filled"),
    field("supplies/*/type", Group::Supplies, "toner, ink, fuser, …"),
    field("supplies/*/colorant", Group::Supplies, "its colour"),
    field("supplies/*/description", Group::Supplies, "what the device calls it"),
    field("supplies/*/part_number", Group::Supplies, "its order number"),
    field("supplies/*/serial_number", Group::Supplies, "the serial number on its chip"),
    field("supplies/*/unit", Group::Supplies, "what level and capacity are counted in"),
    field("supplies/*/capacity", Group::Supplies, "how much it holds when new"),
    field("supplies/*/level/kind", Group::Supplies, "measured, some, unknown, unrestricted, low, empty, invalid"),
    field("supplies/*/level/value", Group::Supplies, "the measured level"),
    field("supplies/*/level/step", Group::Supplies, "the steps in which the level moves"),
    field("supplies/*/remaining", Group::Supplies, "the share that is left; true where it is level ÷ capacity"),
    field("supplies/*/origin", Group::Supplies, "the object that the level was read from"),
    field("presence", Group::Status, "ready, printing, asleep, off, unreachable, refusing, unknown"),
    field("alerts/*", Group::Status, "that there is an alert"),
    field("alerts/*/severity", Group::Status, "how bad it is"),
    field("alerts/*/training", Group::Status, "who can put it right"),
    field("alerts/*/group", Group::Status, "the part that it is about"),
    field("alerts/*/group_index", Group::Status, "which of these parts"),
    field("alerts/*/code", Group::Status, "what is the matter"),
    field("alerts/*/location", Group::Status, "where in the device, as the maker counts"),
    field("alerts/*/description", Group::Status, "the device's own words for the fault"),
    field("alerts/*/raised_at", Group::Status, "since when"),
    field("alerts/*/origin", Group::Status, "the row of the alert table"),
    field("status/device", Group::Status, "running, warning, down, …"),
    field("status/printer", Group::Status, "idle, printing, warming up, …"),
    field("status/errors", Group::Status, "the error states that are set"),
    field("status/up_time", Group::Status, "how long the network part has been up"),
    field("diagnostic_mode", Group::Status, "the diagnostic mode as the device tells it"),
    field("service_items/*", Group::Status, "that there is a part with a service life"),
    field("service_items/*/remaining", Group::Status, "what is left of its life"),
    field("problems", Group::Status, "what went wrong while reading, by object"),
    field("inputs/*", Group::Media, "that there is this tray"),
    field("inputs/*/name", Group::Media, "what the device calls the tray"),
    field("inputs/*/type", Group::Media, "its kind"),
    field("inputs/*/media", Group::Media, "the media in it"),
    field("inputs/*/unit", Group::Media, "what level and capacity are counted in"),
    field("inputs/*/capacity", Group::Media, "how much it holds"),
    field("inputs/*/level/kind", Group::Media, "as with supplies"),
    field("inputs/*/level/value", Group::Media, "what is in it"),
    field("inputs/*/level/step", Group::Media, "as with supplies"),
    field("inputs/*/status", Group::Media, "its state"),
    field("inputs/*/origin", Group::Media, "the object that the level was read from"),
    field("outputs/*", Group::Media, "that there is this bin"),
    field("outputs/*/name", Group::Media, "what the device calls the bin"),
    field("outputs/*/type", Group::Media, "its kind"),
    field("outputs/*/unit", Group::Media, "what room and capacity are counted in"),
    field("outputs/*/capacity", Group::Media, "how much it holds"),
    field("outputs/*/room/kind", Group::Media, "as with supplies"),
    field("outputs/*/room/value", Group::Media, "the room that is left"),
    field("outputs/*/room/step", Group::Media, "as with supplies"),
    field("outputs/*/status", Group::Media, "its state"),
    field("outputs/*/origin", Group::Media, "the object that the room was read from"),
    field("covers/*", Group::Media, "that there is this cover"),
    field("covers/*/description", Group::Media, "what the device calls the cover"),
    field("covers/*/status", Group::Media, "open or closed"),
    field("covers/*/origin", Group::Media, "the row of the cover table"),
    field("options/*", Group::Configuration, "that this is installed"),
    field("options/*/value", Group::Configuration, "what is installed"),
    field("options/*/origin", Group::Configuration, "the object that tells it"),
    field("configuration/hrMemorySize*", Group::Configuration, "its memory"),
    field("configuration/hrDevice*", Group::Configuration, "its parts as a computer, and their errors"),
    field("configuration/hrPrinter*", Group::Configuration, "its state as a printer"),
    field("configuration/hrStorage*", Group::Configuration, "its storage, and what of it is used"),
    field("configuration/prtGeneralConfigChanges*", Group::Configuration, "how often its configuration has changed"),
    field("configuration/prtGeneralCurrentLocalization*", Group::Configuration, "the language in use"),
    field("configuration/prtLocalization*", Group::Configuration, "its languages and character sets"),
    field("configuration/prtMarker*", Group::Configuration, "settings and figures of its markers"),
    field("configuration/prtMediaPath*", Group::Configuration, "its media paths and their rated speed"),
    field("configuration/prtInterpreter*", Group::Configuration, "the languages that it prints"),
    field("configuration/prtChannelType*", Group::Configuration, "the ways by which jobs arrive"),
    field("configuration/prtChannelState*", Group::Configuration, "whether these ways are open"),
    field("configuration/prtChannelProtocolVersion*", Group::Configuration, "the versions of their protocols"),
    field("configuration/prtChannelStatus*", Group::Configuration, "whether these ways work"),
    field("configuration/prtChannelCurrentJobCntlLangIndex*", Group::Configuration, "the languages in use there"),
    field(
        "configuration/prtChannelDefaultPageDescLangIndex*",
        Group::Configuration,
        "the languages in use there unless a job says otherwise",
    ),
    field("configuration/prtConsoleLocalization*", Group::Configuration, "the language of its panel"),
    field("configuration/prtConsoleNumberOf*", Group::Configuration, "the size of its panel"),
    field("configuration/prtConsoleDisable*", Group::Configuration, "whether the panel is locked"),
    field("configuration/prtAuxiliarySheet*", Group::Configuration, "whether it prints start and banner pages"),
    field("configuration/host.*", Group::Configuration, "the computer inside it: processor, memory, operating system"),
    field("configuration/software.*", Group::Configuration, "the version of each of its programs"),
    field("configuration/fault.*", Group::Status, "a fault of the past: its code, when it was, and at which count"),
    field("configuration/setting.*", Group::Configuration, "a setting, as the maker names it; none that names a person or a secret"),
    field("configuration/performance.*", Group::Configuration, "a figure of performance, as the maker names it"),
    field("address", Group::Addresses, "the device's IP address"),
    field("identity/mac_addresses", Group::Addresses, "its hardware addresses"),
    field("identity/location", Group::Locations, "where it stands (sysLocation)"),
    field("identity/system_name", Group::AssetNames, "what it is called (sysName)"),
    field("configuration/prtGeneralPrinterName*", Group::AssetNames, "what it is called (prtGeneralPrinterName)"),
    field("status/console", Group::Console, "the text on the panel"),
];

/// Lists what else an agent's report says: the diagnostics of its computer and the sixteen fields of its site.
pub const REPORT_FIELDS: &[Field] = &[
    field("host/proxy_id", Group::Host, "the proxy that reports go through, without credentials"),
    field("host/host_id", Group::Host, "a number made at installation"),
    field("site/dns_name", Group::AssetNames, "the DNS name of the agent's computer"),
    field("site/agent_database_octets", Group::Site, "the size of the agent's store"),
    field("site/agent_build_version", Group::Site, "the agent's version"),
    field("site/ip_address", Group::Addresses, "the address from which devices are asked"),
    field("site/operating_system_name", Group::Site, "the operating system"),
    field("site/processor", Group::Site, "the processor"),
    field("site/discovery_database_octets", Group::Site, "the size of what is known about found devices"),
    field("site/disk", Group::Site, "size and free space of the disk with the store"),
    field("site/operating_system_type", Group::Site, "32-bit or 64-bit"),
    field("site/time_zone", Group::Site, "the time zone, needed to read every schedule"),
    field("site/devices_discovered", Group::Site, "how many devices were found"),
    field("site/memory", Group::Site, "size and free part of the memory"),
    field("site/site_name", Group::Locations, "the name of the site"),
    field("site/printers_in_scope", Group::Site, "how many printers are looked after"),
    field("site/discovery_version", Group::Site, "the version of the rules of discovery"),
    field("site/printers_out_of_scope", Group::Site, "how many printers were seen and are not looked after"),
];

/// Is the list without its words, which a program inside a printer need not carry.
static PATTERNS: [(&str, Group); DEVICE_FIELDS.len()] = {
    let mut patterns = [("", Group::Identity); DEVICE_FIELDS.len()];
    let mut place = 0;
    while place < patterns.len() {
        patterns[place] = (DEVICE_FIELDS[place].pattern, DEVICE_FIELDS[place].group);
        place += 1;
    }
    patterns
};

/// Returns the group that a fact belongs to; `None` for what may not leave at all.
///
/// Of several lines that fit, the last one counts: exceptions stand below the rule.
pub fn group_of(key: &str) -> Option<Group> {
    // All keys of one beginning have lines of that beginning: most lines need no closer look.
    let beginning = key.split('/').next().unwrap_or(key).as_bytes();
    let begins = |pattern: &str| {
        let (start, rest) = pattern.as_bytes().split_at(beginning.len().min(pattern.len()));
        start == beginning && rest.first().is_none_or(|octet| *octet == b'/')
    };
    PATTERNS.iter().rev().find(|(pattern, _)| begins(pattern) && fits(pattern, key)).map(|(_, group)| *group)
}

/// Takes out of a report what no report may say, whoever made it: a server keeps nothing that is not on the list.
pub fn pass_over_unlisted(report: &mut Report) {
    let mut listed: BTreeMap<Key, bool> = BTreeMap::new();
    for reading in &mut report.readings {
        reading.changes.retain(|(key, _)| match listed.get(key) {
            Some(is_listed) => *is_listed,
            None => *listed.entry(key.clone()).or_insert(group_of(key).is_some()),
        });
    }
}

/// Returns whether a key fits a pattern: `*` alone is any one segment, at the end of a name any rest of it.
fn fits(pattern: &str, key: &str) -> bool {
    let (mut pattern, mut key) = (pattern.split('/'), key.split('/'));
    loop {
        match (pattern.next(), key.next()) {
            (None, None) => return true,
            (Some("*"), Some(_)) => {}
            (Some(wanted), Some(segment)) if wanted == segment => {}
            (Some(wanted), Some(segment)) if wanted.strip_suffix('*').is_some_and(|start| segment.starts_with(start)) => {}
            _ => return false,
        }
    }
}

/// Is what a site lets out.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Privacy {
    withheld: Vec<Group>,
}

impl Default for Privacy {
    fn default() -> Self {
        Privacy::withholding(&[], &[])
    }
}

impl Privacy {
    /// Withholds what is not sent by default and the groups named; `sent` names groups that are
    /// sent although they are not by default.
    pub fn withholding(withheld: &[Group], sent: &[Group]) -> Self {
        let is_withheld =
            |group: &Group| group.can_be_withheld() && (withheld.contains(group) || (!group.is_sent_by_default() && !sent.contains(group)));
        Privacy { withheld: Group::ALL.into_iter().filter(is_withheld).collect() }
    }

    /// Returns the groups that stay on the site.
    pub fn withheld(&self) -> &[Group] {
        &self.withheld
    }

    /// Returns whether a fact may leave.
    pub fn permits(&self, key: &str) -> bool {
        group_of(key).is_some_and(|group| !self.withheld.contains(&group))
    }

    /// Takes away what may not leave.
    pub fn apply(&self, facts: &mut Facts) {
        facts.retain(|key, _| self.permits(key));
    }

    /// Takes away what may not leave of what an agent says of its computer.
    pub fn apply_to_site(&self, site: &mut crate::envelope::Site) {
        let withheld = |group| self.withheld.contains(&group);
        if withheld(Group::Site) {
            *site = crate::envelope::Site {
                dns_name: site.dns_name.take(),
                ip_address: site.ip_address.take(),
                site_name: site.site_name.take(),
                ..Default::default()
            };
        }
        if withheld(Group::Addresses) {
            site.ip_address = None;
        }
        if withheld(Group::AssetNames) {
            site.dns_name = None;
        }
        if withheld(Group::Locations) {
            site.site_name = None;
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use alloc::collections::BTreeSet;

    #[test]
    fn what_is_not_listed_does_not_leave() {
        let privacy = Privacy::withholding(&[], &Group::ALL);
        for key in [
            "identity/contact",
            "status/user",
            "jobs/1/name",
            "configuration/prtGeneralSerialNumber.1/x",
            "configuration/prtChannelInformation.1.1",
            "",
        ] {
            assert!(!privacy.permits(key), "{key}");
        }
        for key in ["meters/copy.color/value", "configuration/prtChannelType.1.1", "service_items/fuser", "status/console"] {
            assert!(privacy.permits(key), "{key}");
        }
    }

    #[test]
    fn persons_are_no_setting_of_the_device() {
        for key in ["configuration/prtGeneralCurrentOperator.1", "configuration/prtGeneralServicePerson.1"] {
            assert!(!Privacy::default().permits(key), "{key}");
        }
    }

    #[test]
    fn a_site_switches_groups_off_and_the_panel_is_off_anyhow() {
        let privacy = Privacy::withholding(&[Group::Addresses, Group::Identity], &[]);
        assert_eq!(privacy.withheld(), [Group::Addresses, Group::Console]);
        assert!(!privacy.permits("address") && !privacy.permits("identity/mac_addresses") && !privacy.permits("status/console"));
        assert!(privacy.permits("identity/serial_number"));
        assert!(Privacy::withholding(&[], &[Group::Console]).permits("status/console"));
    }

    #[test]
    fn a_server_keeps_nothing_that_is_not_listed() {
        let facts = Facts::from([(Key::from("status/user"), "J. Doe".into()), (Key::from("presence"), "ready".into())]);
        let text = r#"{"schema":"roundsman.report/1","sender":{"kind":"agent","id":"a"},"id":"r","sequence":1,"created_at":"2026-11-25T00:00:00Z"}"#;
        let mut report = crate::json::decode(text.as_bytes()).unwrap();
        report.readings.push(crate::Reading::whole(1, report.created_at, &facts));
        pass_over_unlisted(&mut report);
        assert_eq!(report.readings[0].changes.iter().map(|(key, _)| &**key).collect::<Vec<_>>(), ["presence"]);
    }

    #[test]
    fn the_exception_stands_below_its_rule() {
        assert_eq!(group_of("configuration/prtGeneralPrinterName.1"), Some(Group::AssetNames));
        assert_eq!(group_of("configuration/prtGeneralConfigChanges.1"), Some(Group::Configuration));
    }

    #[test]
    fn no_field_is_listed_twice() {
        let mut seen = BTreeSet::new();
        assert!(DEVICE_FIELDS.iter().chain(REPORT_FIELDS).all(|field| seen.insert(field.pattern)));
    }
}
