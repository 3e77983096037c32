//! All profiles and makers: read from the files that the program carries, or from others.

use std::borrow::Cow;
use std::sync::{Arc, OnceLock};

use crate::error::{CatalogError, CatalogErrors};
use crate::intern::interned;
use crate::load::{self, BaseError, STANDARD_PROFILE};
use crate::object::Rule;
use crate::profile::{Match, Profile, Signs};
use crate::recogniser::{Branch, DeviceKind, Maker, Named, Recogniser, Recognition};
use crate::suggest;
use crate::witness::Witnesses;

/// Lists vendor files with their texts, as the program carries them.
macro_rules! embedded {
    ($($name:literal)*) => {
        &[$((concat!("vendors/", $name, ".toml"), include_str!(concat!("../../../vendors/", $name, ".toml"))),)*]
    };
}

/// Is every vendor file that the program carries, with its text: the standards and the makers, and the
/// vendors' own unless the program was built without them.
#[cfg(not(feature = "vendors"))]
pub const EMBEDDED: &[(&str, &str)] = embedded!("printer-mib" "makers");
/// Is every vendor file that the program carries, with its text.
#[cfg(feature = "vendors")]
#[rustfmt::skip]
pub const EMBEDDED: &[(&str, &str)] = embedded!(
    "printer-mib"
    "makers"
    "any"
    "brother-ink"
    "brother"
    "canon"
    "datamax"
    "dell-xerox"
    "dell"
    "develop"
    "epson"
    "fujifilm"
    "honeywell"
    "hp"
    "intermec"
    "konica-minolta"
    "kyocera"
    "lexmark"
    "muratec"
    "oce"
    "oki"
    "olivetti"
    "panasonic"
    "pantum"
    "ricoh"
    "riso"
    "samsung"
    "sato"
    "seiko"
    "sharp"
    "sindoh"
    "star"
    "toshiba-tec"
    "tsc"
    "xerox"
    "zebra"
);

/// Is the most files that a site may add: far more than there are makers.
pub const MOST_OVERLAY_FILES: usize = 1_000;
/// Is the largest file that a site may add, in octets; the largest of ours has a twentieth.
pub const LARGEST_OVERLAY_FILE: usize = 1 << 20;

/// Names the file that holds makers alone.
const MAKERS: &str = "makers";
/// Names the profile of a device whose maker nobody knows.
const ANY: &str = "any";

/// Holds the standard profile, the makers, and the vendors' profiles, which are read when a device
/// first needs them.
#[derive(Debug)]
pub struct Catalog {
    standard: Arc<Profile>,
    recogniser: Recogniser,
    files: Vec<ProfileFile>,
}

#[derive(Debug)]
struct ProfileFile {
    /// The file's name without folder and ending: the profile's name.
    name: String,
    file: &'static str,
    text: Cow<'static, str>,
    /// Whose profile it is, by place among the makers; none for `printer-mib` and `any`.
    makers: Vec<usize>,
    inherits: Option<Box<str>>,
    matches: Vec<Match>,
    models: Vec<Box<str>>,
    profile: OnceLock<Result<Arc<Profile>, CatalogErrors>>,
}

/// Is what a list of profiles says of one.
#[derive(Clone, Debug)]
pub struct Summary<'a> {
    pub name: &'a str,
    pub file: &'static str,
    /// Whether the program carries the file, or a site has added it.
    pub built_in: bool,
    pub makers: Vec<&'a str>,
    pub models: &'a [Box<str>],
    pub matches: &'a [Match],
}

impl Catalog {
    /// Reads the embedded standard profile and makers; the vendors' profiles wait.
    pub fn embedded() -> Result<Catalog, CatalogErrors> {
        Self::open(EMBEDDED.iter().map(|(file, text)| (*file, Cow::Borrowed(*text))), |_| false)
    }

