use std::collections::BTreeMap;
use std::path::Path;

use super::super::inventory::add;
use crate::model::adoption_rule::Verdict;
use crate::model::collaboration::{Collaboration, JoinBy, Look};

const WHOLE: &str = r#"
[[collaboration]]
id = "shared-desk"
name = "A shared desk"
area = "resource-sharing"
what = """Two libraries
   share a desk."""
needs = { licence = "none", set_up = "nothing", who_acts = "both" }
without_alma = { by = ["email"], how = "By post." }
links = ["https://example.org/desk"]
otherwise = "available"

[[collaboration.rule]]
verdict = "on"
any = [
  { source = "primo.view", key = "scope/Desk*" },
  { all = [
    { source = "alma.partners", key = "*", where = [{ at = "/status", equals = "ACTIVE" }, { at = "/name", contains = "desk" }], at_least = 2 },
    { not = { source = "alma.jobs", key = "S1", at = "/type", in = ["MANUAL", "OTHER"] } },
  ] },
]
"#;

fn read(files: &[&str]) -> Result<Vec<Collaboration>, Vec<String>> {
    let (mut all, mut places) = (Vec::new(), BTreeMap::new());
    for (number, text) in files.iter().enumerate() {
        let path = format!("{number}.toml");
        add(text, Path::new(&path), &mut all, &mut places)
            .map_err(|mistakes| mistakes.list.iter().map(ToString::to_string).collect::<Vec<_>>())?;
    }
    Ok(all)
}

fn mistakes(files: &[&str]) -> String {
    read(files).expect_err("there should be mistakes").join("\n")
}

#[test]
fn an_entry_is_read_with_everything_in_it() {
    let all = read(&[WHOLE]).unwrap();
    let entry = &all[0];
    assert_eq!(entry.what, "Two libraries share a desk.");
    assert_eq!(entry.without_alma.by, [JoinBy::Email]);
    assert_eq!(entry.from, "0.toml");
    let Look::Rules(observed) = &entry.look else {
        panic!("{entry:?}")
    };
    assert_eq!(observed.otherwise, Some(Verdict::Available));
    assert_eq!(observed.rules[0].when.records().len(), 3);
    assert_eq!(observed.rules[0].when.records()[1].at_least, 2);
}

