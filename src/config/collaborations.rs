//! The entries `[[collaboration]]` of a catalogue, and how one extends another.

mod rules;

use std::collections::BTreeMap;

use url::Url;

use super::check::names;
use super::mistake::{nearest, shown};
use super::reader::{Found, Table};
use crate::model::adoption_rule::{Rule, Verdict};
use crate::model::collaboration::{Area, Collaboration, JoinBy, Joining, Look, Needs, Observed};
use crate::model::institution::InstitutionKind;

/// Entries of a catalogue with its additions: ten times what is known today.
const COLLABORATIONS_MAX: usize = 500;
/// Characters of a text; more than some sentences belong into the documentation that is linked to.
const TEXT_CHARS_MAX: usize = 2000;
/// Characters of an id.
const ID_CHARS_MAX: usize = 64;

/// Members by kind, as `only` names them. The zone itself is no member.
const KINDS: [(&str, InstitutionKind); 3] = [
    ("zone-member", InstitutionKind::ZoneMember),
    ("own-alma", InstitutionKind::OwnAlma),
    ("other", InstitutionKind::Other),
];

/// What an entry says; what it leaves out is `None`.
struct Entry {
    name: Option<String>,
    area: Option<Area>,
    what: Option<String>,
    licence: Option<String>,
    set_up: Option<String>,
    who_acts: Option<String>,
    by: Option<Vec<JoinBy>>,
    how: Option<String>,
    links: Vec<String>,
    only: Option<Vec<InstitutionKind>>,
    rules: Vec<Rule>,
    otherwise: Option<Verdict>,
    /// The inner `None`: it can be observed.
    looked_up_by: Option<Option<String>>,
}

/// Adds the entries of a file to `all`. `places` says of each id where it stands.
pub(super) fn entries(root: &Table, from: &str, all: &mut Vec<Collaboration>, places: &mut BTreeMap<String, String>) {
    for table in root.tables("collaboration", "id") {
        let extends = table.text("extends");
        let id = if extends.is_some() {
            table.without_meaning(&["id"], "an entry that extends another");
            None
        } else {
            id(&table)
        };
        let entry = Entry::of(&table, extends.is_some());
        if let Some(extended) = &extends {
            match all.iter_mut().find(|known| known.id == extended.value) {
                Some(known) => entry.extend(known, &table),
                None => not_known(&table, extended, places),
            }
        } else if let Some(id) = id
            && is_new(&table, &id, from, places)
        {
            if all.len() >= COLLABORATIONS_MAX {
                let wrong = format!("there are more than {COLLABORATIONS_MAX} entries");
                table.wrong("id", id.at, wrong, "Take out those that nobody needs");
                return;
            }
            // `None` only together with a mistake.
            all.extend(entry.into_collaboration(&table, id.value, from));
        }
        table.done();
    }
}

fn id(table: &Table) -> Option<Found<String>> {
    let id = table.required_text("id", "\"pickup-anywhere\"")?;
    let proper = |byte: u8| byte.is_ascii_lowercase() || byte.is_ascii_digit() || byte == b'-';
    if id.value.len() > ID_CHARS_MAX || id.value.starts_with('-') || !id.value.bytes().all(proper) {
        let instead =
            format!("Write at most {ID_CHARS_MAX} small letters, digits and hyphens: id = \"pickup-anywhere\"");
        table.wrong("id", id.at, format!("{} cannot be an id", shown(&id.value)), instead);
        return None;
    }
    Some(id)
}

fn is_new(table: &Table, id: &Found<String>, from: &str, places: &mut BTreeMap<String, String>) -> bool {
    if let Some(first) = places.get(&id.value) {
        let wrong = format!("{} is already given in {first}", shown(&id.value));
        let instead = format!(
            "Write extends = \"{}\" instead of id to add to that entry, or rename this one",
            id.value
        );
        table.wrong("id", id.at, wrong, instead);
        return false;
    }
    places.insert(id.value.clone(), format!("{from}, {}", table.place));
    true
}

