//! The computer inside the printer, as its operating system tells it.

use std::fs;

use wire::{Facts, Value};

/// Adds what the operating system says, where the printer has not said it itself.
pub fn add(facts: &mut Facts, module: &str) {
    let line = |path: &str| fs::read_to_string(path).ok().and_then(|text| text.lines().next().map(|line| line.trim().to_owned()));
    let field = |path: &str, name: &str| {
        let text = fs::read_to_string(path).ok()?;
        let line = text.lines().find(|line| line.starts_with(name))?;
        Some(line.split_once([':', '='])?.1.trim().trim_matches('"').to_owned())
    };
    let said = [
        ("configuration/host.operatingSystem", field("/etc/os-release", "PRETTY_NAME")),
        ("configuration/host.kernel", line("/proc/sys/kernel/osrelease").map(|release| format!("Linux {release}"))),
        ("configuration/host.architecture", Some(std::env::consts::ARCH.to_owned())),
        ("configuration/host.processor", field("/proc/cpuinfo", "model name").or_else(|| field("/proc/cpuinfo", "Hardware"))),
        ("configuration/host.memory", field("/proc/meminfo", "MemTotal")),
        ("configuration/software.module", Some(module.to_owned())),
    ];
    for (key, value) in said {
        if let Some(value) = value.filter(|value| !value.is_empty()) {
            facts.entry(key.into()).or_insert_with(|| Value::Text(value.chars().take(120).collect()));
        }
    }
}
