//! What can be asked of the history. Each of these structs is the flags of a command and the query parameters of an HTTP
//! address at once: one definition, so the two cannot drift apart. Values stay as typed until
//! [`crate::insight::answers`] makes them precise.

use clap::Args;
use serde::Deserialize;

/// `almanac events` and `GET /api/v1/events`.
#[derive(Args, Clone, Debug, Default, Deserialize)]
#[serde(default)]
pub struct EventQuery {
    /// Only events detected at or after this TIME.
    #[arg(long, value_name = "TIME", allow_hyphen_values = true)]
    pub since: Option<String>,
    /// Only events detected before this TIME; a date leaves out that day itself.
    #[arg(long, value_name = "TIME", allow_hyphen_values = true)]
    pub until: Option<String>,
    /// Only events that concern this library, by its code.
    #[arg(long, value_name = "CODE")]
    pub institution: Option<String>,
    /// Only events of this kind, such as partner.deactivated.
    #[arg(long, value_name = "KIND")]
    pub kind: Option<String>,
    /// Only events about this topic, such as resource-sharing.
    #[arg(long, value_name = "TOPIC")]
    pub topic: Option<String>,
    /// Only events that this watch saw.
    #[arg(long, value_name = "WATCH")]
    pub watch: Option<String>,
    /// Only events at least this severe: info, notice, warning or critical.
    #[arg(long, value_name = "SEVERITY")]
    pub min_severity: Option<String>,
    /// Only events with a smaller id: the page after the one that ended with it.
    #[arg(long, value_name = "ID")]
    pub before_id: Option<String>,
    /// At most so many events, the newest first: 1 to 1000, 50 if not said.
    #[arg(long, value_name = "NUMBER")]
    pub limit: Option<String>,
}

/// `almanac snapshots` and `GET /api/v1/snapshots`.
#[derive(Args, Clone, Debug, Default, Deserialize)]
#[serde(default)]
pub struct SnapshotQuery {
    /// The watch, such as alma.partners/01TUN_INST; `almanac watches` lists them.
    #[arg(required = true)]
    pub watch: Option<String>,
    /// At most so many snapshots, the newest first: 1 to 1000, 50 if not said.
    #[arg(long, value_name = "NUMBER")]
    pub limit: Option<String>,
}

/// `almanac show` and `GET /api/v1/records`.
#[derive(Args, Clone, Debug, Default, Deserialize)]
#[serde(default)]
pub struct RecordQuery {
    /// The watch, such as alma.partners/01TUN_INST; `almanac watches` lists them.
    #[arg(required = true)]
    pub watch: Option<String>,
    /// Only the record of this key, in full.
    pub key: Option<String>,
    /// As the records stood at this TIME; now if not said.
    #[arg(long, value_name = "TIME", allow_hyphen_values = true)]
    pub at: Option<String>,
}

/// `almanac diff` and `GET /api/v1/diff`.
#[derive(Args, Clone, Debug, Default, Deserialize)]
#[serde(default)]
pub struct DiffQuery {
    /// The watch, such as alma.partners/01TUN_INST; `almanac watches` lists them.
    #[arg(required = true)]
    pub watch: Option<String>,
    /// The earlier TIME; if not said, just before the last snapshot that changed something, so that a bare diff shows the
    /// newest change.
    #[arg(long, value_name = "TIME", allow_hyphen_values = true)]
    pub from: Option<String>,
    /// The later TIME; now if not said.
    #[arg(long, value_name = "TIME", allow_hyphen_values = true)]
    pub to: Option<String>,
}

/// `almanac requests` and `GET /api/v1/requests`.
#[derive(Args, Clone, Debug, Default, Deserialize)]
#[serde(default)]
pub struct RequestQuery {
    /// What is asked: counts, ageing, turnaround, balance or moves. On the command line a flag of its own each.
    #[arg(long, hide = true)]
    pub view: Option<String>,
    /// Only this library, by its code. An answer about one library gives every number; one about several withholds counts
    /// of 1 to 4.
    #[arg(long, value_name = "CODE")]
    pub institution: Option<String>,
    /// Only this side: lending or borrowing.
    #[arg(long, value_name = "SIDE")]
    pub side: Option<String>,
    /// Only requests with this partner, by its code.
    #[arg(long, value_name = "CODE")]
    pub partner: Option<String>,
    /// Only months, or moves, from this TIME on; 90d for moves if not said.
    #[arg(long, value_name = "TIME", allow_hyphen_values = true)]
    pub since: Option<String>,
}

/// `almanac partners` and `GET /api/v1/partners`.
#[derive(Args, Clone, Debug, Default, Deserialize)]
#[serde(default)]
pub struct PartnerQuery {
    /// Only directions in which this library lends or borrows, by its code.
    #[arg(long, value_name = "CODE")]
    pub institution: Option<String>,
    /// Only what is wrong, in words: everything, or problems of one KIND, written with a "=", such as --problems=inactive.
    #[arg(long, value_name = "KIND", num_args = 0..=1, require_equals = true, default_missing_value = "any")]
    pub problems: Option<String>,
    /// As the partner records stood at this TIME; now if not said.
    #[arg(long, value_name = "TIME", allow_hyphen_values = true)]
    pub at: Option<String>,
}

/// `almanac collaborations` and `GET /api/v1/collaborations`.
#[derive(Args, Clone, Debug, Default, Deserialize)]
#[serde(default)]
pub struct CollaborationQuery {
    /// Only this area of the charge, such as resource-sharing.
    #[arg(long, value_name = "AREA")]
    pub area: Option<String>,
    /// Only this collaboration. On the command line `show ID`.
    #[arg(long, hide = true)]
    pub id: Option<String>,
}

/// `almanac adoption` and `GET /api/v1/adoption`.
#[derive(Args, Clone, Debug, Default, Deserialize)]
#[serde(default)]
pub struct AdoptionQuery {
    /// Only this collaboration, by its id; `almanac collaborations` lists them.
    #[arg(long, value_name = "ID")]
    pub collaboration: Option<String>,
    /// Only this library, by its code.
    #[arg(long, value_name = "CODE")]
    pub institution: Option<String>,
    /// Only this area of the charge, such as resource-sharing.
    #[arg(long, value_name = "AREA")]
    pub area: Option<String>,
    /// As it stood at this TIME; now if not said.
    #[arg(long, value_name = "TIME", allow_hyphen_values = true)]
    pub at: Option<String>,
}

/// `almanac watches` and `GET /api/v1/watches`: nothing to say.
#[derive(Args, Clone, Copy, Debug, Default, Deserialize)]
#[serde(default)]
pub struct WatchQuery {}

/// The names of the parameters of a query, in the order of its help text.
pub fn parameters<Q: Args>() -> Vec<String> {
    Q::augment_args(clap::Command::new("query"))
        .get_arguments()
        .map(|argument| argument.get_id().to_string())
        .collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn parameters_are_the_flags() {
        assert_eq!(
            parameters::<EventQuery>().join(" "),
            "since until institution kind topic watch min_severity before_id limit"
        );
        assert_eq!(parameters::<RecordQuery>(), ["watch", "key", "at"]);
        assert!(parameters::<WatchQuery>().is_empty());
    }
}
