//! What people and programs read of it.

use std::sync::Arc;
use std::time::Duration;

use almanac::cli::print::{self, Page};
use almanac::insight::query::PartnerQuery;
use almanac::web::{self, ApiState};
use serde_json::{Value, json};
use tokio::net::TcpListener;
use tokio_util::sync::CancellationToken;

use super::{answer, polled, record, set, three};
use crate::world::{ELM, OAK, World, write_secret};

const ASH: &str = "01ASH_INST";

fn page(world: &World) -> Page {
    Page {
        width: 80,
        colour: false,
        zone: world.almanac.config.timezone,
        now: world.clock.now(),
    }
}

/// Four libraries between whom several things are wrong.
async fn troubled() -> World {
    let mut world = three().await;
    let key = world.dir.path().join("ash.key");
    write_secret(&key, &format!("key-of-{ASH}"));
    let server = world.server.uri();
    world
        .reconfigure(|config| {
            let ash = format!(
                "[[institution]]\ncode = \"{ASH}\"\nname = \"Ash Institute\"\nkind = \"zone-member\"\ngateway = \"{server}\"\n\
                 api_key = {{ file = \"{}\" }}\n\n[[institution]]\ncode = \"01YEW_INST\"\nname = \"Yew College\"\nkind = \"own-alma\"\n\n",
                key.display()
            );
            config.replacen("[[watch]]", &format!("{ash}[[watch]]"), 1)
        })
        .await;
    world.wire().partners.insert(
        ASH.into(),
        vec![
            record("ELM", ELM, "Elm"),
            record("OAKLAW", "", "Oak University Law Library"),
        ],
    );
    world
        .wire()
        .partners
        .get_mut(ELM)
        .unwrap()
        .push(record("ASH", ASH, "Ash"));
    world
        .wire()
        .partners
        .get_mut(OAK)
        .unwrap()
        .push(record("ASH", ASH, "Ash"));
    set(&world, ASH, "ELM", "lending_supported", json!(false));
    set(&world, ELM, "ASH", "borrowing_supported", json!(false));
    world.poll("alma.partners/01ASH_INST").await;
    polled(&world).await;
    world.hand.advance(Duration::from_hours(24));
    set(&world, ELM, "OAK", "status", json!("INACTIVE"));
    set(&world, OAK, "KPL", "borrowing_supported", json!(false));
    polled(&world).await;
    world
}

