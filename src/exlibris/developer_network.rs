//! Ex Libris' Developer Network: the OpenAPI file of each area of Alma's API, and the files of schemas that these refer to
//! (ALMA.md §12). Public, no key.

use url::Url;

use super::address::same_host;
use super::error::{CallError, Problem};

/// Bytes of the file of one area. The largest known, `bibs`, has 245 kB.
pub const AREA_BYTES_MAX: usize = 4 * 1024 * 1024;

/// Bytes of one file of schemas. The largest known has some tens of kB.
pub const SCHEMA_BYTES_MAX: usize = 1024 * 1024;

/// The host by which the files name each other, also where they are served by a stand-in.
const PUBLIC_HOST: &str = "developers.exlibrisgroup.com";

/// Placeholder of the area in an address.
const AREA: &str = "{area}";
/// Placeholder of the host in an address.
const NETWORK: &str = "{developer_network}";

/// Where the definition of `area` lies: `address` with its placeholders filled in.
///
/// # Errors
/// [`CallError`] where that is no absolute address.
pub fn address_of(address: &str, area: &str, network: &Url) -> Result<Url, CallError> {
    let filled = address
        .replace(NETWORK, network.as_str().trim_end_matches('/'))
        .replace(AREA, area);
    Url::parse(&filled).map_err(|_| {
        let reason = "the configured address is no absolute address; correct `address`".to_owned();
        CallError::ours(&format!("reading the definition of {area}"), Problem::Unfit(reason))
    })
}

/// Where a `$ref` leads.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Target {
    /// The file, without query and fragment.
    pub file: Url,
    /// JSON Pointer into it; empty for the whole.
    pub pointer: String,
}

impl Target {
    /// The name by which records know it: `rest_job#/rest_job`. It says nothing of host or folder, so that a file that
    /// moved is the same file.
    pub fn name(&self) -> String {
        let last = self.file.path().rsplit('/').next().unwrap_or_default();
        format!("{}#{}", last.strip_suffix(".json").unwrap_or(last), self.pointer)
    }
}

/// What `reference` means in the file at `base`. The files name each other by the public host; where another host stands in
/// for it, that one is meant.
///
/// # Errors
/// A sentence, where it leads to another host or nowhere: nothing is asked there.
pub fn target_of(reference: &str, base: &Url, network: &Url) -> Result<Target, String> {
    let mut file = base
        .join(reference)
        .map_err(|_| "the reference is no address".to_owned())?;
    let pointer = file.fragment().map(percent_decoded).unwrap_or_default();
    file.set_fragment(None);
    file.set_query(None);
    if file.host_str() == Some(PUBLIC_HOST) && network.host_str() != Some(PUBLIC_HOST) {
        let moved = format!("{}{}", network.as_str().trim_end_matches('/'), file.path());
        file = Url::parse(&moved).map_err(|_| "the reference is no address".to_owned())?;
    }
    if !same_host(&file, network) && !same_host(&file, base) {
        return Err("it leads to another host, which is not asked".to_owned());
    }
    if !pointer.is_empty() && !pointer.starts_with('/') {
        return Err("it names no place in its file".to_owned());
    }
    Ok(Target { file, pointer })
}

/// `%7B` as `{`. What is no encoding stays as it is.
fn percent_decoded(text: &str) -> String {
    let mut bytes = Vec::with_capacity(text.len());
    let mut rest = text.as_bytes();
    while let [first, after @ ..] = rest {
        let hex = |byte: &u8| {
            char::from(*byte)
                .to_digit(16)
                .and_then(|digit| u8::try_from(digit).ok())
        };
        match after {
            [high, low, ..] if *first == b'%' => match (hex(high), hex(low)) {
                (Some(high), Some(low)) => {
                    bytes.push(high * 16 + low);
                    rest = &after[2..];
                    continue;
                }
                _ => bytes.push(*first),
            },
            _ => bytes.push(*first),
        }
        rest = after;
    }
    String::from_utf8_lossy(&bytes).into_owned()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn url(text: &str) -> Url {
        text.parse().unwrap()
    }

    fn found(reference: &str, base: &str, network: &str) -> Result<(String, String), String> {
        let target = target_of(reference, &url(base), &url(network))?;
        Ok((target.file.to_string(), target.name()))
    }

    #[test]
    fn addresses_are_filled_in() {
        let at = |network: &str| {
            address_of("{developer_network}/openapi/{area}.json", "conf", &url(network)).map(String::from)
        };
        assert_eq!(
            at("https://dn.example.org").unwrap(),
            "https://dn.example.org/openapi/conf.json"
        );
        assert_eq!(
            at("http://127.0.0.1:9/dn/").unwrap(),
            "http://127.0.0.1:9/dn/openapi/conf.json"
        );
        let wrong = address_of("{area}.json", "conf", &url("https://dn.example.org")).unwrap_err();
        assert!(wrong.to_string().contains("correct `address`"), "{wrong}");
    }

    #[test]
    fn references_lead_to_files_of_the_same_host_only() {
        let network = "https://developers.exlibrisgroup.com";
        let area = "https://developers.exlibrisgroup.com/wp-content/openapi/conf.json";
        let schema = "https://developers.exlibrisgroup.com/wp-content/openapi/schemas/rest_job.json";
        let absolute = found(&format!("{schema}?v=3#/rest_job"), area, network).unwrap();
        assert_eq!(absolute, (schema.to_owned(), "rest_job#/rest_job".to_owned()));
        assert_eq!(found("./rest_job.json#/rest_job", schema, network).unwrap(), absolute);
        assert_eq!(
            found("#/a%7Bb%7D%", schema, network).unwrap(),
            (schema.to_owned(), "rest_job#/a{b}%".to_owned())
        );
        for elsewhere in [
            "https://elsewhere.example.org/x.json#/x",
            "//elsewhere.example.org/x.json",
            "http://developers.exlibrisgroup.com:81/x.json#/x",
            "data:application/json,{}",
            "rest_job.json#anchor",
        ] {
            assert!(found(elsewhere, area, network).is_err(), "{elsewhere}");
        }
    }

    #[test]
    fn a_stand_in_is_asked_in_place_of_the_public_host() {
        let stand_in = "http://127.0.0.1:9000/dn/";
        let area = "http://127.0.0.1:9000/dn/openapi/conf.json";
        let (file, name) = found(
            "https://developers.exlibrisgroup.com/openapi/schemas/rest_job.json#/rest_job",
            area,
            stand_in,
        )
        .unwrap();
        assert_eq!(file, "http://127.0.0.1:9000/dn/openapi/schemas/rest_job.json");
        assert_eq!(name, "rest_job#/rest_job");
    }
}
