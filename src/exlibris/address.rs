//! Addresses: put together, compared, turned into file names. Pure.

use url::{Host, Url};

use super::error::Problem;

/// `base` with further path segments, each encoded: everything but letters, digits and `-._~:` is.
pub(super) fn join(base: &Url, segments: &[&str]) -> Result<Url, Problem> {
    let mut path = base.path().trim_end_matches('/').to_owned();
    for segment in segments {
        if matches!(*segment, "" | "." | "..") {
            let reason = format!("`{segment}` cannot stand in an address, so it cannot be asked for");
            return Err(Problem::Implausible(reason));
        }
        path.push('/');
        for byte in segment.bytes() {
            if byte.is_ascii_alphanumeric() || b"-._~:".contains(&byte) {
                path.push(char::from(byte));
            } else {
                path.push_str(&format!("%{byte:02X}"));
            }
        }
    }
    let mut url = base.clone();
    url.set_path(&path);
    url.set_query(None);
    url.set_fragment(None);
    Ok(url)
}

/// A name that any file system takes, made from host and path; the hash keeps pages apart that differ elsewhere.
pub(super) fn file_name(url: &Url, status: u16, content_type: Option<&str>) -> String {
    const NAME_CHARS_MAX: usize = 120;
    let host = url.host_str().unwrap_or_default();
    let mut name: String = format!("{host}{}", url.path())
        .chars()
        .map(|char| {
            if char.is_ascii_alphanumeric() || char == '-' {
                char
            } else {
                '_'
            }
        })
        .collect();
    let cut = name.len().saturating_sub(NAME_CHARS_MAX);
    // The end of a path says more than its beginning.
    name.drain(..cut);
    let hash = blake3::hash(url.as_str().as_bytes()).to_hex();
    let extension = match content_type {
        Some(kind) if kind.contains("json") => "json",
        Some(kind) if kind.contains("xml") && !kind.contains("html") => "xml",
        _ => "html",
    };
    let status = if (200..300).contains(&status) {
        String::new()
    } else {
        format!("-{status}")
    };
    format!("{name}-{}{status}.{extension}", &hash[..8])
}

/// Whether the address is on this computer.
pub(super) fn is_loopback(url: &Url) -> bool {
    match url.host() {
        Some(Host::Domain(name)) => name.eq_ignore_ascii_case("localhost"),
        Some(Host::Ipv4(address)) => address.is_loopback(),
        Some(Host::Ipv6(address)) => address.is_loopback(),
        None => false,
    }
}

/// Scheme, host and port are the same.
pub(super) fn same_host(one: &Url, other: &Url) -> bool {
    one.scheme() == other.scheme()
        && one.host() == other.host()
        && one.port_or_known_default() == other.port_or_known_default()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn url(text: &str) -> Url {
        text.parse().unwrap()
    }

    #[test]
    fn any_code_becomes_one_path_segment() {
        let base = url("https://gateway.example.org/prefix/?x=1#y");
        let join = |code: &str| join(&base, &["almaws", "v1", "partners", code]).map(String::from);
        let with = |end: &str| Ok(format!("https://gateway.example.org/prefix/almaws/v1/partners/{end}"));
        assert_eq!(join("NLNZ:WLC"), with("NLNZ:WLC"));
        assert_eq!(join("a/b"), with("a%2Fb"));
        assert_eq!(join("two words"), with("two%20words"));
        assert_eq!(join("50%?#;+é"), with("50%25%3F%23%3B%2B%C3%A9"));
        assert_eq!(join("%2e%2e"), with("%252e%252e"));
        assert!(join("..").is_err());
        assert!(join("").is_err());
    }

    #[test]
    fn file_names_are_safe_short_and_apart() {
        let name = file_name(
            &url("https://kc.example.org/Alma/../../etc/p%20w?x=1"),
            200,
            Some("text/html"),
        );
        assert!(
            name.starts_with("kc_example_org_etc_p_20w-") && name.ends_with(".html"),
            "{name}"
        );
        let other = file_name(&url("https://kc.example.org/etc/p%20w?x=2"), 200, Some("text/html"));
        assert_ne!(name, other);
        let long = file_name(&url(&format!("https://kc.example.org/{}", "a/".repeat(900))), 503, None);
        assert!(long.len() < 150 && long.ends_with("-503.html"), "{long}");
        assert!(file_name(&url("https://a.org/b"), 200, Some("application/json")).ends_with(".json"));
    }

    #[test]
    fn the_same_host_is_scheme_name_and_port() {
        let page = url("https://example.org/a");
        assert!(same_host(&page, &url("https://EXAMPLE.org:443/b?c")));
        for other in [
            "http://example.org/a",
            "https://example.org:8443/a",
            "https://example.org.evil.test/a",
        ] {
            assert!(!same_host(&page, &url(other)), "{other}");
        }
    }

    #[test]
    fn loopback_is_this_computer_only() {
        for here in [
            "http://127.0.0.1:9",
            "http://127.8.8.8",
            "http://[::1]/",
            "http://LocalHost:1",
        ] {
            assert!(is_loopback(&url(here)), "{here}");
        }
        for there in [
            "http://127.0.0.1.example.org",
            "http://10.0.0.1",
            "http://localhost.example.org",
        ] {
            assert!(!is_loopback(&url(there)), "{there}");
        }
    }
}