    /// As [`Catalog::embedded`], with files of a site's own: `(file name, text)`.
    ///
    /// A file takes the place of an embedded one of the same name; every other one is added. All of
    /// the site's files are read at once, so that a fault shows at the start and not at a printer.
    ///
    /// # Errors
    /// Tells every fault of every file; more files than [`MOST_OVERLAY_FILES`], or one larger than
    /// [`LARGEST_OVERLAY_FILE`], are not read.
    pub fn with_overlay(overlay: &[(&str, &str)]) -> Result<Catalog, CatalogErrors> {
        within_bounds(overlay)?;
        let own = |file: &str| overlay.iter().any(|(other, _)| stem(other) == stem(file));
        let embedded = EMBEDDED.iter().filter(|(file, _)| !own(file)).map(|(file, text)| (*file, Cow::Borrowed(*text)));
        let overlaid = overlay.iter().map(|(file, text)| (interned(file), Cow::Owned(String::from(*text))));
        Self::open(embedded.chain(overlaid), |file| matches!(file.text, Cow::Owned(_)))
    }

    /// Reads all of these files at once and tells every fault of each: `(file name, text)`.
    ///
    /// A file named `makers.toml` lists makers; any other is the profile of its name. One of them
    /// must be `printer-mib.toml`.
    pub fn parse(files: &[(&str, &str)]) -> Result<Catalog, CatalogErrors> {
        Self::open(files.iter().map(|(file, text)| (interned(file), Cow::Owned(String::from(*text)))), |_| true)
    }

    /// Reads the heads of all files, and wholly the standard profile, those that are `read_now`, and
    /// those that inherit from them: they may no longer fit.
    fn open(
        files: impl Iterator<Item = (&'static str, Cow<'static, str>)>,
        read_now: impl Fn(&ProfileFile) -> bool,
    ) -> Result<Catalog, CatalogErrors> {
        let mut heads = Heads::default();
        for (file, text) in files {
            heads.add(file, text);
        }
        let Finished { files, recogniser, mut errors, order } = heads.finish();
        match load_profile(&files, STANDARD_PROFILE, &mut Vec::new()) {
            Ok(standard) => {
                let concerned = files.iter().filter(|file| ancestry(&files, file).iter().any(|file| read_now(file)));
                let faulty = concerned.filter_map(|file| faults_of(&files, file));
                errors.extend(faulty.flat_map(|faults| faults.0));
                if errors.is_empty() {
                    return Ok(Catalog { standard, recogniser, files });
                }
            }
            Err(BaseError::Unknown(_)) => errors.push(fault("vendors/printer-mib.toml", String::from("the standard profile is missing"))),
            // Without the standards, the faults of all others would be told as well, and are none.
            Err(_) => {
                let standard = files.iter().find(|file| file.name == STANDARD_PROFILE);
                errors.extend(standard.and_then(|file| faults_of(&files, file)).into_iter().flat_map(|faults| faults.0));
            }
        }
        // Head and body of a file are read one after the other, and tell faults of the syntax both.
        let place = |error: &CatalogError| (order.iter().position(|file| *file == error.rule.file), error.rule.line);
        errors.sort_by_key(place);
        errors.dedup();
        Err(CatalogErrors(errors))
    }

    /// Returns the profile of the standards alone, for a device of which nothing more is known.
    pub fn standard(&self) -> &Arc<Profile> {
        &self.standard
    }

    /// Returns the names of all profiles.
    pub fn names(&self) -> impl Iterator<Item = &str> {
        self.files.iter().map(|file| file.name.as_str())
    }

    /// Returns a profile, read now if it has not been; the faults of its file if it has any.
    pub fn profile(&self, name: &str) -> Result<&Arc<Profile>, CatalogErrors> {
        let Some(file) = self.files.iter().find(|file| file.name == name) else {
            let hint = suggest::did_you_mean(name, self.names());
            return Err(CatalogErrors(vec![fault("vendors", format!("unknown profile \"{name}\"{hint}"))]));
        };
        let _ = load_profile(&self.files, name, &mut Vec::new());
        match file.profile.get() {
            Some(Ok(profile)) => Ok(profile),
            Some(Err(errors)) => Err(errors.clone()),
            None => Ok(&self.standard),
        }
    }

