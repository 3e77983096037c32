//! `cargo xtask dictionary`: makes the words that both sides of a short report know.
//!
//! Simulated printers are read, a module lives a day in each, and zstd learns from what the modules send.
//! The dictionary in use never changes, so this writes one beside it: whoever wants a better one gives
//! it another number.

use std::fs::{self, File};
use std::path::Path;
use std::process::{Child, Stdio};
use std::thread::sleep;
use std::time::Duration;

use anyhow::{Context, Result, ensure};

use crate::{paths, process};

/// Is what one of these may take of a printer's flash.
const MOST_OCTETS: &str = "8192";
const NETWORK: &str = "127.40.0.0/22";
const PORT: &str = "1191";
/// So many printers, two reports of each.
const PRINTERS: &str = "600";

pub fn command(arguments: &[String]) -> Result<()> {
    let [number] = arguments else { anyhow::bail!("expected `cargo xtask dictionary NUMBER`; 32769 is the one in use") };
    number.parse::<u16>().ok().filter(|number| *number > 32_767).context("expected a number from 32768 to 65535")?;
    let target = paths::target_dir()?;
    let folder = target.join("dictionary");
    let _ = fs::remove_dir_all(&folder);
    fs::create_dir_all(&folder).with_context(|| folder.display().to_string())?;
    // As the tests are built, so that little is built twice.
    process::run(&mut process::cargo("build --profile test -p cli")?)?;
    process::run(&mut process::cargo("build --profile test -p device --example bodies")?)?;
    let devices = folder.join("devices.ndjson");
    read_printers(&target.join("debug/roundsman"), &devices)?;
    let bodies = folder.join("bodies");
    process::run(process::program(target.join("debug/examples/bodies"))?.arg(&bodies).stdin(File::open(&devices)?))?;
    let made = folder.join(format!("report-{number}.zdict"));
    let mut train = process::program("zstd")?;
    train.args(["-q", "--train", "-r"]).arg(&bodies).arg("-o").arg(&made);
    process::run(train.args(["--maxdict", MOST_OCTETS, "--dictID", number]))?;
    println!("made {}", made.display());
    Ok(())
}

/// Reads simulated printers into a file, a record a line.
fn read_printers(program: &Path, into: &Path) -> Result<()> {
    let mut simulated = process::program(program)?;
    simulated.args(["sim", "--network", NETWORK, "--count", PRINTERS, "--port", PORT, "--seed", "7"]);
    let mut printers = Ended(simulated.stdout(Stdio::null()).spawn().context("the printers did not start")?);
    sleep(Duration::from_secs(2));
    ensure!(printers.0.try_wait()?.is_none(), "the printers ended; is port {PORT} taken?");
    let mut scan = process::program(program)?;
    scan.args(["scan", NETWORK, "--port", PORT, "--format", "ndjson"]).stdout(File::create(into)?);
    process::run(&mut scan)
}

/// Ends a program when it is dropped.
struct Ended(Child);

impl Drop for Ended {
    fn drop(&mut self) {
        let _ = self.0.kill();
        let _ = self.0.wait();
    }
}
