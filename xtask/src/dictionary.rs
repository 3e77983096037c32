//! `cargo xtask dictionary`: makes the words that both sides of a short report know.
//!
//! Simulated printers are read, a module lives a day in each, and zstd learns from what the modules send.
//! The dictionary in use never changes, so this writes one beside it: whoever wants a better one gives
//! it another number.

use std::fs::{self, File};

use anyhow::{Context, Result, bail};

use crate::bench::fleet::{Fleet, Printers};
use crate::{needs, paths, process};

/// Is what one of these may take of a printer's flash.
const MOST_OCTETS: &str = "8192";
/// Two reports of each.
const PRINTERS: Printers = Printers { network: "127.40.0.0/22", count: 600, manners: &["--seed", "7"] };

pub fn command(arguments: &[String]) -> Result<()> {
    let [number] = arguments else { bail!("expected `cargo xtask dictionary NUMBER`; 32769 is the one in use") };
    number.parse::<u16>().ok().filter(|number| *number > 32_767).context("expected a number from 32768 to 65535")?;
    needs::provide_training()?;
    let target = paths::target_dir()?;
    let folder = target.join("dictionary");
    if folder.exists() {
        fs::remove_dir_all(&folder).with_context(|| folder.display().to_string())?;
    }
    fs::create_dir_all(&folder).with_context(|| folder.display().to_string())?;
    // As the tests are built, so that little is built twice.
    process::run(&mut process::cargo("build --profile test -p cli")?)?;
    process::run(&mut process::cargo("build --profile test -p device --example bodies")?)?;
    let (program, devices, bodies) = (target.join("debug/roundsman"), folder.join("devices.ndjson"), folder.join("bodies"));
    let fleet = Fleet::start(&program, &folder, PRINTERS)?;
    let mut scan = process::program(&program)?;
    scan.args(["scan", fleet.network, "--port", &fleet.port.to_string(), "--format", "ndjson"]);
    process::run(scan.stdout(File::create(&devices)?))?;
    process::run(process::program(target.join("debug/examples/bodies"))?.arg(&bodies).stdin(File::open(&devices)?))?;
    let made = folder.join(format!("report-{number}.zdict"));
    let mut train = process::program("zstd")?;
    train.args(["-q", "--train", "-r"]).arg(&bodies).arg("-o").arg(&made);
    process::run(train.args(["--maxdict", MOST_OCTETS, "--dictID", number]))?;
    println!("made {}", made.display());
    Ok(())
}
