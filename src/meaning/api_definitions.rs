//! What changes in Ex Libris' API definitions mean to those who write programs, and to those who depend on them.
//!
//! One event an operation: its title names the weightiest difference, its summary lists them and says what is to be done.
//! The schemas of a list, of one of its items and of an update are often one file, so that one new field is told for each
//! operation that has it: which of them a program calls, only its maintainer knows.

mod differences;
mod topics;

#[cfg(test)]
mod tests;

use base64::Engine as _;
use serde_json::Value;

use self::differences::{Difference, Effect};
use crate::model::change::{ChangeInContext, Op};
use crate::model::event::{EventDraft, EventKind};

/// Differences that a summary lists.
const LISTED_MAX: usize = 8;
/// The Developer Network's pages on Alma's API (ALMA.md §1).
const PAGES: &str = "https://developers.exlibrisgroup.com/alma/apis/";
/// Paths that those pages are about.
const ALMA_PATHS: &str = "/almaws/";

/// The events that a change makes: one at most.
pub fn events_of(change: &ChangeInContext<'_>) -> Vec<EventDraft> {
    let nothing = Value::Null;
    let (old, new) = (change.old.unwrap_or(&nothing), change.new.unwrap_or(&nothing));
    let operation = Operation::of(if change.op == Op::Removed { old } else { new });
    let told = match change.op {
        Op::Added => Some(came(&operation, change.context.returned)),
        Op::Removed => Some(went(&operation)),
        Op::Modified => differs(&operation, differences::between(old, new)),
    };
    told.into_iter().collect()
}

/// An operation as texts name it.
struct Operation<'a> {
    record: &'a Value,
    area: &'a str,
    product: &'a str,
    method: &'a str,
    path: &'a str,
}

impl<'a> Operation<'a> {
    fn of(record: &'a Value) -> Self {
        let text = |name: &str| record.get(name).and_then(Value::as_str).unwrap_or_default();
        Self {
            record,
            area: text("area"),
            product: text("product"),
            method: text("method"),
            path: text("path"),
        }
    }

    /// `GET /almaws/v1/conf/jobs`.
    fn call(&self) -> String {
        format!("{} {}", self.method, self.path)
    }

    /// `GET /almaws/v1/conf/jobs (“Retrieve Jobs”, area conf)`.
    fn described(&self) -> String {
        match self.record.get("summary").and_then(Value::as_str) {
            Some(summary) => format!("{} (“{summary}”, area {})", self.call(), self.area),
            None => format!("{} (area {})", self.call(), self.area),
        }
    }

    /// Its page on the Developer Network (ALMA.md §1).
    fn page(&self) -> Option<String> {
        self.path.starts_with(ALMA_PATHS).then(|| {
            let id = base64::engine::general_purpose::STANDARD.encode(self.call());
            format!("{PAGES}docs/{}/{id}/", self.area)
        })
    }

    fn told(&self, title: String, summary: String, link: Option<String>, differences: &[Difference]) -> EventDraft {
        EventDraft {
            topics: topics::of(self, differences),
            product: Some(self.product.to_owned()).filter(|product| !product.is_empty()),
            link,
            ..EventDraft::new(EventKind::ApiChanged, title, summary)
        }
    }
}

fn came(operation: &Operation<'_>, returned: bool) -> EventDraft {
    let (product, call) = (operation.product, operation.call());
    let (title, how) = if returned {
        (
            format!("{product} API: {call} is back"),
            "is in Ex Libris' definitions again",
        )
    } else {
        (
            format!("{product} API: {call} is new"),
            "is new in Ex Libris' definitions",
        )
    };
    let needed = differences::required_parameters(operation.record);
    let takes = match needed.as_slice() {
        [] => "needs no parameter".to_owned(),
        names => format!("needs {}", names.join(", ")),
    };
    let deprecated = if differences::is_deprecated(operation.record) {
        " It is marked as deprecated from the start."
    } else {
        ""
    };
    let summary = format!(
        "{} {how}; it {takes}.{deprecated} Nothing has to be done; programs can call it once it works at your library, with a \
         key that has its area.",
        operation.described()
    );
    operation.told(title, summary, operation.page(), &[])
}

fn went(operation: &Operation<'_>) -> EventDraft {
    let title = format!(
        "{} API: {} is no longer documented",
        operation.product,
        operation.call()
    );
    let summary = format!(
        "{} is gone from Ex Libris' definitions. It may still answer for a while; whoever maintains a program that calls it \
         should look for what replaces it, and ask Ex Libris where that is not said.",
        operation.described()
    );
    let link = operation.path.starts_with(ALMA_PATHS).then(|| PAGES.to_owned());
    operation.told(title, summary, link, &[])
}

fn differs(operation: &Operation<'_>, differences: Vec<Difference>) -> Option<EventDraft> {
    let first = differences.first()?;
    let (product, call) = (operation.product, operation.call());
    let more = match differences.len() - 1 {
        0 => String::new(),
        1 => ", and one more change".to_owned(),
        more => format!(", and {more} more changes"),
    };
    let title = format!("{product} API, {call}: {}{more}", first.text);
    let mut listed: Vec<&str> = differences
        .iter()
        .take(LISTED_MAX)
        .map(|difference| difference.text.as_str())
        .collect();
    let rest = format!("and {} more", differences.len().saturating_sub(LISTED_MAX));
    if differences.len() > LISTED_MAX {
        listed.push(&rest);
    }
    let to_do = match first.effect {
        Effect::Breaks => {
            "Programs that call it may stop working: whoever maintains one should look at it, and try it in a sandbox first."
        }
        Effect::Ends => {
            "It still works. Whoever maintains a program that uses it should move to what replaces it before Ex Libris takes it \
             away; its page may say what that is."
        }
        Effect::Differs => {
            "Whoever maintains a program that calls it should check that it still understands the answer."
        }
        Effect::Allows => "Nothing has to be done; programs that call it can make use of it.",
    };
    let summary = format!("{}: {}. {to_do}", operation.described(), listed.join("; "));
    Some(operation.told(title, summary, operation.page(), &differences))
}
