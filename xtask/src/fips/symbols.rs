//! Which cryptographic library a program is really linked with: the names of its functions say.

use std::path::Path;

use anyhow::{Result, bail};

use crate::process;

/// How functions of other libraries begin. AWS-LC puts its crate's name and version before each of its own
/// that can be called; of OpenSSL and those like it, two are named that no program with it is without.
const OTHERS: &[(&str, &str)] = &[
    ("aws_lc_0_", "aws-lc-sys, AWS-LC that is not validated"),
    ("ring_core_", "ring"),
    ("EVP_DigestInit", "OpenSSL, or a library like it"),
    ("SSL_CTX_new", "OpenSSL, or a library like it"),
    ("mbedtls_", "Mbed TLS"),
    ("gcry_", "Libgcrypt"),
];

/// Fails unless the program is linked with the module, and with nothing like it.
pub fn check(program: &Path, (module, version): (&str, &str)) -> Result<()> {
    let output = process::program("nm")?.arg("--format=just-symbols").arg(program).output()?;
    if !output.status.success() {
        bail!("{}: nm cannot read it: {}", program.display(), String::from_utf8_lossy(&output.stderr).trim());
    }
    let symbols = String::from_utf8_lossy(&output.stdout);
    let prefix = format!("{}_{}_", module.trim_end_matches("-sys"), version).replace(['-', '.'], "_");
    let count = count(&symbols, &prefix);
    if count == 0 {
        bail!("{}: none of its functions is named {prefix}…: the module is not linked", program.display());
    }
    for (other, whose) in OTHERS {
        if let Some(symbol) = symbols.lines().find(|symbol| symbol.starts_with(other)) {
            bail!("{}: has `{symbol}`, which is of {whose}", program.display());
        }
    }
    println!("  {count} functions named {prefix}…, none of another library");
    Ok(())
}

fn count(symbols: &str, prefix: &str) -> usize {
    symbols.lines().filter(|symbol| symbol.starts_with(prefix)).count()
}
