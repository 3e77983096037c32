//! The man pages and completions, made from the definition of the command line itself.

use std::fs;
use std::io::{self, Write};
use std::iter;
use std::path::Path;

use anyhow::{Context, Result};
use clap::{Command, CommandFactory, ValueEnum};
use clap_complete::Shell;

use crate::args::Args;
use crate::output::Sink;

/// Prints the completions of one shell.
///
/// # Errors
/// Fails if the standard output cannot be written.
pub fn completions(shell: Shell) -> Result<()> {
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
    let mut command = Args::command().disable_help_subcommand(true);
    command.build();
    man_pages(&command, &man)?;
    for shell in Shell::value_variants() {
        let path = clap_complete::generate_to(*shell, &mut Args::command(), "roundsman", &completions);
        path.with_context(|| format!("cannot write the completions for {shell} to {}", completions.display()))?;
    }
    Ok(())
}

/// Writes the page of a command and those of the commands under it.
fn man_pages(command: &Command, folder: &Path) -> Result<()> {
    for one in iter::once(command).chain(command.get_subcommands().filter(|one| !one.is_hide_set())) {
        // `roundsman scan` is described in roundsman-scan(1).
        let name = one.get_bin_name().unwrap_or(one.get_name()).replace(' ', "-");
        let path = folder.join(format!("{name}.1"));
        fs::write(&path, man_page(one, &name)?).with_context(|| format!("cannot write {}", path.display()))?;
    }
    Ok(())
}

fn man_page(command: &Command, name: &str) -> io::Result<Vec<u8>> {
    let source = concat!("roundsman ", env!("CARGO_PKG_VERSION"));
    let man = clap_mangen::Man::new(command.clone()).title(name).source(source).manual("roundsman");
    let mut page = Vec::new();
    man.render_title(&mut page)?;
    man.render_name_section(&mut page)?;
    man.render_synopsis_section(&mut page)?;
    man.render_description_section(&mut page)?;
    man.render_options_section(&mut page)?;
    if command.has_subcommands() {
        man.render_subcommands_section(&mut page)?;
    }
    if let Some(examples) = command.get_after_long_help() {
        write_examples(&mut page, &examples.to_string())?;
    }
    Ok(page)
}

/// Writes the examples line by line, as they are: `man` would fill them into paragraphs.
fn write_examples(page: &mut Vec<u8>, text: &str) -> io::Result<()> {
    writeln!(page, ".SH EXAMPLES\n.nf")?;
    for line in text.lines().filter(|line| *line != "Examples:") {
        // A line that begins with a dot or an apostrophe would be a command; `\&` is nothing.
        writeln!(page, "\\&{}", line.replace('\\', "\\e").replace('-', "\\-").replace('…', "..."))?;
    }
    writeln!(page, ".fi")
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
            assert!(text.contains(".SH EXAMPLES\n.nf\n\\&  roundsman"), "{page}");
        }
        assert!(!folder.join("man/roundsman-generate.1").exists());
        for file in ["roundsman.bash", "_roundsman", "roundsman.fish", "_roundsman.ps1"] {
            assert!(fs::read_to_string(folder.join("completions").join(file)).unwrap().contains("exclude"), "{file}");
        }
        fs::remove_dir_all(folder).unwrap();
    }
}
