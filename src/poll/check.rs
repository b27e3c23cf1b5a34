//! What works and what does not, without storing: `almanac check`.

mod conf;
mod definitions;
mod members;
mod offers;
mod requests;

use std::path::Path;

use crate::clock::Clock;
use crate::config::{Channel, ChannelKind, Config, Institution, SourceSettings, UrlSource, Watch};
use crate::exlibris::alma;
use crate::exlibris::error::{CallError, Problem};
use crate::exlibris::http::{ExLibris, Session};
use crate::exlibris::knowledge_center::Section;
use crate::exlibris::primo;
use crate::model::answer::CheckRow;
use crate::model::observation::PartitionRead;
use crate::sources::release_notes::{self, PageOutcome, PageReport};
use crate::sources::{Ask, primo_view};
use crate::store::Store;

/// Texts without a place that a row names; the page itself (`--save`) has the rest.
const UNPLACED_SHOWN_MAX: usize = 3;

/// Looks at the database, where there is one yet, and asks for every key, view, page and list once. With `save`, every
/// public page that was read is kept in that directory, so that a parser can be mended from it. Nothing is stored and
/// nothing is sent.
///
/// # Errors
/// A sentence, where the HTTP client cannot be built.
pub async fn check(
    config: &Config,
    clock: &Clock,
    store: Option<&Store>,
    save: Option<&Path>,
) -> Result<Vec<CheckRow>, String> {
    let exlibris = ExLibris::new(&config.exlibris, clock.clone())?;
    let mut rows = vec![check_store(config, store).await];
    for watch in &config.watches {
        let institution = watch.institution.as_deref().and_then(|code| config.institution(code));
        let mut session = exlibris.session(institution);
        if let Some(dir) = save {
            session.save_pages_to(dir.to_owned());
        }
        let ask = Ask {
            watch,
            session: &session,
            now: clock.now(),
            zone: config.timezone,
            memory: None,
            pseudonyms: None,
        };
        let found = match &watch.source {
            SourceSettings::AlmaPartners => check_partners(watch, &session).await,
            SourceSettings::PrimoView(settings) => {
                vec![view_row(
                    watch,
                    primo::view_configuration(&session, &settings.view, settings.door).await,
                )]
            }
            SourceSettings::AlmaLibraries(settings) => vec![conf::libraries_row(&ask, settings).await],
            SourceSettings::AlmaJobs(settings) => vec![conf::jobs_row(&ask, settings).await],
            SourceSettings::Reciprocity => Vec::new(),
            SourceSettings::Ageing => vec![requests::ageing(watch, config)],
            SourceSettings::AlmaLendingRequests(settings) => vec![requests::lending(watch, &session, settings).await],
            SourceSettings::AlmaBorrowingRequests(settings) => {
                vec![requests::borrowing(watch, &session, settings).await]
            }
            SourceSettings::AlmaCodeTables(settings) => vec![offers::code_tables(watch, &session, settings).await],
            SourceSettings::AlmaLetters => vec![offers::letters(watch, &session).await],
            SourceSettings::AlmaIntegrationProfiles => vec![offers::integration_profiles(watch, &session).await],
            SourceSettings::AlmaGeneral => vec![offers::general(watch, &session).await],
            SourceSettings::ApiDefinitions(settings) => vec![definitions::row(&ask, watch, settings).await],
            SourceSettings::ReleaseNotes(settings) => release_notes::inspect(&ask, settings)
                .await
                .into_iter()
                .map(|report| page_row(watch, report))
                .collect(),
        };
        match others_key(watch, &session, &found).await {
            Some(row) => rows.push(row),
            None => rows.extend(found),
        }
    }
    rows.extend(config.institutions.iter().filter_map(webhook_row));
    rows.extend(members::check_members(config));
    rows.extend(config.channels.iter().map(channel_row));
    Ok(rows)
}

