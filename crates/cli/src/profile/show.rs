//! One profile in full, so that a person can read it aloud: whom it is for, how it asks, what everything
//! means, and what each rule rests on.

use catalog::meaning::Capacity;
use catalog::{Catalog, Profile, Rule, Standard, Summary, Witness, Witnesses};

use super::words;

/// Returns the profile as text; what it inherits is named and counted, not repeated.
pub fn render(catalog: &Catalog, profile: &Profile) -> String {
    let Some(summary) = catalog.summaries().find(|summary| summary.name == profile.name) else { return String::new() };
    let mut page = Page { out: String::new(), file: summary.file, witnesses: catalog.witnesses(&profile.name), last: None };
    page.head(profile, &summary);
    page.recognition(&summary);
    page.asking(profile);
    page.objects(profile);
    page.meters(profile);
    page.sums(profile);
    page.supplies(profile);
    page.service_items(profile);
    page.deviations(profile);
    page.faults(profile);
    page.inherited(profile);
    page.out
}

struct Page {
    out: String,
    file: &'static str,
    witnesses: Witnesses,
    /// What the rule before rests on: the same is not said twice in a row.
    last: Option<Witness>,
}

impl Page {
    fn line(&mut self, text: &str) {
        // A file of somebody else's may hold what a terminal would obey.
        self.out.push_str(&report::safe_text(text));
        self.out.push('\n');
    }

    fn title(&mut self, text: &str) {
        self.last = None;
        self.out.push('\n');
        self.line(text);
    }

    /// Writes a rule, where it stands, what is to be said beside it, and what it rests on.
    fn rule(&mut self, text: &str, rule: Rule, more: &[String]) {
        self.line(&format!("  {text}  [{rule}]"));
        more.iter().filter(|sentence| !sentence.is_empty()).for_each(|sentence| self.line(&format!("      {sentence}")));
        let Some(witness) = self.witnesses.of(rule).cloned() else { return };
        if let Some(conflict) = &witness.conflict {
            self.line(&format!("      conflict: {conflict}"));
        }
        if self.last.as_ref() != Some(&witness) {
            let said = [("source", &witness.source), ("why", &witness.why)];
            said.into_iter().filter_map(|(key, text)| Some(format!("      {key}: {}", text.as_ref()?))).for_each(|text| self.line(&text));
        }
        self.last = Some(witness);
    }

    fn head(&mut self, profile: &Profile, summary: &Summary<'_>) {
        let makers = words::list(summary.makers.iter().map(ToString::to_string));
        let whom = match (makers.is_empty(), profile.inherits.is_none()) {
            (false, _) => format!("printers of {makers}"),
            (true, true) => "every printer: the standards".to_owned(),
            (true, false) => "printers of whose maker nothing is known".to_owned(),
        };
        self.line(&format!("{}: {whom}", profile.name));
        if !summary.models.is_empty() {
            self.line(&format!("  models    {}", summary.models.join(", ")));
        }
        self.line(&format!("  file      {}{}", summary.file, if summary.built_in { ", built in" } else { "" }));
        if let Some(base) = &profile.inherits {
            self.line(&format!("  inherits  {base}; see `roundsman profile show {base}`"));
        }
        self.line(&format!("  knows     {}", words::counted(profile, &profile.meanings, self.file)));
    }

    fn recognition(&mut self, summary: &Summary<'_>) {
        if summary.matches.is_empty() && summary.makers.is_empty() {
            return;
        }
        self.title("Who is read by it");
        if summary.matches.is_empty() {
            let makers = words::list(summary.makers.iter().map(ToString::to_string));
            self.line(&format!("  a device whose agent or whose texts are of {makers}"));
        }
        for rule in summary.matches {
            let mut signs = Vec::new();
            signs.extend(rule.sys_object_id.as_ref().map(|arcs| {
                let arcs: Vec<String> = arcs.iter().map(u32::to_string).collect();
                format!("sysObjectID begins {}", arcs.join("."))
            }));
            signs.extend(rule.sys_descr.as_ref().map(|text| format!("sysDescr begins \"{text}\"")));
            if !rule.device.is_empty() {
                let texts: Vec<String> = rule.device.iter().map(|text| format!("\"{text}\"")).collect();
                signs.push(format!("hrDeviceDescr or the device ID's model begins {}", texts.join(" or ")));
            }
            self.rule(&format!("a device whose {}", words::list(signs.into_iter())), rule.rule, &[]);
        }
    }

    fn asking(&mut self, profile: &Profile) {
        self.title("How it is asked");
        let mut said = words::read_rules(&profile.read);
        if profile.read.rule.file == self.file {
            let first = said.remove(0);
            self.rule(&first, profile.read.rule, &said);
        } else {
            self.line(&format!("  {}  [{}]", said.join("; "), profile.read.rule));
        }
    }

    fn objects(&mut self, profile: &Profile) {
        let mut own: Vec<_> = profile.objects.iter().filter(|object| object.rule.file == self.file).collect();
        own.sort_by_key(|object| object.rule.line);
        if own.is_empty() {
            return;
        }
        self.title("Objects");
        for object in own {
            // An inherited object that this file changes still means what it meant.
            let changed = profile.inherits.is_some() && object.id.index() < Standard::COUNT;
            let mut said = words::of_object(profile, object.id);
            said.push(format!("{}{}", words::asked(object), if changed { "; changed here" } else { "" }));
            let named = format!("{}  {}  {}", object.name, words::oid(profile, object), object.syntax);
            self.rule(&named, object.rule, &said);
        }
    }

