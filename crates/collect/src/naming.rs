//! Manufacturer and model from the texts that printers say about themselves.
//!
//! Each function reads one kind of text and tells only what stands in it. A text of an unknown maker
//! gives no model, unless it is one that holds nothing else: hrDeviceDescr and the model of an IEEE
//! 1284 device ID.

use catalog::Catalog;
use printport::device_id::DeviceId;

/// Is what one text says about the device.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Said<'a> {
    /// As the maker writes it; in a 1284 device ID of a maker that the catalog does not know, as the device does.
    pub manufacturer: Option<&'a str>,
    /// Whether only the beginning of a model number tells the maker: weaker than a name and than sysObjectID.
    pub by_model: bool,
    /// The printer's model without the maker's name.
    pub model: Option<String>,
    /// The printer's firmware.
    pub firmware: Option<&'a str>,
    pub serial_number: Option<&'a str>,
    /// Whether the text is of a network board or print server; the manufacturer is then the board's.
    pub is_board: bool,
    /// The board's own model.
    pub board_model: Option<String>,
}

/// Reads a sysDescr.
///
/// Source: RFC 3418, sysDescr.
///
/// ```
/// # use catalog::Catalog;
/// let catalog = Catalog::embedded().unwrap();
/// let said = collect::naming::of_system_description("RICOH Aficio MP C2500 1.66 / RICOH Network Printer C model", &catalog);
/// assert_eq!((said.manufacturer, said.model.as_deref(), said.firmware), (Some("Ricoh"), Some("Aficio MP C2500"), Some("1.66")));
/// ```
pub fn of_system_description<'a>(text: &'a str, catalog: &'a Catalog) -> Said<'a> {
    let called = Called::by(text, catalog);
    let keyed = Keyed::of(text);
    let is_board = catalog.names_board(text) || board_phrase_end(first_part(text)).is_some();
    let named = keyed.model.and_then(|text| Called::by(text, catalog).model());
    let model = named.or_else(|| if is_board { attached(text) } else { called.model() });
    Said {
        manufacturer: called.manufacturer,
        by_model: false,
        model,
        firmware: if is_board || called.manufacturer.is_none() { None } else { firmware_in(text) },
        serial_number: keyed.serial,
        is_board,
        board_model: if is_board { called.board_model() } else { None },
    }
}

/// Reads a printer's hrDeviceDescr, which holds its model whoever made it, and at times its serial number too.
///
/// Source: RFC 2790, hrDeviceDescr.
pub fn of_device_description<'a>(text: &'a str, catalog: &'a Catalog, serial: Option<&str>) -> Said<'a> {
    let called = Called::by(text, catalog);
    let rest = without_serial(until(called.rest, &[";", " version "]), serial);
    // "Generic 28C-1" names a printer driver's model, not this one's.
    let words = if catalog.names_nobody(rest) { String::new() } else { words_of_model(rest) };
    let by_model = if called.manufacturer.is_none() { catalog.maker_of_model(&words) } else { None };
    Said {
        manufacturer: called.manufacturer.or(by_model),
        by_model: by_model.is_some(),
        model: Some(words).filter(|words| !is_generic(words)),
        ..Said::default()
    }
}

/// Reads an IEEE 1284 device ID, `MFG:…;MDL:…;`.
///
/// What stands after MFG and MDL is believed of any maker, for that is what these keys are for.
///
/// Source: IEEE 1284-2000 §7.6; PWG 5107.2.
pub fn of_device_id<'a>(id: &'a DeviceId, catalog: &'a Catalog) -> Said<'a> {
    let (model_said, is_description) = match id.model() {
        Some(model) => (model, false),
        None => (id.description().unwrap_or_default(), true),
    };
    let called = Called::by(model_said, catalog);
    let maker = id.manufacturer().and_then(|maker| match catalog.name_in(maker) {
        Some(named) => Some(named.manufacturer),
        None => Some(maker).filter(|maker| maker.bytes().any(|octet| octet.is_ascii_alphabetic()) && !catalog.names_nobody(maker)),
    });
    let by_name = maker.or(called.manufacturer).or_else(|| Called::by(id.description()?, catalog).manufacturer);
    let by_model = if by_name.is_none() { catalog.maker_of_model(model_said) } else { None };

    // A rebadged device may name its builder in the model: then that word tells more than it hides.
    let rest = if called.manufacturer == by_name { called.rest } else { without_prefix(model_said, maker) };
    let model = if catalog.names_nobody(rest) { String::new() } else { joined(rest) };
    let tells = |model: &String| !is_generic(model) && (!is_description || called.by_product || has_digit(model));
    Said {
        manufacturer: by_name.or(by_model),
        by_model: by_model.is_some(),
        model: Some(model).filter(tells),
        firmware: id.firmware_version(),
        serial_number: id.serial_number(),
        ..Said::default()
    }
}

