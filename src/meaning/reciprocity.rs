//! Who lends to whom among the members, as both sides' partner records say.
//!
//! The way: whom each partner record means (`who`), what each end of each flow says (`ends`), what is wrong with it
//! (`problems`), the records of the derived watch (`record`), and what a change of them means to people (`told`). No I/O:
//! the members and their lists come in, the same picture comes out, in whatever order they came.

mod ends;
mod names;
mod problems;
mod record;
mod told;
mod who;

use std::collections::BTreeMap;

use serde_json::Value;

use crate::model::reciprocity::{FindingKind, FindingRow, FlowState, Problem, Role};
pub use ends::{End, flag_of, says_of};
pub use record::{PARTITION, SHAPE_VERSION, drafts, note_unmoved, speakers};
pub use told::events_of;
use who::{Evidence, Meant, Who};

/// A library between whom and the others it is asked who lends to whom.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Member {
    /// Its code in the configuration: Alma's where it runs Alma, any short name where not.
    pub code: String,
    /// Its name for people.
    pub name: String,
    /// Whether it runs Alma and so has a partner list.
    pub on_alma: bool,
    /// Partner codes and symbols under which others know it, set by hand.
    pub aliases: Vec<String>,
    /// Institution codes that it had before.
    pub former_codes: Vec<String>,
}

/// What is known of one member's partner list.
#[derive(Clone, Debug, Default)]
pub struct PartnerList {
    /// It was read wholly at least once, so what is not in it is not there.
    pub whole: bool,
    /// Its records.
    pub records: Vec<PartnerRecord>,
}

/// A partner record as `alma.partners` keeps it.
#[derive(Clone, Debug, PartialEq)]
pub struct PartnerRecord {
    /// The partner's code.
    pub key: String,
    /// Which version of it.
    pub version: u32,
    /// The document.
    pub body: Value,
}

/// One direction between two members.
#[derive(Clone, Debug)]
pub struct Flow<'a> {
    /// Who sends.
    pub lender: &'a Member,
    /// Who asks.
    pub borrower: &'a Member,
    /// What the lender's list says.
    pub lender_end: End<'a>,
    /// What the borrower's list says.
    pub borrower_end: End<'a>,
    /// How the flow stands.
    pub state: FlowState,
    /// What is wrong with it, what stops requests first.
    pub problems: Vec<Problem>,
}

impl Flow<'_> {
    /// The end at which the library of that role stands.
    pub fn end(&self, role: Role) -> &End<'_> {
        match role {
            Role::Lender => &self.lender_end,
            Role::Borrower => &self.borrower_end,
        }
    }

    /// The library of that role.
    pub fn member(&self, role: Role) -> &Member {
        match role {
            Role::Lender => self.lender,
            Role::Borrower => self.borrower,
        }
    }
}

/// The members and their lists, with every record given to the member that it means.
#[derive(Debug)]
pub struct Picture {
    members: Vec<Member>,
    lists: Vec<Option<PartnerList>>,
    who: Who,
    /// By owner and meant member: places in the owner's list, in the order of the partner codes.
    meant: BTreeMap<(usize, usize), Vec<usize>>,
    /// The same for records that may mean several.
    ambiguous: BTreeMap<(usize, usize), Vec<usize>>,
    findings: Vec<FindingRow>,
}

impl Picture {
    /// Puts the members and their lists (by code) together. A member on Alma without a list is one whose list was never
    /// read; a list of a member that does not run Alma is not looked at.
    pub fn new(members: &[Member], lists: &BTreeMap<String, PartnerList>) -> Self {
        let mut members = members.to_vec();
        members.sort_by(|a, b| a.code.cmp(&b.code));
        members.dedup_by(|a, b| a.code == b.code);
        let lists: Vec<Option<PartnerList>> = members
            .iter()
            .map(|member| {
                let mut list = lists.get(&member.code).filter(|_| member.on_alma)?.clone();
                list.records.sort_by(|a, b| a.key.cmp(&b.key));
                Some(list)
            })
            .collect();
        let all = lists.iter().enumerate().flat_map(|(owner, list)| {
            let records = list.iter().flat_map(|list| &list.records);
            records.map(move |record| (owner, record))
        });
        let who = Who::new(&members, all);
        let mut picture = Self {
            members,
            lists,
            who,
            meant: BTreeMap::new(),
            ambiguous: BTreeMap::new(),
            findings: Vec::new(),
        };
        picture.place_records();
        picture
    }

    /// The members, by code.
    pub fn members(&self) -> &[Member] {
        &self.members
    }

