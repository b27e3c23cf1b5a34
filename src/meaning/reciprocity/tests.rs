//! Known answers. The world was written from the list of what must be found, before anything was run on it.

mod told;
mod world;

use std::collections::BTreeSet;

use proptest::prelude::*;
use serde_json::json;

use super::*;
use crate::model::reciprocity::ProblemKind;
use told::ALL_SAID;
use world::*;

#[test]
fn a_world_in_order_has_no_problems() {
    let world = World::whole();
    assert_eq!(world.problems(), BTreeSet::new());
    assert_eq!(world.findings(), Vec::<String>::new());
    let picture = world.picture();
    for flow in picture.flows() {
        let all_alma = flow.lender.on_alma && flow.borrower.on_alma;
        let expected = match (flow.lender.code.as_str(), flow.borrower.code.as_str()) {
            (JUNIPER, _) | (_, JUNIPER) => FlowState::Unknown,
            (KELP, LARCH) | (LARCH, KELP) => FlowState::Unknown,
            _ => FlowState::On,
        };
        assert_eq!(flow.state, expected, "{} > {}", flow.lender.code, flow.borrower.code);
        assert!(
            all_alma
                || flow
                    .problems
                    .iter()
                    .all(|problem| problem.kind != ProblemKind::NoRecord)
        );
    }
}

#[test]
fn exactly_the_planted_problems_are_found() {
    let (world, expected) = troubled();
    let found = world.problems();
    let missed: Vec<_> = expected.difference(&found).collect();
    let invented: Vec<_> = found.difference(&expected).collect();
    assert!(
        missed.is_empty() && invented.is_empty(),
        "missed: {missed:#?}\ninvented: {invented:#?}"
    );
}

#[test]
fn flows_stand_as_their_ends_say() {
    let (world, _) = troubled();
    for (lender, borrower, state) in [
        (ASH, CEDAR, FlowState::Broken),
        (CEDAR, DOGWOOD, FlowState::Off),
        (DOGWOOD, BIRCH, FlowState::Broken),
        (BIRCH, DOGWOOD, FlowState::On),
        (ELM, FIR, FlowState::Broken),
        (ASH, GUM, FlowState::None),
        (FIR, IVY, FlowState::Off),
        (GUM, HOLLY, FlowState::Off),
        (HOLLY, GUM, FlowState::On),
        (KELP, HOLLY, FlowState::On),
        (CEDAR, LARCH, FlowState::None),
        (GUM, LARCH, FlowState::Off),
        (HOLLY, IVY, FlowState::On),
        (DOGWOOD, FIR, FlowState::Unknown),
        (IVY, BIRCH, FlowState::On),
        (CEDAR, ASH, FlowState::Broken),
        (GUM, BIRCH, FlowState::Unknown),
        (FIR, HOLLY, FlowState::On),
        (KELP, LARCH, FlowState::Unknown),
        (JUNIPER, ELM, FlowState::Unknown),
    ] {
        assert_eq!(world.state(lender, borrower), state, "{lender} > {borrower}");
    }
}

