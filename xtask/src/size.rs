//! `cargo xtask size`: how much flash a device module takes, measured and held to its budgets.
//!
//! The core is linked for a processor without an operating system, with a port that does nothing but
//! pass octets on (`bare-metal/`), so that the linker leaves out what is not used. The Linux programs
//! are built as they are shipped: for size, stripped, and without what a program that aborts on a
//! panic never uses. [`FLAGS`] and [`C_FLAGS`] say how; `docs/operations/device-module.md` says the same.

mod elf;

use std::fs;

use anyhow::{Context, Result, bail};

use crate::needs::{self, BARE_METAL};
use crate::{paths, process};

/// Is one program and what it may take, in octets.
struct Measured {
    name: &'static str,
    octets: u64,
    budget: u64,
}

const KIB: u64 = 1024;

/// Is what the compiler and the linker are told: no tables for unwinding, equal functions once, and
/// relocations in the short form (which needs glibc 2.36 or musl 1.2.4).
const FLAGS: [&str; 4] = [
    "-Cforce-unwind-tables=no",
    "-Clink-arg=-Wl,-T,crates/device/small/without-unwinding.ld",
    "-Clink-arg=-Wl,--icf=all",
    "-Clink-arg=-Wl,-z,pack-relative-relocs",
];

/// Is what the C compiler is told: the same, and no more of zstd than the strategy that reports are packed with.
const C_FLAGS: &str = "-fno-asynchronous-unwind-tables -fno-unwind-tables -ffunction-sections -fdata-sections \
    -DZSTD_EXCLUDE_DFAST_BLOCK_COMPRESSOR -DZSTD_EXCLUDE_LAZY_BLOCK_COMPRESSOR -DZSTD_EXCLUDE_LAZY2_BLOCK_COMPRESSOR \
    -DZSTD_EXCLUDE_BTLAZY2_BLOCK_COMPRESSOR -DZSTD_EXCLUDE_BTOPT_BLOCK_COMPRESSOR -DZSTD_EXCLUDE_BTULTRA_BLOCK_COMPRESSOR";

pub fn command(arguments: &[String]) -> Result<()> {
    let with_programs = match arguments {
        [] => true,
        [only] if only == "core" => false,
        _ => bail!("`cargo xtask size` takes nothing, or `core` for the core alone"),
    };
    let mut measured = core()?;
    if with_programs {
        for program in PROGRAMS {
            measured.push(program.measure()?);
        }
    }
    println!("\n{:<44}{:>12}{:>12}", "", "octets", "budget");
    for Measured { name, octets, budget } in &measured {
        let verdict = if octets <= budget { "met" } else { "missed" };
        println!("{name:<44}{octets:>12}{budget:>12}  {verdict}");
    }
    let missed: Vec<&str> = measured.iter().filter(|measured| measured.octets > measured.budget).map(|measured| measured.name).collect();
    if missed.is_empty() { Ok(()) } else { bail!("over budget: {}", missed.join(", ")) }
}

/// Measures the core: its code alone, and with its constants.
fn core() -> Result<Vec<Measured>> {
    needs::provide_bare_metal()?;
    let target = paths::target_dir()?.join("bare-metal");
    let mut build = process::cargo(&format!("build --release --target {BARE_METAL} --manifest-path bare-metal/Cargo.toml --target-dir"))?;
    process::run(build.arg(&target))?;
    let path = target.join(BARE_METAL).join("release/bare-metal");
    let octets = fs::read(&path).with_context(|| path.display().to_string())?;
    let sections = elf::sections(&octets).with_context(|| format!("{} is no ELF file of 32 bits", path.display()))?;
    let size = |name: &str| sections.iter().filter(|section| section.name == name).map(|section| u64::from(section.size)).sum::<u64>();
    let (text, constants) = (size(".text"), size(".rodata"));
    println!("core: {text} octets of code, {constants} of constants");
    Ok(vec![Measured { name: "core, code", octets: text, budget: 64 * KIB }])
}

/// Is a way of building the Linux program.
struct Program {
    name: &'static str,
    features: &'static str,
    budget: u64,
    /// Below the target directory.
    folder: &'static str,
    /// Whether the standard library is built along, for size and without names of functions in backtraces.
    has_own_std: bool,
}

const PROGRAMS: [Program; 5] = [
    Program::new("linux, aws-lc", "linux,snmp,aws-lc,platform-trust,zstd", 2_800_000, "device-aws-lc"),
    Program::new("linux, aws-lc, facts by firmware", "linux,aws-lc,zstd", 2_800_000, "device-aws-lc"),
    Program::new("linux, ring", "linux,snmp,ring,zstd", 1_600_000, "device-ring"),
    Program::new("linux, ring, facts by firmware", "linux,ring,zstd", 1_600_000, "device-ring"),
    Program {
        has_own_std: true,
        ..Program::new("linux, ring, facts by firmware, own std", "linux,ring,zstd", 1_600_000, "device-own-std")
    },
];

impl Program {
    const fn new(name: &'static str, features: &'static str, budget: u64, folder: &'static str) -> Self {
        Program { name, features, budget, folder, has_own_std: false }
    }

    fn measure(&self) -> Result<Measured> {
        let (target, host) = (paths::target_dir()?.join(self.folder), host()?);
        let mut build = process::cargo("build -p device --profile device --no-default-features --features")?;
        // With a target of its own, the flags are not for what runs while building.
        build.arg(self.features).args(["--target", &host]).arg("--target-dir").arg(&target);
        build.env("CARGO_ENCODED_RUSTFLAGS", FLAGS.join("\x1f")).env(c_flags_of(&host), C_FLAGS);
        if self.has_own_std {
            needs::provide_std_source()?;
            // Not stable yet, so the stable compiler has to be told that it is meant.
            build.args(["-Zbuild-std=std,panic_abort", "-Zbuild-std-features=optimize_for_size"]).env("RUSTC_BOOTSTRAP", "1");
        }
        process::run(&mut build)?;
        let path = target.join(&host).join("device/roundsman-device");
        let octets = fs::metadata(&path).with_context(|| path.display().to_string())?.len();
        Ok(Measured { name: self.name, octets, budget: self.budget })
    }
}

/// Returns the variable in which C compilers are told what goes for a target.
fn c_flags_of(target: &str) -> String {
    format!("CFLAGS_{}", target.replace('-', "_"))
}

/// Returns the name of this computer's kind, as the compiler says it.
fn host() -> Result<String> {
    let output = process::program("rustc")?.arg("-vV").output().context("`rustc -vV` did not start")?;
    let text = String::from_utf8_lossy(&output.stdout);
    let host = text.lines().find_map(|line| line.strip_prefix("host: ")).context("`rustc -vV` does not name the host")?;
    Ok(host.to_owned())
}
