//! "Add a printer in an afternoon", word for word: every command of the page is run in the order of the
//! page, on a printer that nobody knows, and prints what the page shows.
//!
//! `…` in the page stands for what differs from run to run; a line of it alone for any number of lines.
//! To write the page anew after a change, run the test with ROUNDSMAN_WRITE_DOCS=1 and read the difference.

mod common;

use std::fmt::Write as _;
use std::fs;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};

use common::{Folder, Simulated, roundsman, run};

/// Is the address of the printer in the page, and the one where it is simulated.
const TOLD: &str = "10.0.0.7";
const HERE: &str = "127.94.0.7";

/// Returns what the made-up printer says: the standards where they suffice, and a private tree.
fn printer() -> String {
    let mut text = String::from(
        "1.3.6.1.2.1.1.1.0|4|Acme Pro 3000\n1.3.6.1.2.1.1.2.0|6|1.3.6.1.4.1.99999.1.7\n1.3.6.1.2.1.1.3.0|67|8640000\n\
         1.3.6.1.2.1.1.4.0|4|helpdesk@example.com\n1.3.6.1.2.1.1.5.0|4|PRN-7\n1.3.6.1.2.1.1.6.0|4|Second floor\n\
         1.3.6.1.2.1.25.3.2.1.2.1|6|1.3.6.1.2.1.25.3.1.5\n1.3.6.1.2.1.25.3.2.1.3.1|4|Acme Pro 3000\n1.3.6.1.2.1.25.3.2.1.5.1|2|2\n\
         1.3.6.1.2.1.25.3.5.1.1.1|2|3\n1.3.6.1.2.1.25.3.5.1.2.1|4x|00\n1.3.6.1.2.1.43.5.1.1.1.1|65|3\n1.3.6.1.2.1.43.5.1.1.19.1|65|0\n\
         1.3.6.1.2.1.43.10.2.1.2.1.1|2|4\n1.3.6.1.2.1.43.10.2.1.3.1.1|2|7\n1.3.6.1.2.1.43.10.2.1.4.1.1|65|18250\n\
         1.3.6.1.4.1.99999.1.1.0|4|ACP3-004711\n1.3.6.1.4.1.99999.1.2.0|4|2.10.4\n",
    );
    let colorants = [("black", "K", 62), ("cyan", "C", 48), ("magenta", "M", 51), ("yellow", "Y", 90)];
    for (row, (colorant, letter, left)) in (1..).zip(colorants) {
        supply(&mut text, row, row, (3, 3), &format!("Toner {letter}"), -3);
        let _ = writeln!(text, "1.3.6.1.2.1.43.12.1.1.4.1.{row}|4|{colorant}");
        let _ = writeln!(text, "1.3.6.1.4.1.99999.3.1.1.1.{row}|4|{letter}\n1.3.6.1.4.1.99999.3.1.1.2.{row}|2|{left}");
    }
    supply(&mut text, 5, 0, (4, 4), "Waste toner box", 12);
    for (row, (name, count)) in (1..).zip([("Monochrome", 12_004), ("Color", 6_246), ("One-sided", 14_150), ("Two-sided", 4_100)]) {
        let _ = writeln!(text, "1.3.6.1.4.1.99999.2.1.1.1.{row}|4|{name}\n1.3.6.1.4.1.99999.2.1.1.2.{row}|65|{count}");
    }
    text
}

/// Adds a row of prtMarkerSuppliesTable, of class and type, in percent of a hundred.
fn supply(text: &mut String, row: u32, colorant: u32, (class, kind): (u32, u32), description: &str, level: i32) {
    let cells = [(2, 1), (3, colorant), (4, class), (5, kind), (7, 19), (8, 100)];
    for (column, value) in cells {
        let _ = writeln!(text, "1.3.6.1.2.1.43.11.1.1.{column}.1.{row}|2|{value}");
    }
    let _ = writeln!(text, "1.3.6.1.2.1.43.11.1.1.6.1.{row}|4|{description}\n1.3.6.1.2.1.43.11.1.1.9.1.{row}|2|{level}");
}

/// Is a fenced block of the page.
#[derive(Debug)]
enum Block {
    /// Commands, each with what the page shows behind it, and the line where that begins.
    Console(Vec<(String, Vec<String>)>),
    /// A file: its name, whether the text is added behind, and the text.
    File(String, bool, String),
}

/// Is the page: text that is kept, and blocks that are run.
fn parts(page: &str) -> Vec<(String, Option<Block>)> {
    let mut parts = Vec::new();
    let mut kept = String::new();
    let mut lines = page.lines();
    while let Some(line) = lines.next() {
        kept.push_str(line);
        kept.push('\n');
        let Some(kind) = line.strip_prefix("```") else { continue };
        let body: Vec<&str> = lines.by_ref().take_while(|line| *line != "```").collect();
        let mut words = kind.split(' ');
        let block = match (words.next(), words.next(), words.next()) {
            (Some("console"), None, None) => Block::Console(commands(&body)),
            (Some("toml"), Some(name), more) => Block::File(name.to_owned(), more == Some("+"), body.join("\n") + "\n"),
            _ => panic!("a block of no known kind: {line}"),
        };
        parts.push((std::mem::take(&mut kept), Some(block)));
    }
    parts.push((kept, None));
    parts
}

