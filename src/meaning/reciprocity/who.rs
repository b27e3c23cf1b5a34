//! Which member a partner record means.
//!
//! Evidence comes in four strengths, and only the strongest that says anything counts. Evidence that points to two members
//! chooses neither: a wrong guess would tell two libraries that they had fallen out with each other. The codes of RapidILL
//! are no evidence: what a partner record names there (`requesting_rapid_code`) is the asking library's own code, and the
//! partner is RapidILL itself. Partner codes are none either unless they are set as an alias by hand, since every library
//! makes up its own.

use std::collections::{BTreeMap, BTreeSet};

use serde_json::Value;

use super::names::Name;
use super::{Member, PartnerRecord};

/// What points to a member, the strongest first.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Debug)]
pub enum Evidence {
    /// An alias set by hand in the configuration: a partner code, a symbol or another code.
    Alias,
    /// An institution code of Alma that the record names, equal to the member's code or a former one.
    Code,
    /// A symbol that records of stronger evidence carry for the member; or the short code of a member not on Alma.
    Symbol,
    /// The name.
    Name,
}

impl Evidence {
    const ALL: [Evidence; 4] = [Evidence::Alias, Evidence::Code, Evidence::Symbol, Evidence::Name];

    /// What people call it.
    pub const fn words(self) -> &'static str {
        match self {
            Evidence::Alias => "alias set by hand",
            Evidence::Code => "institution code",
            Evidence::Symbol => "symbol",
            Evidence::Name => "name",
        }
    }
}

/// Whom a record means.
#[derive(Clone, PartialEq, Eq, Debug)]
pub(super) enum Meant {
    /// One member.
    Member(usize),
    /// One of these, and nothing says which.
    Ambiguous(Vec<usize>, Evidence),
    /// No member.
    Nobody,
}

/// What was found out about one record.
#[derive(Clone, PartialEq, Eq, Debug)]
pub(super) struct Identified {
    /// Whom it means.
    pub(super) meant: Meant,
    /// By what, where it means a member.
    pub(super) by: Option<Evidence>,
    /// Weaker evidence that points to others.
    pub(super) against: Vec<(Evidence, Vec<usize>)>,
    /// Members whose name its own name holds, where it means nobody.
    pub(super) looks_like: Vec<usize>,
}

/// Members by what points to them.
type Pointers = BTreeMap<String, BTreeSet<usize>>;
/// Where a symbol was seen: the list and the record.
type Seen = BTreeSet<(usize, String)>;

/// Knows the members by everything that points to them.
#[derive(Clone, Debug, Default)]
pub(super) struct Who {
    aliases: Pointers,
    codes: Pointers,
    short_codes: Pointers,
    names: Vec<Name>,
    symbols: BTreeMap<String, BTreeMap<usize, Seen>>,
}

impl Who {
    /// Learns the members, and from the lists which symbols stand for whom. Lists go by the member's place.
    pub(super) fn new<'a>(
        members: &[Member],
        records: impl IntoIterator<Item = (usize, &'a PartnerRecord)> + Clone,
    ) -> Self {
        let mut who = Self::default();
        for (place, member) in members.iter().enumerate() {
            who.names.push(Name::new(&member.name));
            for alias in &member.aliases {
                point(&mut who.aliases, alias, place);
            }
            for code in std::iter::once(&member.code).chain(&member.former_codes) {
                // The code of a library not on Alma is any short name that the configuration gave it, and so is no more
                // than a symbol.
                let codes = if member.on_alma {
                    &mut who.codes
                } else {
                    &mut who.short_codes
                };
                point(codes, code, place);
            }
        }
        let mut symbols: BTreeMap<String, BTreeMap<usize, Seen>> = BTreeMap::new();
        for (owner, record) in records {
            let marks = Marks::of(&record.body);
            let strong = [Evidence::Alias, Evidence::Code]
                .into_iter()
                .map(|evidence| who.pointed_at(evidence, &marks, owner, &record.key))
                .find(|members| !members.is_empty());
            let Some(place) = strong.as_ref().and_then(only) else {
                continue;
            };
            for symbol in marks.symbols {
                let seen = symbols.entry(symbol).or_default().entry(place).or_default();
                seen.insert((owner, record.key.clone()));
            }
        }
        who.symbols = symbols;
        who
    }

