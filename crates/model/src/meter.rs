//! What meters are called: service, size, sides and colour, in this order.
//!
//! Source: PWG 5106.1 and 5106.3 (Imaging System Counters), in the words of the device record.

/// Lists the services of a device that count; `systemTotals` is `total`, or no word at all.
const SERVICES: [&str; 10] = ["print", "copy", "fax", "fax-in", "fax-out", "scan", "email-out", "report", "transform", "other"];
/// Lists the sizes; `large` is A3, Ledger and above, `small` what is not.
const SIZES: [&str; 8] = ["large", "small", "a3", "a4", "a5", "legal", "letter", "ledger"];
const SIDES: [&str; 2] = ["duplex", "simplex"];
/// Lists the colours; `color` is everything that is not monochrome.
const COLOURS: [&str; 5] = ["monochrome", "color", "full-color", "single-color", "two-color"];
/// Lists what is counted otherwise: fed and not delivered, large sheets more than once, in sheets.
const MANNERS: [&str; 3] = ["picked", "weighted", "sheets"];

/// Returns whether a text is a meter's name: `total`, or words of the five lists in their order.
///
/// ```
/// # use model::meter::is_name;
/// assert!(is_name("total") && is_name("copy.color") && is_name("print.large.monochrome") && is_name("total.picked"));
/// assert!(!is_name("color.copy") && !is_name("pages") && !is_name(""));
/// ```
pub fn is_name(name: &str) -> bool {
    let mut words = name.split('.').peekable();
    let mut some = false;
    let mut take = |list: &[&str]| {
        let found = words.next_if(|word| list.contains(word)).is_some();
        some |= found;
        found
    };
    if !take(&["total"]) {
        [&SERVICES[..], &SIZES, &SIDES, &COLOURS].into_iter().for_each(|list| {
            take(list);
        });
    }
    take(&MANNERS);
    some && words.next().is_none()
}
