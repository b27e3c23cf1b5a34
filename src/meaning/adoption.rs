//! What the rules of the catalogue say of one institution's records: the state of a collaboration, the evidence for it, and
//! why. Pure.
//!
//! Rules are read with three answers: yes, no, and not known. "No" has to be earned as a removal has (DESIGN invariant 3):
//! a record can be said not to be there only where the part of the watch that would hold it was read wholly. So a source
//! that is not watched or was never read makes a state unknown, and never off.

mod records;
pub mod since;

use std::collections::BTreeSet;

use serde_json::Value;

use crate::model::adoption_rule::{Condition, Rule, Verdict};
use crate::model::collaboration::{AdoptionState, Collaboration, Evidence, EvidenceTier, JoinBy, Look, Observed};
use crate::model::institution::InstitutionKind;
use crate::model::watch::SourceKind;
pub use records::{is_readable, partition_of};

/// What is known of one watch of an institution.
#[derive(Clone, Debug)]
pub struct Documents<'a> {
    /// Its id.
    pub watch: &'a str,
    /// Its source.
    pub source: SourceKind,
    /// The partitions that were read wholly at least once: what is not among the records of these is not there.
    pub known: BTreeSet<&'a str>,
    /// The records, in any order.
    pub records: Vec<Document<'a>>,
}

/// One record as it stands.
#[derive(Clone, Copy, Debug)]
pub struct Document<'a> {
    /// Its key.
    pub key: &'a str,
    /// Which version of it.
    pub version: u32,
    /// The document.
    pub body: &'a Value,
}

/// The state of a collaboration at one institution, and why.
#[derive(Clone, PartialEq, Debug)]
pub struct Judgement {
    /// The state.
    pub state: AdoptionState,
    /// How strong the evidence is; `None` where nothing is known.
    pub tier: Option<EvidenceTier>,
    /// What was read.
    pub evidence: Vec<Evidence>,
    /// A sentence or two for people.
    pub explanation: String,
    /// It is not known because something was not read.
    pub unread: bool,
}

/// Judges a collaboration at an institution of that kind, from all that is known of its watches.
pub fn judge(collaboration: &Collaboration, kind: InstitutionKind, documents: &[Documents<'_>]) -> Judgement {
    let judged = match &collaboration.look {
        Look::Rules(observed) => by_rules(observed, documents),
        Look::ByHand(who) => Judgement {
            state: AdoptionState::Unknown,
            tier: None,
            evidence: Vec::new(),
            explanation: format!("Almanac cannot see it. {who}"),
            unread: false,
        },
    };
    // What is seen to be on is on, whatever the catalogue says of who can have it.
    if judged.state == AdoptionState::On {
        return judged;
    }
    if !collaboration.only.is_empty() && !collaboration.only.contains(&kind) && kind != InstitutionKind::Other {
        return Judgement {
            state: AdoptionState::NotApplicable,
            tier: Some(EvidenceTier::Documented),
            evidence: Vec::new(),
            explanation: format!(
                "It is for {} only.",
                collaboration
                    .only
                    .iter()
                    .map(|kind| members(*kind))
                    .collect::<Vec<_>>()
                    .join(" and ")
            ),
            unread: false,
        };
    }
    if kind == InstitutionKind::Other && judged.state == AdoptionState::Unknown {
        return not_on_alma(collaboration);
    }
    judged
}

/// A library without Alma has no switch to look at: what the catalogue says of how it can join.
fn not_on_alma(collaboration: &Collaboration) -> Judgement {
    let joining = &collaboration.without_alma;
    let ways: Vec<&str> = joining.by.iter().map(|by| by.title()).collect();
    let (state, tier, lead) = if joining.by == [JoinBy::None] {
        let tier = Some(EvidenceTier::Documented);
        (AdoptionState::NotApplicable, tier, "Not on Alma.".to_owned())
    } else {
        let lead = format!("Not on Alma; it can join by {}.", ways.join(" or "));
        (AdoptionState::Unknown, None, lead)
    };
    Judgement {
        state,
        tier,
        evidence: Vec::new(),
        explanation: format!("{lead} {}", joining.how),
        unread: false,
    }
}

fn members(kind: InstitutionKind) -> &'static str {
    match kind {
        InstitutionKind::ZoneMember => "members of the Network Zone",
        InstitutionKind::OwnAlma => "libraries on an Alma of their own",
        InstitutionKind::Other => "libraries that are not on Alma",
        InstitutionKind::Zone => "the Network Zone itself",
    }
}

