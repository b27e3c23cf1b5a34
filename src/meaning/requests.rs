//! What moves of requests mean to a head of resource sharing: counts by partner and status, never titles, never a single
//! request.

use serde_json::Value;

use crate::model::change::{ChangeInContext, Op};
use crate::model::event::{EventDraft, EventKind, Topic};
use crate::model::request_status::label;

/// The keys of the records that say how a partner's requests moved begin so.
pub const MOVES: &str = "moves/";
/// The key of the record that lists the statuses of borrowing requests that nobody knows.
pub const UNKNOWN_LABELS: &str = "unknown-labels";
/// Counts below this are not told: they could point to a reader (USERS.md §6).
pub const FEW: u64 = 5;
/// Ex Libris' product that requests belong to.
const PRODUCT: &str = "Alma";
/// Moves that a title tells; the summary tells all.
const MOVES_IN_TITLE: usize = 2;

/// A count as it may be kept and told: null where it is below [`FEW`].
pub fn few_or(count: u64) -> Value {
    if count < FEW { Value::Null } else { Value::from(count) }
}

/// The events that a change makes: one where a partner's requests moved, and one where statuses appear that nobody knows.
/// Counts by library and status are history; their ups and downs are no news.
pub fn events_of(change: &ChangeInContext<'_>) -> Vec<EventDraft> {
    if change.key == UNKNOWN_LABELS {
        return unknown_labels(change).into_iter().collect();
    }
    let (true, true, Some(record)) = (change.key.starts_with(MOVES), change.op != Op::Removed, change.new) else {
        return Vec::new();
    };
    let text = |name: &str| record.get(name).and_then(Value::as_str).unwrap_or_default();
    let moves: Vec<Moved> = record
        .get("moves")
        .and_then(Value::as_array)
        .map(|moves| moves.iter().filter_map(Moved::of).collect())
        .unwrap_or_default();
    if moves.is_empty() {
        return Vec::new();
    }
    let library = change
        .institution
        .map_or(change.subject, |institution| institution.name);
    let partner = match (text("name"), text("partner")) {
        ("", "") => "no partner yet".to_owned(),
        (name, code) if name == code => code.to_owned(),
        (name, code) => format!("{name} ({code})"),
    };
    let (side, preposition) = match text("side") {
        "borrowing" => ("borrowing requests", "to"),
        _ => ("lending requests", "from"),
    };
    let mut by_count: Vec<&Moved> = moves.iter().collect();
    by_count.sort_by_key(|moved| std::cmp::Reverse(moved.requests));
    let told: Vec<String> = by_count
        .iter()
        .take(MOVES_IN_TITLE)
        .map(|moved| moved.short())
        .collect();
    let more = match moves.len().saturating_sub(MOVES_IN_TITLE) {
        0 => String::new(),
        1 => " and one more move".to_owned(),
        more => format!(" and {more} more moves"),
    };
    let all: Vec<String> = by_count.iter().map(|moved| moved.sentence()).collect();
    let mut event = EventDraft::new(
        EventKind::RequestStatusChanged,
        format!("{library}: {side} {preposition} {partner}: {}{more}", told.join(", ")),
        format!("Since the last look: {}.", all.join("; ")),
    );
    event.topics = vec![Topic::ResourceSharing];
    event.product = Some(PRODUCT.to_owned());
    vec![event]
}

/// A status that Almanac does not know is perhaps a new step of Alma's, or only a label in the library's own words.
fn unknown_labels(change: &ChangeInContext<'_>) -> Option<EventDraft> {
    let labels = |record: Option<&Value>| -> Vec<String> {
        let labels = record.and_then(|record| record.get("labels")?.as_array());
        let texts = labels.into_iter().flatten().filter_map(Value::as_str);
        texts.map(str::to_owned).collect()
    };
    let known = labels(change.old);
    let new: Vec<String> = labels(change.new)
        .into_iter()
        .filter(|label| !known.contains(label))
        .map(|label| format!("“{label}”"))
        .collect();
    if new.is_empty() {
        return None;
    }
    let library = change
        .institution
        .map_or(change.subject, |institution| institution.name);
    let (status, are) = if new.len() == 1 {
        ("a status", "is")
    } else {
        ("statuses", "are")
    };
    let mut event = EventDraft::new(
        EventKind::ApiChanged,
        format!(
            "{library}: borrowing requests have {status} that Almanac does not know: {}",
            new.join(", ")
        ),
        format!(
            "Requests in {} {are} counted under the label itself. If it is a label in the library's own words, say which of \
             Alma's statuses it is under [watch.status_labels] of the settings; if Alma has a new step, it is news for the \
             other libraries too.",
            if new.len() == 1 { "it" } else { "them" }
        ),
    );
    event.topics = vec![Topic::ResourceSharing];
    event.product = Some(PRODUCT.to_owned());
    Some(event)
}

struct Moved<'a> {
    from: &'a str,
    to: &'a str,
    requests: Option<u64>,
}

impl<'a> Moved<'a> {
    fn of(value: &'a Value) -> Option<Self> {
        Some(Self {
            from: value.get("from")?.as_str()?,
            to: value.get("to")?.as_str()?,
            requests: value.get("requests")?.as_u64(),
        })
    }

    fn count(&self) -> String {
        self.requests
            .map_or_else(|| format!("fewer than {FEW}"), |requests| requests.to_string())
    }

    fn short(&self) -> String {
        match (self.from, self.to) {
            ("", to) => format!("{} new in “{}”", self.count(), label(to)),
            (from, "") => format!("{} gone from “{}”", self.count(), label(from)),
            (_, to) => format!("{} now “{}”", self.count(), label(to)),
        }
    }

    fn sentence(&self) -> String {
        match (self.from, self.to) {
            ("", to) => format!("{} new, in “{}”", self.count(), label(to)),
            (from, "") => format!(
                "{} no longer listed, last in “{}” (what became of them is not known)",
                self.count(),
                label(from)
            ),
            (from, to) => format!("{} from “{}” to “{}”", self.count(), label(from), label(to)),
        }
    }
}
