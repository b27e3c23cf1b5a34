//! What a change between two members means to a head of resource sharing.
//!
//! Only what both readings knew is news. A list that is read for the first time, a record that was ambiguous before, a
//! member or an alias that the configuration gained, a record that is taken for somebody else only because a third
//! library's list changed: all of these tell more of how things were, not that they changed. A new record of this watch is
//! therefore never an event.

use serde_json::Value;

use super::ends::label_of;
use super::record::{UNMOVED, end_name};
use crate::model::change::{ChangeInContext, Op};
use crate::model::event::{EventDraft, EventKind, Severity, Topic};
use crate::model::reciprocity::{ProblemKind, Role, Says};

/// Ex Libris' product that partner records belong to.
const PRODUCT: &str = "Alma";

/// The events that a change makes: at most one.
pub fn events_of(change: &ChangeInContext<'_>) -> Vec<EventDraft> {
    let (Op::Modified, Some(old), Some(new)) = (change.op, change.old, change.new) else {
        return Vec::new();
    };
    let (Some(old), Some(new)) = (Reading::of(old), Reading::of(new)) else {
        return Vec::new();
    };
    if old.members != new.members {
        return Vec::new();
    }
    told(&old, &new).into_iter().collect()
}

/// A document of this watch.
struct Reading<'a> {
    lender: &'a str,
    borrower: &'a str,
    state: &'a str,
    members: Option<&'a str>,
    one_sided: bool,
    ends: [EndReading<'a>; 2],
}

struct EndReading<'a> {
    role: Role,
    says: Says,
    record: Option<&'a str>,
    status: Option<&'a str>,
    /// No record of this end was touched, whatever it is taken for now.
    unmoved: bool,
}

impl<'a> Reading<'a> {
    fn of(body: &'a Value) -> Option<Self> {
        let text = |name: &str| body.get(name).and_then(Value::as_str);
        let end = |role| {
            let end = body.get(end_name(role))?;
            Some(EndReading {
                role,
                says: serde_json::from_value(end.get("says")?.clone()).ok()?,
                record: end.get("record").and_then(Value::as_str),
                status: end.get("status").and_then(Value::as_str),
                unmoved: end.get(UNMOVED).and_then(Value::as_bool).unwrap_or(false),
            })
        };
        let problems = body.get("problems").and_then(Value::as_array);
        Some(Self {
            lender: text("lender_name")?,
            borrower: text("borrower_name")?,
            state: text("state")?,
            members: text("members"),
            one_sided: problems.is_some_and(|words| words.iter().any(|word| word == ProblemKind::OneSided.name())),
            ends: [end(Role::Lender)?, end(Role::Borrower)?],
        })
    }