/// Reads the answer to PJL's `INFO ID`, whole or its text alone.
///
/// Source: HP, Printer Job Language Technical Reference Manual, "INFO".
pub fn of_pjl_id<'a>(text: &'a str, catalog: &'a Catalog) -> Said<'a> {
    let text = pjl_value(text);
    // What follows a colon is of controller and firmware: "Oce fx3000:8C5-B29:Ver.D".
    let text = until(text, &[":"]);
    let called = Called::by(text, catalog);
    if called.manufacturer.is_some() {
        return Said { manufacturer: called.manufacturer, model: called.model(), ..Said::default() };
    }
    match catalog.maker_of_model(text) {
        Some(maker) => Said { manufacturer: Some(maker), by_model: true, model: called.told(), ..Said::default() },
        None => Said::default(),
    }
}

/// Is a text parted into who it is of and what follows.
#[derive(Clone, Copy)]
struct Called<'a> {
    manufacturer: Option<&'a str>,
    rest: &'a str,
    /// Whether the rest begins with the name of a product that the catalog knows.
    by_product: bool,
}

impl<'a> Called<'a> {
    fn by(text: &'a str, catalog: &'a Catalog) -> Self {
        let text = text.trim();
        let unknown = Called { manufacturer: None, rest: text, by_product: false };
        let Some(mut named) = catalog.name_in(text).or_else(|| behind_generic(text, catalog)) else { return unknown };
        let manufacturer = named.manufacturer;
        while !named.by_product {
            named.rest = without_company_form(named.rest);
            // "Samsung Samsung SCX-470x", "EPSON Epson Stylus": some say it twice.
            match catalog.name_in(named.rest) {
                Some(again) if again.manufacturer == manufacturer => named = again,
                _ => break,
            }
        }
        Called { manufacturer: Some(manufacturer), rest: named.rest, by_product: named.by_product }
    }

    /// Returns the model after a known maker's name; text of an unknown maker is no model.
    fn model(&self) -> Option<String> {
        self.manufacturer?;
        self.told()
    }

    /// Accepts only what tells one model from another, or at least one line of products from others:
    /// "Color Laser" does not.
    fn told(&self) -> Option<String> {
        let model = words_of_model(first_part(self.rest));
        (has_digit(&model) || self.by_product && !model.is_empty()).then_some(model)
    }

    fn board_model(&self) -> Option<String> {
        if self.manufacturer.is_none() || !self.by_product && !has_digit(self.rest) {
            return None;
        }
        let text = until(self.rest, &[",", ";", ": ", " Rev", " Ver", " ver", " compatible "]);
        let text = board_phrase_end(text).map_or(text, |end| &text[..end]);
        (self.by_product || has_digit(text)).then(|| joined(text))
    }
}

/// Words that say what kind of thing it is, and of whom nothing.
const GENERIC: [&str; 21] = [
    "printer",
    "printing",
    "print",
    "laser",
    "label",
    "thermal",
    "color",
    "colour",
    "mono",
    "monochrome",
    "network",
    "multifunction",
    "multi-function",
    "multifunctional",
    "system",
    "adapter",
    "device",
    "generic",
    "ps",
    "pcl",
    "postscript",
];

/// Those of them that never belong to a model's name: "Optra N Laser Printer" is one, "WorkCentre Pro
/// Multifunction System" is not.
const KINDS: [&str; 3] = ["system", "multifunction", "multi-function"];

