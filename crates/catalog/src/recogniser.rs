//! Who made a device, and whether it is a printer at all, from what it says first.

use crate::object::Rule;
use crate::profile::begins_with;

/// Is a maker of printers, or of what is often taken for a printer.
#[derive(Clone, Debug)]
pub struct Maker {
    /// As the maker writes it; `None` for software that many makers build upon, and for words that name none.
    pub name: Option<Box<str>>,
    /// The maker's own name as descriptions begin with it.
    pub words: Vec<Box<str>>,
    /// Names of its products that descriptions begin with; they belong to the model.
    pub products: Vec<Box<str>>,
    /// How its model numbers begin, for texts that only printers say and that name no maker.
    pub models: Vec<Box<str>>,
    /// How a sysDescr begins that names a network board or print server instead of the printer.
    pub boards: Vec<Box<str>>,
    pub rule: Rule,
}

/// Is a branch of sysObjectID values that belongs to a maker.
#[derive(Clone, Debug)]
pub(crate) struct Branch {
    pub arcs: Box<[u32]>,
    pub kind: DeviceKind,
    pub maker: usize,
    pub rule: Rule,
}

/// Is whether something is a printer, as far as its maker's numbers tell.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum DeviceKind {
    Printer,
    NotPrinter,
    Undecided,
}

/// Is what sysObjectID and sysDescr tell about a device.
#[derive(Clone, Debug)]
pub struct Recognition<'a> {
    pub manufacturer: Option<&'a str>,
    /// The maker that sysObjectID belongs to: who wrote the SNMP agent.
    pub agent_manufacturer: Option<&'a str>,
    pub kind: DeviceKind,
    /// The line that decided.
    pub rule: Option<&'a Rule>,
}

/// Is the list of makers, ready for looking up.
#[derive(Clone, Debug, Default)]
pub(crate) struct Recogniser {
    pub makers: Vec<Maker>,
    /// Sorted by their arcs.
    branches: Vec<Branch>,
    /// Sorted by the first letters in lower case, longer words first.
    words: Vec<Word>,
    /// Sorted so too, as are the boards.
    models: Vec<Word>,
    boards: Vec<Word>,
}

#[derive(Clone, Debug)]
struct Word {
    /// The first of the text, to find it by without following a pointer.
    letters: [u8; 2],
    text: Box<str>,
    maker: usize,
    /// Whether it is the name of a product, not of the maker.
    product: bool,
}

/// Is what the first words of a description tell.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Named<'a> {
    /// As the maker writes it.
    pub manufacturer: &'a str,
    /// The description without the maker's name.
    pub rest: &'a str,
    /// Whether it begins with a product's name, which belongs to the rest, and not with the maker's own.
    pub by_product: bool,
}

impl Recogniser {
    pub fn new(makers: Vec<Maker>, mut branches: Vec<Branch>) -> Self {
        branches.sort_by(|a, b| a.arcs.cmp(&b.arcs));
        let (mut words, mut models, mut boards) = (Vec::new(), Vec::new(), Vec::new());
        for (maker, entry) in makers.iter().enumerate() {
            let word = |text: &str, product| Word { letters: first_letters(text), text: text.into(), maker, product };
            words.extend(entry.words.iter().map(|text| word(text, false)));
            words.extend(entry.products.iter().map(|text| word(text, true)));
            models.extend(entry.models.iter().map(|text| word(text, true)));
            boards.extend(entry.boards.iter().map(|text| word(text, false)));
        }
        for list in [&mut words, &mut models, &mut boards] {
            list.sort_by_key(|word| (word.letters, usize::MAX - word.text.len()));
        }
        Recogniser { makers, branches, words, models, boards }
    }

    /// Returns the longest branch that an identifier lies in.
    pub fn branch(&self, sys_object_id: &[u32]) -> Option<&Branch> {
        let above = self.branches.partition_point(|branch| *branch.arcs <= *sys_object_id);
        // Branches may lie in one another: the nearest below that fits is the longest.
        self.branches[..above].iter().rev().find(|branch| sys_object_id.starts_with(&branch.arcs))
    }

