//! What a printer says at its print path when a person asks: PJL's INFO, and the state of an LPD queue.

use catalog::Catalog;
use model::DeviceRecord;
use model::Origin;
use model::record::{DeviceOption, Evidence, Meter, Path, Presence};
use model::standard::PrinterStatus;
use printport::lpd::Queue;
use printport::pjl::{Condition, Problem, Report};

use crate::{Context, naming};

/// Makes a record of a PJL session.
///
/// The page count is `reported`: which pages it counts differs by model. A printer that was busy was
/// asked nothing more, and tells only that.
///
/// Source: HP, Printer Job Language Technical Reference Manual, "INFO".
pub fn of_pjl(report: &Report, catalog: &Catalog, context: &Context) -> DeviceRecord {
    let mut record = DeviceRecord::new(context.path);
    record.observed_at = context.observed_at;
    let origin = |category: &str| Origin::new(format!("INFO {category}"), &[]);
    if let Some(id) = &report.id {
        let said = naming::of_pjl_id(id, catalog);
        record.identity.manufacturer = said.manufacturer.map(str::to_string);
        record.identity.model = said.model;
        for (fact, word) in [("manufacturer", &record.identity.manufacturer), ("model", &record.identity.model)] {
            if word.is_some() {
                record.identity.origins.insert(fact.to_string(), vec![origin("ID")]);
            }
        }
        // What names no maker that is known may still tell a person something.
        if record.identity.manufacturer.is_none() {
            record.configuration.insert("INFO ID".to_string(), id.clone());
        }
    }
    if let Some(value) = report.page_count {
        record.meters.push(Meter {
            name: "total".to_string(),
            value,
            unit: None,
            origin: origin("PAGECOUNT"),
            evidence: Evidence::Reported,
        });
    }
    for entry in &report.config {
        let value = entry.value.clone().unwrap_or_else(|| entry.choices.join(", "));
        if !value.is_empty() {
            record.options.push(DeviceOption { name: entry.name.to_lowercase(), value, origin: origin("CONFIG") });
        }
    }
    let variables = report.variables.iter().filter_map(|entry| Some((&entry.name, entry.value.as_ref()?)));
    record.configuration.extend(variables.map(|(name, value)| (format!("INFO VARIABLES {name}"), value.clone())));
    record.configuration.extend(report.supplies.iter().map(|(name, value)| (format!("INFO SUPPLIES {name}"), value.clone())));
    if let Some(status) = &report.status {
        record.status.console = status.display.clone();
        let condition = status.code.map(Condition::of);
        record.status.printer = match condition {
            _ if report.is_busy => Some(PrinterStatus::Printing),
            Some(condition) if condition.stops() => Some(PrinterStatus::Other(1)),
            _ => Some(PrinterStatus::Idle),
        };
        record.presence = if report.is_busy { Presence::Printing } else { Presence::Ready };
        if let Some(code) = status.code {
            record.configuration.insert("INFO STATUS CODE".to_string(), code.to_string());
        }
    }
    // A category that a model does not have is nothing that went wrong.
    let problems = report.problems.iter().filter(|problem| !matches!(problem, Problem::Unknown(_)));
    record.problems.extend(problems.map(|problem| format!("PJL: {problem}")));
    record
}

/// Makes a record of the state of an LPD queue: that a print path lives, and nothing about anybody's jobs.
pub fn of_lpd(name: &str, queue: Queue, path: Path) -> DeviceRecord {
    let mut record = DeviceRecord::new(path);
    if queue.lives {
        record.presence = Presence::Ready;
    }
    let said = |word: Option<String>| word.unwrap_or_else(|| "not said".to_string());
    let accepts = queue.accepts.map(|accepts| if accepts { "yes" } else { "no" }.to_string());
    record.configuration.insert(format!("lpd {name} answers"), if queue.lives { "yes" } else { "no" }.to_string());
    if queue.lives {
        record.configuration.insert(format!("lpd {name} accepts jobs"), said(accepts));
        record.configuration.insert(format!("lpd {name} jobs"), said(queue.jobs.map(|jobs| jobs.to_string())));
    }
    record
}

#[cfg(test)]
mod tests {
    use super::*;
    use catalog::Sections;
    use printport::pjl::Query;

    #[test]
    fn a_category_that_a_model_does_not_have_is_no_problem_and_silence_is_one() {
        let problems = vec![Problem::Unknown(Query::Supplies), Problem::NoAnswer(Query::Config)];
        let report = Report { page_count: Some(7), problems, ..Report::default() };
        let context = Context { sections: Sections::all(), observed_at: None, path: Path::Agent };
        let record = of_pjl(&report, &Catalog::embedded().expect("embedded"), &context);
        assert_eq!(record.problems, ["PJL: INFO CONFIG: no answer"]);
        assert_eq!((record.meters[0].value, record.meters[0].evidence), (7, Evidence::Reported));
    }

    #[test]
    fn an_id_of_nobody_that_is_known_is_kept_as_it_was_said() {
        let report = Report { id: Some("Acme Nine".to_string()), ..Report::default() };
        let context = Context { sections: Sections::all(), observed_at: None, path: Path::Agent };
        let record = of_pjl(&report, &Catalog::embedded().expect("embedded"), &context);
        assert_eq!((record.identity.manufacturer, record.identity.model), (None, None));
        assert!(record.identity.origins.is_empty());
        assert_eq!(record.configuration["INFO ID"], "Acme Nine");
    }
}