fn not_known(table: &Table, extended: &Found<String>, places: &BTreeMap<String, String>) {
    let instead = match nearest(&extended.value, places.keys().map(String::as_str)) {
        Some(meant) => format!("Write \"{meant}\" if that is what you mean"),
        None => "Write the id of an entry that stands before this one; `almanac collaborations` lists them".to_owned(),
    };
    let wrong = format!("there is no collaboration {} to extend", shown(&extended.value));
    table.wrong("extends", extended.at, wrong, instead);
}

impl Entry {
    fn of(table: &Table, extends: bool) -> Self {
        let text = |table: &Table, key: &'static str, example: &str| -> Option<String> {
            let text = if extends {
                table.text(key)
            } else {
                table.required_text(key, example)
            }?;
            let length = text.value.chars().count();
            if length > TEXT_CHARS_MAX {
                let wrong = format!("the text has {length} characters");
                table.wrong(
                    key,
                    text.at,
                    wrong,
                    format!("Write at most {TEXT_CHARS_MAX} characters"),
                );
                return None;
            }
            // Lines of the file are no lines of the text.
            Some(text.value.split_whitespace().collect::<Vec<_>>().join(" "))
        };
        let name = text(table, "name", "\"Pick up anywhere\"");
        let area_names = names(Area::ALL, Area::name);
        if !extends && !table.has("area") {
            table.missing("area", "\"resource-sharing\"");
        }
        let area = table.choice("area", &area_names, Area::named).map(|area| area.value);
        let what = text(table, "what", "\"Two or three sentences for people.\"");
        let inner = |key: &'static str, example: &str| {
            if !extends && !table.has(key) {
                table.missing(key, example);
            }
            table.table(key)
        };
        let needs = inner(
            "needs",
            "{ licence = \"…\", set_up = \"what Ex Libris does\", who_acts = \"who does what\" }",
        );
        let (mut licence, mut set_up, mut who_acts) = (None, None, None);
        if let Some(needs) = &needs {
            licence = text(needs, "licence", "\"none beyond Alma\"");
            set_up = text(needs, "set_up", "\"nothing by Ex Libris\"");
            who_acts = text(needs, "who_acts", "\"each library\"");
            needs.done();
        }
        let joining = inner("without_alma", "{ by = [\"iso-18626\"], how = \"A sentence.\" }");
        let (mut by, mut how) = (None, None);
        if let Some(joining) = &joining {
            by = ways(joining, extends);
            how = text(joining, "how", "\"A sentence.\"");
            joining.done();
        }
        let kinds = KINDS.map(|(name, _)| name);
        let only = table.has("only").then(|| {
            table.choices("only", &kinds, |name| {
                KINDS.iter().find(|(known, _)| *known == name).map(|(_, kind)| *kind)
            })
        });
        let rules = rules::rules(table);
        let verdicts = names(Verdict::ALL, Verdict::name);
        let otherwise = table
            .choice("otherwise", &verdicts, Verdict::named)
            .map(|found| found.value);
        Entry {
            name,
            area,
            what,
            licence,
            set_up,
            who_acts,
            by,
            how,
            links: links(table),
            only,
            rules,
            otherwise,
            looked_up_by: looked_up_by(table),
        }
    }

    fn into_collaboration(self, table: &Table, id: String, from: &str) -> Option<Collaboration> {
        let look = match self.looked_up_by {
            Some(Some(who)) => Look::ByHand(who),
            Some(None) => return None,
            None if self.rules.is_empty() => {
                if !table.has("rule") {
                    let instead = "Write a [[collaboration.rule]] below it, or observable = false and looked_up_by = \"who \
                                   looks where\"";
                    let wrong = "nothing says how its state is found out";
                    table.reader.absence(table.at, &table.place, wrong, instead);
                }
                return None;
            }
            None => Look::Rules(Observed {
                rules: self.rules,
                otherwise: self.otherwise,
            }),
        };
        Some(Collaboration {
            id,
            name: self.name?,
            area: self.area?,
            what: self.what?,
            needs: Needs {
                licence: self.licence?,
                set_up: self.set_up?,
                who_acts: self.who_acts?,
            },
            without_alma: Joining {
                by: self.by?,
                how: self.how?,
            },
            links: self.links,
            only: self.only.unwrap_or_default(),
            look,
            from: from.to_owned(),
        })
    }

    /// Texts take the place of those of the entry, links are added, rules are asked before its own.
    fn extend(self, known: &mut Collaboration, table: &Table) {
        fn put<T>(place: &mut T, value: Option<T>) {
            if let Some(value) = value {
                *place = value;
            }
        }
        put(&mut known.name, self.name);
        put(&mut known.area, self.area);
        put(&mut known.what, self.what);
        put(&mut known.needs.licence, self.licence);
        put(&mut known.needs.set_up, self.set_up);
        put(&mut known.needs.who_acts, self.who_acts);
        put(&mut known.without_alma.by, self.by);
        put(&mut known.without_alma.how, self.how);
        put(&mut known.only, self.only);
        for link in self.links {
            if !known.links.contains(&link) {
                known.links.push(link);
            }
        }
        match (&mut known.look, self.looked_up_by) {
            (look, Some(Some(who))) => *look = Look::ByHand(who),
            (_, Some(None)) => {}
            (Look::Rules(observed), None) => {
                let own = std::mem::take(&mut observed.rules);
                observed.rules = self.rules;
                observed.rules.extend(own);
                observed.otherwise = self.otherwise.or(observed.otherwise);
            }
            (look @ Look::ByHand(_), None) if !self.rules.is_empty() => {
                *look = Look::Rules(Observed {
                    rules: self.rules,
                    otherwise: self.otherwise,
                });
            }
            (Look::ByHand(_), None) => table.without_meaning(&["otherwise"], "an entry without rules"),
        }
    }
}

