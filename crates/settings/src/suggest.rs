//! What to say to a word that is not known.

/// The most words a message lists.
const MOST_LISTED: usize = 12;

/// Returns the nearest known word to a mistyped one, if one is near.
pub(crate) fn nearest<'a>(word: &str, known: &[&'a str]) -> Option<&'a str> {
    let word = word.to_lowercase();
    let (distance, candidate) = known.iter().map(|known| (strsim::osa_distance(&word, &known.to_lowercase()), *known)).min()?;
    let allowed = (word.chars().count().max(candidate.chars().count()) / 3).max(1);
    (distance <= allowed).then_some(candidate)
}

/// Returns `; did you mean "…"?` or, if no word is near, a list of those that are known.
pub(crate) fn hint(word: &str, known: &[&str]) -> String {
    match nearest(word, known) {
        Some(candidate) => format!("; did you mean \"{candidate}\"?"),
        None if known.is_empty() => String::new(),
        None => format!("; known here: {}", list(known)),
    }
}

fn list(known: &[&str]) -> String {
    let quoted: Vec<String> = known.iter().take(MOST_LISTED).map(|word| format!("\"{word}\"")).collect();
    format!("{}{}", quoted.join(", "), if known.len() > MOST_LISTED { ", …" } else { "" })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn near_words_are_found_and_far_ones_are_listed() {
        let known = ["interval", "at", "spread"];
        assert_eq!(hint("intervall", &known), "; did you mean \"interval\"?");
        assert_eq!(hint("Interval", &known), "; did you mean \"interval\"?");
        assert_eq!(hint("itnerval", &known), "; did you mean \"interval\"?");
        assert_eq!(hint("password", &known), "; known here: \"interval\", \"at\", \"spread\"");
        assert_eq!(hint("password", &[]), "");
    }
}
