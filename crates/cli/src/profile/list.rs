//! All profiles in a table: whose printers they are for, how much they know, and where they come from.

use std::collections::BTreeSet;

use anyhow::{Context, Result};
use catalog::{Catalog, Profile, Standard};
use report::Style;

/// Is how much of a profile's list of models is shown; the rest is for `show`.
const MODELS: usize = 40;

/// Returns one line a profile, in the order of their names; the standards' first.
///
/// # Errors
/// Fails if a built-in file does not load.
pub fn render(catalog: &Catalog, style: &Style) -> Result<String> {
    let header = ["NAME", "MAKERS", "OBJECTS", "METERS", "SUPPLIES", "FROM", "MODELS"].map(str::to_owned).to_vec();
    let mut rows = vec![header];
    let mut summaries: Vec<_> = catalog.summaries().collect();
    summaries.sort_by_key(|summary| (summary.name != catalog.standard().name, summary.name));
    for summary in summaries {
        let profile = catalog.profile(summary.name).with_context(|| format!("the profile {} does not load", summary.name))?;
        let known = Known::of(profile);
        let from = if summary.built_in { "built in" } else { summary.file };
        rows.push(vec![
            summary.name.to_owned(),
            summary.makers.join(", "),
            known.objects.to_string(),
            known.meters.to_string(),
            known.supplies.to_string(),
            from.to_owned(),
            shortened(&summary.models.join(", "), style),
        ]);
    }
    Ok(report::aligned("", &rows, style))
}

/// Counts what a profile knows beyond the standards, inherited or its own; of the standard profile, all.
pub struct Known {
    pub objects: usize,
    pub meters: usize,
    pub supplies: usize,
}

impl Known {
    pub fn of(profile: &Profile) -> Self {
        let meanings = &profile.meanings;
        let single = meanings.meters.iter().map(|rule| rule.name);
        let rows = meanings.meter_rows.iter().flat_map(|rows| rows.names.values().copied());
        let sums = meanings.sums.iter().map(|sum| sum.total);
        let meters: BTreeSet<&str> = single.chain(rows).chain(sums).collect();
        let objects = match profile.inherits {
            None => profile.objects.len(),
            Some(_) => profile.objects.len() - Standard::COUNT,
        };
        Known { objects, meters: meters.len(), supplies: meanings.supplies.len() + meanings.supply_rows.len() }
    }
}

fn shortened(text: &str, style: &Style) -> String {
    if text.chars().count() <= MODELS {
        return text.to_owned();
    }
    let mark = if style.unicode { "…" } else { "..." };
    text.chars().take(MODELS).chain(mark.chars()).collect()
}