    /// Returns the maker that a description begins with, the description without its name, and whether
    /// it was named by a product.
    pub fn maker_of_text<'t>(&self, text: &'t str) -> Option<(usize, &'t str, bool)> {
        let text = text.trim_start();
        let word = alike(&self.words, text).find(|word| begins_with(text, &word.text) && ends_a_word(&text[word.text.len()..]))?;
        Some((word.maker, if word.product { text } else { text[word.text.len()..].trim_start() }, word.product))
    }

    /// Returns the maker whose model numbers begin as this text does.
    pub fn maker_of_model(&self, text: &str) -> Option<usize> {
        let text = text.trim_start();
        let word =
            alike(&self.models, text).find(|word| begins_with(text, &word.text) && numbered(&word.text, &text[word.text.len()..]))?;
        Some(word.maker)
    }

    /// Returns whether a sysDescr names a network board or print server instead of the printer.
    pub fn names_board(&self, text: &str) -> bool {
        alike(&self.boards, text).any(|board| begins_with(text, &board.text))
    }
}

/// Returns the words that begin with the same letters as a text.
fn alike<'w>(words: &'w [Word], text: &str) -> impl Iterator<Item = &'w Word> {
    let letters = first_letters(text);
    let from = words.partition_point(|word| word.letters < letters);
    words[from..].iter().take_while(move |word| word.letters == letters)
}

fn first_letters(text: &str) -> [u8; 2] {
    let mut letters = text.bytes().map(|octet| octet.to_ascii_lowercase());
    [letters.next().unwrap_or(0), letters.next().unwrap_or(0)]
}

/// Returns whether a number follows the beginning of a model: at once after a letter, else within the word.
fn numbered(beginning: &str, rest: &str) -> bool {
    let word = rest.split(' ').next().unwrap_or_default();
    if beginning.ends_with(|letter: char| letter.is_alphabetic()) {
        return word.starts_with(|letter: char| letter.is_ascii_digit());
    }
    word.bytes().any(|octet| octet.is_ascii_digit())
}

fn ends_a_word(rest: &str) -> bool {
    rest.chars().next().is_none_or(|letter| !letter.is_alphanumeric())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn recogniser() -> Recogniser {
        let rule = Rule { file: "makers.toml", line: 1 };
        let maker = |name: &str, words: &[&str]| Maker {
            name: Some(name.into()),
            words: words.iter().map(|word| (*word).into()).collect(),
            products: Vec::new(),
            models: vec!["AC".into(), "ACL-".into()],
            boards: vec!["ACME Netboard".into()],
            rule,
        };
        let branch = |arcs: &[u32], kind, maker| Branch { arcs: arcs.into(), kind, maker, rule };
        Recogniser::new(
            vec![maker("Acme", &["ACME"]), maker("Acme Labels", &["Acme Labels"])],
            vec![
                branch(&[1, 3, 9], DeviceKind::Undecided, 0),
                branch(&[1, 3, 9, 2], DeviceKind::NotPrinter, 0),
                branch(&[1, 3, 9, 4], DeviceKind::Printer, 1),
            ],
        )
    }

    #[test]
    fn the_longest_branch_wins() {
        let recogniser = recogniser();
        let kind = |arcs: &[u32]| recogniser.branch(arcs).map(|branch| branch.kind);
        assert_eq!(kind(&[1, 3, 9, 4, 7]), Some(DeviceKind::Printer));
        assert_eq!(kind(&[1, 3, 9, 3]), Some(DeviceKind::Undecided));
        assert_eq!(kind(&[1, 3, 9, 2]), Some(DeviceKind::NotPrinter));
        assert_eq!(kind(&[1, 3, 8]), None);
    }

    #[test]
    fn the_longest_word_wins_and_must_end() {
        let recogniser = recogniser();
        assert_eq!(recogniser.maker_of_text("acme labels 4"), Some((1, "4", false)));
        assert_eq!(recogniser.maker_of_text("Acme-3000"), Some((0, "-3000", false)));
        assert_eq!(recogniser.maker_of_text("Acmeter"), None);
        assert!(recogniser.names_board("Acme NetBoard 10/100") && !recogniser.names_board("Acme 3000"));
    }

    #[test]
    fn a_model_number_tells_its_maker_only_with_a_digit() {
        let recogniser = recogniser();
        assert_eq!(recogniser.maker_of_model("ACL-x20"), Some(0));
        assert_eq!(recogniser.maker_of_model("ac250"), Some(0));
        assert_eq!(recogniser.maker_of_model("ACL-"), None);
        assert_eq!(recogniser.maker_of_model("ACx20"), None, "a digit follows a letter at once");
        assert_eq!(recogniser.maker_of_model("AC 250"), None);
    }
}
