//! What a change means to people.

use std::fmt;

use serde::{Deserialize, Serialize};

use super::change::FieldChange;
use super::moment::Moment;

macro_rules! named_enum {
    ($(#[$meta:meta])* $name:ident { $($(#[$variant_meta:meta])* $variant:ident = $text:literal),+ $(,)? }) => {
        $(#[$meta])*
        #[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Debug, Serialize, Deserialize, schemars::JsonSchema)]
        pub enum $name {
            $($(#[$variant_meta])* #[serde(rename = $text)] $variant),+
        }

        impl $name {
            /// All of them, in order.
            pub const ALL: &'static [$name] = &[$($name::$variant),+];

            /// The name used in JSON, in the store and in the configuration.
            pub const fn name(self) -> &'static str {
                match self { $($name::$variant => $text),+ }
            }

            /// The one of that name.
            pub fn named(name: &str) -> Option<Self> {
                Self::ALL.iter().copied().find(|each| each.name() == name)
            }
        }

        impl fmt::Display for $name {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str(self.name())
            }
        }
    };
}

named_enum! {
    /// What happened, in the words of DESIGN §6.
    EventKind {
        /// A partner record that was not there before.
        PartnerAdded = "partner.added",
        /// A partner record that is gone (two complete polls running).
        PartnerRemoved = "partner.removed",
        /// A partner record that had been removed and is back.
        PartnerReturned = "partner.returned",
        /// A partner's status went from inactive to active.
        PartnerActivated = "partner.activated",
        /// A partner's status went from active to inactive.
        PartnerDeactivated = "partner.deactivated",
        /// A capability or setting of a partner differs.
        PartnerChanged = "partner.changed",
        /// A switch that no institution had before.
        SwitchAppeared = "switch.appeared",
        /// A switch went on.
        SwitchTurnedOn = "switch.turned_on",
        /// A switch went off.
        SwitchTurnedOff = "switch.turned_off",
        /// A setting that is neither on nor off has another value.
        SwitchChanged = "switch.changed",
        /// A search scope came to a view.
        ScopeAdded = "scope.added",
        /// A search scope left a view.
        ScopeRemoved = "scope.removed",
        /// The release that a view runs moved: a release went live there.
        ReleaseLive = "release.live",
        /// A release-note item that was not there before.
        FeatureAnnounced = "feature.announced",
        /// The wording, the heading or the section of an item differs.
        FeatureRevised = "feature.revised",
        /// An item moved to another release.
        FeatureRescheduled = "feature.rescheduled",
        /// An item is gone from the notes of its own and the neighbouring years.
        FeatureWithdrawn = "feature.withdrawn",
        /// Two members' partner records no longer agree that one lends to the other.
        ReciprocityBroken = "reciprocity.broken",
        /// They agree again.
        ReciprocityMended = "reciprocity.mended",
        /// Requests moved from status to status: counts by partner, never titles, never a single request.
        RequestStatusChanged = "request.status_changed",
        /// Requests with one partner wait in one status for longer than the threshold.
        RequestsAgeing = "requests.ageing",
        /// They no longer do.
        RequestsAgeingCleared = "requests.ageing_cleared",
        /// A resource-sharing job of Alma ended with an error.
        JobFailed = "job.failed",
        /// A resource-sharing job of Alma did not run when it should have.
        JobMissed = "job.missed",
        /// A library, its part in resource sharing, its closures or its hours ahead differ.
        LibraryChanged = "library.changed",
        /// Something that Alma offers differs: a row of a code table, a letter, a job, a type of integration, an operation of its
        /// API.
        ApiChanged = "api.changed",
        /// A watch fails or stays empty past its tolerance.
        WatchFailing = "watch.failing",
        /// A failing watch works again.
        WatchRecovered = "watch.recovered",
        /// An institution's remaining API calls fell below the floor.
        QuotaLow = "quota.low",
        /// A message could not be delivered within its time.
        DeliveryDead = "delivery.dead",
    }
}

named_enum! {
    /// How much it matters; ordered.
    Severity {
        /// Good to know.
        Info = "info",
        /// Worth reading.
        Notice = "notice",
        /// Someone should act.
        Warning = "warning",
        /// Someone must act now.
        Critical = "critical",
    }
}

named_enum! {
    /// What it is about (the areas of the community's charge).
    Topic {
        /// Borrowing and lending between institutions.
        ResourceSharing = "resource-sharing",
        /// Visiting patrons and linked accounts.
        FulfillmentNetwork = "fulfillment-network",
        /// The Network Zone and what it distributes.
        NetworkZone = "network-zone",
        /// Finding what other institutions hold.
        ConsortialDiscovery = "consortial-discovery",
        /// Comparisons with peers.
        AnalyticsBenchmarking = "analytics-benchmarking",
        /// Shared print, joint buying, last copies.
        CooperativeCollections = "cooperative-collections",
        /// Special collections in discovery.
        SpecialCollections = "special-collections",
        /// APIs and protocols.
        ApisIntegration = "apis-integration",
        /// Who a reader is, across institutions.
        UserIdentity = "user-identity",
    }
}

impl EventKind {
    /// The severity of DESIGN §6, before the configuration has its say. `feature.announced` is a notice only where the
    /// item is about collaboration; `meaning` says so.
    pub const fn default_severity(self) -> Severity {
        use EventKind::*;
        match self {
            PartnerRemoved | PartnerDeactivated | FeatureWithdrawn | FeatureRescheduled | WatchFailing | QuotaLow
            | DeliveryDead | ReciprocityBroken | RequestsAgeing | JobFailed | JobMissed => Severity::Warning,
            PartnerAdded | PartnerReturned | PartnerActivated | PartnerChanged | FeatureAnnounced | SwitchAppeared
            | SwitchTurnedOn | SwitchTurnedOff | ScopeAdded | ScopeRemoved | ReleaseLive | ReciprocityMended
            | RequestStatusChanged | ApiChanged => Severity::Notice,
            FeatureRevised | SwitchChanged | WatchRecovered | RequestsAgeingCleared | LibraryChanged => Severity::Info,
        }
    }
}

/// An event as `meaning` makes it, before the store gives it an id and a time.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct EventDraft {
    /// What happened.
    pub kind: EventKind,
    /// Tells apart events of one kind that one change makes; empty for the only one.
    pub facet: String,
    /// How much it matters.
    pub severity: Severity,
    /// One line that carries the message by itself, in plain words: `Tufts: partner Boston College is now inactive`.
    pub title: String,
    /// One to three sentences more: from what to what, and what it means for the reader.
    pub summary: String,
    /// What it is about; sorted, without repeats.
    pub topics: Vec<Topic>,
    /// Ex Libris' product, where it is about one (`Alma`, `Primo VE`).
    pub product: Option<String>,
    /// Whether it opens something to libraries that do not run Alma.
    pub non_alma: bool,
    /// Where to read or act.
    pub link: Option<String>,
    /// A time that the source states.
    pub occurred_at: Option<Moment>,
}

impl EventDraft {
    /// An event of the kind's default severity, about nothing in particular.
    pub fn new(kind: EventKind, title: impl Into<String>, summary: impl Into<String>) -> Self {
        Self {
            kind,
            facet: String::new(),
            severity: kind.default_severity(),
            title: title.into(),
            summary: summary.into(),
            topics: Vec::new(),
            product: None,
            non_alma: false,
            link: None,
            occurred_at: None,
        }
    }
}

/// An event as it is told: the shape of `almanac events --json` and of `/api/v1/events`.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct Event {
    /// Unique and growing in the order of the commits.
    pub id: i64,
    /// What happened.
    pub kind: EventKind,
    /// How much it matters.
    pub severity: Severity,
    /// The institution concerned; null for public sources.
    pub institution: Option<String>,
    /// The watch that saw it; null where no poll made it (a delivery that died).
    pub watch: Option<String>,
    /// The record concerned; null for events about the watch itself.
    pub key: Option<String>,
    /// One line that carries the message by itself.
    pub title: String,
    /// One to three sentences more.
    pub summary: String,
    /// What it is about.
    pub topics: Vec<Topic>,
    /// Where to read or act.
    pub link: Option<String>,
    /// The id of the first event of the same story: same kind and key across institutions within 48 hours.
    pub group: i64,
    /// A time that the source states, else null.
    pub occurred_at: Option<Moment>,
    /// When the poll that saw it was committed.
    pub detected_at: Moment,
    /// The fields that differ between the two versions behind it.
    pub changes: Vec<FieldChange>,
    /// For routing: Ex Libris' product. Not part of the JSON.
    #[serde(skip)]
    pub product: Option<String>,
    /// For routing: opens something to libraries not on Alma. Not part of the JSON.
    #[serde(skip)]
    pub non_alma: bool,
}