#[tokio::test]
async fn the_pages_read_as_a_head_of_resource_sharing_would_read_them() {
    let world = troubled().await;
    let all = answer(&world, PartnerQuery::default()).await;
    let page = page(&world);
    insta::assert_snapshot!(page.finish(&print::partners::pairs(&all, &page)), @r"
    5 libraries, 10 pairs at Feb 4 19:00 EST. Lending both ways: 1; one way: 2; with
    problems: 4.
    `almanac partners --problems` tells what is wrong and what to do.

    Library A       Library B            A lends to B           B lends to A
    Ash Institute   Elm College          yes                    no, as agreed
    Ash Institute   Oak University       no: a record is        no: a record is
                                         missing, at least      missing, at least
                                         since Feb 3 15:00      since Feb 3 15:00
    Ash Institute   Yew College          no records             no records
    Ash Institute   Kelp Public Library  no records             no records
    Elm College     Oak University       no: inactive, since    no: inactive, since
                                         17:00                  17:00
    Elm College     Yew College          no records             no records
    Elm College     Kelp Public Library  yes, as one says       yes, as one says
    Oak University  Yew College          no records             no records
    Oak University  Kelp Public Library  no, as one says        yes, as one says
    Yew College     Kelp Public Library  not known              not known

    Never read wholly, so not known: the partner lists of Yew College.
    Not on Alma, so seen through the others’ records alone: Kelp Public Library.
    The oldest list is Ash Institute’s, read Feb 3 13:00 EST.
    Times are in America/New_York.
    ");
    insta::assert_snapshot!(page.finish(&print::partners::matrix(&all, &page)), @r"
    Down: who lends. Across: who borrows.

                             ASH  ELM  OAK  YEW  KELP
    Ash Institute ASH        ·    Y    X    -    -
    Elm College ELM          o    ·    I    -    y
    Oak University OAK       X    I    ·    -    o
    Yew College YEW          -    -    -    ·    ?
    Kelp Public Library KELP -    y    y    ?    ·

    Y  lends: both libraries say so      y  lends, as the one on Alma says
    X  does not: their records disagree, or one has no record of the other
    I  does not: a record is inactive
    o  does not lend                -  no records of each other
    ?  not known                    ·  itself

    Never read wholly, so not known: the partner lists of Yew College.
    Not on Alma, so seen through the others’ records alone: Kelp Public Library.
    The oldest list is Ash Institute’s, read Feb 3 13:00 EST.
    Times are in America/New_York.
    ");
    let wrong = PartnerQuery {
        problems: Some("any".into()),
        ..PartnerQuery::default()
    };
    let wrong = answer(&world, wrong).await;
    insta::assert_snapshot!(page.finish(&print::partners::problems(&wrong, None, &page)), @r"
    Inactive records (1)
      Elm College’s record OAK for Oak University is inactive.
        Neither can borrow from the other, since Feb 4 17:00 EST: status ACTIVE →
        INACTIVE (record OAK of alma.partners/01ELM_INST, version 2).
        To do: Elm College sets the record active again in Alma, or tells Oak
        University that it is meant.

    Missing records (1)
      Ash Institute has no partner record for Oak University; Oak University has one
      for Ash Institute (ASH).
        Neither can borrow from the other, at least since Feb 3 15:00 EST.
        To do: Ash Institute adds a partner record for Oak University in Alma. If
        there is one that was not recognised, write its code into the aliases of Oak
        University.

    One way only (2)
      Ash Institute lends to Elm College, but Elm College does not lend to Ash
      Institute; both libraries’ records say so.
        Ash Institute cannot borrow from Elm College, at least since Feb 3 13:00
        EST.
        To do: Nothing, if it is meant. Else both switch the missing direction on.
      Kelp Public Library lends to Oak University, but Oak University does not lend
      to Kelp Public Library; so says Oak University’s record, the only one there
      is.
        Kelp Public Library cannot borrow from Oak University, since Feb 4 18:00
        EST: borrowing supported yes → no (record KPL of alma.partners/01OAK_INST,
        version 2).
        To do: Nothing, if it is meant. Else both switch the missing direction on.

    Partner records to look at (1)
      Ash Institute’s record OAKLAW “Oak University Law Library”: Its name looks
      like Oak University, for whom Ash Institute has no other record. If it is
      meant, write its code into the aliases of Oak University.

    Never read wholly, so not known: the partner lists of Yew College.
    Not on Alma, so seen through the others’ records alone: Kelp Public Library.
    The oldest list is Ash Institute’s, read Feb 3 13:00 EST.
    Times are in America/New_York.
    ");
    let one = PartnerQuery {
        institution: Some(OAK.to_lowercase()),
        ..PartnerQuery::default()
    };
    let one = answer(&world, one).await;
    insta::assert_snapshot!(page.finish(&print::partners::pairs(&one, &page)), @r"
    5 libraries, 4 pairs at Feb 4 19:00 EST. Lending both ways: 0; one way: 1; with
    problems: 3.
    `almanac partners --problems` tells what is wrong and what to do.

    Library A       Library B            A lends to B           B lends to A
    Oak University  Ash Institute        no: a record is        no: a record is
                                         missing, at least      missing, at least
                                         since Feb 3 15:00      since Feb 3 15:00
    Oak University  Elm College          no: inactive, since    no: inactive, since
                                         17:00                  17:00
    Oak University  Yew College          no records             no records
    Oak University  Kelp Public Library  no, as one says        yes, as one says

    Never read wholly, so not known: the partner lists of Yew College.
    Not on Alma, so seen through the others’ records alone: Kelp Public Library.
    The oldest list is Ash Institute’s, read Feb 3 13:00 EST.
    Times are in America/New_York.
    ");
}

#[tokio::test]
async fn programs_get_the_same_rows() {
    let world = troubled().await;
    let wrong = PartnerQuery {
        problems: Some("inactive".into()),
        ..PartnerQuery::default()
    };
    let wrong = answer(&world, wrong).await;
    // How long a poll takes is not this story's.
    let stable = |text: String| text.replace(&wrong.rows[0].since.unwrap().to_string(), "2027-02-04T22:00Z");
    insta::assert_snapshot!(stable(serde_json::to_string_pretty(&wrong.rows[..1]).unwrap()), @r#"
    [
      {
        "lender": "01ELM_INST",
        "lender_name": "Elm College",
        "borrower": "01OAK_INST",
        "borrower_name": "Oak University",
        "state": "broken",
        "lender_says": "inactive",
        "borrower_says": "yes",
        "lender_record": "OAK",
        "borrower_record": "ELM",
        "problems": [
          {
            "kind": "inactive",
            "end": "lender",
            "text": "Elm College’s record OAK for Oak University is inactive.",
            "remedy": "Elm College sets the record active again in Alma, or tells Oak University that it is meant."
          }
        ],
        "since": "2027-02-04T22:00Z",
        "since_at_least": false,
        "cause": {
          "watch": "alma.partners/01ELM_INST",
          "key": "OAK",
          "version": 2,
          "changes": [
            {
              "op": "replace",
              "path": "/status",
              "old": "ACTIVE",
              "new": "INACTIVE"
            }
          ]
        }
      }
    ]
    "#);
    insta::assert_snapshot!(stable(print::partners::csv(&wrong.rows)), @r#"
    lender,lender_name,borrower,borrower_name,state,lender_says,borrower_says,lender_record,borrower_record,problems,since,since_at_least,cause_watch,cause_key,cause_version,cause_changes,what_to_do
    01ELM_INST,Elm College,01OAK_INST,Oak University,broken,inactive,yes,OAK,ELM,inactive,2027-02-04T22:00Z,false,alma.partners/01ELM_INST,OAK,2,status ACTIVE → INACTIVE,"Elm College sets the record active again in Alma, or tells Oak University that it is meant."
    01OAK_INST,Oak University,01ELM_INST,Elm College,broken,yes,inactive,ELM,OAK,inactive,2027-02-04T22:00Z,false,alma.partners/01ELM_INST,OAK,2,status ACTIVE → INACTIVE,"Elm College sets the record active again in Alma, or tells Oak University that it is meant."
    "#);
    insta::assert_snapshot!(print::partners::records_csv(&wrong.findings), @r#"
    institution,record,name,finding,candidates,text
    01ASH_INST,OAKLAW,Oak University Law Library,looks-like-member,01OAK_INST,"Its name looks like Oak University, for whom Ash Institute has no other record. If it is meant, write its code into the aliases of Oak University."
    "#);
}

#[tokio::test(flavor = "multi_thread")]
async fn the_command_takes_its_flags() {
    let world = troubled().await;
    let config = world.config_file();
    let run = async |arguments: &[&str]| {
        let arguments: Vec<String> = arguments.iter().map(ToString::to_string).collect();
        let config = config.clone();
        let ran = tokio::task::spawn_blocking(move || {
            std::process::Command::new(env!("CARGO_BIN_EXE_almanac"))
                .arg("partners")
                .args(&arguments)
                .arg("--config")
                .arg(config)
                .output()
                .unwrap()
        });
        let output = ran.await.unwrap();
        (
            output.status.code().unwrap(),
            String::from_utf8(output.stdout).unwrap() + &String::from_utf8(output.stderr).unwrap(),
        )
    };
    for (arguments, part) in [
        (vec![], "no: inactive, since"),
        (vec!["--matrix"], "Down: who lends"),
        (vec!["--problems"], "Inactive records (1)"),
        (vec!["--problems=one-sided"], "One way only"),
        (vec!["--records"], "OAKLAW"),
        (vec!["--csv"], "lender,lender_name,"),
        (vec!["--csv", "--records"], "institution,record,"),
        (vec!["--json", "--institution", ELM], "\"lender_says\":\"inactive\""),
        (vec!["--at", "2027-01-01"], "Never read wholly"),
    ] {
        let (code, text) = run(&arguments).await;
        assert_eq!(code, 0, "{arguments:?}: {text}");
        assert!(text.contains(part), "{arguments:?}: {text}");
    }
    for (arguments, part) in [
        (vec!["--problems=inactiv"], "did you mean inactive"),
        (vec!["--problems=everything"], "it is one of any, inactive"),
        (vec!["--institution", "01ELN_INST"], "01ELM_INST"),
        (vec!["--matrix", "--csv"], "cannot be used with"),
    ] {
        let (code, text) = run(&arguments).await;
        assert_ne!(code, 0, "{arguments:?}");
        assert!(text.contains(part), "{arguments:?}: {text}");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn over_http_it_is_the_same_and_a_slip_is_a_problem() {
    let world = troubled().await;
    let state = ApiState::new(
        world.almanac.config.clone(),
        world.almanac.store.clone(),
        world.clock.clone(),
        Arc::default(),
        None,
    );
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let address = listener.local_addr().unwrap();
    let stop = CancellationToken::new();
    let server = tokio::spawn(web::serve(listener, state, stop.clone()));
    let client = reqwest::Client::builder().no_proxy().build().unwrap();
    let get = async |path: &str| {
        let answer = client
            .get(format!("http://{address}/api/v1/{path}"))
            .send()
            .await
            .unwrap();
        let status = answer.status().as_u16();
        let body: Value = serde_json::from_slice(&answer.bytes().await.unwrap()).unwrap();
        (status, body)
    };
    let all = answer(&world, PartnerQuery::default()).await;
    assert_eq!(get("partners").await, (200, json!(all.rows)));
    assert_eq!(get("partners/records").await, (200, json!(all.findings)));
    let (_, inactive) = get(&format!("partners?problems=inactive&institution={OAK}")).await;
    assert_eq!(inactive.as_array().unwrap().len(), 2);
    let (_, wrong) = get("partners?problems=any").await;
    let with_problems = all.rows.iter().filter(|row| !row.problems.is_empty()).count();
    assert_eq!(wrong.as_array().unwrap().len(), with_problems);
    let (status, problem) = get("partners?problems=inactiv").await;
    assert_eq!(status, 400);
    assert!(problem["detail"].as_str().unwrap().contains("inactive"), "{problem}");
    stop.cancel();
    server.await.unwrap().unwrap();
}