/// A model has fewer words; a longer text is prose.
const MOST_WORDS: usize = 16;

fn generic(word: &str) -> bool {
    GENERIC.iter().any(|known| word.eq_ignore_ascii_case(known))
}

/// Returns whether a text is empty or says only what kind of thing it is.
fn is_generic(text: &str) -> bool {
    text.split_whitespace().all(generic)
}

/// Finds a maker's own name behind generic words: "Thermal Label Printer Intermec PM43".
fn behind_generic<'a>(text: &'a str, catalog: &'a Catalog) -> Option<catalog::Named<'a>> {
    let mut rest = text;
    while let Some((word, after)) = rest.split_once(' ').filter(|(word, _)| generic(word)) {
        debug_assert!(!word.is_empty());
        rest = after.trim_start();
    }
    if rest.len() == text.len() {
        return None;
    }
    catalog.name_in(rest).filter(|named| !named.by_product)
}

/// Takes off "Inc.,", "Corporation" and the like after a maker's name.
fn without_company_form(text: &str) -> &str {
    const FORMS: [&str; 10] = ["inc", "corporation", "corp", "co", "ltd", "limited", "international", "gmbh", "company", "technologies"];
    let mut rest = text.trim_start_matches([' ', ',', '.']);
    loop {
        let end = rest.find([' ', ',', '.']).unwrap_or(rest.len());
        if !FORMS.iter().any(|form| rest[..end].eq_ignore_ascii_case(form)) {
            return rest;
        }
        rest = rest[end..].trim_start_matches([' ', ',', '.']);
    }
}

/// Returns the model's words, up to those that tell versions, dates, addresses or serial numbers, and
/// without generic words at the end.
fn words_of_model(text: &str) -> String {
    let mut model = String::with_capacity(text.len());
    let mut in_brackets = false;
    let mut words = text.split_whitespace().take(MOST_WORDS).peekable();
    while let Some(word) = words.next() {
        // "InfoPrint (v1) 21" goes on behind the brackets, "5100cn (Net 6.26, …)" ends at them.
        if word.starts_with('(') && has_digit(&model) {
            break;
        }
        in_brackets |= word.starts_with('(');
        if in_brackets {
            in_brackets = !word.ends_with(')');
            continue;
        }
        if !model.is_empty() && ends_the_model(word, words.peek().copied()) {
            break;
        }
        push(&mut model, word);
    }
    let idle = |before: &str, last: &str| generic(last) && (has_digit(before) || one_of(last, &KINDS));
    while let Some((before, _)) = model.rsplit_once(' ').filter(|(before, last)| idle(before, last)) {
        model.truncate(before.len());
    }
    model.truncate(model.trim_end_matches([',', ';', ':', '-', ' ']).len());
    model
}

fn ends_the_model(word: &str, next: Option<&str>) -> bool {
    let octets = word.as_bytes();
    match octets[0].to_ascii_lowercase() {
        // "/P" is how one maker marks that a printer speaks.
        b'/' => matches!(word, "/" | "/P"),
        b'-' => matches!(word, "-" | "--" | "---"),
        b'v' => names_version(word, "ver") || follows_v(word, next) || word.eq_ignore_ascii_case("version"),
        b'r' => names_version(word, "rev") || octets.get(1).is_some_and(u8::is_ascii_digit) && word.contains('.'),
        b'f' => word.eq_ignore_ascii_case("firmware") || word.eq_ignore_ascii_case("fw"),
        b'o' => word.eq_ignore_ascii_case("os") && next.is_some_and(is_version),
        b'e' => word.eq_ignore_ascii_case("eeprom"),
        b's' => begins(word, "s/n") || begins(word, "sn:") || begins(word, "serial:"),
        b'0'..=b'9' | b'a' | b'b' | b'c' | b'd' => is_version(word) || is_date(word) || is_mac_address(word),
        _ => false,
    }
}

/// Returns whether a word is "Ver", "Ver.1.02", "Rev:2" and the like; "VersaLink" is not.
fn names_version(word: &str, sign: &str) -> bool {
    begins(word, sign) && word.as_bytes().get(sign.len()).is_none_or(|octet| !octet.is_ascii_alphabetic())
}