/// The row in place of good ones where the key speaks for another institution, as the poll would find out; one call a
/// key. Those sources that ask about it themselves are left out.
async fn others_key(watch: &Watch, session: &Session, found: &[CheckRow]) -> Option<CheckRow> {
    let is_asked_with_a_key = matches!(
        watch.source,
        SourceSettings::AlmaLibraries(_)
            | SourceSettings::AlmaJobs(_)
            | SourceSettings::AlmaLendingRequests(_)
            | SourceSettings::AlmaBorrowingRequests(_)
            | SourceSettings::AlmaCodeTables(_)
            | SourceSettings::AlmaLetters
            | SourceSettings::AlmaIntegrationProfiles
    );
    if !is_asked_with_a_key || found.iter().any(|row| !row.ok) {
        return None;
    }
    let institution = watch.institution.as_deref().unwrap_or(watch.id.subject());
    let error = alma::verify_institution(session, institution).await.err()?;
    Some(bad(watch.id.as_str(), "key", error.to_string(), remedy(&error)))
}

async fn check_store(config: &Config, store: Option<&Store>) -> CheckRow {
    let subject = config.store.display().to_string();
    match store {
        None => good(
            &subject,
            "database",
            "is not there yet; the first poll makes it".to_owned(),
        ),
        Some(store) => match store.check_integrity().await {
            Ok(()) => good(&subject, "database", "whole".to_owned()),
            Err(error) => bad(
                &subject,
                "database",
                error.to_string(),
                Some("Restore it from a backup.".to_owned()),
            ),
        },
    }
}

/// Whether the messages of an institution's Alma could be checked; `None` where none are taken.
fn webhook_row(institution: &Institution) -> Option<CheckRow> {
    let secret = institution.webhook_secret.as_ref()?;
    Some(match secret.read() {
        Ok(_) => {
            let detail = format!(
                "has its secret; Alma calls /webhooks/alma/{} through a proxy of yours, over https",
                institution.code
            );
            good(&institution.code, "webhook", detail)
        }
        Err(missing) => bad(&institution.code, "webhook", missing.to_string(), None),
    })
}

/// Whether a channel has what it needs.
fn channel_row(channel: &Channel) -> CheckRow {
    let trouble = match &channel.kind {
        ChannelKind::Console => None,
        ChannelKind::Webhook(webhook) => {
            let address = match &webhook.url {
                UrlSource::Plain(_) => None,
                UrlSource::Secret(secret) => secret.read().err(),
            };
            address.or_else(|| webhook.secret.as_ref().and_then(|secret| secret.read().err()))
        }
    };
    match trouble {
        None => {
            let detail = format!("has what it needs; try it with almanac alerts test {}", channel.name);
            good(&channel.name, "channel", detail)
        }
        Some(missing) => bad(&channel.name, "channel", missing.to_string(), None),
    }
}

async fn check_partners(watch: &Watch, session: &Session) -> Vec<CheckRow> {
    let code = watch.institution.as_deref().unwrap_or_default();
    let key = match alma::verify_institution(session, code).await {
        Ok(alma::Verification::Verified) => good(code, "key", "is this library's own, as Alma says".to_owned()),
        Ok(alma::Verification::Unverified) => good(
            code,
            "key",
            "unverified: it may not ask whose it is; a read-only key for the area Configuration could".to_owned(),
        ),
        Err(error) => bad(code, "key", error.to_string(), remedy(&error)),
    };
    if !key.ok {
        return vec![key];
    }
    let list = match alma::partners_page(session, 0, 1).await {
        Ok(page) => {
            let total = page
                .total
                .map_or_else(|| "an unknown number of".to_owned(), |total| total.to_string());
            good(
                watch.id.as_str(),
                "partners",
                format!("{total} partner records can be read"),
            )
        }
        Err(error) => bad(watch.id.as_str(), "partners", error.to_string(), remedy(&error)),
    };
    vec![key, list]
}

