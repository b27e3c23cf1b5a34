//! Rows of code tables: what each table is the vocabulary of.

use super::words::{flag, is_about_sharing, moved, named, novelty, sentences, text, turned};
use super::{Seen, told};
use crate::model::change::Op;
use crate::model::event::{EventDraft, Severity, Topic};

/// What a row of a table is.
struct Vocabulary {
    /// `step for borrowing requests`.
    thing: &'static str,
    /// What it means that one is there.
    meaning: &'static str,
    /// What it is about.
    topics: &'static [Topic],
}

const SHARING: &[Topic] = &[Topic::ResourceSharing];
const INTEGRATION: &[Topic] = &[Topic::ApisIntegration];

/// The tables that are known by name (ALMA.md §3, §5c, §7; the schemas name what uses them).
const TABLES: &[(&str, Vocabulary)] = &[
    (
        "MandatoryBorrowingWorkflowSteps",
        Vocabulary {
            thing: "step for borrowing requests",
            meaning: "It is one of the steps that every borrowing request may go through.",
            topics: SHARING,
        },
    ),
    (
        "OptionalBorrowingWorkflowSteps",
        Vocabulary {
            thing: "optional step for borrowing requests",
            meaning: "Borrowing requests go through it only where a workflow profile includes it (Configuration > \
                      Fulfillment > Resource Sharing > Workflow Profiles).",
            topics: SHARING,
        },
    ),
    (
        "MandatoryLendingWorkflowSteps",
        Vocabulary {
            thing: "step for lending requests",
            meaning: "It is one of the steps that every lending request may go through.",
            topics: SHARING,
        },
    ),
    (
        "OptionalLendingWorkflowSteps",
        Vocabulary {
            thing: "optional step for lending requests",
            meaning: "Lending requests go through it only where a workflow profile includes it (Configuration > \
                      Fulfillment > Resource Sharing > Workflow Profiles).",
            topics: SHARING,
        },
    ),
    (
        PARTNER_SYSTEMS,
        Vocabulary {
            thing: "kind of partner system",
            meaning: "Partner records can name it as their system: libraries that use it, also without Alma, may be \
                      reachable as partners.",
            topics: SHARING,
        },
    ),
    (
        "RequestFormats",
        Vocabulary {
            thing: "format for requests",
            meaning: "Requests can ask for material in this format.",
            topics: SHARING,
        },
    ),
    (
        "LevelOfService",
        Vocabulary {
            thing: "level of service for requests",
            meaning: "Requests can ask for this level of service.",
            topics: SHARING,
        },
    ),
    (
        "ResourceSharingCopyrightsStatus",
        Vocabulary {
            thing: "copyright status for requests",
            meaning: "Requests can carry this copyright status.",
            topics: SHARING,
        },
    ),
    (
        "ResourceSharingRequestSendMethod",
        Vocabulary {
            thing: "way to send requests",
            meaning: "Requests can name it as the way in which their material is to be sent.",
            topics: SHARING,
        },
    ),
    (
        "IntegrationTypes",
        Vocabulary {
            thing: "type of integration",
            meaning: "Integration profiles of this type connect Alma to other systems (Configuration > General > External \
                      Systems > Integration Profiles).",
            topics: INTEGRATION,
        },
    ),
    (
        WEBHOOKS,
        Vocabulary {
            thing: "kind of webhook",
            meaning: "By a webhook Alma tells other programs when something happens, without being asked.",
            topics: INTEGRATION,
        },
    ),
    (
        "JobsApiJobTypes",
        Vocabulary {
            thing: "kind of job in the API",
            meaning: "Programs can see, and perhaps start, jobs of this kind.",
            topics: INTEGRATION,
        },
    ),
];

const PARTNER_SYSTEMS: &str = "PartnerSystemTypes";
const WEBHOOKS: &str = "WebhookEvents";
/// Alma as the system of a partner: such a partner is no library without Alma.
const ALMA_SYSTEM: &str = "ALMA";
/// What a row that nobody had may be.
const NEW_ANYWHERE: &str = "it may be a new feature of Ex Libris that comes to the others too, or a row that this library \
                            added";

/// What a change of a row is told as; `None` where nothing of it is for people.
pub(super) fn event_of(seen: &Seen<'_>) -> Option<EventDraft> {
    let (table, code) = seen.change.key.split_once('/')?;
    let row = Row::of(seen, table, code);
    let library = seen.library;
    let Row { thing, name, .. } = &row;
    match seen.change.op {
        Op::Added => Some(added(seen, &row)),
        Op::Removed => Some(row.told(
            Severity::Notice,
            format!("{library}: Alma no longer has this {thing}: {name}"),
            format!(
                "Its row is gone: whatever names it, such as partner records, workflow profiles or rules, may need another \
                 value. Code table: {table}."
            ),
        )),
        Op::Modified => modified(seen, &row),
    }
}

