//! All profiles and makers: read from the files that the program carries, or from others.

use std::borrow::Cow;
use std::sync::{Arc, OnceLock};

use crate::error::{CatalogError, CatalogErrors};
use crate::intern::interned;
use crate::load::{self, BaseError, STANDARD_PROFILE};
use crate::object::Rule;
use crate::profile::Profile;
use crate::recogniser::{DeviceKind, Named, Recogniser, Recognition};
use crate::suggest;

/// Is every vendor file that the program carries, with its text.
pub const EMBEDDED: &[(&str, &str)] = &[
    ("vendors/printer-mib.toml", include_str!("../../../vendors/printer-mib.toml")),
    ("vendors/makers.toml", include_str!("../../../vendors/makers.toml")),
];

/// Names the file that holds the makers instead of a profile.
const MAKERS: &str = "makers";

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
    profile: OnceLock<Result<Arc<Profile>, CatalogErrors>>,
}

impl Catalog {
    /// Reads the embedded standard profile and makers; the vendors' profiles wait.
    pub fn embedded() -> Result<Catalog, CatalogErrors> {
        Self::open(EMBEDDED.iter().map(|(file, text)| (*file, Cow::Borrowed(*text))))
    }

    /// Reads all of these files at once and tells every fault of each: `(file name, text)`.
    ///
    /// A file named `makers.toml` lists makers; any other is the profile of its name. One of them
    /// must be `printer-mib.toml`.
    pub fn parse(files: &[(&str, &str)]) -> Result<Catalog, CatalogErrors> {
        let files = files.iter().map(|(file, text)| (interned(file), Cow::Owned(String::from(*text))));
        let catalog = Self::open(files)?;
        let errors: Vec<CatalogError> =
            catalog.files.iter().filter_map(|file| catalog.profile(&file.name).err()).flat_map(|errors| errors.0).collect();
        if errors.is_empty() { Ok(catalog) } else { Err(CatalogErrors(errors)) }
    }

    fn open(files: impl Iterator<Item = (&'static str, Cow<'static, str>)>) -> Result<Catalog, CatalogErrors> {
        let (mut profiles, mut recogniser, mut errors) = (Vec::<ProfileFile>::new(), Recogniser::default(), Vec::new());
        for (file, text) in files {
            let name = stem(file).to_string();
            if name == MAKERS {
                match load::makers(file, &text) {
                    Ok((makers, branches)) => recogniser = Recogniser::new(makers, branches),
                    Err(faults) => errors.extend(faults.0),
                }
            } else if let Some(first) = profiles.iter().find(|profile| profile.name == name) {
                errors.push(fault(file, format!("profile \"{name}\" stands already in {}", first.file)));
            } else {
                profiles.push(ProfileFile { name, file, text, profile: OnceLock::new() });
            }
        }
        for maker in &recogniser.makers {
            for name in maker.profiles.iter().filter(|name| !profiles.iter().any(|profile| *profile.name == ***name)) {
                let hint = suggest::did_you_mean(name, profiles.iter().map(|profile| profile.name.as_str()));
                errors.push(CatalogError { rule: maker.rule, message: format!("unknown profile \"{name}\"{hint}") });
            }
        }
        match load_profile(&profiles, STANDARD_PROFILE, &mut Vec::new()) {
            Ok(standard) if errors.is_empty() => return Ok(Catalog { standard, recogniser, files: profiles }),
            Ok(_) => {}
            Err(BaseError::Unknown(_)) => errors.push(fault("vendors/printer-mib.toml", String::from("the standard profile is missing"))),
            Err(_) => {
                let faults = profiles.iter().find(|file| file.name == STANDARD_PROFILE).and_then(|file| file.profile.get());
                errors.extend(faults.and_then(|result| result.as_ref().err()).into_iter().flat_map(|faults| faults.0.clone()));
            }
        }
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

    /// Tells who made a device and which profile to read it by, from what it says first.
    ///
    /// The maker is the one that sysDescr begins with, else the one that sysObjectID belongs to: a
    /// network board carries its own maker's number, and often another's printer. Whether it is a
    /// printer is told by sysObjectID alone.
    pub fn recognise(&self, sys_object_id: Option<&[u32]>, sys_descr: Option<&str>) -> Recognition<'_> {
        let branch = sys_object_id.and_then(|oid| self.recogniser.branch(oid));
        let named = sys_descr.and_then(|text| self.recogniser.maker_of_text(text)).map(|(maker, ..)| maker);
        let named = named.filter(|maker| self.recogniser.makers[*maker].name.is_some());
        let maker = named.or(branch.map(|branch| branch.maker)).map(|place| &self.recogniser.makers[place]);
        let profiles = maker.into_iter().flat_map(|maker| &maker.profiles);
        let fitting = profiles
            .filter_map(|name| self.profile(name).ok())
            .find(|profile| profile.matches.is_empty() || profile.matches.iter().any(|rule| rule.fits(sys_object_id, sys_descr)));
        Recognition {
            manufacturer: maker.and_then(|maker| maker.name.as_deref()),
            kind: branch.map_or(DeviceKind::Undecided, |branch| branch.kind),
            profile: fitting.unwrap_or(&self.standard),
            rule: branch.map(|branch| &branch.rule).or(maker.map(|maker| &maker.rule)),
        }
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

fn stem(file: &str) -> &str {
    let name = file.rsplit(['/', '\\']).next().unwrap_or(file);
    name.strip_suffix(".toml").unwrap_or(name)
}

fn fault(file: &'static str, message: String) -> CatalogError {
    CatalogError { rule: Rule { file, line: 1 }, message }
}
