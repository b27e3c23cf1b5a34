//! The catalogue of collaborations, for people and for spreadsheets.

use super::adoption::by_area;
use super::{Ink, Page, clean, count};
use crate::model::adoption_rule::{Condition, FieldTest, Records, Test};
use crate::model::collaboration::{Collaboration, JoinBy, Look};
use crate::model::institution::InstitutionKind;

/// Where the texts begin that stand beside a word.
const BESIDE: usize = 12;

/// What `almanac collaborations` prints.
pub fn list(collaborations: &[Collaboration], page: &Page) -> String {
    let by_hand = collaborations
        .iter()
        .filter(|each| matches!(each.look, Look::ByHand(_)))
        .count();
    let mut text = page.wrapped(
        &format!(
            "{}; {by_hand} of them only a person can look up. `almanac collaborations show ID` tells of one.",
            count(collaborations.len(), "collaboration", "collaborations")
        ),
        0,
    );
    for (area, own) in by_area(collaborations) {
        text.push_str(&format!("\n{}\n", Ink::Bold.on(area.title())));
        text.push_str(
            &page.table(
                &["!Id", "Collaboration", "Without Alma"],
                own.iter()
                    .map(|each| vec![clean(&each.id), clean(&each.name), ways(&each.without_alma.by, ", ")]),
            ),
        );
    }
    text
}

/// What `almanac collaborations show` prints.
pub fn whole(collaboration: &Collaboration, page: &Page) -> String {
    let mut text = format!(
        "{}\n{} · {}\n\n",
        Ink::Bold.on(&clean(&collaboration.name)),
        clean(&collaboration.id),
        collaboration.area.title()
    );
    text.push_str(&page.wrapped(&clean(&collaboration.what), 0));
    text.push_str(&format!("\n{}\n", Ink::Bold.on("What it needs")));
    for (word, need) in [
        ("Licence", &collaboration.needs.licence),
        ("Set-up", &collaboration.needs.set_up),
        ("Who acts", &collaboration.needs.who_acts),
    ] {
        text.push_str(&beside(word, &clean(need), page));
    }
    if !collaboration.only.is_empty() {
        let kinds: Vec<&str> = collaboration
            .only
            .iter()
            .map(|kind| match kind {
                InstitutionKind::ZoneMember => "members of the Network Zone",
                InstitutionKind::OwnAlma => "libraries on an Alma of their own",
                InstitutionKind::Other => "libraries that are not on Alma",
                InstitutionKind::Zone => "the Network Zone",
            })
            .collect();
        text.push_str(&beside("Only for", &kinds.join(" and "), page));
    }
    let title = format!("Without Alma: {}", ways(&collaboration.without_alma.by, " or "));
    text.push_str(&format!("\n{}\n", Ink::Bold.on(&title)));
    text.push_str(&page.wrapped(&clean(&collaboration.without_alma.how), 2));
    text.push_str(&format!("\n{}\n", Ink::Bold.on("How its state is found out")));
    match &collaboration.look {
        Look::ByHand(who) => {
            text.push_str(&page.wrapped(&format!("Almanac cannot see it. {}", clean(who)), 2));
        }
        Look::Rules(observed) => {
            for rule in &observed.rules {
                let word = rule.verdict.name().replace('-', " ");
                text.push_str(&beside(&word, &format!("if {}", clean(&said(&rule.when))), page));
            }
            let otherwise = match observed.otherwise {
                Some(verdict) => format!("{}, if all of that was read", verdict.name().replace('-', " ")),
                None => "unknown".to_owned(),
            };
            text.push_str(&beside("otherwise", &otherwise, page));
        }
    }
    if !collaboration.links.is_empty() {
        text.push_str(&format!("\n{}\n", Ink::Bold.on("Documentation")));
        for link in &collaboration.links {
            text.push_str(&page.wrapped(&clean(link), 2));
        }
    }
    text.push('\n');
    text.push_str(&page.wrapped(
        &format!(
            "The entry stands in {}. `almanac adoption --collaboration {}` tells who has it.",
            clean(&collaboration.from),
            clean(&collaboration.id)
        ),
        0,
    ));
    text
}

/// What `almanac collaborations --csv` prints.
pub fn csv(collaborations: &[Collaboration]) -> String {
    super::csv::csv(
        [
            "id",
            "name",
            "area",
            "what",
            "licence",
            "set_up",
            "who_acts",
            "without_alma",
            "without_alma_how",
            "observable",
            "looked_up_by",
            "links",
        ],
        collaborations.iter().map(|each| {
            let looked_up_by = match &each.look {
                Look::ByHand(who) => who.clone(),
                Look::Rules(_) => String::new(),
            };
            let by: Vec<&str> = each.without_alma.by.iter().map(|by| by.name()).collect();
            [
                each.id.clone(),
                each.name.clone(),
                each.area.to_string(),
                each.what.clone(),
                each.needs.licence.clone(),
                each.needs.set_up.clone(),
                each.needs.who_acts.clone(),
                by.join("; "),
                each.without_alma.how.clone(),
                looked_up_by.is_empty().to_string(),
                looked_up_by,
                each.links.join("; "),
            ]
        }),
    )
}

fn ways(by: &[JoinBy], between: &str) -> String {
    by.iter().map(|by| by.title()).collect::<Vec<_>>().join(between)
}

fn beside(word: &str, text: &str, page: &Page) -> String {
    let lines = page.wrapped(text, BESIDE + 2);
    if word.len() < BESIDE {
        format!("  {word:<BESIDE$}{}", lines.trim_start())
    } else {
        format!("  {word}\n{lines}")
    }
}

/// A condition in words.
fn said(condition: &Condition) -> String {
    let inner = |part: &Condition| match part {
        Condition::All(_) | Condition::Any(_) => format!("({})", said(part)),
        other => said(other),
    };
    let joined = |parts: &[Condition], word: &str| parts.iter().map(inner).collect::<Vec<_>>().join(word);
    match condition {
        Condition::Records(records) => said_of(records),
        Condition::All(parts) => joined(parts, ", and "),
        Condition::Any(parts) => joined(parts, ", or "),
        Condition::Not(inner) => format!("not ({})", said(inner)),
    }
}

fn said_of(records: &Records) -> String {
    let many = match records.at_least {
        1 => String::new(),
        many => format!("at least {many} × "),
    };
    let tests: Vec<String> = records.tests.iter().map(tested).collect();
    let that = if tests.is_empty() {
        String::new()
    } else {
        format!(" with {}", tests.join(" and "))
    };
    format!("{} has {many}{}{that}", records.source, records.key)
}

fn tested(test: &FieldTest) -> String {
    let word = super::words::value;
    let field = super::words::field(&test.at);
    match &test.test {
        Test::Equals(value) => format!("{field} = {}", word(value)),
        Test::In(values) => {
            let words: Vec<String> = values.iter().map(word).collect();
            format!("{field} = {}", words.join(" or "))
        }
        Test::Exists(true) => format!("a {field}"),
        Test::Exists(false) => format!("no {field}"),
        Test::Contains(text) => format!("“{text}” in its {field}"),
    }
}
