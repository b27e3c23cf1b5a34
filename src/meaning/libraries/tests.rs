use serde_json::json;

use super::*;
use crate::model::change::{ChangeContext, InstitutionName};
use crate::model::watch::SourceKind;

fn told(key: &str, op: Op, old: Option<Value>, new: Option<Value>) -> String {
    let events = events_of(&ChangeInContext {
        source: SourceKind::AlmaLibraries,
        subject: "01ELM_INST",
        institution: Some(InstitutionName {
            code: "01ELM_INST",
            name: "Elm College",
        }),
        key,
        op,
        old: old.as_ref(),
        new: new.as_ref(),
        context: &ChangeContext::default(),
        now: "2027-02-03T17:00:00Z".parse().unwrap(),
        zone: chrono_tz::America::New_York,
    });
    let told: Vec<String> = events
        .iter()
        .map(|event| {
            format!(
                "{} ({})\n{}\n{}",
                event.kind, event.severity, event.title, event.summary
            )
        })
        .collect();
    told.join("\n\n")
}

fn library(shares: Option<bool>) -> Option<Value> {
    let mut library = json!({"code": "MAIN", "name": "Main Library", "campus": "NORTH", "path": "A.B.MAIN"});
    if let Some(shares) = shares {
        library["resource_sharing"] = json!(shares);
    }
    Some(library)
}

#[test]
fn a_library_leaves_and_joins_resource_sharing() {
    insta::assert_snapshot!(told("MAIN", Op::Modified, library(Some(true)), library(Some(false))), @r"
    library.changed (warning)
    Elm College: Main Library (MAIN) no longer takes part in resource sharing
    Alma no longer defines it as a resource sharing library: partners cannot expect it to lend or borrow. Requests that are open with it need a look; ask Elm College which library takes its place.
    ");
    insta::assert_snapshot!(told("MAIN", Op::Modified, library(Some(false)), library(Some(true))), @r"
    library.changed (notice)
    Elm College: Main Library (MAIN) now takes part in resource sharing
    Alma now defines it as a resource sharing library: it can lend and borrow, and its open hours are watched from now on.
    ");
    assert_eq!(
        told("MAIN", Op::Modified, library(Some(true)), library(None)),
        "",
        "not stated is not off"
    );
}

#[test]
fn libraries_come_and_go() {
    insta::assert_snapshot!(told("MAIN", Op::Added, None, library(Some(true))), @r"
    library.changed (notice)
    Elm College: Main Library (MAIN) is a new library and takes part in resource sharing
    Alma defines it as a resource sharing library: requests can be sent to it and from it, and its open hours are watched from now on.
    ");
    insta::assert_snapshot!(told("MAIN", Op::Added, None, library(Some(false))), @r"
    library.changed (info)
    Elm College: Main Library (MAIN) is a new library
    Alma does not define it as a resource sharing library, so nothing changes for requests.
    ");
    insta::assert_snapshot!(told("MAIN", Op::Removed, library(Some(true)), None), @r"
    library.changed (warning)
    Elm College: Main Library (MAIN) is gone from the list of libraries
    Alma lists it no longer. It took part in resource sharing when last seen. Requests that are open with it may have to be moved or closed; ask Elm College which library lends in its place.
    ");
    insta::assert_snapshot!(told("MAIN", Op::Removed, library(Some(false)), None), @r"
    library.changed (info)
    Elm College: Main Library (MAIN) is gone from the list of libraries
    Alma lists it no longer. It took no part in resource sharing when last seen, so nothing changes for requests.
    ");
}

#[test]
fn a_library_is_renamed_and_moves() {
    let mut renamed = library(Some(true)).unwrap();
    renamed["name"] = json!("Central Library");
    renamed["campus"] = json!("SOUTH");
    insta::assert_snapshot!(told("MAIN", Op::Modified, library(Some(true)), Some(renamed)), @r"
    library.changed (info)
    Elm College: the library Main Library is now called Central Library (MAIN)
    Its name is now Central Library (it was Main Library). Its campus is now SOUTH (it was NORTH).
    ");
    let mut moved = library(Some(true)).unwrap();
    moved["path"] = json!("A.C.MAIN");
    assert_eq!(
        told("MAIN", Op::Modified, library(Some(true)), Some(moved)),
        "",
        "a technical path is no news"
    );
}

#[test]
fn hours_that_come_or_go_are_no_event_by_themselves() {
    let hours = json!({"library": "Main Library", "usual": {"monday": "08:00-22:00"}, "until": "2027-03-07"});
    assert_eq!(told("MAIN/hours", Op::Added, None, Some(hours.clone())), "");
    assert_eq!(told("MAIN/hours", Op::Removed, Some(hours), None), "");
}