fn added(seen: &Seen<'_>, row: &Row<'_>) -> EventDraft {
    let Row { thing, name, table, .. } = row;
    let library = seen.library;
    let is_on = flag(seen.new, "enabled") != Some(false);
    let mut title = if seen.change.context.returned {
        format!("{library}: Alma again has this {thing}: {name}")
    } else if seen.is_also_here() {
        format!("{library}: Alma now also has this {thing}: {name}")
    } else {
        format!("{library}: Alma has a new {thing}: {name}")
    };
    let mut parts = vec![row.meaning.clone()];
    if row.is_webhook_of_sharing {
        title.push_str(", about resource sharing");
        parts.push(
            "This one seems to be about resource sharing, which no webhook was known to tell about: requests could be followed \
             as they move. It is worth trying out together with the other libraries."
                .to_owned(),
        );
    }
    if !is_on {
        title.push_str(", not enabled");
        parts.push("Its row is there, but not enabled.".to_owned());
    }
    parts.push(novelty(seen, NEW_ANYWHERE));
    parts.push(format!("Code table: {table}."));
    let mut event = row.told(Severity::Notice, title, sentences(&parts));
    event.non_alma = is_on && row.opens_a_system;
    event
}

fn modified(seen: &Seen<'_>, row: &Row<'_>) -> Option<EventDraft> {
    let Row { thing, name, table, .. } = row;
    let (library, old, new) = (seen.library, seen.old, seen.new);
    let mut titles = Vec::new();
    let mut facts = Vec::new();
    let enabled = turned(old, new, "enabled");
    if let Some(is_on) = enabled {
        let (now, was) = if is_on {
            ("enabled", "disabled")
        } else {
            ("disabled", "enabled")
        };
        titles.push(format!("{library}: this {thing} is now {now} in Alma: {name}"));
        facts.push(format!("The row is now {now} (it was {was})."));
    }
    if let Some((before, after)) = moved(old, new, "description") {
        titles.push(format!("{library}: this {thing} has a new label in Alma: {name}"));
        facts.push(format!("Its label is now “{after}” (it was “{before}”)."));
    }
    if let Some(is_default) = turned(old, new, "default") {
        let state = if is_default { "now" } else { "no longer" };
        titles.push(format!(
            "{library}: this {thing} is {state} the default in Alma: {name}"
        ));
        facts.push(format!("It is {state} the default of its table."));
    }
    let title = titles.into_iter().next()?;
    let severity = if enabled == Some(true) {
        facts.push(row.meaning.clone());
        Severity::Notice
    } else {
        Severity::Info
    };
    facts.push(format!("Code table: {table}."));
    let mut event = row.told(severity, title, sentences(&facts));
    event.non_alma = enabled == Some(true) && row.opens_a_system;
    Some(event)
}

/// A row as texts name it.
struct Row<'a> {
    table: &'a str,
    thing: String,
    name: String,
    meaning: String,
    topics: Vec<Topic>,
    is_webhook_of_sharing: bool,
    opens_a_system: bool,
}

impl<'a> Row<'a> {
    fn of(seen: &Seen<'_>, table: &'a str, code: &str) -> Row<'a> {
        let label = text(seen.record(), "description");
        let is_of_sharing = is_about_sharing(&[code, label.unwrap_or_default()]);
        let known = TABLES.iter().find(|(name, _)| *name == table).map(|(_, known)| known);
        let (thing, meaning, mut topics) = match known {
            Some(known) => (known.thing.to_owned(), known.meaning.to_owned(), known.topics.to_vec()),
            None => (format!("row in the code table {table}"), String::new(), Vec::new()),
        };
        if is_of_sharing || known.is_none() && is_about_sharing(&[table]) {
            topics.push(Topic::ResourceSharing);
        }
        if topics.is_empty() {
            topics.push(Topic::ApisIntegration);
        }
        Row {
            table,
            thing,
            name: named(label, code),
            meaning,
            topics,
            is_webhook_of_sharing: table == WEBHOOKS && is_of_sharing,
            opens_a_system: table == PARTNER_SYSTEMS && !code.eq_ignore_ascii_case(ALMA_SYSTEM),
        }
    }

    fn told(&self, severity: Severity, title: String, summary: String) -> EventDraft {
        told(severity, &self.topics, title, summary)
    }
}