    fn meters(&mut self, profile: &Profile) {
        let file = self.file;
        // Those that stand at an object have been said there.
        let at_object = |rule: &Rule| profile.objects.iter().any(|object| object.rule == *rule);
        let single: Vec<_> = profile.meanings.meters.iter().filter(|rule| rule.rule.file == file && !at_object(&rule.rule)).collect();
        let rows: Vec<_> = profile.meanings.meter_rows.iter().filter(|rows| rows.rule.file == file).collect();
        if single.is_empty() && rows.is_empty() {
            return;
        }
        self.title("Meters");
        for rule in single {
            let unit = rule.unit.map(|unit| format!(" in {unit}")).unwrap_or_default();
            let told = format!("{} is {}{unit}; grade {}", rule.name, words::reference(profile, rule.value), rule.grade);
            self.rule(&told, rule.rule, &[]);
        }
        for rows in rows {
            let by = rows.by.map_or("the row's own numbers", |column| profile.object(column).name);
            let unit = rows.unit.map(|unit| format!(" in {unit}")).unwrap_or_default();
            let told = format!("the rows of {} by {by}{unit}; grade {}", profile.object(rows.value).name, rows.grade);
            self.rule(&told, rows.rule, &words::meter_rows(rows));
        }
    }

    fn sums(&mut self, profile: &Profile) {
        let file = self.file;
        let made = profile.meanings.sums.iter().map(|sum| (sum, "is made of its parts"));
        let checked = profile.meanings.checks.iter().map(|sum| (sum, "must hold"));
        let own: Vec<_> = made.chain(checked).filter(|(sum, _)| sum.rule.file == file).collect();
        if own.is_empty() {
            return;
        }
        self.title("Sums");
        own.into_iter().for_each(|(sum, what)| self.rule(&format!("{}  {what}", words::sum(sum)), sum.rule, &[]));
    }

    fn supplies(&mut self, profile: &Profile) {
        let file = self.file;
        let single: Vec<_> = profile.meanings.supplies.iter().filter(|rule| rule.rule.file == file).collect();
        let rows: Vec<_> = profile.meanings.supply_rows.iter().filter(|rows| rows.rule.file == file).collect();
        if single.is_empty() && rows.is_empty() {
            return;
        }
        self.title("Supplies");
        for rule in single {
            let name = words::supply_name(&rule.kind.to_string(), rule.colorant.as_deref());
            let level = words::reference(profile, rule.level.value);
            let of = capacity(rule.capacity, |told| words::reference(profile, told));
            self.rule(&format!("{name} is {level}{of}; grade {}", rule.grade), rule.rule, &[words::amount(&rule.level)]);
        }
        for rows in rows {
            let level = profile.object(rows.level.value).name;
            let of = capacity(rows.capacity, |column| profile.object(column).name.to_owned());
            let kind = rows.kind.map(|kind| format!(", each a {}", report::text::words(&kind.to_string()))).unwrap_or_default();
            let mut more = vec![words::amount(&rows.level)];
            if let Some((column, kinds)) = &rows.kind_column {
                let said = kinds.iter().map(|(said, kind)| format!("{said} means {}", report::text::words(&kind.to_string())));
                more.push(format!("of {}, {}", profile.object(*column).name, words::list(said)));
            }
            if let Some((column, colorants)) = &rows.colorant_column
                && !colorants.is_empty()
            {
                let said = colorants.iter().map(|(said, colorant)| format!("{said} means {colorant}"));
                more.push(format!("of {}, {}", profile.object(*column).name, words::list(said)));
            }
            self.rule(&format!("the rows of {level}{of}{kind}; grade {}", rows.grade), rows.rule, &more);
        }
    }

    fn service_items(&mut self, profile: &Profile) {
        let file = self.file;
        let own: Vec<_> = profile.meanings.service_items.iter().filter(|rule| rule.rule.file == file).collect();
        if own.is_empty() {
            return;
        }
        self.title("Service items");
        for rule in own {
            let remaining = words::reference(profile, rule.remaining.value);
            let of = capacity(rule.capacity, |told| words::reference(profile, told));
            self.rule(&format!("{} is {remaining}{of}; grade {}", rule.name, rule.grade), rule.rule, &[words::amount(&rule.remaining)]);
        }
    }

    fn deviations(&mut self, profile: &Profile) {
        let file = self.file;
        let own: Vec<_> = profile.meanings.deviations.iter().filter(|rule| rule.rule.file == file).collect();
        if own.is_empty() {
            return;
        }
        self.title("Where it departs from the standards");
        own.into_iter().for_each(|rule| self.rule(&words::deviation(profile, &rule.kind), rule.rule, &[]));
    }

    fn faults(&mut self, profile: &Profile) {
        let file = self.file;
        let own: Vec<_> = profile.meanings.faults.iter().filter(|rule| rule.rule.file == file).collect();
        if own.is_empty() {
            return;
        }
        self.title("Fault codes");
        own.into_iter().for_each(|rule| self.rule(&words::fault(rule), rule.rule, &[]));
    }

    fn inherited(&mut self, profile: &Profile) {
        let mut files: Vec<&str> = profile.objects.iter().map(|object| object.rule.file).filter(|file| *file != self.file).collect();
        files.sort_unstable();
        files.dedup();
        if files.is_empty() {
            return;
        }
        self.title("Inherited");
        for file in files {
            self.line(&format!("  from {file}: {}", words::counted(profile, &profile.meanings, file)));
        }
    }
}

fn capacity<V: Copy>(capacity: Option<Capacity<V>>, name: impl Fn(V) -> String) -> String {
    match capacity {
        None => String::new(),
        Some(Capacity::Known(capacity)) => format!(" of {capacity}"),
        Some(Capacity::Told(told)) => format!(" of {}", name(told)),
    }
}
