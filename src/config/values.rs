//! Reads the values of a table's keys. Each answers `None` where the key is not there, and also, after the mistake was
//! noted, where its value is wrong.

use std::path::PathBuf;
use std::time::Duration;

use toml::de::DeValue;
use url::Url;

use super::address::base_address;
use super::mistake::{could_be_a_key, shown, two_sentences, write_one_of};
use super::reader::{Found, Table};
use super::secret::SecretRef;

/// `env` names are written in capitals by custom; insisting on it refuses a key that was put where its name belongs.
const ENV_REMEDY: &str = "Write the name of an environment variable in capitals, digits and underscores, for example \
                          { env = \"ALMANAC_KEY_TUFTS\" }";

/// The length of time that a text like `36h` stands for.
fn parse_age(text: &str) -> Option<Duration> {
    let unit = text.chars().last()?;
    let number: u64 = text.strip_suffix(unit)?.trim().parse().ok()?;
    let seconds = match unit {
        's' => 1,
        'm' => 60,
        'h' => 3600,
        'd' => 24 * 3600,
        'w' => 7 * 24 * 3600,
        _ => return None,
    };
    Some(Duration::from_secs(number.checked_mul(seconds)?))
}

impl Table<'_, '_> {
    /// Text that is not empty.
    pub(super) fn text(&self, key: &'static str) -> Option<Found<String>> {
        let value = self.get(key)?;
        let DeValue::String(text) = value.get_ref() else {
            self.wrong_type(key, value, "text", &format!("Write it in quotes: {key} = \"…\""));
            return None;
        };
        let text = text.trim();
        let at = value.span().start;
        if text.is_empty() {
            self.wrong(
                key,
                at,
                "the text is empty",
                format!("Write something between the quotes, or leave {key} out"),
            );
            return None;
        }
        Some(Found {
            value: text.to_owned(),
            at,
        })
    }

    /// Text that must be there; `example` is written as in the file.
    pub(super) fn required_text(&self, key: &'static str, example: &str) -> Option<Found<String>> {
        if !self.has(key) {
            self.missing(key, example);
        }
        self.text(key)
    }

    /// A list of texts; empty where the key is not there.
    pub(super) fn texts(&self, key: &'static str) -> Vec<Found<String>> {
        let instead = format!("Write {key} = [\"…\", \"…\"]");
        let Some(value) = self.get(key) else {
            return Vec::new();
        };
        let DeValue::Array(items) = value.get_ref() else {
            self.wrong_type(key, value, "a list", &instead);
            return Vec::new();
        };
        let mut texts = Vec::new();
        for item in items.iter() {
            match item.get_ref() {
                DeValue::String(text) if !text.trim().is_empty() => {
                    texts.push(Found {
                        value: text.trim().to_owned(),
                        at: item.span().start,
                    });
                }
                DeValue::String(_) => self.wrong(key, item.span().start, "a text in the list is empty", "Take it out"),
                _ => self.wrong_type(key, item, "text", &instead),
            }
        }
        texts
    }

    /// A word out of a fixed set.
    pub(super) fn choice<T>(
        &self,
        key: &'static str,
        known: &[&str],
        named: impl Fn(&str) -> Option<T>,
    ) -> Option<Found<T>> {
        let text = self.text(key)?;
        self.chosen(key, &text, known, named)
            .map(|value| Found { value, at: text.at })
    }

    /// A list of words out of a fixed set.
    pub(super) fn choices<T>(&self, key: &'static str, known: &[&str], named: impl Fn(&str) -> Option<T>) -> Vec<T> {
        let texts = self.texts(key);
        texts
            .iter()
            .filter_map(|text| self.chosen(key, text, known, &named))
            .collect()
    }

    fn chosen<T>(
        &self,
        key: &str,
        text: &Found<String>,
        known: &[&str],
        named: impl Fn(&str) -> Option<T>,
    ) -> Option<T> {
        let value = named(&text.value);
        if value.is_none() {
            let wrong = format!("{} is not known here", shown(&text.value));
            self.wrong(key, text.at, wrong, write_one_of(&text.value, known));
        }
        value
    }

    /// `true` or `false`.
    pub(super) fn flag(&self, key: &'static str) -> Option<bool> {
        let value = self.get(key)?;
        if let DeValue::Boolean(flag) = value.get_ref() {
            return Some(*flag);
        }
        self.wrong_type(
            key,
            value,
            "true or false",
            &format!("Write {key} = true or {key} = false, without quotes"),
        );
        None
    }

    /// A whole number between `least` and `most`.
    pub(super) fn whole(&self, key: &'static str, least: u64, most: u64) -> Option<u64> {
        let value = self.get(key)?;
        let instead = if most == i64::MAX as u64 {
            format!("Write a whole number of at least {least}, without quotes")
        } else {
            format!("Write a whole number from {least} to {most}, without quotes")
        };
        let DeValue::Integer(integer) = value.get_ref() else {
            self.wrong_type(key, value, "a whole number", &instead);
            return None;
        };
        let number = u64::from_str_radix(integer.as_str(), integer.radix()).ok();
        let number = number.filter(|number| (least..=most).contains(number));
        if number.is_none() {
            self.wrong(
                key,
                value.span().start,
                "this number is too small or too large",
                instead,
            );
        }
        number
    }

