//! What one end of a flow says.

use serde_json::Value;

use super::PartnerRecord;
use crate::model::reciprocity::{Role, Says};

/// Alma's off switch and its contrary (ALMA.md §5a); a status of another name is taken for not active.
const ACTIVE: &str = "ACTIVE";

/// The field of a partner record that says whether the list's owner plays this role towards the partner.
///
/// rest_partner.xsd words both from the partner's side (ALMA.md §5a): `borrowing_supported` is "the partner sends borrowing
/// requests to Alma", so the owner lends; `lending_supported` is "the partner receives lending requests from Alma", so the
/// owner borrows. Should Ex Libris mean it the other way round, this is the one place to turn it; that one end's
/// `borrowing_supported` answers the other end's `lending_supported` holds either way.
pub const fn flag_of(owner: Role) -> &'static str {
    match owner {
        Role::Lender => "borrowing_supported",
        Role::Borrower => "lending_supported",
    }
}

/// What the field of [`flag_of`] is called on Alma's screen.
pub(super) const fn label_of(owner: Role) -> &'static str {
    match owner {
        Role::Lender => "“Supports borrowing”",
        Role::Borrower => "“Supports lending”",
    }
}

/// What one partner record says of the owner's role towards the partner.
pub fn says_of(body: &Value, owner: Role) -> Says {
    match body.get("status").and_then(Value::as_str) {
        Some(status) if status != ACTIVE => return Says::Inactive,
        Some(_) => {}
        None => return Says::NotStated,
    }
    match body.get(flag_of(owner)).and_then(Value::as_bool) {
        Some(true) => Says::Yes,
        Some(false) => Says::Off,
        None => Says::NotStated,
    }
}

/// One end of a flow: the owner of a list, and what the list says of the other library.
#[derive(Clone, Debug)]
pub struct End<'a> {
    /// What it says.
    pub says: Says,
    /// The record that says so: of several the one that says most, an active one that takes part before all.
    pub record: Option<&'a PartnerRecord>,
    /// All records of the other library, by partner code.
    pub records: Vec<&'a PartnerRecord>,
    /// Records that may mean the other library, or another one.
    pub ambiguous: Vec<&'a PartnerRecord>,
}

impl<'a> End<'a> {
    pub(super) fn without_list(on_alma: bool) -> Self {
        Self {
            says: if on_alma { Says::Unknown } else { Says::NotOnAlma },
            record: None,
            records: Vec::new(),
            ambiguous: Vec::new(),
        }
    }

    pub(super) fn new(
        role: Role,
        whole: bool,
        records: Vec<&'a PartnerRecord>,
        ambiguous: Vec<&'a PartnerRecord>,
    ) -> Self {
        let best = records
            .iter()
            .map(|record| (says_of(&record.body, role), *record))
            .min_by(|(says, record), (other_says, other)| (says, &record.key).cmp(&(other_says, &other.key)));
        let says = match best {
            Some((says, _)) => says,
            None if !ambiguous.is_empty() => Says::Ambiguous,
            None if whole => Says::NoRecord,
            None => Says::Unknown,
        };
        Self {
            says,
            record: best.map(|(_, record)| record),
            records,
            ambiguous,
        }
    }

    /// A text field of the record that speaks for this end.
    pub(super) fn text(&self, name: &str) -> Option<&'a str> {
        self.record?.body.get(name)?.as_str()
    }

    /// The code of the record that speaks for this end.
    pub(super) fn key(&self) -> Option<&'a str> {
        self.record.map(|record| record.key.as_str())
    }

    pub(super) fn is_active(&self) -> bool {
        self.text("status") == Some(ACTIVE)
    }
}
