//! `cargo xtask fuzz`: every fuzz target for a bounded time.
//!
//! Targets are the `[[bin]]` entries of `fuzz/Cargo.toml`; a new target needs no change here.

use std::fs;
use std::path::PathBuf;
use std::time::Duration;

use anyhow::{Context, Result, bail};
use toml::Value;

use crate::{needs, paths, process};

const DEFAULT: Duration = Duration::from_secs(60);

pub fn command(arguments: &[String]) -> Result<()> {
    run_all(parse_arguments(arguments)?)
}

/// Returns whether the repository has fuzz targets at all.
pub fn exists() -> Result<bool> {
    Ok(manifest()?.is_file())
}

/// Runs every target for the given time each; the first finding ends the run.
pub fn run_all(time: Duration) -> Result<()> {
    let path = manifest()?;
    let text = fs::read_to_string(&path).with_context(|| format!("no fuzz targets to run: {}", path.display()))?;
    let targets = targets(&text).with_context(|| path.display().to_string())?;
    needs::provide_fuzzing()?;
    for target in &targets {
        println!("fuzzing {target} for {} s", time.as_secs());
        process::run(&mut fuzz_run(target, time)?)
            .with_context(|| format!("{target}: the input that fails is kept in fuzz/artifacts/{target}"))?;
    }
    Ok(())
}

/// `rustup run nightly cargo` is `cargo +nightly` for a program that cargo itself has started:
/// there, `cargo` may be a toolchain's own cargo, which does not know the plus sign.
fn fuzz_run(target: &str, time: Duration) -> Result<std::process::Command> {
    let mut command = process::program("rustup")?;
    command.args(["run", "nightly", "cargo", "fuzz", "run", target, "--"]);
    command.arg(format!("-max_total_time={}", time.as_secs()));
    // Where the input is a language, chance alone does not find its words.
    let dictionary = paths::root()?.join(format!("fuzz/{target}.dict"));
    if dictionary.is_file() {
        command.arg(format!("-dict={}", dictionary.display()));
    }
    command.env_remove("RUSTUP_TOOLCHAIN");
    Ok(command)
}

fn manifest() -> Result<PathBuf> {
    Ok(paths::root()?.join("fuzz/Cargo.toml"))
}

fn targets(manifest: &str) -> Result<Vec<String>> {
    let manifest: toml::Table = manifest.parse()?;
    let bins = manifest.get("bin").and_then(Value::as_array).map_or(&[] as &[Value], Vec::as_slice);
    let names: Vec<String> = bins.iter().filter_map(|bin| bin.get("name")?.as_str()).map(String::from).collect();
    if names.is_empty() {
        bail!("no [[bin]] with a name, so there is nothing to fuzz");
    }
    Ok(names)
}

fn parse_arguments(arguments: &[String]) -> Result<Duration> {
    match arguments {
        [] => Ok(DEFAULT),
        [flag, seconds] if flag == "--seconds" => match seconds.parse() {
            Ok(seconds) if seconds > 0 => Ok(Duration::from_secs(seconds)),
            _ => bail!("--seconds: expected a whole number above 0, found `{seconds}`"),
        },
        _ => bail!("expected `cargo xtask fuzz [--seconds N]`"),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_bin_is_a_target() {
        let manifest = "[package]\nname = 'f'\n[[bin]]\nname = 'ber'\n[[bin]]\nname = 'walk'\n";
        assert_eq!(targets(manifest).unwrap(), ["ber", "walk"]);
    }

    #[test]
    fn a_manifest_without_targets_is_an_error_and_not_a_silent_success() {
        assert!(targets("[package]\nname = 'f'\n").is_err());
    }

    #[test]
    fn seconds_are_a_whole_number_above_zero() {
        let parse = |text: &str| parse_arguments(&["--seconds".into(), text.into()]);
        assert_eq!(parse("600").unwrap(), Duration::from_secs(600));
        assert!(parse("0").is_err());
        assert!(parse("soon").is_err());
    }
}
