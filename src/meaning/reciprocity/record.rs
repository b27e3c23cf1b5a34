//! The records of the derived watch: one for each direction between two members, keyed `LENDER>BORROWER`.
//!
//! Every direction is there at every reading, also where nothing is known of it: a list that cannot be read makes its
//! directions unknown, and nothing ever vanishes because a library could not be asked. So the one partition is always
//! read wholly. What people call a partner is no part of a record, so that a new label is no change.

use serde_json::{Map, Value, json};

use super::{End, Flow, Member, Picture, flag_of};
use crate::model::observation::{Draft, Identity};
use crate::model::reciprocity::{Problem, Role};

/// Of the records that are derived here.
pub const SHAPE_VERSION: u32 = 1;
/// The one partition.
pub const PARTITION: &str = "members";
/// The field of [`note_unmoved`].
pub(super) const UNMOVED: &str = "unmoved";
/// Characters of the members' fingerprint: enough to tell two configurations apart, short enough to read past.
const FINGERPRINT_CHARS: usize = 12;

/// The records of all directions.
pub fn drafts(picture: &Picture) -> Vec<Draft> {
    let members = fingerprint(picture.members());
    picture
        .flows()
        .iter()
        .map(|flow| Draft {
            partition: PARTITION.to_owned(),
            identity: Identity::Key(format!("{}/{}", flow.lender.code, flow.borrower.code)),
            body: body_of(flow, &members),
        })
        .collect()
}

/// The partner records that spoke for an end before and now, with the code of the library that has them, where what the
/// end says is not what it said. `None` where it says the same.
pub fn speakers(old: &Value, new: &Value, role: Role) -> Option<(String, Vec<String>)> {
    let end = |body: &Value, field: &str| body.get(end_name(role))?.get(field)?.as_str().map(str::to_owned);
    if end(old, "says") == end(new, "says") {
        return None;
    }
    let owner = new.get(role.name())?.as_str()?.to_owned();
    let records = [end(old, "record"), end(new, "record")];
    Some((owner, records.into_iter().flatten().collect()))
}

/// Notes that no partner record of an end was touched although it now says something else: another library's list, by
/// which a symbol was known, changed what the record is taken for. That is no news of this end (see `told`).
pub fn note_unmoved(body: &mut Value, role: Role) {
    if let Some(Value::Object(end)) = body.get_mut(end_name(role)) {
        end.insert(UNMOVED.to_owned(), Value::Bool(true));
    }
}

/// The field in which an end of that role stands.
pub(super) const fn end_name(role: Role) -> &'static str {
    match role {
        Role::Lender => "lender_end",
        Role::Borrower => "borrower_end",
    }
}

fn body_of(flow: &Flow<'_>, members: &str) -> Value {
    let problems: Vec<String> = flow.problems.iter().map(problem_word).collect();
    let mut body = json!({
        "lender": flow.lender.code,
        "lender_name": flow.lender.name,
        "borrower": flow.borrower.code,
        "borrower_name": flow.borrower.name,
        "state": flow.state.name(),
        "lender_end": end_of(&flow.lender_end, Role::Lender),
        "borrower_end": end_of(&flow.borrower_end, Role::Borrower),
        "members": members,
    });
    if !problems.is_empty() {
        body["problems"] = json!(problems);
    }
    body
}

/// `inactive@lender`, `one-sided`.
fn problem_word(problem: &Problem) -> String {
    match problem.end {
        Some(end) => format!("{}@{}", problem.kind.name(), end.name()),
        None => problem.kind.name().to_owned(),
    }
}

fn end_of(end: &End<'_>, role: Role) -> Value {
    let mut told = Map::new();
    told.insert("says".to_owned(), Value::from(end.says.name()));
    if let Some(record) = end.record {
        told.insert("record".to_owned(), Value::from(record.key.as_str()));
        let kept = [
            ("status", "status"),
            ("supported", flag_of(role)),
            ("profile", "profile_type"),
            ("system", "system_type"),
        ];
        for (name, field) in kept {
            if let Some(value) = record.body.get(field) {
                told.insert(name.to_owned(), value.clone());
            }
        }
    }
    Value::Object(told)
}

/// What the configuration says of the members, in short. A record with another fingerprint was made with other members,
/// names or aliases: whatever differs may come of that, and is no news of the libraries.
fn fingerprint(members: &[Member]) -> String {
    let mut hasher = blake3::Hasher::new();
    for member in members {
        let mut texts = vec![member.code.as_str(), member.name.as_str()];
        texts.push(if member.on_alma { "alma" } else { "other" });
        let mut marks: Vec<&str> = member.aliases.iter().map(String::as_str).collect();
        marks.sort_unstable();
        let mut former: Vec<&str> = member.former_codes.iter().map(String::as_str).collect();
        former.sort_unstable();
        texts.extend(marks);
        texts.push("\u{1}");
        texts.extend(former);
        for text in texts {
            hasher.update(&(text.len() as u64).to_le_bytes());
            hasher.update(text.as_bytes());
        }
        hasher.update(&u64::MAX.to_le_bytes());
    }
    let mut hash = hasher.finalize().to_hex().to_string();
    hash.truncate(FINGERPRINT_CHARS);
    hash
}
