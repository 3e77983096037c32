//! The man pages and completions, made from the definition of the command line itself.

use std::fs;
use std::io;
use std::path::Path;

use anyhow::{Context, Result};
use clap::{CommandFactory, ValueEnum};
use clap_complete::Shell;

use crate::args::Args;
use crate::output::Sink;

/// Prints the completions of one shell.
///
/// # Errors
/// Fails if the standard output cannot be written.
pub fn completions(shell: Shell) -> Result<()> {
    use io::Write;
    let mut script = Vec::new();
    clap_complete::generate(shell, &mut Args::command(), "roundsman", &mut script);
    let mut sink = Sink::open(None)?;
    sink.write_all(&script)?;
    sink.finish()
}

/// Writes `man/*.1` and `completions/*` for every shell into a folder.
///
/// # Errors
/// Fails if the folder cannot be written.
pub fn everything(folder: &Path) -> Result<()> {
    let (man, completions) = (folder.join("man"), folder.join("completions"));
    for folder in [&man, &completions] {
        fs::create_dir_all(folder).with_context(|| format!("cannot make {}", folder.display()))?;
    }
    let mut command = Args::command();
    command.build();
    man_pages(&command, &man)?;
    for shell in Shell::value_variants() {
        let path = clap_complete::generate_to(*shell, &mut Args::command(), "roundsman", &completions);
        path.with_context(|| format!("cannot write the completions for {shell} to {}", completions.display()))?;
    }
    Ok(())
}

/// Writes the page of a command and those of the commands under it.
fn man_pages(command: &clap::Command, folder: &Path) -> Result<()> {
    for one in std::iter::once(command).chain(command.get_subcommands().filter(|one| !one.is_hide_set() && one.get_name() != "help")) {
        // `roundsman scan` is described in roundsman-scan(1).
        let name = one.get_bin_name().unwrap_or(one.get_name()).replace(' ', "-");
        let path = folder.join(format!("{name}.1"));
        let mut page = Vec::new();
        clap_mangen::Man::new(one.clone()).title(&name).render(&mut page)?;
        fs::write(&path, page).with_context(|| format!("cannot write {}", path.display()))?;
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_command_has_a_page_and_every_shell_its_completions() {
        let folder = std::env::temp_dir().join(format!("roundsman-generate-{}", std::process::id()));
        everything(&folder).unwrap();
        for page in ["roundsman", "roundsman-scan", "roundsman-probe", "roundsman-record", "roundsman-replay", "roundsman-sim"] {
            let text = fs::read_to_string(folder.join("man").join(page).with_extension("1")).unwrap();
            assert!(text.contains(".SH NAME") && text.contains(&page.replace('-', "\\-")), "{page}");
        }
        assert!(!folder.join("man/roundsman-generate.1").exists());
        for file in ["roundsman.bash", "_roundsman", "roundsman.fish", "_roundsman.ps1"] {
            assert!(fs::read_to_string(folder.join("completions").join(file)).unwrap().contains("exclude"), "{file}");
        }
        fs::remove_dir_all(folder).unwrap();
    }
}
