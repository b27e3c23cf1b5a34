//! Pure: which channels an event is owed to, and when.

use std::collections::BTreeMap;

use chrono_tz::Tz;

use crate::config::schedule::When;
use crate::config::{EventOverride, Route};
use crate::model::event::{EventDraft, EventKind, Severity, Topic};
use crate::model::moment::Moment;

/// What the conditions of a route look at.
#[derive(Clone, Copy, Debug)]
pub struct RoutedEvent<'a> {
    /// What happened.
    pub kind: EventKind,
    /// How much it matters, after the configuration had its say.
    pub severity: Severity,
    /// What it is about.
    pub topics: &'a [Topic],
    /// The institution concerned, if it is a single one.
    pub institution: Option<&'a str>,
    /// Ex Libris' product, if it is about one.
    pub product: Option<&'a str>,
    /// Whether it opens something to libraries not on Alma.
    pub non_alma: bool,
}

impl<'a> RoutedEvent<'a> {
    /// A draft as routes see it, for the institution that its watch concerns.
    pub fn of(draft: &'a EventDraft, institution: Option<&'a str>) -> Self {
        Self {
            kind: draft.kind,
            severity: draft.severity,
            topics: &draft.topics,
            institution,
            product: draft.product.as_deref(),
            non_alma: draft.non_alma,
        }
    }
}

/// The channels that an event committed at `committed` is owed to, by name, each with the moment it is due. A channel is
/// named once: where several routes to it match, the earliest wins, so that at-once beats any digest.
pub fn owed(event: &RoutedEvent<'_>, routes: &[Route], committed: Moment, zone: Tz) -> Vec<(String, Moment)> {
    owed_by(event, routes, |when| when.due_after(committed, zone))
}

fn owed_by(event: &RoutedEvent<'_>, routes: &[Route], due: impl Fn(When) -> Moment) -> Vec<(String, Moment)> {
    let mut owed: BTreeMap<&str, Moment> = BTreeMap::new();
    for route in routes.iter().filter(|route| matches(route, event)) {
        let due = due(route.when);
        owed.entry(&route.channel)
            .and_modify(|earliest| *earliest = due.min(*earliest))
            .or_insert(due);
    }
    owed.into_iter()
        .map(|(channel, due)| (channel.to_owned(), due))
        .collect()
}

fn matches(route: &Route, event: &RoutedEvent<'_>) -> bool {
    event.severity >= route.min_severity
        && (route.topics.is_empty() || route.topics.iter().any(|topic| event.topics.contains(topic)))
        && (route.kinds.is_empty() || route.kinds.contains(&event.kind))
        && (route.institutions.is_empty()
            || event
                .institution
                .is_none_or(|code| route.institutions.iter().any(|each| each == code)))
        && (route.products.is_empty()
            || event
                .product
                .is_some_and(|product| route.products.iter().any(|each| each.eq_ignore_ascii_case(product))))
        && route.non_alma.is_none_or(|wanted| wanted == event.non_alma)
}