    /// Returns what there is to read by, in the order of the files.
    pub fn summaries(&self) -> impl Iterator<Item = Summary<'_>> {
        self.files.iter().map(|file| Summary {
            name: &file.name,
            file: file.file,
            built_in: matches!(file.text, Cow::Borrowed(_)),
            makers: file.makers.iter().filter_map(|maker| self.recogniser.makers[*maker].name.as_deref()).collect(),
            models: &file.models,
            matches: &file.matches,
        })
    }

    /// Returns what the rules of a profile's own file rest on, read again from its text.
    ///
    /// The texts are long and nobody needs them but a person who asks, so no profile keeps them.
    pub fn witnesses(&self, name: &str) -> Witnesses {
        let file = self.files.iter().find(|file| file.name == name);
        file.map(|file| Witnesses::read(file.file, &file.text)).unwrap_or_default()
    }

    /// Tells who made a device, and whether it is a printer, from what it says first.
    ///
    /// The maker is the one that sysDescr begins with, else the one that sysObjectID belongs to: a
    /// network board carries its own maker's number, and often another's printer. Whether it is a
    /// printer is told by sysObjectID alone.
    pub fn recognise(&self, sys_object_id: Option<&[u32]>, sys_descr: Option<&str>) -> Recognition<'_> {
        let branch = sys_object_id.and_then(|oid| self.recogniser.branch(oid));
        let named = sys_descr.and_then(|text| self.recogniser.maker_of_text(text)).map(|(maker, ..)| maker);
        let named = named.filter(|maker| self.recogniser.makers[*maker].name.is_some());
        let maker = named.or(branch.map(|branch| branch.maker)).map(|place| &self.recogniser.makers[place]);
        Recognition {
            manufacturer: maker.and_then(|maker| maker.name.as_deref()),
            agent_manufacturer: branch.and_then(|branch| self.recogniser.makers[branch.maker].name.as_deref()),
            kind: branch.map_or(DeviceKind::Undecided, |branch| branch.kind),
            rule: branch.map(|branch| &branch.rule).or(maker.map(|maker| &maker.rule)),
        }
    }

    /// Returns the profile to read a device by.
    ///
    /// One whose match fits is taken before all others, the longest match first; then the one of the
    /// maker that sysObjectID belongs to, who wrote the SNMP agent; then the one of the maker that
    /// the device's texts name; else the one for devices of which nothing is known. A file with
    /// faults is passed over.
    pub fn profile_for(&self, signs: &Signs<'_>) -> &Arc<Profile> {
        let model = signs.device.and_then(|text| self.recogniser.maker_of_text(text)).map(|(_, rest, _)| rest);
        let matched = self.files.iter().filter_map(|file| {
            let weight = file.matches.iter().filter_map(|rule| rule.fits(signs, model)).max()?;
            Some((weight, file))
        });
        let mut matched: Vec<(usize, &ProfileFile)> = matched.collect();
        matched.sort_by_key(|(weight, _)| std::cmp::Reverse(*weight));
        let agent = signs.sys_object_id.and_then(|oid| self.recogniser.branch(oid)).map(|branch| branch.maker);
        let texts = [signs.device, signs.sys_descr].into_iter().flatten();
        let named = texts.filter_map(|text| self.recogniser.maker_of_text(text)).map(|(maker, ..)| maker);
        let of_maker = agent
            .into_iter()
            .chain(named)
            .filter_map(|maker| self.files.iter().find(|file| file.matches.is_empty() && file.makers.contains(&maker)));
        let any = self.files.iter().filter(|file| file.name == ANY);
        let candidates = matched.into_iter().map(|(_, file)| file).chain(of_maker).chain(any);
        candidates.filter_map(|file| self.profile(&file.name).ok()).next().unwrap_or(&self.standard)
    }

    /// Returns the profile of a maker's printers in general, by the maker's name; that of the standards if there is none.
    pub fn profile_of_maker(&self, manufacturer: &str) -> &Arc<Profile> {
        let is_maker = |place: &usize| self.recogniser.makers[*place].name.as_deref() == Some(manufacturer);
        let file = self.files.iter().find(|file| file.matches.is_empty() && file.makers.iter().any(is_maker));
        file.and_then(|file| self.profile(&file.name).ok()).unwrap_or(&self.standard)
    }

    /// Returns the maker that a description begins with, as the maker writes it, and the rest.
    ///
    /// ```
    /// # use catalog::Catalog;
    /// let catalog = Catalog::embedded().unwrap();
    /// let named = catalog.name_in("KONICA MINOLTA bizhub C3110").unwrap();
    /// assert_eq!((named.manufacturer, named.rest), ("Konica Minolta", "bizhub C3110"));
    /// assert_eq!(catalog.name_in("Linux printserver 6.1"), None);
    /// ```
    pub fn name_in<'a>(&'a self, description: &'a str) -> Option<Named<'a>> {
        let (maker, rest, by_product) = self.recogniser.maker_of_text(description)?;
        Some(Named { manufacturer: self.recogniser.makers[maker].name.as_deref()?, rest, by_product })
    }

    /// Returns the maker whose model numbers begin as this text does, as the maker writes it.
    ///
    /// To be asked only of a text that a printer alone can have said: the beginnings are short.
    ///
    /// ```
    /// # use catalog::Catalog;
    /// let catalog = Catalog::embedded().unwrap();
    /// assert_eq!(catalog.maker_of_model("FS-C8500DN"), Some("Kyocera"));
    /// assert_eq!(catalog.maker_of_model("FS-"), None);
    /// ```
    pub fn maker_of_model(&self, text: &str) -> Option<&str> {
        self.recogniser.makers[self.recogniser.maker_of_model(text)?].name.as_deref()
    }

    /// Returns whether a text begins with a word that stands where a maker should and is none: "Generic".
    pub fn names_nobody(&self, text: &str) -> bool {
        self.recogniser.maker_of_text(text).is_some_and(|(maker, ..)| self.recogniser.makers[maker].name.is_none())
    }

    /// Returns whether a sysDescr names a network board or print server instead of the printer.
    pub fn names_board(&self, sys_descr: &str) -> bool {
        self.recogniser.names_board(sys_descr)
    }
}