/// Returns whether a word is a version that begins with the letter v: "v", "v1.14a", "V.2.13", "v(2.12/…".
fn follows_v(word: &str, next: Option<&str>) -> bool {
    match word.as_bytes().get(1) {
        None | Some(b'.' | b'(') => true,
        // "V600" may be a model's number; with a date behind it, it is none.
        Some(octet) if octet.is_ascii_digit() => word.starts_with('v') || word.contains('.') || next.is_some_and(is_date),
        Some(_) => false,
    }
}

/// Returns whether a word is a version such as "1.35" or "1.06s".
fn is_version(word: &str) -> bool {
    let digits = word.strip_suffix(|letter: char| letter.is_ascii_alphabetic()).unwrap_or(word);
    digits.starts_with(|digit: char| digit.is_ascii_digit())
        && digits.contains('.')
        && digits.bytes().all(|octet| octet.is_ascii_digit() || octet == b'.')
}

/// Returns whether a word is a date such as "02-Aug-04", "20041104" or "08/30/2007".
fn is_date(word: &str) -> bool {
    let digits = |part: &str| !part.is_empty() && part.bytes().all(|octet| octet.is_ascii_digit());
    if word.len() == 8 && digits(word) {
        return word.starts_with("19") || word.starts_with("20");
    }
    let mark = if word.contains('/') { '/' } else { '-' };
    let mut parts = word.splitn(4, mark);
    let (Some(day), Some(month), Some(year), None) = (parts.next(), parts.next(), parts.next(), parts.next()) else { return false };
    let named = mark == '-' && month.len() == 3 && month.bytes().all(|octet| octet.is_ascii_alphabetic());
    let numbered = day.len() <= 2 && month.len() <= 2 && year.len() == 4 && digits(month);
    digits(day) && digits(year) && (named || numbered)
}

fn is_mac_address(word: &str) -> bool {
    let octets = word.as_bytes();
    let apart = octets.len() == 17 && octets.iter().skip(2).step_by(3).all(|mark| matches!(mark, b':' | b'-'));
    apart && octets.iter().enumerate().all(|(place, octet)| place % 3 == 2 || octet.is_ascii_hexdigit())
}

/// Cuts a description at the word that begins the serial number.
fn without_serial<'t>(text: &'t str, serial: Option<&str>) -> &'t str {
    let Some(serial) = serial else { return text };
    let mut words = text.match_indices(' ').map(|(at, _)| (at, text[at + 1..].split(' ').next().unwrap_or_default()));
    match words.find(|(_, word)| word.len() >= 5 && serial.starts_with(word)) {
        Some((at, _)) => text[..at].trim_end(),
        None => text,
    }
}

/// Returns what hangs on a print server, where that tells it.
fn attached(text: &str) -> Option<String> {
    let (_, attached) = text.split_once("Attached to ")?;
    let model = until(attached, &[" Rev", ",", ";", ":"]);
    has_digit(model).then(|| joined(model))
}

/// Returns where a phrase ends that only a network board or print server says of itself.
fn board_phrase_end(text: &str) -> Option<usize> {
    const PHRASES: [&str; 7] =
        ["print server", "printserver", "print adapter", "printer board", "interface board", "interface card", "document server"];
    let first_letter = |octet: u8| matches!(octet.to_ascii_lowercase(), b'p' | b'i' | b'd');
    let begun = text.bytes().enumerate().filter(|(_, octet)| first_letter(*octet)).map(|(at, _)| at);
    let end = begun.filter_map(|at| Some(at + PHRASES.iter().find(|phrase| begins(&text[at..], phrase))?.len())).next()?;
    // "Printer Board-E1": the word goes on.
    let rest = &text[end..];
    Some(if rest.starts_with('-') { end + rest.find(' ').unwrap_or(rest.len()) } else { end })
}

