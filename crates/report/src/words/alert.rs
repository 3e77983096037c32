//! One alert: what happened, to which part, how bad it is and who mends it.

use model::DeviceRecord;
use model::record::{Alert, Input};
use model::standard::{AlertCode, AlertGroup, AlertSeverityLevel, AlertTrainingLevel};

use super::table::{fill, find};
use super::{Language, or_number, supply};
use crate::attention;
use crate::text::{safe_text, shorten};

/// Is how much of a row's own name a sentence takes, in columns: the standard admits 255 octets.
pub(super) const LONGEST_NAME: usize = 48;

/// Returns one sentence: what is wrong, where, and who can mend it.
///
/// The device's own description is not part of it: show that beside the sentence. Where the
/// device does not tell who can mend it, the sentence does not either.
///
/// English: "Paper jam in tray 2: a user can clear it."
/// Dutch: "Papierstoring in lade 2: een gebruiker kan dit verhelpen."
///
/// Source: RFC 3805, prtAlertTable.
pub fn sentence(alert: &Alert, record: &DeviceRecord, language: Language) -> String {
    let words = language.words();
    let what = what_and_where(alert, record, language);
    let verb = if alert.code.map(AlertCode::generic) == Some(AlertCode::Jam) { words.verbs.0 } else { words.verbs.1 };
    let who = alert.training.and_then(|training| find(words.who_can, &training)).map(|who| fill(who, verb));
    let tail = match alert.code {
        _ if is_as_it_should_be(alert, record) => Some(words.as_it_should_be.to_owned()),
        // Nobody can mend what is no fault, whoever the device names.
        Some(code) if attention::is_everyday(code) && alert.training != Some(AlertTrainingLevel::NoInterventionRequired) => None,
        _ => who,
    };
    match tail {
        Some(tail) => format!("{}: {tail}.", capitalised(&what)),
        None => format!("{}.", capitalised(&what)),
    }
}

/// Returns whether an alert tells of ordinary life: fusers are cold in sleep and while they warm up.
fn is_as_it_should_be(alert: &Alert, record: &DeviceRecord) -> bool {
    alert.code == Some(AlertCode::MarkerFuserUnderTemperature) && attention::is_resting(record)
}

fn what_and_where(alert: &Alert, record: &DeviceRecord, language: Language) -> String {
    let words = language.words();
    let what = alert.code.map_or_else(|| words.codeless.to_owned(), |code| alert_code(code, language));
    let Some(thing) = thing(alert, record, language) else { return what };
    let pattern = alert.code.and_then(|code| pattern(code, alert.group, language));
    match pattern {
        Some(pattern) => fill(pattern, &thing),
        None => fill(&words.at.replace("{what}", &what), &thing),
    }
}

/// Returns how a code speaks of a thing of this group, if it does.
fn pattern(code: AlertCode, group: Option<AlertGroup>, language: Language) -> Option<&'static str> {
    use AlertCode as Code;
    let code = match code {
        // The thing is the cover itself, not something that has one.
        Code::CoverOpen | Code::DoorOpen if group == Some(AlertGroup::Cover) => Code::SubunitOpened,
        Code::CoverClosed | Code::DoorClosed if group == Some(AlertGroup::Cover) => Code::SubunitClosed,
        // The family is the thing; the row only says where it is.
        Code::Finisher(_) => return None,
        code => code,
    };
    // A code of one table's things says nothing sensible about those of another: a "toner empty"
    // of the marker's group does not make the marker empty.
    let table = code.number() / 100;
    let fits = table == 0 || group.is_some_and(|group| group.number() == table);
    fits.then(|| find(language.words().codes_of, &code)).flatten()
}

/// Returns what a code means, without where.
///
/// Every code of the 2016 revision has words, those of finishers included; any other number reads
/// "alert 12345".
///
/// Source: IANA-PRINTER-MIB, PrtAlertCodeTC.
///
/// ```
/// # use model::standard::AlertCode;
/// # use report::words::{Language, alert_code};
/// assert_eq!(alert_code(AlertCode::from_number(30212), Language::English), "stapler nearly empty");
/// assert_eq!(alert_code(AlertCode::from_number(30212), Language::Dutch), "nieteenheid bijna leeg");
/// ```
pub fn alert_code(code: AlertCode, language: Language) -> String {
    let words = language.words();
    if let AlertCode::Finisher(finisher) = code {
        let parts = find(words.codes_of, &finisher.generic()).zip(find(words.families, &finisher.family()));
        if let Some((pattern, family)) = parts {
            return fill(pattern, family);
        }
    }
    match (find(words.codes, &code), code.number()) {
        (Some(what), _) => what.to_owned(),
        (None, 1) => words.other_alert.to_owned(),
        (None, number) => format!("{} {number}", words.numbered.alert),
    }
}