/// Gathers the heads of all files.
#[derive(Default)]
struct Heads {
    files: Vec<ProfileFile>,
    makers: Vec<Maker>,
    branches: Vec<Branch>,
    /// Profiles that name their maker, for when all makers are known: (file, maker, where it stands).
    named: Vec<(usize, Box<str>, Rule)>,
    errors: Vec<CatalogError>,
    /// All files, in their order.
    order: Vec<&'static str>,
}

/// Is what the heads of all files come to.
struct Finished {
    files: Vec<ProfileFile>,
    recogniser: Recogniser,
    errors: Vec<CatalogError>,
    order: Vec<&'static str>,
}

impl Heads {
    fn add(&mut self, file: &'static str, text: Cow<'static, str>) {
        self.order.push(file);
        let name = stem(file).to_string();
        let is_profile = name != MAKERS;
        if let Some(first) = self.files.iter().find(|profile| profile.name == name) {
            return self.errors.push(fault(file, format!("profile \"{name}\" stands already in {}", first.file)));
        }
        // With faults or without: what follows tells the others of the same file, and who inherits from it.
        let (head, faults) = load::head(file, &text, is_profile);
        self.errors.extend(faults);
        let before = self.makers.len();
        for branch in head.branches {
            if let Some(other) = self.branches.iter().find(|other| other.arcs == branch.arcs && other.rule.file != file) {
                self.errors.push(CatalogError { rule: branch.rule, message: format!("this branch stands already in {}", other.rule) });
            }
            self.branches.push(Branch { maker: before + branch.maker, ..branch });
        }
        self.makers.extend(head.makers);
        if is_profile {
            self.named.extend(head.of_makers.into_iter().map(|(maker, rule)| (self.files.len(), maker, rule)));
            let makers = (before..self.makers.len()).collect();
            let (inherits, matches, models) = (head.inherits, head.matches, head.models);
            self.files.push(ProfileFile { name, file, text, makers, inherits, matches, models, profile: OnceLock::new() });
        }
    }

    fn finish(mut self) -> Finished {
        for (file, name, rule) in self.named {
            let of_name = |maker: &Maker| maker.name.as_deref() == Some(&*name);
            let found: Vec<usize> = (0..self.makers.len()).filter(|place| of_name(&self.makers[*place])).collect();
            if found.is_empty() {
                let hint = suggest::did_you_mean(&name, self.makers.iter().filter_map(|maker| maker.name.as_deref()));
                self.errors.push(CatalogError { rule, message: format!("unknown maker \"{name}\"{hint}") });
            }
            self.files[file].makers.extend(found);
        }
        let recogniser = Recogniser::new(self.makers, self.branches);
        Finished { files: self.files, recogniser, errors: self.errors, order: self.order }
    }
}

