//! Octets to text: what a printer calls a string, in whichever charset.

use std::borrow::Cow;

use encoding_rs::Encoding;
use model::standard::Charset;

/// Returns the text of a string, or `None` if it says nothing (empty, "None", "N/A", "-").
///
/// The order of belief is: the declared charset, UTF-8, Latin-1. A charset of single octets can
/// never be proved wrong, so where one is declared, text that is well-formed UTF-8 beyond ASCII is
/// taken as UTF-8: many printers declare a default and send what the user's browser sent.
pub(crate) fn said(octets: &[u8], charset: Option<Charset>) -> Option<Cow<'_, str>> {
    let text = plain(octets).map_or_else(|| Cow::Owned(clean(&decode(octets, charset), false)), Cow::Borrowed);
    (!says_nothing(&text)).then_some(text)
}

/// Returns a text of several lines, such as the panel's; empty lines and words of absence stay.
pub(crate) fn lines(octets: &[u8], charset: Option<Charset>) -> String {
    plain(octets).map_or_else(|| clean(&decode(octets, charset), true), str::to_string)
}

/// Returns the octets as they are if they are printable ASCII, without padding: the usual case.
fn plain(octets: &[u8]) -> Option<&str> {
    let printable = octets.iter().all(|octet| (0x20..0x7f).contains(octet));
    printable.then(|| std::str::from_utf8(octets).ok()).flatten().map(str::trim)
}

fn says_nothing(text: &str) -> bool {
    // Recorders blank names with "<private>".
    matches!(text.len(), 0 | 1 | 3 | 4 | 9) && ["", "-", "None", "N/A", "<private>"].iter().any(|word| text.eq_ignore_ascii_case(word))
}

/// Decodes what is not plain ASCII.
fn decode(octets: &[u8], charset: Option<Charset>) -> String {
    let (octets, charset) = without_symbol_set(octets, charset);
    if let Some(wide) = charset.and_then(|charset| wide(octets, charset)) {
        return wide;
    }
    let octets = octets.split(|octet| *octet == 0).next().unwrap_or_default();
    let utf8 = std::str::from_utf8(octets);
    match charset.map(decoder) {
        Some(Decoder::Multiple(encoding)) => {
            let declared = encoding.decode_without_bom_handling_and_without_replacement(octets);
            declared.map(Cow::into_owned).unwrap_or_else(|| utf8.map_or_else(|_| latin1(octets), str::to_string))
        }
        Some(decoder) => utf8.map_or_else(|_| decoder.single(octets), str::to_string),
        None => utf8.map_or_else(|_| latin1(octets), str::to_string),
    }
}

/// Takes off the two octets that name a PCL symbol set in front of the text.
///
/// Some printers write 01 15 (277, symbol set 8U: Roman-8) in front of model, serial and dates;
/// the prefix alone is an empty text. Only a first octet of 00 or 01 counts.
fn without_symbol_set(octets: &[u8], charset: Option<Charset>) -> (&[u8], Option<Charset>) {
    let wide = matches!(charset, Some(Charset::CsUnicode | Charset::CsUTF16 | Charset::CsUTF16BE | Charset::CsUTF16LE));
    let (false, [first @ (0 | 1), second, rest @ ..]) = (wide, octets) else { return (octets, charset) };
    let end = rest.iter().position(|octet| *octet == 0).unwrap_or(rest.len());
    if rest[..end].iter().any(|octet| *octet < 0x20) {
        return (octets, charset);
    }
    let named = match (first, second) {
        (1, 0x15) => Some(Charset::CsHPRoman8),
        (0, 0x0e) => Some(Charset::CsISOLatin1),
        _ => charset,
    };
    (rest, named)
}

/// Decodes UTF-16, unless the octets are plainly ASCII in spite of the declared charset.
fn wide(octets: &[u8], charset: Charset) -> Option<String> {
    let little = match charset {
        Charset::CsUTF16LE => true,
        Charset::CsUnicode | Charset::CsUTF16 | Charset::CsUTF16BE => false,
        _ => return None,
    };
    if octets.len() % 2 == 1 || octets.is_ascii() && !octets.contains(&0) {
        return None;
    }
    let (octets, little) = match octets {
        [0xfe, 0xff, rest @ ..] => (rest, false),
        [0xff, 0xfe, rest @ ..] => (rest, true),
        _ => (octets, little),
    };
    let unit = |pair: &[u8]| if little { u16::from_le_bytes([pair[0], pair[1]]) } else { u16::from_be_bytes([pair[0], pair[1]]) };
    let units = octets.chunks_exact(2).map(unit).take_while(|unit| *unit != 0);
    char::decode_utf16(units).collect::<Result<String, _>>().ok()
}

