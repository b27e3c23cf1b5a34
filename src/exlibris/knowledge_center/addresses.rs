//! Addresses of pages in one spelling (RELEASE_NOTES.md §2, §4): the hosts, the API and people encode the same page in
//! different ways, and volatile parameters come and go.

use url::Url;

/// Decoding twice covers `%253A`; a third layer was never seen.
const DECODE_ROUNDS: usize = 2;

/// Parameters that pick a month, a version or a draft of the same page.
const VOLATILE: [&str; 4] = ["v", "mt-draft", "mon", "revision"];

/// The page's address in one spelling: no fragment, no volatile parameters, one layer of percent-encoding, no slash at the end.
pub fn canonical(url: &Url) -> Url {
    let mut clean = url.clone();
    clean.set_fragment(None);
    drop_volatile(&mut clean);
    let decoded = decode(url.path());
    let trimmed = decoded.trim_end_matches('/');
    clean.set_path(if trimmed.is_empty() { "/" } else { trimmed });
    clean
}

/// A link from a text: like [`canonical`], but its fragment stays, since a reader wants to land there.
pub(super) fn tidy_link(url: &Url) -> String {
    let mut clean = url.clone();
    drop_volatile(&mut clean);
    clean.to_string()
}

/// Whether two addresses lead to the same page.
pub(super) fn same_page(one: &Url, other: &Url) -> bool {
    canonical(one) == canonical(other)
}

/// The address in MindTouch's API of a page's contents: the path is encoded twice (RELEASE_NOTES.md §4).
pub(super) fn api_contents(page: &Url) -> Option<Url> {
    let decoded = decode(page.path());
    let twice = encode(&encode(decoded.trim_matches('/')));
    let mut url = page.clone();
    url.set_fragment(None);
    url.set_query(None);
    url.join(&format!("/@api/deki/pages/={twice}/contents?dream.out.format=json"))
        .ok()
}

/// The last part of the path, decoded, without `.html`, with spaces for underscores.
pub(super) fn page_name(url: &Url) -> String {
    let decoded = decode(url.path());
    let last = decoded.trim_end_matches('/').rsplit('/').next().unwrap_or_default();
    last.trim_end_matches(".html").replace('_', " ").trim().to_owned()
}

fn drop_volatile(url: &mut Url) {
    let kept: Vec<(String, String)> = url
        .query_pairs()
        .filter(|(name, _)| !VOLATILE.contains(&name.to_ascii_lowercase().as_str()))
        .map(|(name, value)| (name.into_owned(), value.into_owned()))
        .collect();
    if kept.is_empty() {
        url.set_query(None);
    } else if url.query_pairs().count() != kept.len() {
        url.query_pairs_mut().clear().extend_pairs(kept);
    }
}

fn decode(path: &str) -> String {
    let mut text = path.to_owned();
    for _ in 0..DECODE_ROUNDS {
        let next = decode_once(&text);
        if next == text {
            break;
        }
        text = next;
    }
    text
}

fn decode_once(text: &str) -> String {
    let bytes = text.as_bytes();
    let mut out = Vec::with_capacity(bytes.len());
    let mut at = 0;
    while at < bytes.len() {
        let hex = bytes
            .get(at + 1..at + 3)
            .and_then(|pair| std::str::from_utf8(pair).ok());
        match hex.and_then(|pair| u8::from_str_radix(pair, 16).ok()) {
            // An encoded slash is part of a title; decoding it would make another page of it.
            Some(byte) if bytes[at] == b'%' && byte != b'/' => {
                out.push(byte);
                at += 3;
            }
            _ => {
                out.push(bytes[at]);
                at += 1;
            }
        }
    }
    String::from_utf8(out).unwrap_or_else(|_| text.to_owned())
}

fn encode(text: &str) -> String {
    text.bytes()
        .map(|byte| match byte {
            b'A'..=b'Z' | b'a'..=b'z' | b'0'..=b'9' | b'-' | b'_' | b'.' | b'~' => char::from(byte).to_string(),
            _ => format!("%{byte:02X}"),
        })
        .collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn url(text: &str) -> Url {
        text.parse().unwrap()
    }

    #[test]
    fn one_page_has_one_address() {
        let plain = canonical(&url("https://kc.example/Alma/Highlights_(2026)/A:_B"));
        for other in [
            "https://kc.example/Alma/Highlights_(2026)/A:_B?v=7",
            "https://kc.example/Alma/Highlights_%282026%29/A%3A_B?mt-draft=true&mon=202611BASE",
            "https://kc.example/Alma/Highlights_(2026)/A%253A_B/#part",
        ] {
            assert_eq!(canonical(&url(other)), plain, "{other}");
        }
        assert_ne!(
            canonical(&url("https://kc.example/Alma/A?page=2")),
            canonical(&url("https://kc.example/Alma/A"))
        );
        assert_ne!(
            canonical(&url("https://kc.example/Alma/A%2FB")),
            canonical(&url("https://kc.example/Alma/A/B"))
        );
    }

    #[test]
    fn the_api_gets_the_path_encoded_twice() {
        let api = api_contents(&url("https://kc.example/Alma/Notes_%28x%29?mon=1")).unwrap();
        assert_eq!(
            api.as_str(),
            "https://kc.example/@api/deki/pages/=Alma%252FNotes_%2528x%2529/contents?dream.out.format=json"
        );
    }

    #[test]
    fn a_page_is_named_by_its_address() {
        assert_eq!(
            page_name(&url(
                "https://a.example/alma/020_2017/06Collaborative_Networks_May_2017_Enhancements.html"
            )),
            "06Collaborative Networks May 2017 Enhancements"
        );
    }
}