    fn owner(&self, end: &EndReading<'_>) -> &'a str {
        match end.role {
            Role::Lender => self.lender,
            Role::Borrower => self.borrower,
        }
    }

    fn other(&self, end: &EndReading<'_>) -> &'a str {
        match end.role {
            Role::Lender => self.borrower,
            Role::Borrower => self.lender,
        }
    }

    /// `Elm College’s record OAK: active, lends (“Supports borrowing” is on).`
    fn as_it_stands(&self, end: &EndReading<'_>) -> String {
        let (owner, other) = (self.owner(end), self.other(end));
        let verb = match end.role {
            Role::Lender => "lend",
            Role::Borrower => "borrow",
        };
        let label = label_of(end.role);
        let record = end.record.unwrap_or("?");
        match end.says {
            Says::Yes => format!("{owner}’s record {record} for {other}: active, {verb}s ({label} is on)."),
            Says::Off => format!("{owner}’s record {record} for {other}: active, does not {verb} ({label} is off)."),
            Says::Inactive => match end.status {
                Some("INACTIVE") | None => format!("{owner}’s record {record} for {other}: inactive."),
                Some(status) => format!("{owner}’s record {record} for {other}: not active (status {status})."),
            },
            Says::NotStated => format!("{owner}’s record {record} for {other}: does not say whether it {verb}s."),
            Says::NoRecord => format!("{owner} has no record for {other}."),
            Says::Ambiguous => format!("{owner} has a record that may be for {other} or for another member."),
            Says::Unknown => format!("{owner}’s partner list is not known."),
            Says::NotOnAlma => format!("{owner} is not on Alma, so only the other side’s record can be seen."),
        }
    }

    /// What came to an end: `Elm College’s record OAK is now inactive`.
    fn as_it_became(&self, before: &EndReading<'_>, now: &EndReading<'_>) -> String {
        let (owner, other) = (self.owner(now), self.other(now));
        let label = label_of(now.role);
        let record = now.record.unwrap_or("?");
        match (before.says, now.says) {
            (_, Says::NoRecord) => {
                let was = before.record.map_or_else(String::new, |was| format!(" (it was {was})"));
                return format!("{owner} no longer has a record for {other}{was}");
            }
            (Says::NoRecord, _) => return format!("{owner} now has a record for {other} ({record})"),
            (_, Says::Inactive) if before.record != now.record => {
                let was = before.record.unwrap_or("?");
                return format!("{owner} has no active record for {other} any more (it was {was})");
            }
            _ => {}
        }
        let state = match (before.says, now.says) {
            (Says::Inactive, Says::Yes) => "is active again".to_owned(),
            (_, Says::Yes) => format!("now has {label} on"),
            (_, Says::Inactive) => "is now inactive".to_owned(),
            (_, Says::Off) => format!("now has {label} off"),
            _ => "no longer says enough".to_owned(),
        };
        let instead = match before.record {
            Some(was) if Some(was) != now.record => format!(", and {was} no longer counts"),
            _ => String::new(),
        };
        format!("{owner}’s record {record} {state}{instead}")
    }
}

fn told(old: &Reading<'_>, new: &Reading<'_>) -> Option<EventDraft> {
    let moved: Vec<(&EndReading<'_>, &EndReading<'_>)> = old
        .ends
        .iter()
        .zip(&new.ends)
        .filter(|(before, now)| before.says != now.says)
        .collect();
    // What an end says for the first time is no change of it.
    let unseen = |says: Says| says.is_open() || says == Says::NotOnAlma;
    let newly_known = moved
        .iter()
        .any(|(before, now)| unseen(before.says) || unseen(now.says) || now.unmoved);
    let stopped: Vec<_> = moved
        .iter()
        .filter(|(before, now)| before.says == Says::Yes && now.says.is_no() && !now.unmoved)
        .collect();
    let became = |ends: &[&(&EndReading<'_>, &EndReading<'_>)]| {
        let sentences: Vec<String> = ends.iter().map(|(before, now)| new.as_it_became(before, now)).collect();
        sentences.join(", and ")
    };
    let Reading { lender, borrower, .. } = *new;
    if !stopped.is_empty() && matches!(old.state, "on" | "unknown") && matches!(new.state, "broken" | "off" | "none") {
        let title = format!("{borrower} can no longer borrow from {lender}: {}", became(&stopped));
        return Some(event(EventKind::ReciprocityBroken, title, new, who_acts(new)));
    }
    if newly_known {
        return None;
    }
    let all: Vec<_> = moved.iter().collect();
    if new.state == "on" && old.state != "on" {
        let title = format!("{borrower} can borrow from {lender} now: {}", became(&all));
        return Some(event(EventKind::ReciprocityMended, title, new, String::new()));
    }
    let draft = if new.state == "broken" && matches!(old.state, "off" | "none") {
        let title = format!(
            "{lender} and {borrower} do not agree whether {borrower} may borrow from {lender}: {}",
            became(&all)
        );
        event(EventKind::ReciprocityBroken, title, new, who_acts(new))
    } else if new.one_sided && !old.one_sided && old.state == new.state {
        let title = format!("{borrower} lends to {lender}, but {lender} does not lend to {borrower}");
        let advice = "The other direction was opened, this one was not. If that is meant, nothing is to be done.";
        event(EventKind::ReciprocityBroken, title, new, advice.to_owned())
    } else {
        return None;
    };
    // Nothing stopped: there is time until the morning.
    Some(EventDraft {
        severity: Severity::Notice,
        ..draft
    })
}

/// Who can put it right.
fn who_acts(reading: &Reading<'_>) -> String {
    let no: Vec<&str> = reading
        .ends
        .iter()
        .filter(|end| end.says.is_no())
        .map(|end| reading.owner(end))
        .collect();
    match no.as_slice() {
        [one] => format!("If that was not meant, {one} puts it right in its partner records in Alma."),
        [_, _] => {
            "Both libraries now say no, so it may well be meant; if not, both put it right in their partner records in \
                   Alma."
                .to_owned()
        }
        _ => String::new(),
    }
}

fn event(kind: EventKind, title: String, now: &Reading<'_>, advice: String) -> EventDraft {
    let mut summary: Vec<String> = now.ends.iter().map(|end| now.as_it_stands(end)).collect();
    if !advice.is_empty() {
        summary.push(advice);
    }
    EventDraft {
        topics: vec![Topic::ResourceSharing],
        product: Some(PRODUCT.to_owned()),
        non_alma: now.ends.iter().any(|end| end.says == Says::NotOnAlma),
        ..EventDraft::new(kind, title, summary.join(" "))
    }
}