enum Decoder {
    /// Several octets a character: wrong text is found out.
    Multiple(&'static Encoding),
    /// One octet a character, known to the library.
    Single(&'static Encoding),
    /// One octet a character, by a table of the upper 128.
    Table(&'static str),
    Latin1,
}

impl Decoder {
    fn single(&self, octets: &[u8]) -> String {
        match self {
            Decoder::Single(encoding) => encoding.decode_without_bom_handling(octets).0.into_owned(),
            Decoder::Table(upper) => {
                octets.iter().map(|octet| upper.chars().nth(usize::from(octet.wrapping_sub(0x80))).unwrap_or(char::from(*octet))).collect()
            }
            Decoder::Multiple(_) | Decoder::Latin1 => latin1(octets),
        }
    }
}

fn latin1(octets: &[u8]) -> String {
    octets.iter().map(|octet| char::from(*octet)).collect()
}

/// Returns how a declared charset is decoded.
///
/// Where the library knows only a superset (Windows-1254 for Latin-5), the superset is taken: the
/// difference are control characters.
fn decoder(charset: Charset) -> Decoder {
    use encoding_rs as known;
    match charset {
        Charset::CsISOLatin2 => Decoder::Single(known::ISO_8859_2),
        Charset::CsISOLatin3 => Decoder::Single(known::ISO_8859_3),
        Charset::CsISOLatin4 => Decoder::Single(known::ISO_8859_4),
        Charset::CsISOLatinCyrillic => Decoder::Single(known::ISO_8859_5),
        Charset::CsISOLatinArabic => Decoder::Single(known::ISO_8859_6),
        Charset::CsISOLatinGreek => Decoder::Single(known::ISO_8859_7),
        Charset::CsISOLatinHebrew => Decoder::Single(known::ISO_8859_8),
        Charset::CsISOLatin5 | Charset::Cswindows1254 => Decoder::Single(known::WINDOWS_1254),
        Charset::CsISOLatin6 => Decoder::Single(known::ISO_8859_10),
        Charset::CsISO885913 => Decoder::Single(known::ISO_8859_13),
        Charset::CsISO885914 => Decoder::Single(known::ISO_8859_14),
        Charset::CsISO885915 => Decoder::Single(known::ISO_8859_15),
        Charset::CsISO885916 => Decoder::Single(known::ISO_8859_16),
        Charset::CsKOI8R => Decoder::Single(known::KOI8_R),
        Charset::CsKOI8U => Decoder::Single(known::KOI8_U),
        Charset::CsIBM866 => Decoder::Single(known::IBM866),
        Charset::Cswindows1250 => Decoder::Single(known::WINDOWS_1250),
        Charset::Cswindows1251 => Decoder::Single(known::WINDOWS_1251),
        Charset::Cswindows1252 => Decoder::Single(known::WINDOWS_1252),
        Charset::Cswindows1253 => Decoder::Single(known::WINDOWS_1253),
        Charset::Cswindows1255 => Decoder::Single(known::WINDOWS_1255),
        Charset::Cswindows1256 => Decoder::Single(known::WINDOWS_1256),
        Charset::Cswindows1257 => Decoder::Single(known::WINDOWS_1257),
        Charset::Cswindows1258 => Decoder::Single(known::WINDOWS_1258),
        Charset::CsTIS620 => Decoder::Single(known::WINDOWS_874),
        Charset::CsShiftJIS | Charset::CsWindows31J => Decoder::Multiple(known::SHIFT_JIS),
        Charset::CsEUCPkdFmtJapanese => Decoder::Multiple(known::EUC_JP),
        Charset::CsISO2022JP => Decoder::Multiple(known::ISO_2022_JP),
        Charset::CsKSC56011987 | Charset::CsEUCKR => Decoder::Multiple(known::EUC_KR),
        Charset::CsGBK | Charset::CsGB2312 => Decoder::Multiple(known::GBK),
        Charset::CsGB18030 => Decoder::Multiple(known::GB18030),
        Charset::CsBig5 => Decoder::Multiple(known::BIG5),
        Charset::CsUTF8 => Decoder::Multiple(known::UTF_8),
        Charset::CsHPRoman8 => Decoder::Table(ROMAN8),
        Charset::CsPC8CodePage437 => Decoder::Table(PC437),
        Charset::CsPC850Multilingual | Charset::CsIBM00858 => Decoder::Table(PC850),
        _ => Decoder::Latin1,
    }
}

/// Removes control and invisible characters and the padding at both ends.
///
/// Breaks and tabs become one blank, so that a name of two lines stays two words; with `keep_lines`
/// line feeds stay.
fn clean(text: &str, keep_lines: bool) -> String {
    let mut cleaned = String::with_capacity(text.len());
    for letter in text.chars() {
        match letter {
            '\n' if keep_lines => cleaned.push('\n'),
            '\t' | '\n' | '\r' | '\u{b}' | '\u{c}' if !cleaned.ends_with([' ', '\n']) => cleaned.push(' '),
            letter if letter.is_control() || is_invisible(letter) => {}
            letter => cleaned.push(letter),
        }
    }
    match cleaned.trim() {
        trimmed if trimmed.len() == cleaned.len() => cleaned,
        trimmed => trimmed.to_string(),
    }
}

/// Returns whether a character only steers how others are shown: such text is never a name.
fn is_invisible(letter: char) -> bool {
    matches!(letter, '\u{200b}'..='\u{200f}' | '\u{202a}'..='\u{202e}' | '\u{2060}'..='\u{2069}' | '\u{feff}')
}

/// HP Roman-8: what printers of the PCL world speak unless told otherwise; the upper 128 characters.
const ROMAN8: &str = "\
     \u{80}\u{81}\u{82}\u{83}\u{84}\u{85}\u{86}\u{87}\u{88}\u{89}\u{8a}\u{8b}\u{8c}\u{8d}\u{8e}\u{8f}\u{90}\u{91}\u{92}\u{93}\u{94}\u{95}\u{96}\u{97}\u{98}\u{99}\u{9a}\u{9b}\u{9c}\u{9d}\u{9e}\u{9f}\
     \u{a0}ÀÂÈÊËÎÏ´ˋˆ¨˜ÙÛ₤¯Ýý°ÇçÑñ¡¿¤£¥§ƒ¢\
     âêôûáéóúàèòùäëöüÅîØÆåíøæÄìÖÜÉïßÔ\
     ÁÃãÐðÍÌÓÒÕõŠšÚŸÿÞþ·µ¶¾—¼½ªº«■»±�";

/// PC code page 437; the upper 128 characters.
const PC437: &str = "\
     ÇüéâäàåçêëèïîìÄÅÉæÆôöòûùÿÖÜ¢£¥₧ƒ\
     áíóúñÑªº¿⌐¬½¼¡«»░▒▓│┤╡╢╖╕╣║╗╝╜╛┐\
     └┴┬├─┼╞╟╚╔╩╦╠═╬╧╨╤╥╙╘╒╓╫╪┘┌█▄▌▐▀\
     αßΓπΣσµτΦΘΩδ∞φε∩≡±≥≤⌠⌡÷≈°∙·√ⁿ²■\u{a0}";

/// PC code page 850; the upper 128 characters.
const PC850: &str = "\
     ÇüéâäàåçêëèïîìÄÅÉæÆôöòûùÿÖÜø£Ø×ƒ\
     áíóúñÑªº¿®¬½¼¡«»░▒▓│┤ÁÂÀ©╣║╗╝¢¥┐\
     └┴┬├─┼ãÃ╚╔╩╦╠═╬¤ðÐÊËÈıÍÎÏ┘┌█▄¦Ì▀\
     ÓßÔÒõÕµþÞÚÛÙýÝ¯´\u{ad}±‗¾¶§÷¸°¨·¹³²■\u{a0}";

#[cfg(test)]
mod tests {
    use super::*;

    fn said_as(octets: &[u8], charset: Charset) -> String {
        said(octets, Some(charset)).unwrap_or_default().into_owned()
    }

    #[test]
    fn each_charset_gives_the_same_words() {
        assert_eq!(said_as(b"B\xfcro", Charset::CsISOLatin1), "Büro");
        assert_eq!(said_as(b"\xb3\xf3d\xbc", Charset::CsISOLatin2), "łódź");
        assert_eq!(said_as(b"B\xcfro", Charset::CsHPRoman8), "Büro");
        assert_eq!(said_as(b"B\x81ro", Charset::CsPC8CodePage437), "Büro");
        assert_eq!(said_as(b"B\x81ro", Charset::CsPC850Multilingual), "Büro");
        assert_eq!(said_as("Büro".as_bytes(), Charset::CsUTF8), "Büro");
        assert_eq!(said_as(b"\x83g\x83i\x81[", Charset::CsShiftJIS), "トナー");
        assert_eq!(said_as(b"\xa5\xc8\xa5\xca\xa1\xbc", Charset::CsEUCPkdFmtJapanese), "トナー");
        assert_eq!(said_as(b"\x1b$B%H%J!<\x1b(B", Charset::CsISO2022JP), "トナー");
        assert_eq!(said_as(b"\xcc\xbc\xb7\xdb", Charset::CsGBK), "碳粉");
        assert_eq!(said_as(b"\xba\xd2\xaf\xbb", Charset::CsBig5), "碳粉");
        assert_eq!(said_as(b"\xc5\xe4\xb3\xca", Charset::CsEUCKR), "토너");
        assert_eq!(said_as(b"\xf4\xcf\xce\xc5\xd2", Charset::CsKOI8R), "Тонер");
        assert_eq!(said_as(b"\xd2\xee\xed\xe5\xf0", Charset::Cswindows1251), "Тонер");
    }

    #[test]
    fn sixteen_bit_text_is_read_in_either_order() {
        assert_eq!(said_as(b"\x00B\x00\xfc\x00r\x00o", Charset::CsUTF16BE), "Büro");
        assert_eq!(said_as(b"B\x00\xfc\x00r\x00o\x00\x00\x00", Charset::CsUTF16LE), "Büro");
        assert_eq!(said_as(b"\xff\xfeB\x00\xfc\x00", Charset::CsUTF16), "Bü");
        assert_eq!(said_as(b"Black Toner!", Charset::CsUnicode), "Black Toner!", "declared 16 bits, sent ASCII");
    }

    #[test]
    fn what_is_utf8_is_not_spoiled_by_a_default_charset() {
        assert_eq!(said_as("墨粉 黑色".as_bytes(), Charset::CsHPRoman8), "墨粉 黑色");
        assert_eq!(said("Toner é".as_bytes(), None).as_deref(), Some("Toner é"));
        assert_eq!(said(b"B\xfcro", None).as_deref(), Some("Büro"), "neither declared nor UTF-8");
        assert_eq!(said_as(b"B\xfcro", Charset::CsUTF8), "Büro", "declared UTF-8 that is none");
    }

    #[test]
    fn a_text_ends_at_the_nul_and_loses_its_padding() {
        assert_eq!(said(b"Stapler 1 HP C8091A\0\0garbage", None).as_deref(), Some("Stapler 1 HP C8091A"));
        assert_eq!(said(b"  TK-1170   ", None).as_deref(), Some("TK-1170"));
        assert_eq!(said(b"Black\r\nCartridge\x07", None).as_deref(), Some("Black Cartridge"));
        assert_eq!(said("Toner\u{202e}kcalB".as_bytes(), None).as_deref(), Some("TonerkcalB"));
        assert_eq!(lines(b"Ready\nTray 2\x1b", None), "Ready\nTray 2");
    }

    #[test]
    fn a_symbol_set_in_front_is_no_text() {
        assert_eq!(said(b"\x01\x15VNCRC48198", None).as_deref(), Some("VNCRC48198"));
        assert_eq!(said(b"\x01\x15B\xcfro", None).as_deref(), Some("Büro"), "8U is Roman-8");
        assert_eq!(said(b"\x01\x15", None), None, "the prefix alone");
        assert_eq!(said(b"\x00\x00\x00\x00", None), None);
    }

    #[test]
    fn words_of_absence_are_absent_and_hex_is_left_alone() {
        for nothing in [&b""[..], b"   ", b"None", b"n/a", b"-", b"<private>", b"\0"] {
            assert_eq!(said(nothing, None), None, "{nothing:?}");
        }
        assert_eq!(said(b"4D464331", None).as_deref(), Some("4D464331"));
        assert_eq!(said(&[b'x'; 255], None).map(|text| text.len()), Some(255));
    }
}