/// The draft with the severity and topics that the configuration sets for its kind; later entries win.
pub fn overridden(mut draft: EventDraft, overrides: &[EventOverride]) -> EventDraft {
    for each in overrides.iter().filter(|each| each.kind == draft.kind) {
        if let Some(severity) = each.severity {
            draft.severity = severity;
        }
        if let Some(topics) = &each.topics {
            draft.topics.clone_from(topics);
            draft.topics.sort_unstable();
            draft.topics.dedup();
        }
    }
    draft
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;
    use crate::config::schedule::TimeOfDay;

    const EIGHT: TimeOfDay = TimeOfDay { hour: 8, minute: 0 };

    fn everything(channel: &str) -> Route {
        Route {
            channel: channel.to_owned(),
            topics: Vec::new(),
            kinds: Vec::new(),
            institutions: Vec::new(),
            products: Vec::new(),
            non_alma: None,
            min_severity: Severity::Info,
            when: When::AtOnce,
        }
    }

    const PARTNER: RoutedEvent<'static> = RoutedEvent {
        kind: EventKind::PartnerDeactivated,
        severity: Severity::Warning,
        topics: &[Topic::ResourceSharing],
        institution: Some("01TUN_INST"),
        product: None,
        non_alma: false,
    };
    const FEATURE: RoutedEvent<'static> = RoutedEvent {
        kind: EventKind::FeatureAnnounced,
        severity: Severity::Notice,
        topics: &[Topic::ConsortialDiscovery, Topic::ApisIntegration],
        institution: None,
        product: Some("Primo VE"),
        non_alma: true,
    };

    /// At-once 0, daily 1, weekly 2, monthly 3: only the order matters here.
    fn rank(when: When) -> Moment {
        Moment::from_millis(match when {
            When::AtOnce => 0,
            When::Daily(_) => 1,
            When::Weekly(..) => 2,
            When::Monthly(..) => 3,
        })
    }

    fn reaches(route: Route, event: &RoutedEvent<'_>) -> bool {
        !owed_by(event, &[route], rank).is_empty()
    }

    #[test]
    fn each_condition_may_be_left_out_and_each_one_filters() {
        type Edit = fn(&mut Route);
        let table: &[(&str, Edit, bool, bool)] = &[
            ("nothing asked", |_| {}, true, true),
            ("topic of one", |r| r.topics = vec![Topic::ResourceSharing], true, false),
            (
                "one of two topics",
                |r| r.topics = vec![Topic::ApisIntegration, Topic::NetworkZone],
                false,
                true,
            ),
            ("kind", |r| r.kinds = vec![EventKind::PartnerDeactivated], true, false),
            (
                "its institution",
                |r| r.institutions = vec!["01TUN_INST".into()],
                true,
                true,
            ),
            (
                "another institution",
                |r| r.institutions = vec!["01NEU_INST".into()],
                false,
                true,
            ),
            ("product", |r| r.products = vec!["primo ve".into()], false, true),
            ("not on Alma", |r| r.non_alma = Some(true), false, true),
            ("only on Alma", |r| r.non_alma = Some(false), true, false),
            ("notice and above", |r| r.min_severity = Severity::Notice, true, true),
            ("warning and above", |r| r.min_severity = Severity::Warning, true, false),
            ("critical", |r| r.min_severity = Severity::Critical, false, false),
            (
                "all conditions must hold",
                |r| {
                    r.kinds = vec![EventKind::PartnerDeactivated];
                    r.institutions = vec!["01NEU_INST".into()];
                },
                false,
                false,
            ),
        ];
        for (what, edit, partner, feature) in table {
            let mut route = everything("ops");
            edit(&mut route);
            assert_eq!(reaches(route.clone(), &PARTNER), *partner, "{what}: partner");
            assert_eq!(reaches(route, &FEATURE), *feature, "{what}: feature");
        }
    }

    #[test]
    fn a_channel_is_told_once_and_at_once_wins() {
        let mut weekly = everything("ops");
        weekly.when = When::Weekly(chrono::Weekday::Mon, EIGHT);
        let at_once = everything("ops");
        let mut monthly = everything("board");
        monthly.when = When::Monthly(1, EIGHT);
        let mut daily = everything("board");
        daily.when = When::Daily(EIGHT);
        let expected = vec![
            ("board".to_owned(), rank(daily.when)),
            ("ops".to_owned(), rank(When::AtOnce)),
        ];
        let mut routes = vec![weekly, at_once, monthly, daily];
        assert_eq!(owed_by(&PARTNER, &routes, rank), expected);
        routes.reverse();
        assert_eq!(owed_by(&PARTNER, &routes, rank), expected);
    }

    #[test]
    fn at_once_is_due_at_the_commit() {
        let committed = Moment::from_millis(1_800_000_000_000);
        assert_eq!(
            owed(&PARTNER, &[everything("ops")], committed, chrono_tz::America::New_York),
            vec![("ops".to_owned(), committed)]
        );
    }

    #[test]
    fn the_configuration_has_the_last_word_on_severity_and_topics() {
        let draft = crate::meaning::health::delivery_dead("ops", 1, 1, "no connection");
        let overrides = [
            EventOverride {
                kind: EventKind::DeliveryDead,
                severity: Some(Severity::Critical),
                topics: Some(vec![Topic::NetworkZone, Topic::ResourceSharing, Topic::NetworkZone]),
            },
            EventOverride {
                kind: EventKind::QuotaLow,
                severity: Some(Severity::Info),
                topics: None,
            },
        ];
        let draft = overridden(draft, &overrides);
        assert_eq!(draft.severity, Severity::Critical);
        assert_eq!(draft.topics, vec![Topic::ResourceSharing, Topic::NetworkZone]);
    }

    proptest! {
        #[test]
        fn more_routes_never_make_a_channel_later_or_doubled(picks in proptest::collection::vec((0..3usize, 0..4usize), 1..12)) {
            let whens = [
                When::AtOnce,
                When::Daily(EIGHT),
                When::Weekly(chrono::Weekday::Mon, EIGHT),
                When::Monthly(1, EIGHT),
            ];
            let mut routes = Vec::new();
            let mut before: BTreeMap<String, Moment> = BTreeMap::new();
            for (channel, when) in picks {
                let mut route = everything(["a", "b", "c"][channel]);
                route.when = whens[when];
                routes.push(route);
                let owed = owed_by(&FEATURE, &routes, rank);
                let now: BTreeMap<String, Moment> = owed.iter().cloned().collect();
                prop_assert_eq!(now.len(), owed.len());
                for (channel, due) in &before {
                    prop_assert!(now[channel] <= *due);
                }
                before = now;
            }
        }
    }
}
