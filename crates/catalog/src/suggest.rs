//! The nearest known word to a mistyped one.

/// Returns `; did you mean "…"?` with the nearest known word, or nothing if none is near.
pub fn did_you_mean<'a>(word: &str, known: impl Iterator<Item = &'a str>) -> String {
    let nearest = known.map(|candidate| (distance(word, candidate), candidate)).min_by_key(|(distance, _)| *distance);
    match nearest {
        Some((distance, candidate)) if distance <= (word.len().max(candidate.len()) / 3).max(1) => {
            format!("; did you mean \"{candidate}\"?")
        }
        _ => String::new(),
    }
}

/// Counts the letters to insert, leave out, replace or swap with the neighbour, without regard to case.
fn distance(from: &str, to: &str) -> usize {
    let (from, to) = (from.to_ascii_lowercase().into_bytes(), to.to_ascii_lowercase().into_bytes());
    let mut before: Vec<usize> = Vec::new();
    let mut row: Vec<usize> = (0..=to.len()).collect();
    for (i, a) in from.iter().enumerate() {
        let mut next = vec![i + 1];
        for (j, b) in to.iter().enumerate() {
            let mut cost = (row[j] + usize::from(a != b)).min(row[j + 1] + 1).min(next[j] + 1);
            if i > 0 && j > 0 && *a == to[j - 1] && from[i - 1] == *b {
                cost = cost.min(before[j - 1] + 1);
            }
            next.push(cost);
        }
        before = std::mem::replace(&mut row, next);
    }
    row[to.len()]
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn near_words_are_found_and_far_ones_are_not() {
        let words = ["supplies", "status", "inputs"];
        assert_eq!(did_you_mean("suplies", words.into_iter()), "; did you mean \"supplies\"?");
        assert_eq!(did_you_mean("sattus", words.into_iter()), "; did you mean \"status\"?");
        assert_eq!(did_you_mean("walk", words.into_iter()), "");
    }
}