/// Returns the version in a known maker's sysDescr: "… version NH62.YS.N636 …", or the number that ends the
/// first of several parts, "MP C2503 1.35 / …". Other numbers may be of any component.
fn firmware_in(text: &str) -> Option<&str> {
    if let Some((_, after)) = text.split_once(" version ") {
        return after.split([' ', ',', ';']).next().filter(|word| has_digit(word));
    }
    let (first, _) = text.split_once(" / ")?;
    first.rsplit(' ').next().filter(|word| is_version(word))
}

/// Is what a sysDescr tells in parts such as `PID:value` or `S/N value`; parts end at a comma or semicolon.
#[derive(Default)]
struct Keyed<'t> {
    model: Option<&'t str>,
    serial: Option<&'t str>,
}

impl<'t> Keyed<'t> {
    fn of(text: &'t str) -> Self {
        let mut keyed = Keyed::default();
        if !text.bytes().any(|octet| matches!(octet, b':' | b';')) {
            return keyed;
        }
        for part in text.split([',', ';']) {
            let part = part.trim();
            let parted = part.split_once(':').or_else(|| part.split_once(' ').filter(|(key, _)| one_of(key, &["S/N", "SN"])));
            let Some((key, value)) = parted else { continue };
            let value = value.trim();
            let place = match key.trim() {
                key if one_of(key, &["MODEL", "MDL", "PID"]) => &mut keyed.model,
                key if one_of(key, &["SN", "S/N", "SERIAL", "SER"]) && is_serial(value) => &mut keyed.serial,
                _ => continue,
            };
            if !value.is_empty() {
                place.get_or_insert(value);
            }
        }
        keyed
    }
}

fn is_serial(text: &str) -> bool {
    text.len() >= 6 && text.bytes().all(|octet| octet.is_ascii_alphanumeric()) && has_digit(text)
}

fn one_of(key: &str, known: &[&str]) -> bool {
    known.iter().any(|known| key.eq_ignore_ascii_case(known))
}

/// Takes the text out of `@PJL INFO ID\r\n"text"\r\n\f`.
fn pjl_value(answer: &str) -> &str {
    if let Some((_, after)) = answer.split_once('"') {
        return after.split('"').next().unwrap_or_default().trim();
    }
    let mut lines = answer.split(['\r', '\n', '\u{c}']).map(str::trim);
    lines.find(|line| !line.is_empty() && !begins(line, "@PJL")).unwrap_or_default()
}

fn without_prefix<'t>(text: &'t str, prefix: Option<&str>) -> &'t str {
    match prefix {
        Some(prefix) if begins(text, prefix) && text.as_bytes().get(prefix.len()) == Some(&b' ') => &text[prefix.len()..],
        _ => text,
    }
}

/// Returns whether a text begins so, without regard to the case of ASCII letters.
fn begins(text: &str, prefix: &str) -> bool {
    text.len() >= prefix.len() && text.as_bytes()[..prefix.len()].eq_ignore_ascii_case(prefix.as_bytes())
}

fn has_digit(text: &str) -> bool {
    text.bytes().any(|octet| octet.is_ascii_digit())
}

/// Returns the text before the first comma or semicolon.
fn first_part(text: &str) -> &str {
    text[..text.bytes().position(|octet| matches!(octet, b',' | b';')).unwrap_or(text.len())].trim()
}

/// Returns the text before the first of these marks.
fn until<'t>(text: &'t str, marks: &[&str]) -> &'t str {
    let end = marks.iter().filter_map(|mark| text.find(mark)).min().unwrap_or(text.len());
    text[..end].trim()
}

/// Returns the words of a text with one space between them.
fn joined(text: &str) -> String {
    let mut joined = String::with_capacity(text.len());
    text.split_whitespace().for_each(|word| push(&mut joined, word));
    joined
}

fn push(text: &mut String, word: &str) {
    if !text.is_empty() {
        text.push(' ');
    }
    text.push_str(word);
}

#[cfg(test)]
mod tests {
    use super::*;

    fn catalog() -> Catalog {
        Catalog::embedded().unwrap()
    }

    /// Asserts manufacturer and model, written "manufacturer|model"; a dash stands for nothing.
    #[track_caller]
    fn says(said: &Said<'_>, expected: &str) {
        let model = said.model.as_deref().or(said.board_model.as_deref()).unwrap_or("-");
        assert_eq!(format!("{}|{model}", said.manufacturer.unwrap_or("-")), expected);
    }