    /// Whom a record in the list of `owner` means.
    pub(super) fn identify(&self, owner: usize, key: &str, body: &Value) -> Identified {
        let marks = Marks::of(body);
        let mut meant = Meant::Nobody;
        let mut by = None;
        let mut against = Vec::new();
        for evidence in Evidence::ALL {
            let pointed = self.pointed_at(evidence, &marks, owner, key);
            if pointed.is_empty() {
                continue;
            }
            match &meant {
                Meant::Nobody => {
                    meant = match only(&pointed) {
                        Some(place) => {
                            by = Some(evidence);
                            Meant::Member(place)
                        }
                        None => Meant::Ambiguous(pointed.into_iter().collect(), evidence),
                    };
                }
                Meant::Member(place) if !pointed.contains(place) => {
                    against.push((evidence, pointed.into_iter().collect()));
                }
                Meant::Member(_) | Meant::Ambiguous(..) => {}
            }
        }
        let looks_like = match meant {
            Meant::Nobody => self.places(|name| marks.name.holds(name)).into_iter().collect(),
            _ => Vec::new(),
        };
        Identified {
            meant,
            by,
            against,
            looks_like,
        }
    }

    /// The members that this evidence points to. A record is no witness for its own symbol.
    fn pointed_at(&self, evidence: Evidence, marks: &Marks, owner: usize, key: &str) -> BTreeSet<usize> {
        let by_pointer = |pointers: &Pointers, texts: &mut dyn Iterator<Item = &String>| -> BTreeSet<usize> {
            texts.filter_map(|text| pointers.get(text)).flatten().copied().collect()
        };
        match evidence {
            Evidence::Alias => by_pointer(
                &self.aliases,
                &mut marks.code.iter().chain(&marks.codes).chain(&marks.symbols),
            ),
            Evidence::Code => by_pointer(&self.codes, &mut marks.codes.iter()),
            Evidence::Symbol => {
                let mut pointed = by_pointer(
                    &self.short_codes,
                    &mut marks.code.iter().chain(&marks.codes).chain(&marks.symbols),
                );
                let itself = (owner, key.to_owned());
                for members in marks.symbols.iter().filter_map(|symbol| self.symbols.get(symbol)) {
                    let witnessed = members
                        .iter()
                        .filter(|(_, seen)| seen.iter().any(|place| *place != itself));
                    pointed.extend(witnessed.map(|(place, _)| *place));
                }
                pointed
            }
            Evidence::Name => {
                let exact = self.places(|name| marks.name.is(name));
                if exact.is_empty() {
                    self.places(|name| marks.name.is_loosely(name))
                } else {
                    exact
                }
            }
        }
    }

    fn places(&self, fits: impl Fn(&Name) -> bool) -> BTreeSet<usize> {
        let fitting = self.names.iter().enumerate().filter(|(_, name)| fits(name));
        fitting.map(|(place, _)| place).collect()
    }
}

/// What a record says of who it is, ready to be compared.
struct Marks {
    /// The partner's code.
    code: Option<String>,
    /// Institution codes of Alma.
    codes: Vec<String>,
    /// Symbols of the interlibrary-loan world.
    symbols: Vec<String>,
    name: Name,
}

impl Marks {
    fn of(body: &Value) -> Self {
        let found = |paths: &[&str]| -> Vec<String> {
            let texts = paths.iter().filter_map(|path| body.pointer(path)?.as_str());
            texts.map(spelled).filter(|text| !text.is_empty()).collect()
        };
        Self {
            code: found(&["/code"]).pop(),
            codes: found(&[
                "/institution_code",
                "/ncip_p2p_details/institution_code",
                "/fulfillment_network_details/fulfillment_network_customer_code",
            ]),
            symbols: found(&[
                "/iso_details/iso_symbol",
                "/iso_18626_details/iso_symbol",
                "/ncip_p2p_details/partner_symbol",
                "/holding_code",
            ]),
            name: Name::new(body.get("name").and_then(Value::as_str).unwrap_or_default()),
        }
    }
}

fn point(pointers: &mut Pointers, text: &str, place: usize) {
    let text = spelled(text);
    if !text.is_empty() {
        pointers.entry(text).or_default().insert(place);
    }
}

/// Codes and symbols without case and blanks, and without the word that only says what kind of symbol follows.
fn spelled(text: &str) -> String {
    let text: String = text.chars().filter(|letter| !letter.is_whitespace()).collect();
    let text = text.to_uppercase();
    match text.split_once(':') {
        Some(("ISIL" | "OCLC", rest)) => rest.to_owned(),
        _ => text,
    }
}

fn only(members: &BTreeSet<usize>) -> Option<usize> {
    members.first().filter(|_| members.len() == 1).copied()
}