fn commands(body: &[&str]) -> Vec<(String, Vec<String>)> {
    let mut commands: Vec<(String, Vec<String>)> = Vec::new();
    for line in body {
        match (line.strip_prefix("$ "), commands.last_mut()) {
            (Some(command), _) => commands.push((command.to_owned(), Vec::new())),
            (None, Some((_, shown))) => shown.push((*line).to_owned()),
            (None, None) => panic!("a block begins with what no command printed: {line}"),
        }
    }
    commands
}

/// Returns whether a printed line is the one shown; `…` stands for anything.
fn is_line(shown: &str, printed: &str) -> bool {
    let mut pieces = shown.split('…');
    let Some(mut rest) = pieces.next().and_then(|first| printed.strip_prefix(first)) else { return false };
    let mut last = None;
    for piece in pieces {
        let Some(at) = rest.find(piece) else { return false };
        rest = &rest[at + piece.len()..];
        last = Some(piece);
    }
    rest.is_empty() || last == Some("")
}

fn are_lines(shown: &[String], printed: &[&str]) -> bool {
    match (shown, printed) {
        ([], []) => true,
        ([any, more @ ..], _) if any == "…" => (0..=printed.len()).any(|skipped| are_lines(more, &printed[skipped..])),
        ([line, more @ ..], [first, rest @ ..]) => is_line(line, first) && are_lines(more, rest),
        _ => false,
    }
}

#[test]
fn every_command_of_the_page_prints_what_the_page_shows() {
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../docs/add-a-printer.md");
    let page = fs::read_to_string(&path).expect("the page is there");
    let folder = Folder::new();
    let recording = folder.write("printer", &printer());
    fs::rename(&recording, folder.join("printer.snmprec")).expect("a file can be named");
    let recording = folder.join("printer.snmprec").display().to_string();
    let printers = Simulated::start(HERE, &["--network", &format!("{HERE}/32"), "--recordings", &recording]);
    let desk = folder.join("desk");
    fs::create_dir_all(desk.join("profiles")).expect("a folder can be made");

    let writes = std::env::var_os("ROUNDSMAN_WRITE_DOCS").is_some();
    let (mut anew, mut ran) = (String::new(), 0);
    for (kept, block) in parts(&page) {
        anew.push_str(&kept);
        match block {
            None => continue,
            Some(Block::File(name, is_added, text)) => {
                let before =
                    if is_added { fs::read_to_string(desk.join(&name)).expect("what is added to is there") } else { String::new() };
                fs::write(desk.join(&name), before + &text).expect("a file can be written");
                anew.push_str(&text);
            }
            Some(Block::Console(commands)) => {
                for (command, shown) in commands {
                    let printed = in_a_shell(&desk, &command, printers.port);
                    let lines: Vec<&str> = printed.lines().collect();
                    ran += 1;
                    let holds = are_lines(&shown, &lines);
                    assert!(holds || writes, "{command}\nprinted:\n{printed}\nand the page shows:\n{}", shown.join("\n"));
                    let told = if holds { shown.join("\n") } else { lines.join("\n") };
                    let _ = writeln!(anew, "$ {command}");
                    if !told.is_empty() {
                        let _ = writeln!(anew, "{told}");
                    }
                }
            }
        }
        anew.push_str("```\n");
    }
    assert!(ran >= 15, "{ran} commands: the page is read wrongly");
    if writes {
        fs::write(&path, anew).expect("the page can be written");
    } else {
        assert_eq!(anew, page, "the page is read in full");
    }
}

/// Runs a command of the page at a desk of its own, and returns what it printed; it must succeed.
fn in_a_shell(desk: &Path, command: &str, port: u16) -> String {
    let here = command.replace(TOLD, &format!("{HERE}:{port}"));
    let program = PathBuf::from(roundsman().get_program());
    let folder = program.parent().expect("a program lies in a folder").display().to_string();
    let path = format!("{folder}:{}", std::env::var("PATH").unwrap_or_default());
    let mut shell = Command::new("sh");
    shell.args(["-c", &here]).current_dir(desk).env("PATH", path).env("LC_ALL", "C.UTF-8").stdin(Stdio::null());
    for name in ["ROUNDSMAN_COMMUNITY", "ROUNDSMAN_PROFILES", "COLUMNS", "NO_COLOR", "CLICOLOR_FORCE"] {
        shell.env_remove(name);
    }
    let ran = run(&mut shell).expect(0);
    ran.out.replace(&format!("{HERE}:{port}"), TOLD).replace(HERE, TOLD)
}

#[test]
fn what_the_page_leaves_open_is_left_open() {
    assert!(is_line("… objects in a.snmprec", "18 objects in a.snmprec") && !is_line("… objects", "18 objects more"));
    assert!(is_line("same", "same") && !is_line("same", "same not") && is_line("begins…", "begins so"));
    let shown = |lines: &[&str]| lines.iter().map(ToString::to_string).collect::<Vec<_>>();
    assert!(are_lines(&shown(&["a", "…", "d"]), &["a", "b", "c", "d"]) && are_lines(&shown(&["…"]), &[]));
    assert!(!are_lines(&shown(&["a"]), &["a", "b"]) && !are_lines(&shown(&["a", "…", "d"]), &["a", "b"]));
}