    /// Every direction between two members, by lender and borrower.
    pub fn flows(&self) -> Vec<Flow<'_>> {
        let places = 0..self.members.len();
        places
            .clone()
            .flat_map(|lender| places.clone().map(move |borrower| (lender, borrower)))
            .filter(|(lender, borrower)| lender != borrower)
            .map(|(lender, borrower)| self.flow(lender, borrower))
            .collect()
    }

    /// The partner records of which it is not certain whom they mean, by library and code.
    pub fn findings(&self) -> &[FindingRow] {
        &self.findings
    }

    /// Code of the member for whose record a document would be taken if it stood in `owner`'s list under `key`; `None`
    /// where that is nobody, or not certain. For looking back: an older version may have meant somebody else.
    pub fn meant_by(&self, owner: &str, key: &str, body: &Value) -> Option<&str> {
        let owner = self.members.iter().position(|member| member.code == owner)?;
        match self.who.identify(owner, key, body).meant {
            Meant::Member(other) => Some(&self.members[other].code),
            Meant::Ambiguous(..) | Meant::Nobody => None,
        }
    }

    fn flow(&self, lender: usize, borrower: usize) -> Flow<'_> {
        let lender_end = self.end(lender, borrower, Role::Lender);
        let borrower_end = self.end(borrower, lender, Role::Borrower);
        let back = FlowState::of(
            self.end(borrower, lender, Role::Lender).says,
            self.end(lender, borrower, Role::Borrower).says,
        );
        let mut flow = Flow {
            lender: &self.members[lender],
            borrower: &self.members[borrower],
            state: FlowState::of(lender_end.says, borrower_end.says),
            lender_end,
            borrower_end,
            problems: Vec::new(),
        };
        flow.problems = problems::of(&flow, back);
        flow
    }

    fn end(&self, owner: usize, other: usize, role: Role) -> End<'_> {
        let Some(list) = &self.lists[owner] else {
            return End::without_list(self.members[owner].on_alma);
        };
        let of = |places: &BTreeMap<(usize, usize), Vec<usize>>| -> Vec<&PartnerRecord> {
            let places = places.get(&(owner, other)).map(Vec::as_slice).unwrap_or_default();
            places.iter().filter_map(|place| list.records.get(*place)).collect()
        };
        End::new(role, list.whole, of(&self.meant), of(&self.ambiguous))
    }

    fn place_records(&mut self) {
        let mut looking_alike = Vec::new();
        for (owner, list) in self.lists.iter().enumerate() {
            for (place, record) in list.iter().flat_map(|list| list.records.iter().enumerate()) {
                let found = self.who.identify(owner, &record.key, &record.body);
                match found.meant {
                    Meant::Member(other) if other == owner => {
                        let text = format!(
                            "By its {} this record means {} itself. It is not counted.",
                            found.by.map_or("marks", Evidence::words),
                            self.members[owner].name
                        );
                        self.findings
                            .push(self.finding(owner, record, FindingKind::Itself, &[owner], text));
                    }
                    Meant::Member(other) => {
                        self.meant.entry((owner, other)).or_default().push(place);
                    }
                    Meant::Ambiguous(ref members, by) => {
                        for other in members.iter().filter(|other| **other != owner) {
                            self.ambiguous.entry((owner, *other)).or_default().push(place);
                        }
                        let advice = match by {
                            Evidence::Alias => "leave the alias with the right one alone",
                            _ => "write its code into the aliases of the right one, or correct the record in Alma",
                        };
                        let text = format!(
                            "By its {} this record may mean {}. None was chosen: {advice}.",
                            by.words(),
                            self.names(members, "or")
                        );
                        self.findings
                            .push(self.finding(owner, record, FindingKind::Ambiguous, members, text));
                    }
                    Meant::Nobody if !found.looks_like.is_empty() => {
                        looking_alike.push((owner, place, found.looks_like.clone()));
                    }
                    Meant::Nobody => {}
                }
                if let (Meant::Member(other), false) = (&found.meant, found.against.is_empty()) {
                    let against: Vec<String> = found
                        .against
                        .iter()
                        .map(|(evidence, members)| {
                            format!("its {} points to {}", evidence.words(), self.names(members, "and"))
                        })
                        .collect();
                    let text = format!(
                        "By its {} this record means {}, but {}. The stronger sign was followed: look which one is wrong.",
                        found.by.map_or("marks", Evidence::words),
                        self.members[*other].name,
                        against.join(", and ")
                    );
                    let mut members: Vec<usize> =
                        found.against.iter().flat_map(|(_, places)| places).copied().collect();
                    members.insert(0, *other);
                    self.findings
                        .push(self.finding(owner, record, FindingKind::MixedEvidence, &members, text));
                }
            }
        }
        // Another record that surely means the member makes a mere likeness a branch or a namesake.
        for (owner, place, alike) in looking_alike {
            let unmet: Vec<usize> = alike
                .into_iter()
                .filter(|other| *other != owner && !self.meant.contains_key(&(owner, *other)))
                .collect();
            let record = self.lists[owner].as_ref().and_then(|list| list.records.get(place));
            if let (Some(record), false) = (record, unmet.is_empty()) {
                let text = format!(
                    "Its name looks like {}, for whom {} has no other record. If it is meant, write its code into the \
                     aliases of {}.",
                    self.names(&unmet, "or"),
                    self.members[owner].name,
                    self.names(&unmet, "or")
                );
                self.findings
                    .push(self.finding(owner, record, FindingKind::LooksLikeMember, &unmet, text));
            }
        }
        self.findings
            .sort_by(|a, b| (&a.institution, &a.record, a.finding).cmp(&(&b.institution, &b.record, b.finding)));
    }

    fn finding(
        &self,
        owner: usize,
        record: &PartnerRecord,
        finding: FindingKind,
        candidates: &[usize],
        text: String,
    ) -> FindingRow {
        let mut codes: Vec<String> = candidates
            .iter()
            .map(|place| self.members[*place].code.clone())
            .collect();
        codes.dedup();
        FindingRow {
            institution: self.members[owner].code.clone(),
            record: record.key.clone(),
            name: record.body.get("name").and_then(Value::as_str).map(str::to_owned),
            finding,
            candidates: codes,
            text,
        }
    }

    /// `Elm College, Oak University or Birch College`.
    fn names(&self, places: &[usize], word: &str) -> String {
        let names: Vec<&str> = places.iter().map(|place| self.members[*place].name.as_str()).collect();
        match names.split_last() {
            Some((last, rest)) if !rest.is_empty() => format!("{} {word} {last}", rest.join(", ")),
            _ => names.concat(),
        }
    }
}

#[cfg(test)]
mod tests;