    #[test]
    fn versions_dates_and_company_forms_are_no_part_of_the_model() {
        let catalog = catalog();
        for (text, expected) in [
            ("Canon Inc., LBP-1760e Printer /P", "Canon|LBP-1760e"),
            ("Datamax Corporation I-Class 4208 Ver:08.03R2 08/30/2007 PN:83-2297-08DR2", "Datamax|I-Class 4208"),
            ("FUJI XEROX Document Centre C400 v 2. 0. 6", "Fuji Xerox|Document Centre C400"),
            ("Lexmark T620 Version 3.20.20 Ethernet 10/100.", "Lexmark|T620"),
            ("Oce digital 3155 R5.3", "Oce|digital 3155"),
            ("IBM InfoPrint (v1) 21", "IBM|InfoPrint 21"),
            ("Dell Laser Printer 5100cn (Net 6.26, Controller 200408201123)", "Dell|Laser Printer 5100cn"),
            ("HP LaserJet 4050 00:10:83:aa:bb:cc", "HP|LaserJet 4050"),
            ("Samsung Samsung SCX-470x Series; V3.00.01.04 SEP-16-2011", "Samsung|SCX-470x Series"),
            ("Xerox VersaLink C405 Multifunction Printer; SS 60.004", "Xerox|VersaLink C405"),
        ] {
            says(&of_system_description(text, &catalog), expected);
        }
    }

    #[test]
    fn generic_words_tell_no_model_and_unknown_makers_none_either() {
        let catalog = catalog();
        for (text, expected) in [
            ("Datamax Printer", "Datamax|-"),
            ("Dell Color Laser", "Dell|-"),
            ("Thermal Label Printer Intermec PM43", "Intermec|PM43"),
            ("Acme Laser 3000", "-|-"),
            ("Linux mx-960 6.1.0", "-|-"),
            ("", "-|-"),
        ] {
            says(&of_system_description(text, &catalog), expected);
        }
    }

    #[test]
    fn a_print_server_is_a_board_and_may_tell_what_hangs_on_it() {
        let catalog = catalog();
        let said = of_system_description("AXIS 5470e Network Print Server V6.21 Dec  5 2000", &catalog);
        assert!(said.is_board && said.model.is_none());
        says(&said, "Axis|5470e Network Print Server");
        let text = "OKI FastEther8450e Rev.08.01 10/100BASE Ethernet PrintServer: Attached to C5650 Rev.M1.02 : Copyright";
        let said = of_system_description(text, &catalog);
        assert_eq!((said.model.as_deref(), said.board_model.as_deref()), (Some("C5650"), Some("FastEther8450e")));
        let said = of_system_description("Canon Network Interface Board-C1", &catalog);
        assert_eq!(said.board_model.as_deref(), Some("Network Interface Board-C1"));
        assert!(!of_system_description("Xerox Phaser 3300MFP; NIC V4.02, Print Server 1.0", &catalog).is_board);
    }

    #[test]
    fn serial_numbers_stand_behind_their_keys_only() {
        let catalog = catalog();
        let serial = |text: &'static str| of_system_description(text, &catalog).serial_number.map(str::to_string);
        assert_eq!(serial("Dell 1235cn; V1.70.01.06 Nov-14-2008;S/N 1ABCDE2").as_deref(), Some("1ABCDE2"));
        assert_eq!(serial("Xerox Phaser 6250DP;PS 4.8.0,OS 4.82;SN PWG000001").as_deref(), Some("PWG000001"));
        assert_eq!(serial("Samsung CLP-300; S/N XXXXXXXXXXXXXXXX"), None, "blanked");
        assert_eq!(serial("Samsung M4080FX; V11.01;NIC ;S/N  "), None);
        assert_eq!(serial("Lexmark T640 version NS.NP.N219 kernel 2.6.6 All-N-1"), None);
    }

