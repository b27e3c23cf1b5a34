//! The member libraries.

use serde::{Deserialize, Serialize};

/// How a library takes part; all of them are first-class rows everywhere.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Serialize, Deserialize, schemars::JsonSchema)]
#[serde(rename_all = "kebab-case")]
pub enum InstitutionKind {
    /// In the consortium's Network Zone.
    ZoneMember,
    /// On its own Alma.
    OwnAlma,
    /// Not on Alma.
    Other,
    /// The Network Zone itself: watched, but no member.
    Zone,
}