#[test]
fn mistakes_are_named_with_line_and_remedy() {
    let wrong = |from: &str, to: &str| {
        assert!(WHOLE.contains(from), "{from}");
        mistakes(&[&WHOLE.replacen(from, to, 1)])
    };
    insta::assert_snapshot!(wrong("area = \"resource-sharing\"", "area = \"resource-sharin\""), @r#"line 5: collaboration 1 (shared-desk), area: "resource-sharin" is not known here. Write "resource-sharing" if that is what you mean."#);
    insta::assert_snapshot!(wrong("verdict = \"on\"", "verdict = \"off\""), @r#"line 14: collaboration 1 (shared-desk), rule 1 (off), verdict: "off" is not known here. Write "on", "available" or "not-available"."#);
    insta::assert_snapshot!(wrong("source = \"primo.view\", key = \"scope/Desk*\"", "source = \"release-notes\", key = \"*\""), @r#"line 16: collaboration 1 (shared-desk), rule 1 (on), any 1 (*), source: "release-notes" is not known here. Write "alma.partners", "primo.view", "alma.libraries", "alma.code-tables", "alma.letters", "alma.jobs", "alma.integration-profiles" or "alma.general"."#);
    insta::assert_snapshot!(wrong("key = \"scope/Desk*\"", "key = \"*\""), @r#"line 16: collaboration 1 (shared-desk), rule 1 (on), any 1 (*), key: no part of primo.view holds "*". Begin it with scope/, tab/, attributes-map/, primo-view/, system-configuration/, mapping-tables/, feature-flags/ or top-level/; `almanac show WATCH` lists the keys there are."#);
    insta::assert_snapshot!(wrong("key = \"S1\"", "key = \"S*1\""), @r#"line 19: collaboration 1 (shared-desk), rule 1 (on), any 2, all 2, not, key: a * stands before the end. Write the whole key, or its beginning and one * at the end."#);
    insta::assert_snapshot!(wrong("at = \"/type\"", "at = \"type\""), @r#"line 19: collaboration 1 (shared-desk), rule 1 (on), any 2, all 2, not, at: a place in a record begins with a slash. Write at = "/type"."#);
    insta::assert_snapshot!(wrong(", in = [\"MANUAL\", \"OTHER\"]", ""), @r#"line 19: collaboration 1 (shared-desk), rule 1 (on), any 2, all 2, not: nothing is asked of the field. Write one of equals, in, exists or contains."#);
    insta::assert_snapshot!(wrong("by = [\"email\"]", "by = [\"none\", \"email\"]"), @r#"line 9: collaboration 1 (shared-desk), without_alma, by: “none” stands beside ways to join. Take out "none", or all others."#);
    insta::assert_snapshot!(wrong("https://example.org/desk", "example.org"), @r#"line 10: collaboration 1 (shared-desk), links: this is not the address of a page. Write the whole address of a page: "https://…"."#);
    insta::assert_snapshot!(wrong("who_acts", "who_act"), @r#"
    line 8: collaboration 1 (shared-desk), needs: who_acts is missing. Write who_acts = "each library".
    line 8: collaboration 1 (shared-desk), needs: the key "who_act" is not known. Write who_acts if that is what you mean.
    "#);
    insta::assert_snapshot!(wrong("any = [\n", "source = \"alma.jobs\"\nkey = \"*\"\nany = [\n"), @r#"line 13: collaboration 1 (shared-desk), rule 1 (on): source and any stand side by side. Write source = "…" and key = "…", or one of any = [ … ], all = [ … ], not = { … }."#);
    insta::assert_snapshot!(mistakes(&[WHOLE.split("[[collaboration.rule]]").next().unwrap()]), @r#"line 2: collaboration 1 (shared-desk): nothing says how its state is found out. Write a [[collaboration.rule]] below it, or observable = false and looked_up_by = "who looks where"."#);
    insta::assert_snapshot!(mistakes(&[WHOLE, WHOLE]), @r#"line 3: collaboration 1 (shared-desk), id: "shared-desk" is already given in 0.toml, collaboration 1 (shared-desk). Write extends = "shared-desk" instead of id to add to that entry, or rename this one."#);
    insta::assert_snapshot!(mistakes(&[WHOLE, "[[collaboration]]\nextends = \"shared-desks\"\n"]), @r#"line 2: collaboration 1, extends: there is no collaboration "shared-desks" to extend. Write "shared-desk" if that is what you mean."#);
    insta::assert_snapshot!(wrong("otherwise = \"available\"", "observable = false\nlooked_up_by = \"Ask.\""), @r#"line 14: collaboration 1 (shared-desk): rule means nothing for what is not observable. Take it out."#);
}

#[test]
fn an_addition_extends_an_entry_and_adds_others() {
    let more = r#"
[[collaboration]]
extends = "shared-desk"
name = "Our desk"
links = ["https://example.org/desk", "https://example.org/ours"]
[[collaboration.rule]]
verdict = "not-available"
source = "alma.general"
key = "general"
at = "/environment_type"
equals = "sandbox"

[[collaboration]]
id = "reading-room"
name = "A reading room"
area = "special-collections"
what = "Somebody else's readers may read here."
needs = { licence = "none", set_up = "nothing", who_acts = "both" }
without_alma = { by = ["none"], how = "By train." }
observable = false
looked_up_by = "Ask at the door."
"#;
    let all = read(&[WHOLE, more]).unwrap();
    assert_eq!(all.len(), 2);
    assert_eq!(all[0].name, "Our desk");
    assert_eq!(all[0].what, "Two libraries share a desk.");
    assert_eq!(all[0].links.len(), 2);
    let Look::Rules(observed) = &all[0].look else {
        panic!("{:?}", all[0])
    };
    let verdicts: Vec<Verdict> = observed.rules.iter().map(|rule| rule.verdict).collect();
    assert_eq!(
        verdicts,
        [Verdict::NotAvailable, Verdict::On],
        "rules of the addition are asked first"
    );
    assert_eq!(observed.otherwise, Some(Verdict::Available));
    assert_eq!(all[1].look, Look::ByHand("Ask at the door.".to_owned()));
    assert_eq!(all[1].from, "1.toml");
}

#[test]
fn no_condition_stands_too_deep() {
    let mut deep = "source = \"alma.jobs\", key = \"*\"".to_owned();
    for _ in 0..5 {
        deep = format!("not = {{ {deep} }}");
    }
    let rule = format!("[[collaboration.rule]]\nverdict = \"on\"\n{deep}\n");
    let text = WHOLE.replacen("[[collaboration.rule]]", &format!("{rule}[[collaboration.rule]]"), 1);
    assert!(
        mistakes(&[&text]).contains("more than 4 deep"),
        "{}",
        mistakes(&[&text])
    );
}

proptest::proptest! {
    #[test]
    fn no_text_makes_it_panic(text in "\\PC{0,200}") {
        let _ = read(&[&text]);
        let _ = read(&[WHOLE, &text]);
    }
}
