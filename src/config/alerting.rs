//! The tables `[[channel]]`, `[[route]]` and `[[event]]`: who is told what.

use std::collections::BTreeMap;

use super::address::webhook_address;
use super::check::{names, unique};
use super::institutions::{Member, known_institution};
use super::mistake::{shown, two_sentences, write_one_of};
use super::reader::{Found, Table};
use super::schedule::When;
use super::{Channel, ChannelKind, EventOverride, Route, UrlSource, WebhookSettings};
use crate::model::event::{EventKind, Severity, Topic};

/// The channels by name; `None` for one whose mistakes were noted.
pub(super) fn channels(root: &Table) -> Vec<(String, Option<Channel>)> {
    let mut known = BTreeMap::new();
    let mut channels = Vec::new();
    for table in root.tables("channel", "name") {
        let name = table
            .required_text("name", "\"ops\"")
            .filter(|name| unique(&table, "name", name, &mut known));
        if !table.has("type") {
            table.missing("type", "\"console\" or \"webhook\"");
        }
        let kinds = ["console", "webhook"];
        let named = |name: &str| kinds.iter().copied().find(|kind| *kind == name);
        let kind = match table.choice("type", &kinds, named).map(|found| found.value) {
            Some("console") => {
                table.without_meaning(&["url", "secret", "allow_private"], "a console channel");
                Some(ChannelKind::Console)
            }
            Some(_) => webhook(&table).map(ChannelKind::Webhook),
            None => {
                // The keys are known; what is wrong in them shows once the type is right.
                for key in ["url", "secret", "allow_private"] {
                    table.has(key);
                }
                table.secret("secret");
                None
            }
        };
        table.done();
        if let Some(name) = name {
            let channel = kind.map(|kind| Channel {
                name: name.value.clone(),
                kind,
            });
            channels.push((name.value, channel));
        }
    }
    channels
}

fn webhook(table: &Table) -> Option<WebhookSettings> {
    let allow_private = table.flag("allow_private").unwrap_or(false);
    let secret = table.secret("secret");
    if !table.has("url") {
        table.missing(
            "url",
            "{ env = \"ALMANAC_OPS_WEBHOOK\" }, or the address itself if it is no secret",
        );
        return None;
    }
    let url = if table.is_text("url") {
        let text = table.text("url")?;
        let checked = webhook_address(&text.value, allow_private);
        if let Err((wrong, instead)) = &checked {
            table.wrong("url", text.at, wrong.clone(), instead.clone());
        }
        UrlSource::Plain(checked.ok()?)
    } else {
        UrlSource::Secret(table.secret("url")?)
    };
    Some(WebhookSettings {
        url,
        secret,
        allow_private,
    })
}

pub(super) fn routes(root: &Table, members: &[Member], channels: &[(String, Option<Channel>)]) -> Vec<Route> {
    let mut routes = Vec::new();
    let channel_names: Vec<&str> = channels.iter().map(|(name, _)| name.as_str()).collect();
    for table in root.tables("route", "channel") {
        let channel = table.required_text("channel", "\"ops\"");
        if let Some(channel) = &channel
            && !channel_names.contains(&channel.value.as_str())
        {
            let wrong = format!("there is no channel named {}", shown(&channel.value));
            let instead = match channel_names.as_slice() {
                [] => "Write a [[channel]] of that name".to_owned(),
                names => write_one_of(&channel.value, names),
            };
            table
                .reader
                .absence(channel.at, &format!("{}, channel", table.place), wrong, instead);
        }
        let institutions = table.texts("institutions");
        for code in &institutions {
            known_institution(&table, code, members);
        }
        let when = match table.text("when") {
            None => Some(When::AtOnce),
            Some(text) => When::parse(&text.value)
                .map_err(|sentence| {
                    let (wrong, instead) = two_sentences(&sentence);
                    table.wrong("when", text.at, wrong, instead);
                })
                .ok(),
        };
        let min_severity = table.choice("min_severity", &names(Severity::ALL, Severity::name), Severity::named);
        let route = Route {
            channel: channel.map(|channel| channel.value).unwrap_or_default(),
            topics: table.choices("topics", &names(Topic::ALL, Topic::name), Topic::named),
            kinds: table.choices("kinds", &names(EventKind::ALL, EventKind::name), EventKind::named),
            institutions: institutions.into_iter().map(|code| code.value).collect(),
            products: table
                .texts("products")
                .into_iter()
                .map(|product| product.value)
                .collect(),
            non_alma: table.flag("non_alma"),
            min_severity: min_severity.map_or(Severity::Info, |found| found.value),
            when: when.unwrap_or(When::AtOnce),
        };
        table.done();
        routes.push(route);
    }
    routes
}

pub(super) fn event_overrides(root: &Table) -> Vec<EventOverride> {
    let mut known = BTreeMap::new();
    let mut overrides = Vec::new();
    for table in root.tables("event", "kind") {
        if !table.has("kind") {
            table.missing("kind", "\"partner.deactivated\", or another kind of event");
        }
        let kinds = names(EventKind::ALL, EventKind::name);
        let kind = table.choice("kind", &kinds, EventKind::named).filter(|kind| {
            let name = Found {
                value: kind.value.name().to_owned(),
                at: kind.at,
            };
            unique(&table, "kind", &name, &mut known)
        });
        let severity = table.choice("severity", &names(Severity::ALL, Severity::name), Severity::named);
        let topics = table.choices("topics", &names(Topic::ALL, Topic::name), Topic::named);
        let has_topics = table.has("topics");
        if !table.has("severity") && !has_topics {
            let wrong = "neither a severity nor topics are given, so that nothing would change";
            table.reader.absence(
                table.at,
                &table.place,
                wrong,
                "Write severity = \"…\" or topics = [\"…\"]",
            );
        }
        table.done();
        if let Some(kind) = kind {
            overrides.push(EventOverride {
                kind: kind.value,
                severity: severity.map(|severity| severity.value),
                topics: has_topics.then_some(topics),
            });
        }
    }
    overrides
}
