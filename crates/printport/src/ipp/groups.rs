//! What is asked of a printer, in groups small enough that one that fails costs little.
//!
//! Nothing here names a job, a person, an organisation or a place on earth, and every attribute is
//! asked for by its name: a printer never gets to choose what it tells.

/// Is one group of attributes that are asked for together.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Wanted {
    pub name: &'static str,
    pub attributes: &'static [&'static str],
}

/// Who the printer is.
pub const IDENTITY: Wanted = Wanted {
    name: "identity",
    attributes: &[
        "printer-make-and-model",
        "printer-info",
        "printer-location",
        "printer-uuid",
        "printer-device-id",
        "printer-serial-number",
        "printer-dns-sd-name",
        "printer-firmware-name",
        "printer-firmware-version",
        "printer-firmware-string-version",
        "printer-firmware-patches",
        "color-supported",
    ],
};

/// How the printer is.
pub const STATE: Wanted = Wanted {
    name: "state",
    attributes: &[
        "printer-state",
        "printer-state-reasons",
        "printer-state-message",
        "printer-state-change-time",
        "printer-is-accepting-jobs",
        "printer-up-time",
        "printer-alert",
        "printer-alert-description",
        "printer-config-change-time",
        "printer-config-change-date-time",
        "printer-config-changes",
        "power-state-monitor-col",
    ],
};

/// What the printer uses up.
pub const SUPPLIES: Wanted = Wanted {
    name: "supplies",
    attributes: &[
        "marker-names",
        "marker-types",
        "marker-colors",
        "marker-levels",
        "marker-low-levels",
        "marker-high-levels",
        "marker-message",
        "marker-change-time",
        "printer-supply",
        "printer-supply-description",
    ],
};

/// Where paper comes from and where it goes.
pub const MEDIA: Wanted = Wanted {
    name: "media",
    attributes: &[
        "printer-input-tray",
        "printer-output-tray",
        "printer-finisher",
        "printer-finisher-description",
        "printer-finisher-supplies",
        "printer-finisher-supplies-description",
    ],
};

/// What the printer has done.
pub const METERS: Wanted = Wanted {
    name: "meters",
    attributes: &[
        "printer-impressions-completed",
        "printer-impressions-completed-col",
        "printer-media-sheets-completed",
        "printer-media-sheets-completed-col",
        "printer-pages-completed",
        "printer-pages-completed-col",
        "pages-per-minute",
        "pages-per-minute-color",
    ],
};

/// Every group, the dearest first: a printer that stops answering has told who it is.
pub const ALL: &[Wanted] = &[IDENTITY, STATE, SUPPLIES, MEDIA, METERS];

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn no_attribute_names_a_job_a_person_or_a_place_on_earth() {
        for name in ALL.iter().flat_map(|group| group.attributes) {
            for word in ["job-", "organization", "geo-location", "contact", "user", "owner", "requesting"] {
                let about_jobs_of_people = name.contains(word) && *name != "printer-is-accepting-jobs";
                assert!(!about_jobs_of_people, "{name} contains {word}");
            }
            assert_ne!(*name, "all");
        }
    }

    #[test]
    fn no_attribute_is_asked_for_twice() {
        let mut names: Vec<&str> = ALL.iter().flat_map(|group| group.attributes).copied().collect();
        let count = names.len();
        names.sort_unstable();
        names.dedup();
        assert_eq!(names.len(), count);
    }
}
