//! The files of one poll, and the way from one to the others.

use std::collections::{BTreeMap, BTreeSet, VecDeque};
use std::time::Duration;

use serde_json::Value;
use url::Url;

use super::FAILURES_RUNNING_MAX;
use crate::exlibris::developer_network::{SCHEMA_BYTES_MAX, Target, target_of};
use crate::exlibris::error::{CallError, Problem};
use crate::exlibris::http::Session;
use crate::model::moment::Moment;

/// Files of schemas in one poll. The eight areas known refer to 177, and these to some tens more.
const SCHEMAS_MAX: usize = 400;
/// How many files may lie between an area and a schema; three are known.
const LEVELS_MAX: usize = 8;
/// All schemas of a poll together; those known are below 5 MB.
const SCHEMAS_BYTES_MAX: usize = 64 * 1024 * 1024;
/// Asking goes on for so long since the poll began; a poll is given up after ten minutes.
const ASKING_MAX: Duration = Duration::from_mins(7);

/// Why something cannot be read.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Missing {
    /// In words for an operator.
    pub reason: String,
    /// Whether it may well be different at the next poll.
    pub passing: bool,
}

impl Missing {
    /// It is as it is.
    pub(super) fn lasting(reason: impl Into<String>) -> Self {
        Self {
            reason: reason.into(),
            passing: false,
        }
    }

    fn passing(reason: impl Into<String>) -> Self {
        Self {
            reason: reason.into(),
            passing: true,
        }
    }
}

/// A file: where it was found, and what it holds.
type Held = Result<(Url, Value), Missing>;

/// The files that were fetched, by address.
#[derive(Clone, Debug)]
pub struct Files {
    network: Url,
    files: BTreeMap<Url, Held>,
}

/// A place in a file.
#[derive(Clone, Copy, Debug)]
pub(super) struct Place<'a> {
    /// What stands there.
    pub(super) value: &'a Value,
    /// The file, against which references in it are meant.
    pub(super) base: &'a Url,
}

impl Files {
    /// None yet. `network` is the host that stands for the Developer Network.
    pub fn new(network: &Url) -> Self {
        Self {
            network: network.clone(),
            files: BTreeMap::new(),
        }
    }

    /// Adds a file that is known by the address `at` and was found at `found`.
    pub fn put(&mut self, at: &Url, found: &Url, body: Value) {
        self.files.insert(plain(at), Ok((plain(found), body)));
    }

    /// Notes that the file at `at` cannot be read.
    pub fn put_missing(&mut self, at: &Url, missing: Missing) {
        self.files.insert(plain(at), Err(missing));
    }

    /// Fetches what the files refer to, and what those refer to, each once.
    pub(super) async fn follow(&mut self, session: &Session, began: Moment) {
        let mut asked: BTreeSet<Url> = self.files.keys().cloned().collect();
        let mut queue: VecDeque<(Url, usize)> = VecDeque::new();
        for (base, body) in self.files.values().flatten() {
            enqueue(base, body, &self.network, 1, &mut asked, &mut queue);
        }
        let (mut fetched, mut bytes, mut failures_running) = (0, 0, 0);
        while let Some((url, level)) = queue.pop_front() {
            let refusal = if fetched == SCHEMAS_MAX {
                Some(format!("one poll asks for {SCHEMAS_MAX} schemas at most"))
            } else if bytes > SCHEMAS_BYTES_MAX {
                Some(format!("the schemas have more than {SCHEMAS_BYTES_MAX} bytes together"))
            } else if failures_running >= FAILURES_RUNNING_MAX {
                Some("not asked for, since the schemas before it could not be read either".to_owned())
            } else if session.now().since(began) > ASKING_MAX {
                Some("not asked for, since reading took too long".to_owned())
            } else if level > LEVELS_MAX {
                Some(format!("it lies more than {LEVELS_MAX} files away"))
            } else {
                None
            };
            if let Some(reason) = refusal {
                self.files.insert(url, Err(Missing::passing(reason)));
                continue;
            }
            fetched += 1;
            let name = url.path().rsplit('/').next().unwrap_or_default().to_owned();
            let attempted = format!("reading the schema {name}");
            let held = match session.get_json_file(&url, SCHEMA_BYTES_MAX, &attempted).await {
                Ok(file) => {
                    failures_running = 0;
                    bytes += file.bytes;
                    let base = plain(&file.url);
                    enqueue(&base, &file.body, &self.network, level + 1, &mut asked, &mut queue);
                    Ok((base, file.body))
                }
                Err(error) => {
                    if error.problem.concerns_all_calls() {
                        failures_running += 1;
                    }
                    Err(missing_of(&error))
                }
            };
            self.files.insert(url, held);
        }
    }

    /// Where a `$ref` in the file at `base` leads.
    pub(super) fn target(&self, reference: &str, base: &Url) -> Result<Target, Missing> {
        target_of(reference, base, &self.network).map_err(Missing::lasting)
    }

    /// What stands there.
    pub(super) fn at(&self, target: &Target) -> Result<Place<'_>, Missing> {
        let (base, body) = match self.files.get(&target.file) {
            Some(Ok(held)) => (&held.0, &held.1),
            Some(Err(missing)) => return Err(missing.clone()),
            None => return Err(Missing::passing("it was not fetched")),
        };
        let value = body
            .pointer(&target.pointer)
            .ok_or_else(|| Missing::lasting(format!("its file has no {}", target.pointer)))?;
        Ok(Place { value, base })
    }
}

fn missing_of(error: &CallError) -> Missing {
    match error.problem {
        Problem::NotFound => Missing::lasting("it does not exist"),
        _ => Missing::passing(error.problem.to_string()),
    }
}

fn plain(url: &Url) -> Url {
    let mut url = url.clone();
    url.set_query(None);
    url.set_fragment(None);
    url
}

/// Puts the files that `body` refers to into the queue, in an order that does not depend on its own.
fn enqueue(
    base: &Url,
    body: &Value,
    network: &Url,
    level: usize,
    asked: &mut BTreeSet<Url>,
    queue: &mut VecDeque<(Url, usize)>,
) {
    let mut references = BTreeSet::new();
    references_of(body, &mut references);
    for reference in references {
        if let Ok(target) = target_of(reference, base, network)
            && asked.insert(target.file.clone())
        {
            queue.push_back((target.file, level));
        }
    }
}

/// JSON from the wire is at most 128 levels deep, so this ends.
fn references_of<'a>(value: &'a Value, references: &mut BTreeSet<&'a str>) {
    match value {
        Value::Object(fields) => {
            if let Some(Value::String(reference)) = fields.get("$ref") {
                references.insert(reference);
            }
            fields.values().for_each(|field| references_of(field, references));
        }
        Value::Array(items) => items.iter().for_each(|item| references_of(item, references)),
        _ => {}
    }
}