fn view_row(watch: &Watch, answer: Result<(serde_json::Value, &'static str), CallError>) -> CheckRow {
    let id = watch.id.as_str();
    match answer {
        Ok((configuration, door)) => {
            let (drafts, coverage) = primo_view::drafts_of(&configuration, watch.id.subject());
            let missing: Vec<&str> = coverage
                .0
                .iter()
                .filter(|(_, read)| !matches!(read, PartitionRead::Complete))
                .map(|(container, _)| container.as_str())
                .collect();
            let mut detail = format!("{} settings read through the {}", drafts.len(), door.replace('-', " "));
            if !missing.is_empty() {
                detail.push_str(&format!("; without {}", missing.join(", ")));
            }
            good(id, "view", detail)
        }
        Err(error) => {
            let remedy = match error.problem {
                Problem::NotFound => Some("Look up the view's code in Alma, Discovery > Configure Views.".to_owned()),
                _ => remedy(&error),
            };
            bad(id, "view", error.to_string(), remedy)
        }
    }
}

fn page_row(watch: &Watch, report: PageReport) -> CheckRow {
    let check = format!("page of {}", watch.id);
    match report.outcome {
        PageOutcome::Read {
            parser,
            by_section,
            unplaced,
        } => {
            let sections: Vec<String> = by_section
                .iter()
                .filter(|(_, count)| *count > 0)
                .map(|(section, count)| items(*section, *count))
                .collect();
            let mut detail = format!("read ({} layout): {}", parser.name(), sections.join(", "));
            if !unplaced.is_empty() {
                let shown: Vec<&str> = unplaced.iter().take(UNPLACED_SHOWN_MAX).map(String::as_str).collect();
                detail.push_str(&format!(
                    "; {} texts without a place: “{}”",
                    unplaced.len(),
                    shown.join("”, “")
                ));
            }
            good(&report.address, &check, detail)
        }
        PageOutcome::Index(pages) => good(&report.address, &check, format!("an index that leads to {pages} pages")),
        PageOutcome::Absent => good(
            &report.address,
            &check,
            "does not exist (yet), which is normal for next year's page".to_owned(),
        ),
        PageOutcome::Failed(reason) => bad(
            &report.address,
            &check,
            reason,
            Some("Look at the page in a browser; almanac check --save DIR keeps what was read.".to_owned()),
        ),
    }
}

/// `1 main feature`, `2 issues to note`.
fn items(section: Section, count: usize) -> String {
    let (one, many) = match section {
        Section::MainFeature => ("main feature", "main features"),
        Section::AdditionalEnhancement => ("additional enhancement", "additional enhancements"),
        Section::ResolvedIssue => ("resolved issue", "resolved issues"),
        Section::IssueToNote => ("issue to note", "issues to note"),
    };
    format!("{count} {}", if count == 1 { one } else { many })
}

fn remedy(error: &CallError) -> Option<String> {
    match &error.problem {
        Problem::Unauthorized => {
            Some("Ask for a read-only production key for this area in the Developer Network.".to_owned())
        }
        Problem::Unreachable(_) | Problem::TimedOut(_) => {
            Some("Look whether this computer reaches the host, then try again.".to_owned())
        }
        Problem::TooFast(_) => {
            Some("Lower per_second in [exlibris], or look which other tool uses this library's calls.".to_owned())
        }
        Problem::ServerFailed(_) => Some("Try again later; if it stays, open a case with the trackingId.".to_owned()),
        _ => None,
    }
}

fn good(subject: &str, check: &str, detail: String) -> CheckRow {
    CheckRow {
        subject: subject.to_owned(),
        check: check.to_owned(),
        ok: true,
        detail,
        remedy: None,
    }
}

fn bad(subject: &str, check: &str, detail: String, remedy: Option<String>) -> CheckRow {
    CheckRow {
        subject: subject.to_owned(),
        check: check.to_owned(),
        ok: false,
        detail,
        remedy,
    }
}