    #[test]
    fn a_device_id_is_believed_of_any_maker_but_not_of_none() {
        let catalog = catalog();
        for (text, expected) in [
            ("MFG: Lexmark International ;MDL: Lexmark E260d", "Lexmark|E260d"),
            ("MANUFACTURER:OKI DATA CORP;COMMAND SET:PJL;MODEL:B410;CLASS:PRINTER;", "OKI|B410"),
            ("MFG:EPSON;CMD:ESCPL2;CLS:PRINTER;DES:EPSON Epson Stylus Photo 1430", "Epson|Stylus Photo 1430"),
            ("MFG:GelSprinter;MDL:GX e5550N;", "Ricoh|GX e5550N"),
            ("MFG:Acme;MDL:Acme Pro 3000;", "Acme|Pro 3000"),
            ("MFG:Generic;MDL:25C-1;", "-|25C-1"),
            ("MDL:HP LaserJet 4;", "HP|LaserJet 4"),
            ("MDL:FS-C8500DN;", "Kyocera|FS-C8500DN"),
            ("MFG:RICOH;MDL:PS Printer;", "Ricoh|-"),
            ("CMD:PCL;", "-|-"),
            (";:;MFG:;MDL", "-|-"),
        ] {
            says(&of_device_id(&DeviceId::parse(text.as_bytes()), &catalog), expected);
        }
        let id = DeviceId::parse(b"MFG:HP;MDL:DeskJet 990C;SN:US0000000Z;FWVER:20100510;");
        let said = of_device_id(&id, &catalog);
        assert_eq!((said.serial_number, said.firmware), (Some("US0000000Z"), Some("20100510")));
    }

    #[test]
    fn a_pjl_answer_may_name_no_maker() {
        let catalog = catalog();
        for (text, expected) in [
            ("@PJL INFO ID\r\n\"LASERJET 4 PLUS\"\r\n\x0c", "HP|LASERJET 4 PLUS"),
            ("@PJL INFO ID\r\nhp LaserJet 4250\r\n\x0c", "HP|LaserJet 4250"),
            ("FS-C2126MFP", "Kyocera|FS-C2126MFP"),
            ("iR1020/1024/1025", "Canon|iR1020/1024/1025"),
            ("Oce fx3000:8C5-B29:Ver.D:U0707161719", "Oce|fx3000"),
            ("TOSHIBA e-STUDIO450 V468Z 20061013", "Toshiba TEC|e-STUDIO450"),
            ("Acme 3000", "-|-"),
            ("@PJL INFO ID\r\n", "-|-"),
        ] {
            says(&of_pjl_id(text, &catalog), expected);
        }
        assert!(of_pjl_id("FS-C2126MFP", &catalog).by_model && !of_pjl_id("HP LaserJet 4", &catalog).by_model);
    }

    #[test]
    fn a_device_description_is_the_model_whoever_made_it() {
        let catalog = catalog();
        says(&of_device_description("P-4532DN", &catalog, None), "-|P-4532DN");
        says(&of_device_description("Lexmark T622 41XT225  543.006", &catalog, Some("41XT225-46-13")), "Lexmark|T622");
        says(&of_device_description("Generic 28C-1", &catalog, None), "-|-");
        says(&of_device_description("Laser Printer", &catalog, None), "-|-");
        let said = of_device_description("FS-2000D", &catalog, None);
        assert_eq!((said.manufacturer, said.by_model), (Some("Kyocera"), true));
    }

    #[test]
    fn odd_texts_are_cut_between_letters() {
        let catalog = catalog();
        let odd = [
            "HP é1",
            "Océ ü-2 ﬀ",
            "Canon Printer Board-é",
            "é",
            "(",
            "HP (",
            "HP LaserJet 4 (",
            "MFG:é;MDL:é 1;",
            "\"",
            "HP \u{a0}v",
            "V",
            "HP 1 v",
        ];
        for text in odd {
            of_system_description(text, &catalog);
            of_device_description(text, &catalog, Some("é12345"));
            of_device_id(&DeviceId::parse(text.as_bytes()), &catalog);
            of_pjl_id(text, &catalog);
        }
        let long = "printer 1 ".repeat(6_000);
        assert!(of_device_description(&long, &catalog, None).model.is_some_and(|model| model.len() < 200));
    }
}
