use std::path::Path;

use super::*;
use crate::config::Config;
use crate::insight::adoption::MemberColumn;
use crate::model::collaboration::{EvidenceTier, FieldRead};
use crate::model::moment::Moment;

fn page() -> Page {
    Page {
        width: 80,
        colour: false,
        zone: chrono_tz::America::New_York,
        now: now(),
    }
}

fn now() -> Moment {
    "2026-11-25T15:00:00Z".parse().unwrap()
}

fn catalogue() -> Vec<Collaboration> {
    let text = "[consortium]\nname = \"A\"\ntimezone = \"America/New_York\"\n";
    let mut all = Config::parse(text, Path::new("almanac.toml")).unwrap().collaborations;
    all.sort_by_key(|each| each.area);
    all
}

/// Members of all three worlds, and every state somewhere, by place alone.
fn answer(members: usize, mut collaborations: Vec<Collaboration>) -> AdoptionAnswer {
    let kinds = [
        InstitutionKind::ZoneMember,
        InstitutionKind::OwnAlma,
        InstitutionKind::Other,
    ];
    let members: Vec<MemberColumn> = (0..members)
        .map(|place| MemberColumn {
            code: format!("01L{place:02}_INST"),
            name: format!("{} College", (b'A' + u8::try_from(place).unwrap()) as char),
            short: format!("L{place:02}"),
            kind: kinds[(place * 3 / members.max(1)).min(2)],
        })
        .collect();
    if members.len() < 5 {
        collaborations.truncate(3);
    }
    let mut rows = Vec::new();
    for (line, collaboration) in collaborations.iter().enumerate() {
        for (column, member) in members.iter().enumerate() {
            let state = match (member.kind, is_by_hand(collaboration), (line * 7 + column * 5) % 8) {
                (_, true, _) | (InstitutionKind::Other, false, 0..6) => AdoptionState::Unknown,
                (InstitutionKind::Other, false, _) => AdoptionState::NotApplicable,
                (_, false, 0..3) => AdoptionState::On,
                (_, false, 3..6) => AdoptionState::Available,
                (_, false, 6) => AdoptionState::NotAvailable,
                _ => AdoptionState::Unknown,
            };
            let is_seen = matches!(
                state,
                AdoptionState::On | AdoptionState::Available | AdoptionState::NotAvailable
            );
            rows.push(AdoptionRow {
                collaboration: collaboration.id.clone(),
                collaboration_name: collaboration.name.clone(),
                area: collaboration.area,
                institution: member.code.clone(),
                institution_name: member.name.clone(),
                kind: member.kind,
                state,
                tier: is_seen.then_some(EvidenceTier::SeenConfigured),
                since: is_seen.then(|| "2026-11-03T14:00:00Z".parse().unwrap()),
                since_at_least: column % 2 == 1,
                explanation: match state {
                    AdoptionState::Unknown => "alma.partners is not watched at this library.".to_owned(),
                    _ => format!("primo.view/{}:MAIN has a switch with on = yes.", member.code),
                },
                evidence: is_seen
                    .then(|| Evidence {
                        watch: format!("primo.view/{}:MAIN", member.code),
                        key: "system-configuration/a_switch".to_owned(),
                        version: Some(2),
                        read: vec![FieldRead {
                            at: "/on".to_owned(),
                            value: true.into(),
                        }],
                    })
                    .into_iter()
                    .collect(),
                read_at: is_seen.then(now),
            });
        }
    }
    AdoptionAnswer {
        at: now(),
        collaborations,
        members,
        rows,
    }
}

fn fits(text: &str) {
    for line in page().finish(text).lines() {
        let width = unicode_width::UnicodeWidthStr::width(line);
        assert!(
            width <= 80 || line.trim_start().starts_with("http"),
            "{width} columns: {line}"
        );
    }
}