    /// A number above 0 and up to `most`, whole or not.
    pub(super) fn positive(&self, key: &'static str, most: f64) -> Option<f64> {
        let value = self.get(key)?;
        let instead = format!("Write a number above 0 and up to {most}, without quotes");
        let number = match value.get_ref() {
            DeValue::Integer(integer) => i64::from_str_radix(integer.as_str(), integer.radix())
                .ok()
                .map(|n| n as f64),
            DeValue::Float(float) => float.as_str().parse().ok(),
            _ => {
                self.wrong_type(key, value, "a number", &instead);
                return None;
            }
        };
        let number = number.filter(|number| *number > 0.0 && *number <= most);
        if number.is_none() {
            self.wrong(
                key,
                value.span().start,
                "this number is too small or too large",
                instead,
            );
        }
        number
    }

    /// A length of time: a whole number and `s`, `m`, `h`, `d` or `w`; more than nothing and at most `longest`.
    pub(super) fn age(&self, key: &'static str, longest: Duration) -> Option<Duration> {
        let text = self.text(key)?;
        let age = parse_age(&text.value).filter(|age| *age > Duration::ZERO && *age <= longest);
        if age.is_none() {
            let days = longest.as_secs() / (24 * 3600);
            self.wrong(
                key,
                text.at,
                format!("{} is not a length of time up to {days} days", shown(&text.value)),
                format!("Write a number of minutes, hours, days or weeks: {key} = \"30m\", \"36h\", \"2d\" or \"1w\""),
            );
        }
        age
    }

    /// A year, a month or a day, as text or as TOML's own date: `2019`, `2019-07`, `2019-07-01`.
    pub(super) fn date(&self, key: &'static str) -> Option<Found<String>> {
        let value = self.get(key)?;
        let at = value.span().start;
        let text = match value.get_ref() {
            DeValue::String(text) => text.trim().to_owned(),
            DeValue::Datetime(date) if date.time.is_none() => date.to_string(),
            DeValue::Integer(year) => year.as_str().to_owned(),
            _ => String::new(),
        };
        let completed = match text.len() {
            4 => format!("{text}-01-01"),
            7 => format!("{text}-01"),
            _ => text.clone(),
        };
        let is_date = completed.len() == 10 && completed.parse::<chrono::NaiveDate>().is_ok();
        if is_date {
            return Some(Found { value: text, at });
        }
        self.wrong(
            key,
            at,
            "this is not a date",
            format!("Write a year, a month or a day: {key} = \"2019\", \"2019-07\" or \"2019-07-01\""),
        );
        None
    }

    /// The base address of a service: no query, no password; plain http only to this computer.
    pub(super) fn base_address(&self, key: &'static str) -> Option<Found<Url>> {
        let text = self.text(key)?;
        match base_address(&text.value) {
            Ok(value) => Some(Found { value, at: text.at }),
            Err((wrong, instead)) => {
                self.wrong(key, text.at, wrong, instead);
                None
            }
        }
    }

    /// A reference to a secret. Whatever else stands there is refused without repeating it.
    pub(super) fn secret(&self, key: &'static str) -> Option<SecretRef> {
        let value = self.get(key)?;
        match value.get_ref() {
            DeValue::Table(_) => self.table(key).and_then(|table| table.secret_ref(value.span().start)),
            _ => {
                self.wrong(
                    key,
                    value.span().start,
                    "a secret never stands in this file, which is copied and shared",
                    format!(
                        "Take it out, ask for a new one if others have seen it, and write where it is kept: {key} = {{ \
                         env = \"NAME_OF_A_VARIABLE\" }} or {key} = {{ file = \"/run/secrets/name\" }}"
                    ),
                );
                None
            }
        }
    }

    fn secret_ref(self, at: usize) -> Option<SecretRef> {
        let secret = match (self.has("env"), self.has("file")) {
            (true, false) => self.env_name(),
            (false, true) => self.secret_file(),
            (both, _) => {
                let wrong = if both {
                    "env and file are both given"
                } else {
                    "neither env nor file is given"
                };
                self.reader.absence(
                    at,
                    &self.place,
                    wrong,
                    "Write either { env = \"…\" } or { file = \"…\" }",
                );
                None
            }
        };
        if let Some(secret) = &secret
            && self.reader.look_at_secret_files
            && let Err(unsafe_file) = secret.check_kept_safely()
        {
            let (wrong, instead) = two_sentences(&unsafe_file.to_string());
            self.reader.mistake(at, &self.place, wrong, instead);
        }
        self.done();
        secret
    }

    fn secret_file(&self) -> Option<SecretRef> {
        let path = self.text("file")?;
        // Paths are named in messages; a key that was put where its path belongs must not be.
        if !path.value.contains(['/', '\\']) && could_be_a_key(&path.value) {
            let instead = "Write the path of the file that holds the secret, for example \"/run/secrets/tufts\"";
            self.wrong("file", path.at, "this is not the path of a file", instead);
            return None;
        }
        Some(SecretRef::File(PathBuf::from(path.value)))
    }

    fn env_name(&self) -> Option<SecretRef> {
        let name = self.text("env")?;
        let mut bytes = name.value.bytes();
        let proper = bytes
            .next()
            .is_some_and(|first| first.is_ascii_uppercase() || first == b'_')
            && bytes.all(|byte| byte.is_ascii_uppercase() || byte.is_ascii_digit() || byte == b'_');
        if !proper {
            self.wrong(
                "env",
                name.at,
                "this is not the name of an environment variable",
                ENV_REMEDY,
            );
            return None;
        }
        Some(SecretRef::Env(name.value))
    }
}
