//! Which web addresses the file may give. A refused address is never repeated in a message: a password or a key may
//! stand in it.

use url::{Host, Url};

/// An address that requests of Almanac may start with, or what is wrong and what to write instead.
pub(super) fn base_address(text: &str) -> Result<Url, (String, String)> {
    let url = web_address(text)?;
    if url.query().is_some() || url.fragment().is_some() {
        return Err((
            "the address holds a question mark or a #".to_owned(),
            "Write the address up to it only; keys go into api_key by env or file".to_owned(),
        ));
    }
    Ok(url)
}

/// An absolute web address without a password; plain http only to this computer.
pub(super) fn web_address(text: &str) -> Result<Url, (String, String)> {
    let url = Url::parse(text)
        .ok()
        .filter(Url::has_host)
        .filter(|url| matches!(url.scheme(), "http" | "https"));
    let Some(url) = url else {
        return Err((
            "this is not a web address".to_owned(),
            "Write the whole address, for example \"https://knowledge.exlibrisgroup.com\"".to_owned(),
        ));
    };
    if !url.username().is_empty() || url.password().is_some() {
        return Err((
            "the address holds a user name or a password".to_owned(),
            "Take it out; a secret never stands in this file".to_owned(),
        ));
    }
    if url.scheme() == "http" && !is_loopback(&url) {
        return Err((
            "plain http would show what is sent to everyone on the way".to_owned(),
            "Write https:// (http:// is allowed to 127.0.0.1, ::1 and localhost only)".to_owned(),
        ));
    }
    Ok(url)
}

/// Whether the address leads to this computer.
fn is_loopback(url: &Url) -> bool {
    match url.host() {
        Some(Host::Ipv4(ip)) => ip.is_loopback(),
        Some(Host::Ipv6(ip)) => ip.is_loopback(),
        Some(Host::Domain(name)) => name == "localhost",
        None => false,
    }
}

/// Like any address, but a private network may be reached in the clear where the file allows it.
pub(super) fn webhook_address(text: &str, allow_private: bool) -> Result<Url, (String, String)> {
    let checked = web_address(text);
    if allow_private {
        let in_the_clear = Url::parse(text)
            .ok()
            .filter(|url| url.scheme() == "http" && url.has_host());
        let plain = in_the_clear.filter(|url| url.username().is_empty() && url.password().is_none());
        return checked.or_else(|mistake| plain.ok_or(mistake));
    }
    let url = checked?;
    if is_loopback(&url) {
        return Err((
            "the address leads to this computer".to_owned(),
            "Write allow_private = true as well if that is meant".to_owned(),
        ));
    }
    Ok(url)
}