/// Returns the word for one thing of a group.
///
/// Source: RFC 3805, PrtAlertGroupTC.
pub fn alert_group(group: AlertGroup, language: Language) -> String {
    let words = language.words();
    or_number(find(words.groups, &group), group.number(), words.numbered.group, language)
}

/// Returns how bad an alert is.
///
/// Source: RFC 3805, PrtAlertSeverityLevelTC.
pub fn severity(severity: AlertSeverityLevel, language: Language) -> String {
    let words = language.words();
    or_number(find(words.severities, &severity), severity.number(), words.numbered.severity, language)
}

/// Returns who mends it, as a label.
///
/// Source: RFC 3805, PrtAlertTrainingLevelTC.
pub fn who(training: AlertTrainingLevel, language: Language) -> String {
    let words = language.words();
    or_number(find(words.who, &training), training.number(), words.numbered.training, language)
}

/// Returns where it is: the record's row with its own name, such as "tray 2 (Cassette 1)",
/// otherwise the group; `None` when the device tells no group.
pub fn place(alert: &Alert, record: &DeviceRecord, language: Language) -> Option<String> {
    thing(alert, record, language).or_else(|| Some(alert_group(alert.group?, language)))
}

/// Returns the maker's own number of the place.
pub fn location(alert: &Alert, language: Language) -> Option<String> {
    Some(format!("{} {}", language.words().numbered.location, alert.location?))
}

/// Returns the part that an alert is about, where its group names one.
fn thing(alert: &Alert, record: &DeviceRecord, language: Language) -> Option<String> {
    use AlertGroup as Group;
    let group = alert.group?;
    let index = alert.group_index.filter(|index| *index > 0);
    match group {
        // Neither is a part; the index of an alert is that of a row which is gone.
        Group::GeneralPrinter | Group::Alert | Group::Unknown | Group::Other(_) => return None,
        _ => {}
    }
    let noun = alert_group(group, language);
    let Some(index) = index else { return Some(noun) };
    let (row, rows) = match group {
        Group::Input => (of_input(record, index, language), record.inputs.len()),
        Group::Output => {
            let output = record.outputs.iter().find(|output| output.index == index);
            (output.map(|output| named(group, &noun, index, output.name.as_deref(), language)), record.outputs.len())
        }
        Group::Cover => {
            let cover = record.covers.iter().find(|cover| cover.index == index);
            (cover.map(|cover| named(group, &noun, index, cover.description.as_deref(), language)), record.covers.len())
        }
        Group::MarkerSupplies => {
            let supply = record.supplies.iter().find(|supply| supply.index == index);
            (supply.map(|supply| supply::supply_name(supply, language)), record.supplies.len())
        }
        _ => (None, 0),
    };
    // Makers number groups of parts beyond the table's rows: 100 for all trays together. A number
    // that names no row of a table we know is not shown as if it did.
    Some(row.unwrap_or_else(|| if rows > 0 { noun } else { format!("{noun} {index}") }))
}

fn of_input(record: &DeviceRecord, index: u32, language: Language) -> Option<String> {
    let input: &Input = record.inputs.iter().find(|input| input.index == index)?;
    let feeder = input.kind.and_then(|kind| find(language.words().feeders, &kind));
    let noun = feeder.map_or_else(|| alert_group(AlertGroup::Input, language), str::to_owned);
    Some(named(AlertGroup::Input, &noun, index, input.name.as_deref(), language))
}

/// Returns "tray 2 (Cassette 1)"; a name such as "Tray 2" is the noun with its number already.
fn named(group: AlertGroup, noun: &str, index: u32, own: Option<&str>, language: Language) -> String {
    let own = own.map(safe_text).unwrap_or_default();
    let own = own.trim();
    if own.is_empty() {
        return format!("{noun} {index}");
    }
    let number = own.rsplit_once(' ').filter(|(word, number)| is_noun(word.trim(), group) && number.bytes().all(|c| c.is_ascii_digit()));
    match number {
        Some((_, number)) => format!("{} {number}", alert_group(group, language)),
        None => format!("{noun} {index} ({})", shorten(own, LONGEST_NAME, "...")),
    }
}

fn is_noun(word: &str, group: AlertGroup) -> bool {
    Language::ALL.iter().any(|language| alert_group(group, *language) == word.to_lowercase())
}

fn capitalised(text: &str) -> String {
    let mut letters = text.chars();
    letters.next().map(|first| first.to_uppercase().chain(letters).collect()).unwrap_or_default()
}
