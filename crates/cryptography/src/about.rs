//! Which module this is, for people who have to say so.

/// The certificates of the module that Cargo.fips.lock pins: AWS-LC FIPS 3.x, as a static and as a dynamic library.
const CERTIFIED: &str = "3.";
const CERTIFICATES: &str = "CMVP certificates 5298 and 5314";

/// Returns the name of the module that is linked, its version and its mode, as one line.
pub fn describe() -> String {
    let version = aws_lc_rs::awslc_version();
    match aws_lc_rs::try_fips_mode() {
        Ok(()) if version.starts_with(CERTIFIED) => format!("AWS-LC FIPS {version}, FIPS 140-3 mode, {CERTIFICATES}"),
        Ok(()) => format!("AWS-LC FIPS {version}, FIPS 140-3 mode, without a certificate that this program knows"),
        Err(_) => format!("AWS-LC {version}, not validated"),
    }
}

/// Returns what a program says of itself when asked for its version at length: its own number, and the module.
pub fn version(number: &str) -> &'static str {
    // Argument parsers want a text that lives as long as the program; a program is one, and asks once.
    format!("{number}\ncryptography: {}", describe()).leak()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn fips_or_not_is_told_from_what_is_linked() {
        let line = describe();
        assert!(line.starts_with("AWS-LC "), "{line}");
        assert_eq!(line.contains("FIPS 140-3 mode"), crate::IS_FIPS, "{line}");
        assert_eq!(line.ends_with("not validated"), !crate::IS_FIPS, "{line}");
    }

    #[cfg(feature = "fips")]
    #[test]
    fn fips_builds_name_their_certificates() {
        assert!(describe().ends_with(CERTIFICATES), "{}", describe());
    }
}