/// The first rule that is met gives the verdict. A rule before it with another verdict of which it is not known whether it
/// is met leaves the state unknown: "available" would say that it is not on.
fn by_rules(observed: &Observed, documents: &[Documents<'_>]) -> Judgement {
    let mut open: Vec<(Verdict, Answer)> = Vec::new();
    let mut no: Vec<Answer> = Vec::new();
    for Rule { verdict, when } in &observed.rules {
        let answer = ask(when, documents);
        match answer.truth {
            Truth::Yes if open.iter().all(|(other, _)| other == verdict) => return known(*verdict, answer),
            Truth::Yes => {
                open.push((*verdict, answer));
                break;
            }
            Truth::Unknown => open.push((*verdict, answer)),
            Truth::No => no.push(answer),
        }
    }
    if !open.is_empty() {
        let mut reasons: Vec<String> = open
            .into_iter()
            .filter(|(_, answer)| answer.truth == Truth::Unknown)
            .flat_map(|(_, answer)| answer.said)
            .collect();
        let mut told = BTreeSet::new();
        reasons.retain(|reason| told.insert(reason.clone()));
        return Judgement {
            state: AdoptionState::Unknown,
            tier: None,
            evidence: Vec::new(),
            explanation: sentence(&reasons),
            unread: true,
        };
    }
    let all = Answer::joined(Truth::No, no);
    match observed.otherwise {
        Some(verdict) => known(verdict, all),
        None => Judgement {
            state: AdoptionState::Unknown,
            tier: None,
            explanation: format!("What was read says neither yes nor no: {}", sentence(&all.said)),
            evidence: all.evidence,
            unread: false,
        },
    }
}

fn known(verdict: Verdict, answer: Answer) -> Judgement {
    Judgement {
        state: verdict.into(),
        tier: Some(EvidenceTier::SeenConfigured),
        explanation: sentence(&answer.said),
        evidence: answer.evidence,
        unread: false,
    }
}

fn sentence(parts: &[String]) -> String {
    format!("{}.", parts.join("; "))
}

/// Yes, no, or not known.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
enum Truth {
    Yes,
    No,
    Unknown,
}

/// The answer to a condition: with what was read, and what that says in words.
#[derive(Clone, Debug)]
struct Answer {
    truth: Truth,
    evidence: Vec<Evidence>,
    said: Vec<String>,
}

impl Answer {
    fn joined(truth: Truth, parts: Vec<Answer>) -> Self {
        let mut joined = Answer {
            truth,
            evidence: Vec::new(),
            said: Vec::new(),
        };
        for part in parts {
            for evidence in part.evidence {
                if !joined.evidence.contains(&evidence) {
                    joined.evidence.push(evidence);
                }
            }
            for said in part.said {
                if !joined.said.contains(&said) {
                    joined.said.push(said);
                }
            }
        }
        joined
    }
}

fn ask(condition: &Condition, documents: &[Documents<'_>]) -> Answer {
    let each = |parts: &[Condition]| -> Vec<Answer> { parts.iter().map(|part| ask(part, documents)).collect() };
    match condition {
        Condition::Records(wanted) => records::ask(wanted, documents),
        Condition::Not(inner) => {
            let answer = ask(inner, documents);
            Answer {
                truth: match answer.truth {
                    Truth::Yes => Truth::No,
                    Truth::No => Truth::Yes,
                    Truth::Unknown => Truth::Unknown,
                },
                ..answer
            }
        }
        Condition::All(parts) => decided(each(parts), Truth::No, Truth::Yes),
        Condition::Any(parts) => decided(each(parts), Truth::Yes, Truth::No),
    }
}

/// One part that answers `decisive` decides by itself; else one that is not known leaves all unknown; else `otherwise`.
/// Only the parts that made the answer are told.
fn decided(parts: Vec<Answer>, decisive: Truth, otherwise: Truth) -> Answer {
    let truth = [decisive, Truth::Unknown]
        .into_iter()
        .find(|truth| parts.iter().any(|part| part.truth == *truth))
        .unwrap_or(otherwise);
    Answer::joined(truth, parts.into_iter().filter(|part| part.truth == truth).collect())
}

#[cfg(test)]
mod tests;