#[test]
fn records_of_doubt_are_listed_with_their_candidates() {
    let (world, _) = troubled();
    insta::assert_snapshot!(world.findings().join("\n"), @r"
    01ASH_INST US itself 01ASH_INST
    01BIR_INST Twin ambiguous 01ELM_INST 01GUM_INST
    01DOG_INST CONSORTIUM ambiguous 01ELM_INST 01FIR_INST
    01ELM_INST FIRLAW looks-like-member 01FIR_INST
    01FIR_INST PUS-HOL mixed-evidence 01HOL_INST 01GUM_INST
    ");
    let texts: Vec<String> = world.picture().findings().iter().map(|row| row.text.clone()).collect();
    insta::assert_snapshot!(texts.join("\n"), @r"
    By its institution code this record means Ash University itself. It is not counted.
    By its alias set by hand this record may mean Elm College or Gum College. None was chosen: leave the alias with the right one alone.
    By its symbol this record may mean Elm College or Fir State University. None was chosen: write its code into the aliases of the right one, or correct the record in Alma.
    Its name looks like Fir State University, for whom Elm College has no other record. If it is meant, write its code into the aliases of Fir State University.
    By its institution code this record means Holly University, but its name points to Gum College. The stronger sign was followed: look which one is wrong.
    ");
}

#[test]
fn problems_read_as_people_would_say_them() {
    let (world, _) = troubled();
    let picture = world.picture();
    let mut texts = Vec::new();
    for kind in ProblemKind::ALL {
        let flows = picture.flows();
        let mut all = flows
            .iter()
            .flat_map(|flow| flow.problems.iter())
            .filter(|problem| problem.kind == kind);
        if let Some(problem) = all.next() {
            texts.push(format!(
                "{kind}: {}\n  {}",
                problem.text,
                problem.remedy.as_deref().unwrap_or("-")
            ));
        }
    }
    insta::assert_snapshot!(texts.join("\n"), @r"
    inactive: Ash University’s record PUS-CED for Cedar College is inactive.
      Ash University sets the record active again in Alma, or tells Cedar College that it is meant.
    contradictory: Dogwood Institute of Technology’s record PUS-BIR says that it lends to University of Birch; University of Birch’s record PUS-DOG says that it does not borrow from Dogwood Institute of Technology (“Supports lending” is off).
      Agree which is meant. Then University of Birch switches “Supports lending” on, or Dogwood Institute of Technology switches “Supports borrowing” off.
    no-record: Elm College has no partner record for Fir State University; Fir State University has one for Elm College (PUS-ELM).
      Elm College adds a partner record for Fir State University in Alma. If there is one that was not recognised, write its code into the aliases of Fir State University.
    one-sided: Holly University lends to Gum College, but Gum College does not lend to Holly University; both libraries’ records say so.
      Nothing, if it is meant. Else both switch the missing direction on.
    different-systems: Cedar College’s record PUS-GUM names the system type OTHER, Gum College’s record PUS-CED names ALMA.
      Correct the record that names the wrong one.
    different-profiles: Ash University reaches The Ivy College by ISO 18626 (record PUS-IVY), The Ivy College reaches Ash University by NCIP peer-to-peer (record PUS-ASH).
      Agree on one type of profile, so that both sides’ messages arrive.
    duplicate-records: Holly University has 2 records for The Ivy College: A-IVY, Z-IVY.
      Holly University keeps the one that is in use (Z-IVY).
    ambiguous-record: University of Birch’s record Twin possibly means Gum College, or another member, so it is not counted.
      Write the code into the aliases of the library that is meant.
    unknown: Juniper University’s partner list was never read wholly, so what it says of Ash University is not known.
      Let Almanac watch alma.partners of Juniper University with a key that may read partners.
    ");
}

#[test]
fn what_is_not_known_whole_is_never_missing() {
    let mut world = World::whole();
    world.drop(ELM, FIR);
    world.lists.get_mut(ELM).unwrap().whole = false;
    assert_eq!(
        world.problems(),
        [
            format!("{ELM}>{FIR} unknown@lender"),
            format!("{FIR}>{ELM} unknown@borrower")
        ]
        .into()
    );
}

#[test]
fn a_record_is_no_witness_for_its_own_symbol() {
    // One record of Elm carries Fir's symbol by mistake; it stays Elm's by its code, and the mistake is listed.
    let mut world = World::whole();
    world.set(
        ASH,
        ELM,
        json!({"institution_code": ELM, "iso_18626_details": {"iso_symbol": symbol(FIR)}}),
    );
    let finding = format!("{ASH} P{} mixed-evidence {ELM} {FIR}", symbol(ELM));
    assert!(world.findings().contains(&finding), "{:?}", world.findings());
}

fn drafts_of(members: &[Member], world: &World) -> Vec<String> {
    let picture = Picture::new(members, &world.lists);
    drafts(&picture)
        .iter()
        .map(|draft| format!("{:?} {}", draft.identity, draft.body))
        .collect()
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(32))]

    #[test]
    fn the_order_of_members_and_records_is_nothing(seed in any::<u64>()) {
        let mut rng = fastrand::Rng::with_seed(seed);
        let (world, _) = troubled();
        let (mut other, _) = troubled();
        let mut shuffled = members();
        rng.shuffle(&mut shuffled);
        for list in other.lists.values_mut() {
            rng.shuffle(&mut list.records);
        }
        prop_assert_eq!(drafts_of(&members(), &world), drafts_of(&shuffled, &other));
        prop_assert_eq!(world.findings(), other.findings());
    }

    #[test]
    fn another_label_of_a_record_known_by_its_code_is_no_change(label in "[A-Za-z ]{1,30}", owner in 0_usize..9) {
        let mut world = World::whole();
        for list in world.lists.values_mut() {
            for record in &mut list.records {
                if record.key.starts_with('P') {
                    let code = MEMBERS.iter().find(|member| record.key == format!("P{}", symbol(member.0))).unwrap().0;
                    record.body["institution_code"] = json!(code);
                }
            }
        }
        let before = drafts_of(&members(), &world);
        let owner = MEMBERS[owner].0;
        for record in world.list(owner).iter_mut().filter(|record| record.body.get("institution_code").is_some()) {
            record.body["name"] = json!(label);
        }
        prop_assert_eq!(before, drafts_of(&members(), &world));
    }

    #[test]
    fn two_ends_that_agree_both_ways_have_no_problem(off in proptest::collection::btree_set((0_usize..9, 0_usize..9), 0..12)) {
        let mut world = World::whole();
        for (one, other) in off.into_iter().filter(|(one, other)| one != other) {
            let fields = json!({"borrowing_supported": false, "lending_supported": false, "profile_type": "EMAIL"});
            world.set(MEMBERS[one].0, MEMBERS[other].0, fields.clone());
            world.set(MEMBERS[other].0, MEMBERS[one].0, fields);
        }
        prop_assert_eq!(world.problems(), BTreeSet::new());
    }

    #[test]
    fn every_flow_is_judged_from_both_ends_alike(seed in any::<u64>()) {
        let mut rng = fastrand::Rng::with_seed(seed);
        let all = ALL_SAID;
        let (one, other) = (all[rng.usize(..all.len())], all[rng.usize(..all.len())]);
        prop_assert_eq!(FlowState::of(one, other), FlowState::of(other, one));
    }
}
