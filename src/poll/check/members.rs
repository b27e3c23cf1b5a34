//! Whether there is enough to compare for who lends to whom.

use super::{bad, good};
use crate::config::{Config, Institution};
use crate::model::answer::CheckRow;
use crate::model::institution::InstitutionKind;
use crate::model::watch::SourceKind;

/// Partner lists that must be watched, so that two ends can be compared.
const LISTS_MIN: usize = 2;
const CHECK: &str = "members";

/// Looks at the configuration alone: the lists themselves are checked with their own watches.
pub(super) fn check_members(config: &Config) -> Option<CheckRow> {
    let watched = |institution: &&Institution| {
        config.watches.iter().any(|watch| {
            watch.source.kind() == SourceKind::AlmaPartners
                && watch.institution.as_deref() == Some(institution.code.as_str())
        })
    };
    let members: Vec<&Institution> = config
        .institutions
        .iter()
        .filter(|institution| institution.kind != InstitutionKind::Zone)
        .collect();
    let lists = members.iter().copied().filter(|member| watched(member)).count();
    let unwatched: Vec<&str> = members
        .iter()
        .filter(|member| member.kind != InstitutionKind::Other && !watched(member))
        .map(|member| member.name.as_str())
        .collect();
    let reciprocity = config
        .watches
        .iter()
        .find(|watch| watch.source.kind() == SourceKind::Reciprocity);
    let Some(watch) = reciprocity else {
        return (lists >= LISTS_MIN).then(|| {
            CheckRow {
            remedy: Some(
                "To be told when two libraries stop lending to each other, add [[watch]] with source = \"reciprocity\" \
                 and schedule = \"0 5 * * *\"."
                    .to_owned(),
            ),
            ..good(
                "alma.partners",
                CHECK,
                format!("{lists} libraries’ partner lists are watched, but not compared with each other"),
            )
        }
        });
    };
    let subject = watch.id.as_str();
    if lists < LISTS_MIN {
        let detail = match lists {
            0 => "no library’s partner list is watched, so there is nothing to compare".to_owned(),
            _ => "only one library’s partner list is watched, so there is nothing to compare it with".to_owned(),
        };
        let remedy = "Watch alma.partners of two libraries at least, or take this watch out.".to_owned();
        return Some(bad(subject, CHECK, detail, Some(remedy)));
    }
    let mut detail = format!("compares the partner lists of {lists} libraries");
    if !unwatched.is_empty() {
        detail.push_str(&format!(
            "; those of {} are not watched, and so not known",
            unwatched.join(", ")
        ));
    }
    Some(good(subject, CHECK, detail))
}

#[cfg(test)]
mod tests {
    use std::path::Path;

    use super::*;

    fn found(rest: &str) -> Option<CheckRow> {
        let library = |code: &str, more: &str| {
            format!("[[institution]]\ncode = \"{code}\"\nname = \"{code}\"\nkind = \"own-alma\"\n{more}\n")
        };
        let key = "region = \"na\"\napi_key = { env = \"KEY\" }";
        let text = format!(
            "[consortium]\nname = \"C\"\ntimezone = \"America/New_York\"\n{}{}{}{rest}",
            library("01A_INST", key),
            library("01B_INST", key),
            library("01C_INST", "")
        );
        let config = Config::parse(&text, Path::new("almanac.toml")).unwrap_or_else(|mistakes| panic!("{mistakes}"));
        check_members(&config)
    }

    fn watch(source: &str, institutions: &str) -> String {
        format!("[[watch]]\nsource = \"{source}\"\nschedule = \"0 5 * * *\"\n{institutions}\n")
    }

    #[test]
    fn two_lists_are_enough_and_the_others_are_named() {
        let all = watch("alma.partners", "institutions = [\"*\"]") + &watch("reciprocity", "");
        let row = found(&all).unwrap();
        assert!(row.ok);
        assert_eq!(
            row.detail,
            "compares the partner lists of 2 libraries; those of 01C_INST are not watched, and so not known"
        );
    }

    #[test]
    fn one_list_or_none_is_nothing_to_compare() {
        let one = watch("alma.partners", "institutions = [\"01A_INST\"]") + &watch("reciprocity", "");
        assert!(!found(&one).unwrap().ok);
        let none = found(&watch("reciprocity", "")).unwrap();
        assert!(!none.ok && none.remedy.unwrap().contains("alma.partners"));
    }

    #[test]
    fn lists_that_nobody_compares_are_a_hint_and_no_mistake() {
        let row = found(&watch("alma.partners", "institutions = [\"*\"]")).unwrap();
        assert!(row.ok && row.remedy.unwrap().contains("reciprocity"));
        assert_eq!(found(&watch("alma.partners", "institutions = [\"01A_INST\"]")), None);
        assert_eq!(found(""), None);
    }
}
