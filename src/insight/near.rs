//! Names that a mistyped name may have meant.

/// More names than this in a sentence help nobody.
const NAMES_MAX: usize = 3;
/// Names that are so many edits worse than the best are not what was meant.
const WORSE_MAX: usize = 1;
/// Longer names are compared by their beginning only: the comparison takes time in the square of the length.
const COMPARED_MAX: usize = 64;

/// The names that look like `typed`, best first, at most three. `names` are pairs of a name and another word under which
/// people know it (a library's name beside its code).
pub fn near<'a>(typed: &str, names: impl IntoIterator<Item = (&'a str, &'a str)>) -> Vec<&'a str> {
    let wanted = folded(typed);
    if wanted.is_empty() {
        return Vec::new();
    }
    let mut found: Vec<(usize, &str)> = names
        .into_iter()
        .filter_map(|(name, label)| {
            let distance = [folded(name), folded(label)]
                .iter()
                .filter(|candidate| !candidate.is_empty())
                .filter_map(|candidate| likeness(&wanted, candidate))
                .min()?;
            Some((distance, name))
        })
        .collect();
    found.sort();
    let best = found.first().map_or(0, |(distance, _)| *distance);
    found.retain(|(distance, _)| *distance <= best + WORSE_MAX);
    found.dedup_by(|left, right| left.1 == right.1);
    found.into_iter().take(NAMES_MAX).map(|(_, name)| name).collect()
}

/// `did you mean a, b or c?`, or nothing.
pub fn suggestion(names: &[&str]) -> Option<String> {
    match names {
        [] => None,
        [only] => Some(format!("did you mean {only}?")),
        [most @ .., last] => Some(format!("did you mean {} or {last}?", most.join(", "))),
    }
}

fn folded(text: &str) -> Vec<char> {
    text.chars().flat_map(char::to_lowercase).take(COMPARED_MAX).collect()
}

/// How unlike two names are; `None` where they have nothing to do with each other.
fn likeness(wanted: &[char], candidate: &[char]) -> Option<usize> {
    let contains =
        |outer: &[char], inner: &[char]| inner.len() >= 3 && outer.windows(inner.len()).any(|part| part == inner);
    let edits = edits(wanted, candidate);
    if edits <= (candidate.len() / 4).max(1) {
        return Some(edits);
    }
    (contains(candidate, wanted) || contains(wanted, candidate)).then_some(COMPARED_MAX + edits)
}

/// Levenshtein's distance.
fn edits(left: &[char], right: &[char]) -> usize {
    let mut row: Vec<usize> = (0..=right.len()).collect();
    for (i, a) in left.iter().enumerate() {
        let mut diagonal = row[0];
        row[0] = i + 1;
        for (j, b) in right.iter().enumerate() {
            let substituted = diagonal + usize::from(a != b);
            diagonal = row[j + 1];
            row[j + 1] = substituted.min(row[j] + 1).min(diagonal + 1);
        }
    }
    row[right.len()]
}

#[cfg(test)]
mod tests {
    use super::*;

    const NAMES: [(&str, &str); 3] = [
        ("alma.partners/01TUN_INST", "Tufts University"),
        ("alma.partners/01BRAND_INST", "Brandeis University"),
        ("release-notes/alma", ""),
    ];

    #[test]
    fn a_slip_finds_its_name() {
        assert_eq!(near("alma.partners/01TUN_INTS", NAMES), ["alma.partners/01TUN_INST"]);
        assert_eq!(near("release-note/alma", NAMES), ["release-notes/alma"]);
    }

    #[test]
    fn a_part_or_a_library_name_finds_it_too() {
        assert_eq!(near("01brand", NAMES), ["alma.partners/01BRAND_INST"]);
        assert_eq!(near("Tufts", NAMES), ["alma.partners/01TUN_INST"]);
    }

    #[test]
    fn nothing_alike_gives_nothing() {
        assert!(near("zzz", NAMES).is_empty());
        assert!(near("", NAMES).is_empty());
        assert_eq!(suggestion(&[]), None);
        assert_eq!(suggestion(&["a", "b", "c"]).as_deref(), Some("did you mean a, b or c?"));
    }
}
