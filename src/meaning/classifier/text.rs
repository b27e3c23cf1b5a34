//! From the text of an item to sentences of plain words, so that case, markup and typography make no difference.

/// A longer text is cut: no release-note item is, and a page that was read as one item must not take the whole time.
const MOST_WORDS: usize = 4_000;
/// A longer "word" is an address or an identifier; its beginning tells it apart.
const LONGEST_WORD: usize = 40;

/// The words of one sentence, in lower case, without punctuation.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Sentence {
    /// The words as they stand, lower-cased; numbers are `#`.
    pub words: Vec<String>,
    /// Whether it stands in the heading.
    pub heading: bool,
}

/// The sentences of heading and body. A sentence of the body that repeats the heading is left out (resolved issues do).
pub fn sentences(heading: &str, body: &str) -> Vec<Sentence> {
    let mut left = MOST_WORDS;
    let mut found: Vec<Sentence> = split(heading, &mut left, true);
    let headings = found.len();
    for sentence in split(body, &mut left, false) {
        let repeats = found[..headings].iter().any(|known| known.words == sentence.words);
        if !repeats {
            found.push(sentence);
        }
    }
    found
}

fn split(text: &str, left: &mut usize, heading: bool) -> Vec<Sentence> {
    let text = without_markup(text);
    let mut found = Vec::new();
    let mut words: Vec<String> = Vec::new();
    let mut word = String::new();
    let mut letters = text.chars().peekable();
    loop {
        let letter = letters.next();
        match letter {
            Some(letter) if letter.is_alphanumeric() => {
                if word.len() < LONGEST_WORD {
                    word.extend(letter.to_lowercase());
                }
                continue;
            }
            // "member's" is "member", "don't" is "don": the ending is no word of its own.
            Some('\'') if !word.is_empty() && letters.peek().is_some_and(|next| next.is_alphanumeric()) => {
                let mut ending = String::new();
                while let Some(next) = letters.next_if(|next| next.is_alphanumeric()) {
                    ending.extend(next.to_lowercase());
                }
                if ending != "s" && ending.len() > 2 && word.len() < LONGEST_WORD {
                    word.push_str(&ending);
                }
                continue;
            }
            _ => {}
        }
        if !word.is_empty() && *left > 0 {
            *left -= 1;
            let number = word.chars().all(|letter| letter.is_ascii_digit()) && word.len() < 5;
            words.push(if number {
                "#".to_owned()
            } else {
                std::mem::take(&mut word)
            });
        }
        word.clear();
        let ends = match letter {
            None => true,
            Some('.' | '!' | '?' | ';') => letters.peek().is_none_or(|next| next.is_whitespace()),
            // A list's items and paragraphs are sentences of their own.
            Some('\n' | '•') => true,
            _ => false,
        };
        if ends && !words.is_empty() {
            found.push(Sentence {
                words: std::mem::take(&mut words),
                heading,
            });
        }
        if letter.is_none() {
            return found;
        }
    }
}

/// Tags and entities become spaces or the character that they stand for.
fn without_markup(text: &str) -> String {
    let mut plain = String::with_capacity(text.len());
    let mut rest = text;
    while let Some(at) = rest.find(['<', '&', '’', '‘', '\u{ad}', '\u{200b}', '\u{a0}', '\r']) {
        plain.push_str(&rest[..at]);
        let here = &rest[at..];
        let (shown, length) = if let Some(after) = here.strip_prefix('<') {
            tag(after).map_or((" ", 1), |length| (" ", length + 1))
        } else if here.starts_with('&') {
            ENTITIES
                .iter()
                .find(|(entity, _)| here.starts_with(entity))
                .map_or((" ", 1), |(entity, shown)| (*shown, entity.len()))
        } else {
            let letter = here.chars().next().unwrap_or(' ');
            let shown = match letter {
                '’' | '‘' => "'",
                '\u{ad}' | '\u{200b}' => "",
                _ => " ",
            };
            (shown, letter.len_utf8())
        };
        plain.push_str(shown);
        rest = &here[length..];
    }
    plain.push_str(rest);
    plain
}

const ENTITIES: [(&str, &str); 8] = [
    ("&nbsp;", " "),
    ("&amp;", "&"),
    ("&rsquo;", "'"),
    ("&lsquo;", "'"),
    ("&apos;", "'"),
    ("&#39;", "'"),
    ("&shy;", ""),
    ("&quot;", "\""),
];

/// The length of a tag behind its `<`, its `>` included.
fn tag(after: &str) -> Option<usize> {
    const LONGEST_TAG: usize = 400;
    let first = after.chars().next()?;
    if !(first.is_ascii_alphabetic() || first == '/' || first == '!') {
        return None;
    }
    let end = after.bytes().take(LONGEST_TAG).position(|byte| byte == b'>')?;
    Some(end + 1)
}

/// The word without the ending of the plural: `libraries` and `library` are one word here.
pub fn stem(word: &str) -> String {
    let cut = |end: usize| word.get(..word.len() - end).unwrap_or(word);
    if word.len() <= 3 || word.ends_with("ss") || word.ends_with("us") || word.ends_with("is") {
        return word.to_owned();
    }
    if word.ends_with("ies") && word.len() > 4 {
        return format!("{}y", cut(3));
    }
    if word.ends_with("sses") || word.ends_with("xes") || word.ends_with("ches") || word.ends_with("shes") {
        return cut(2).to_owned();
    }
    if word.ends_with('s') {
        return cut(1).to_owned();
    }
    word.to_owned()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn plain(text: &str) -> Vec<String> {
        sentences("", text)
            .into_iter()
            .map(|sentence| sentence.words.join(" "))
            .collect()
    }

    #[test]
    fn markup_case_and_typography_make_no_difference() {
        let wanted = ["the member lender sends # books", "it s simple"].map(str::to_owned);
        let wanted = [wanted[0].clone(), "it simple".to_owned()];
        for text in [
            "The member's lender sends 12 books. It's simple.",
            "<p>The <b>MEMBER’s</b> lender&nbsp;sends 12 books.</p> <p>It&rsquo;s simple.</p>",
            "the member\u{2019}s len\u{ad}der sends\r\u{a0}12 books.\nIt’s simple",
        ] {
            assert_eq!(plain(text), wanted, "{text}");
        }
        assert_eq!(plain("a < b & c"), ["a b c"]);
    }

    #[test]
    fn sentences_end_where_they_end() {
        assert_eq!(
            plain("See ver. 1.2; then go\n• one\n• two"),
            ["see ver", "1 2", "then go", "one", "two"].map(|text| text.replace(['1', '2'], "#"))
        );
        let told_twice = sentences("It was lost.", "It was lost. It is found.");
        assert_eq!(told_twice.len(), 2);
        assert!(told_twice[0].heading && !told_twice[1].heading);
    }

    #[test]
    fn plurals_are_one_word() {
        for (word, wanted) in [
            ("libraries", "library"),
            ("requests", "request"),
            ("status", "status"),
            ("access", "access"),
            ("boxes", "box"),
            ("pods", "pod"),
            ("é", "é"),
        ] {
            assert_eq!(stem(word), wanted);
        }
    }
}