fn ways(joining: &Table, extends: bool) -> Option<Vec<JoinBy>> {
    if !extends && !joining.has("by") {
        joining.missing("by", "[\"iso-18626\"], or [\"none\"]");
    }
    if !joining.has("by") {
        return None;
    }
    let by = joining.choices("by", &names(JoinBy::ALL, JoinBy::name), JoinBy::named);
    if by.contains(&JoinBy::None) && by.len() > 1 {
        let wrong = "“none” stands beside ways to join";
        joining.wrong("by", joining.at("by"), wrong, "Take out \"none\", or all others");
        return None;
    }
    if by.is_empty() && joining.is_list("by") {
        let wrong = "no way to join is named";
        joining.wrong("by", joining.at("by"), wrong, "Write [\"none\"] if there is no way");
        return None;
    }
    (!by.is_empty()).then_some(by)
}

fn links(table: &Table) -> Vec<String> {
    let mut links = Vec::new();
    for link in table.texts("links") {
        match Url::parse(&link.value) {
            Ok(url) if matches!(url.scheme(), "https" | "http") && url.username().is_empty() => links.push(link.value),
            _ => {
                let instead = "Write the whole address of a page: \"https://…\"";
                table.wrong("links", link.at, "this is not the address of a page", instead);
            }
        }
    }
    links
}

/// `None`: it can be observed; the inner `None`: it cannot, and a mistake was noted.
fn looked_up_by(table: &Table) -> Option<Option<String>> {
    if table.flag("observable").unwrap_or(true) {
        if table.has("looked_up_by") {
            let instead = "Write observable = false too, or take it out";
            let wrong = "looked_up_by is for what Almanac cannot observe";
            table.wrong("looked_up_by", table.at("looked_up_by"), wrong, instead);
        }
        return None;
    }
    table.without_meaning(&["rule", "otherwise"], "what is not observable");
    Some(
        table
            .required_text("looked_up_by", "\"Each library's Alma administrator looks in …\"")
            .map(|text| text.value.split_whitespace().collect::<Vec<_>>().join(" ")),
    )
}

#[cfg(test)]
mod tests;