#[test]
fn twenty_six_members_fit_on_a_page_of_eighty_columns() {
    let mut collaborations = catalogue();
    let answer_all = answer(26, collaborations.clone());
    let text = matrix(&answer_all, &page());
    fits(&text);
    for each in &answer_all.collaborations {
        let lines = page().finish(&text);
        let start: String = each.name.chars().take(20).collect();
        assert!(lines.contains(&start), "{} is missing", each.name);
    }
    for text in [
        summary(&answer_all, &page()),
        one_collaboration(&answer_all, &page()),
        one_member(&answer_all, &page()),
    ] {
        fits(&text);
    }
    collaborations.retain(|each| each.area != Area::ResourceSharing);
    insta::assert_snapshot!(page().finish(&matrix(&answer(26, collaborations), &page())), @r#"
    25 collaborations at 26 libraries on Nov 25 10:00 EST.

                                                  1 1 1 1 1 1 1 1 1 1 2 2 2 2 2 2 2
                                1 2 3 4 5 6 7 8 9 0 1 2 3 4 5 6 7 8 9 0 1 2 3 4 5 6
    Searching across members’ holdings in Primo
    Search scope over all memb… Y a Y ? a Y n a Y a Y ? a Y n a Y a j / j j / j j j
    A shared catalogue view fo… ? a Y n a Y a Y ? a Y n a Y a Y ? a j / j j j j / j
    “May also be held by” in t… n a Y a Y ? a Y n a Y a Y ? a Y n a j j j / j j / j
    “May also be found at” lin… a Y ? a Y n a Y a Y ? a Y n a Y a Y / j j / j j j j
    Signing in at another memb… a Y n a Y a Y ? a Y n a Y a Y ? a Y / j j j j / j j
    One library card for loans… a Y a Y ? a Y n a Y a Y ? a Y n a Y j j / j j / j j
    Shared records in the Netw… h h h h h h h h h h h h h h h h h h j j j j j j j j
    A common Primo look and co… h h h h h h h h h h h h h h h h h h j j j j j j j j
    Members’ holdings open to…  h h h h h h h h h h h h h h h h h h j j j j j j j j
    Sharing management information and analytics
    Consortial Analytics        h h h h h h h h h h h h h h h h h h j j j j j j j j
    Shared designs of Analytic… h h h h h h h h h h h h h h h h h h j j j j j j j j
    Systems told when Alma’s w… a Y ? a Y n a Y a Y ? a Y n a Y a Y / j j / j j j j
    Configuration from the Net… h h h h h h h h h h h h h h h h h h j j j j j j j j
    Benchmark analytics
    Benchmark analytics with s… h h h h h h h h h h h h h h h h h h j j j j j j j j
    Turnaround that can be com… Y ? a Y n a Y a Y ? a Y n a Y a Y ? j j / j j j j /
    Fill rate and turnaround o… h h h h h h h h h h h h h h h h h h j j j j j j j j
    Cooperative collection development
    Shared print commitments    h h h h h h h h h h h h h h h h h h j j j j j j j j
    Overlap between collections h h h h h h h h h h h h h h h h h h j j j j j j j j
    E-collections kept once in… h h h h h h h h h h h h h h h h h h j j j j j j j j
    Licences and orders kept i… h h h h h h h h h h h h h h h h h h j j j j j j j j
    A shared e-book programme   h h h h h h h h h h h h h h h h h h j j j j j j j j
    Uncovering special collections via Primo
    Special collections as a p… a Y a Y ? a Y n a Y a Y ? a Y n a Y j j / j j / j j
    Collections to browse       Y ? a Y n a Y a Y ? a Y n a Y a Y ? j j / j j j j /
    Digital collections visibl… h h h h h h h h h h h h h h h h h h j j j j j j j j
    Archives and repositories…  h h h h h h h h h h h h h h h h h h j j j j j j j j

    Y  on, seen configured
    a  available, not used
    n  not available
    /  not applicable
    j  not on Alma; there is a way to join
    h  a person has to look it up
    ?  not known: not read, or it says neither

    In the Network Zone: 1 A College, 2 B College, 3 C College, 4 D College, 5 E
    College, 6 F College, 7 G College, 8 H College, 9 I College.
    On an Alma of their own: 10 J College, 11 K College, 12 L College, 13 M College,
    14 N College, 15 O College, 16 P College, 17 Q College, 18 R College.
    Not on Alma: 19 S College, 20 T College, 21 U College, 22 V College, 23 W
    College, 24 X College, 25 Y College, 26 Z College.

    The oldest reading behind this is of A College, Nov 25 10:00 EST.
    Times are in America/New_York.
    "#);
}

#[test]
fn a_few_members_stand_under_their_codes() {
    insta::assert_snapshot!(page().finish(&matrix(&answer(3, catalogue()), &page())), @r#"
    3 collaborations at 3 libraries on Nov 25 10:00 EST.

                                                 L00 L01 L02
    Searching across members’ holdings in Primo
    Search scope over all members                Y   a   j
    A shared catalogue view for the whole conso… ?   a   j
    “May also be held by” in the full record     n   a   j

    Y  on, seen configured
    a  available, not used
    n  not available
    j  not on Alma; there is a way to join
    ?  not known: not read, or it says neither

    In the Network Zone: L00 A College.
    On an Alma of their own: L01 B College.
    Not on Alma: L02 C College.

    The oldest reading behind this is of A College, Nov 25 10:00 EST.
    Times are in America/New_York.
    "#);
}

#[test]
fn the_inventory_in_numbers() {
    insta::assert_snapshot!(page().finish(&adoption(&answer(3, catalogue()), false, false, &page())), @r#"
    3 collaborations at 3 libraries on Nov 25 10:00 EST.

    Searching across members’ holdings in Primo
    Collaboration                                     On  Avail.  Not av.  Unkn.
    Search scope over all members                      1       1        ·      1
    A shared catalogue view for the whole consortium   ·       1        ·      2
    “May also be held by” in the full record           ·       1        1      1

    Seen configured, which does not say that it works. `almanac adoption --matrix`
    shows the members beside each other; --collaboration ID and --institution CODE
    tell why and since when.
    "#);
}

#[test]
fn one_collaboration_tells_who_and_why_and_since_when() {
    let mut collaborations = catalogue();
    collaborations.retain(|each| each.id == "rapidill");
    insta::assert_snapshot!(page().finish(&adoption(&answer(9, collaborations), true, false, &page())), @r#"
    RapidILL
    Articles and chapters, and in some pods books, from the libraries of a RapidILL
    pod. Requests find a lender by themselves, in turn by load, and pods promise a
    time within which they answer.

    On (3)
      A College, since Nov 3 09:00
        primo.view/01L00_INST:MAIN has a switch with on = yes.
      C College, since Nov 3 09:00
        primo.view/01L02_INST:MAIN has a switch with on = yes.
      F College, at least since Nov 3 09:00
        primo.view/01L05_INST:MAIN has a switch with on = yes.

    Available (2)
      B College, at least since Nov 3 09:00
        primo.view/01L01_INST:MAIN has a switch with on = yes.
      E College, since Nov 3 09:00
        primo.view/01L04_INST:MAIN has a switch with on = yes.

    Not applicable (1)
      G College
        primo.view/01L06_INST:MAIN has a switch with on = yes.

    Unknown (3)
      D College, H College, I College
        alma.partners is not watched at this library.

    This is how it stood on Nov 25 10:00 EST.
    The oldest reading behind this is of A College, Nov 25 10:00 EST.
    Times are in America/New_York.
    "#);
}

#[test]
fn one_library_sees_what_is_not_known_and_who_can_look_it_up() {
    let mut collaborations = catalogue();
    collaborations.retain(|each| each.area == Area::CooperativeCollections || each.id.starts_with("rapido"));
    let mut answer = answer(9, collaborations);
    answer.members.truncate(1);
    answer.rows.retain(|row| row.institution == "01L00_INST");
    insta::assert_snapshot!(page().finish(&adoption(&answer, false, true, &page())), @r#"
    A College, in the Network Zone, at Nov 25 10:00 EST

    Resource sharing via Alma and Primo
    Collaboration                                   State
    Rapido                                          on, since Nov 3 09:00
    Rapido: pick up at another member               unknown
    Rapido: copies straight to the reader           not available, since Nov 3 09:00
    Rapido: print offered where only an e-book is   available, since Nov 3 09:00
    listed

    Cooperative collection development
    Collaboration                                 State
    Shared print commitments                      unknown
    Overlap between collections                   unknown
    E-collections kept once in the Network Zone   unknown
    Licences and orders kept in the Network Zone  unknown
    A shared e-book programme                     unknown

    What is not known, and why
      Rapido: pick up at another member
        alma.partners is not watched at this library.

    What only a person can look up
      Shared print commitments
        Each library’s collections librarian counts items with a retention note in
        Analytics, or looks for the local facet in Primo (at one member it reads
        “Retain For East”).
      Overlap between collections
        The collections group says which members were compared, when and with what.
      E-collections kept once in the Network Zone
        The shared-systems manager looks at the available-for groups of
        e-collections in the Network Zone.
      Licences and orders kept in the Network Zone
        The shared-systems manager looks for licences in the Network Zone.
      A shared e-book programme
        Each library’s e-resources librarian says whether the titles are active; a
        local facet in Primo may show them.

    The oldest reading behind this is of A College, Nov 25 10:00 EST.
    Times are in America/New_York.
    "#);
}

#[test]
fn one_cell_shows_its_evidence_and_the_spreadsheet_has_it_too() {
    let mut answer = answer(3, catalogue());
    answer.rows.truncate(1);
    insta::assert_snapshot!(page().finish(&adoption(&answer, true, true, &page())), @r#"
    Search scope over all members at A College
      on, since Nov 3 09:00 (seen configured)
      primo.view/01L00_INST:MAIN has a switch with on = yes.

    Evidence
      primo.view/01L00_INST:MAIN system-configuration/a_switch v2: on = yes

    This is how it stood on Nov 25 10:00 EST.
    The oldest reading behind this is of A College, Nov 25 10:00 EST.
    Times are in America/New_York.
    "#);
    insta::assert_snapshot!(csv(&answer.rows), @r#"
    collaboration,collaboration_name,area,institution,institution_name,kind,state,tier,since,since_at_least,explanation,evidence,read_at
    discovery-network-scope,Search scope over all members,cross-search,01L00_INST,A College,zone-member,on,seen-configured,2026-11-03T14:00:00.000Z,false,primo.view/01L00_INST:MAIN has a switch with on = yes.,primo.view/01L00_INST:MAIN system-configuration/a_switch v2: on = yes,2026-11-25T15:00:00.000Z
    "#);
}

#[test]
fn without_libraries_it_says_what_to_do() {
    let none = answer(0, catalogue());
    for text in [matrix(&none, &page()), adoption(&none, false, false, &page())] {
        assert!(text.contains("[[institution]]"), "{text}");
    }
}

#[test]
fn the_catalogue_reads_as_a_list_and_entry_by_entry() {
    use super::super::collaborations;
    let all = catalogue();
    fits(&collaborations::list(&all, &page()));
    for each in &all {
        fits(&collaborations::whole(each, &page()));
    }
    let one = |id: &str| all.iter().find(|each| each.id == id).unwrap();
    insta::assert_snapshot!(page().finish(&collaborations::whole(one("measurable-turnaround"), &page())), @r#"
    Turnaround that can be compared
    measurable-turnaround · Benchmark analytics

    The time from asking to arriving can only be measured where lenders record when
    they ship and borrowers record when they receive. If all members use these
    steps, one report measures all of them.

    What it needs
      Licence     none beyond Alma
      Set-up      nothing by Ex Libris
      Who acts    each library enables the steps in its workflow profiles; staff use
                  them on the day

    Without Alma: ISO 18626 or ReShare
      Shipped and received are messages of ISO 18626, so the Alma end can measure a
      partner on any system.

    How its state is found out
      on          if (alma.code-tables has
                  OptionalBorrowingWorkflowSteps/RECEIVED_PHYSICALLY with enabled =
                  yes, or alma.code-tables has
                  MandatoryBorrowingWorkflowSteps/RECEIVED_PHYSICALLY with enabled =
                  yes), and (alma.code-tables has
                  MandatoryLendingWorkflowSteps/SHIPPED_PHYSICALLY with enabled =
                  yes, or alma.code-tables has
                  OptionalLendingWorkflowSteps/SHIPPED_PHYSICALLY with enabled =
                  yes)
      otherwise   available, if all of that was read

    The entry stands in the program’s own catalogue. `almanac adoption
    --collaboration measurable-turnaround` tells who has it.
    "#);
    insta::assert_snapshot!(page().finish(&collaborations::whole(one("network-zone-records"), &page())), @r#"
    Shared records in the Network Zone
    network-zone-records · Searching across members’ holdings in Primo

    Members catalogue a title once, in the Network Zone, and attach their holdings
    to that one record. Everything that compares holdings rests on it: the same
    title is then the same record everywhere.

    What it needs
      Licence     an Alma Network Zone for the consortium
      Set-up      Ex Libris builds the zone and links the members’ records to it
      Who acts    the consortium decides on cataloguing rules; each library links
                  and contributes
      Only for    members of the Network Zone

    Without Alma: not at all
      Only Alma institutions can attach holdings to a record of the zone.

    How its state is found out
      Almanac cannot see it. The shared-systems manager counts linked records in
      Analytics (Titles, by network id), or looks at a few records in Alma’s
      repository search.

    Documentation
      https://knowledge.exlibrisgroup.com/Alma/Product_Documentation/010Alma_Online_Help_(English)/100Collaborative_Networks/01_Overview/01_Overview_of_Collaborative_Networks

    The entry stands in the program’s own catalogue. `almanac adoption
    --collaboration network-zone-records` tells who has it.
    "#);
    let own: Vec<Collaboration> = all
        .iter()
        .filter(|each| each.area == Area::Benchmarks)
        .cloned()
        .collect();
    insta::assert_snapshot!(page().finish(&collaborations::list(&own, &page())), @r#"
    3 collaborations; 2 of them only a person can look up. `almanac collaborations
    show ID` tells of one.

    Benchmark analytics
    Id                     Collaboration                         Without Alma
    benchmark-analytics    Benchmark analytics with shared data  e-mail
    measurable-turnaround  Turnaround that can be compared       ISO 18626, ReShare
    pod-statistics         Fill rate and turnaround of a pod     RapidILL
    "#);
    assert_eq!(collaborations::csv(&all).lines().count(), all.len() + 1);
}