/// Reads a profile and, before it, those it inherits from; `chain` is who asks for it.
fn load_profile(files: &[ProfileFile], name: &str, chain: &mut Vec<String>) -> Result<Arc<Profile>, BaseError> {
    if chain.iter().any(|asking| asking == name) {
        return Err(BaseError::Cycle(format!("{} → {name}", chain.join(" → "))));
    }
    let Some(file) = files.iter().find(|file| file.name == name) else {
        return Err(BaseError::Unknown(suggest::did_you_mean(name, files.iter().map(|file| file.name.as_str()))));
    };
    let profile = file.profile.get_or_init(|| {
        chain.push(name.to_string());
        let profile = load::profile(file.file, name, &file.text, |base| load_profile(files, base, chain)).map(Arc::new);
        chain.pop();
        profile
    });
    profile.clone().map_err(|_| BaseError::Faulty)
}

/// Returns a file and those that it inherits from, the nearest first.
fn ancestry<'f>(files: &'f [ProfileFile], file: &'f ProfileFile) -> Vec<&'f ProfileFile> {
    let mut chain = vec![file];
    while let Some(base) = chain[chain.len() - 1].inherits.as_deref()
        && let Some(base) = files.iter().find(|file| file.name == base)
        && !chain.iter().any(|file| file.name == base.name)
    {
        chain.push(base);
    }
    chain
}

/// Returns the faults of a profile, read now if it has not been.
fn faults_of(files: &[ProfileFile], file: &ProfileFile) -> Option<CatalogErrors> {
    let _ = load_profile(files, &file.name, &mut Vec::new());
    file.profile.get()?.as_ref().err().cloned()
}

fn within_bounds(overlay: &[(&str, &str)]) -> Result<(), CatalogErrors> {
    if let Some((file, _)) = overlay.get(MOST_OVERLAY_FILES) {
        let message = format!("{} files are added, expected at most {MOST_OVERLAY_FILES}", overlay.len());
        return Err(CatalogErrors(vec![fault(interned(file), message)]));
    }
    let large = overlay.iter().filter(|(_, text)| text.len() > LARGEST_OVERLAY_FILE);
    let told = large
        .map(|(file, text)| fault(interned(file), format!("the file has {} octets, expected at most {LARGEST_OVERLAY_FILE}", text.len())));
    let errors: Vec<CatalogError> = told.collect();
    if errors.is_empty() { Ok(()) } else { Err(CatalogErrors(errors)) }
}

fn stem(file: &str) -> &str {
    let name = file.rsplit(['/', '\\']).next().unwrap_or(file);
    name.strip_suffix(".toml").unwrap_or(name)
}

fn fault(file: &'static str, message: String) -> CatalogError {
    CatalogError { rule: Rule { file, line: 1 }, message }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_profile_with_faults_is_passed_over_where_it_was_not_read_at_the_start() {
        const HEADER: &str = "[profile]\ninherits = \"printer-mib\"\nsource = \"x\"\n";
        let matched = |text: &str| format!("{HEADER}[[match]]\nsource = \"x\"\nsys-descr = \"{text}\"\n");
        let files = [
            ("faulty.toml", format!("{}[raed]\n", matched("Acme Pro"))),
            ("sound.toml", matched("Acme")),
            ("any.toml", HEADER.to_string()),
        ];
        let standard = EMBEDDED.iter().take(1).map(|(file, text)| (*file, Cow::Borrowed(*text)));
        let added = files.into_iter().map(|(file, text)| (file, Cow::Owned(text)));
        let catalog = Catalog::open(standard.chain(added), |_| false).unwrap_or_else(|errors| panic!("{errors}"));
        let signs = Signs { sys_descr: Some("Acme Pro 3000"), ..Signs::default() };
        assert_eq!(catalog.profile_for(&signs).name, "sound");
        assert!(catalog.profile("faulty").is_err());
    }
}
