//! On what a measurement was made.

use std::fs;
use std::thread;

/// Returns one line on the machine and its load, and a second one if other work disturbs.
pub fn describe() -> String {
    let file = |path: &str| fs::read_to_string(path).unwrap_or_default();
    let processors = file("/proc/cpuinfo");
    let cores = thread::available_parallelism().map_or(1, usize::from);
    let load = file("/proc/loadavg");
    let plural = if cores == 1 { "" } else { "s" };
    let line = format!(
        "{}, {cores} core{plural}, Linux {}, load average {}",
        processor(&processors),
        file("/proc/sys/kernel/osrelease").trim(),
        load.split_whitespace().take(3).collect::<Vec<_>>().join(" ")
    );
    if is_busy(&load) {
        format!("{line}\nwarning: other work is running; wall times suffer most, CPU seconds less, the best run least")
    } else {
        line
    }
}

fn processor(cpuinfo: &str) -> &str {
    let model = |line| str::split_once(line, ':').filter(|(name, _)| name.trim() == "model name").map(|(_, model)| model.trim());
    cpuinfo.lines().find_map(model).unwrap_or("unknown processor")
}

fn is_busy(loadavg: &str) -> bool {
    loadavg.split_whitespace().next().and_then(|load| load.parse::<f64>().ok()).is_some_and(|load| load > 1.0)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_processor_is_named_where_the_system_names_it() {
        assert_eq!(processor("processor\t: 0\nmodel name\t: Specimen 3000: fast\n"), "Specimen 3000: fast");
        assert_eq!(processor("processor\t: 0\n"), "unknown processor");
    }

    #[test]
    fn a_load_above_one_disturbs() {
        assert!(is_busy("1.12 3.31 3.05 2/300 9"));
        assert!(!is_busy("0.46 2.39 2.74 2/300 9"));
        assert!(!is_busy(""));
    }
}
