//! The shape of a language's table: every word that the modules beside it put together.

use model::record::{Presence, SupplyClass};
use model::standard::{
    AlertCode, AlertGroup, AlertSeverityLevel, AlertTrainingLevel, Availability, CoverStatus, DeviceStatus, ErrorState, FinisherFamily,
    InputType, MarkerSuppliesType, OutputType, PrinterStatus,
};

/// Is a table of one convention: value → words, in the order of the standard.
pub(super) type Table<T> = &'static [(T, &'static str)];

/// Is every word of one language.
///
/// `{}` in a text stands for the thing that it is about. What a convention calls `other(1)` and
/// the numbers that it does not list are in `numbered` and `other`, never in the tables.
pub(super) struct Words {
    /// What happened, where nobody says to what. Every listed code.
    pub codes: Table<AlertCode>,
    /// What happened to a thing. Every generic code from 3 to 38, and each code that sounds better so.
    pub codes_of: Table<AlertCode>,
    /// Joins what happened to a place where `codes_of` has nothing.
    pub at: &'static str,
    pub families: Table<FinisherFamily>,
    /// One thing of the group, in the singular: "tray", "cover".
    pub groups: Table<AlertGroup>,
    /// What is fed otherwise than from a tray.
    pub feeders: Table<InputType>,
    pub severities: Table<AlertSeverityLevel>,
    /// Who mends it, as a label.
    pub who: Table<AlertTrainingLevel>,
    /// Who mends it, as the end of a sentence; `{}` is the verb.
    pub who_can: Table<AlertTrainingLevel>,
    /// What a user does with a jam, and with everything else.
    pub verbs: (&'static str, &'static str),
    /// Ends a sentence about what is as it should be.
    pub as_it_should_be: &'static str,
    pub errors: Table<ErrorState>,
    pub presences: Table<Presence>,
    pub presence_reasons: Table<Presence>,
    pub devices: Table<DeviceStatus>,
    pub printers: Table<PrinterStatus>,
    pub availabilities: Table<Availability>,
    /// Alerts that are not critical, critical alerts, off-line, changing its state.
    pub sub_unit_parts: [&'static str; 4],
    pub covers: Table<CoverStatus>,
    pub inputs: Table<InputType>,
    pub outputs: Table<OutputType>,
    pub supplies: Table<MarkerSuppliesType>,
    pub classes: Table<SupplyClass>,
    /// By the record's colour word.
    pub colorants: Table<&'static str>,
    /// By the label that all unit conventions share.
    pub units: Table<&'static str>,
    /// By IPP keyword: what is no alert code.
    pub reasons: Table<&'static str>,
    /// By IPP suffix.
    pub reason_severities: Table<&'static str>,
    /// Parts with a service life that are no supply type, by their name in lower case.
    pub parts: Table<&'static str>,
    /// A thing with its colour: `{colorant}` and `{}`.
    pub coloured: &'static str,
    /// What stands around the values of a page, by its English words; those are not listed again.
    pub page: Table<&'static str>,
    /// How much of a part's life is left.
    pub left: &'static str,
    pub left_untold: &'static str,
    pub used_up: &'static str,
    pub nearly_used_up: &'static str,
    /// The code that the standard calls other(1).
    pub other_alert: &'static str,
    /// An alert of which the device did not tell the code.
    pub codeless: &'static str,
    /// What a convention calls other(1).
    pub other: &'static str,
    /// Names of the conventions, for numbers that they do not list.
    pub numbered: Numbered,
}

/// Is what stands before a number that a convention does not list.
pub(super) struct Numbered {
    pub alert: &'static str,
    pub group: &'static str,
    pub severity: &'static str,
    pub training: &'static str,
    pub error: &'static str,
    pub status: &'static str,
    pub kind: &'static str,
    pub unit: &'static str,
    pub location: &'static str,
}

/// Finds a value's words.
pub(super) fn find<T: PartialEq>(table: Table<T>, value: &T) -> Option<&'static str> {
    table.iter().find(|(key, _)| key == value).map(|(_, words)| *words)
}

/// Puts a thing where the text has `{}`.
pub(super) fn fill(text: &str, thing: &str) -> String {
    text.replace("{}", thing)
}
