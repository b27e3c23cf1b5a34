//! What a head of resource sharing is told when a partner record changes.

use almanac::model::change::{ChangeContext, Op};
use almanac::model::event::EventKind;
use almanac::model::watch::SourceKind;
use serde_json::{Value, json};

use super::Seen;

fn boston_college() -> Value {
    json!({
        "code": "BCL",
        "name": "Boston College",
        "status": "ACTIVE",
        "system_type": "ALMA",
        "profile_type": "ISO_18626",
        "avg_supply_time": 4,
        "borrowing_supported": true,
        "borrowing_workflow": "DEFAULT_BOR_WF",
        "lending_supported": true,
        "iso_18626_details": {"ill_server": "ill.example.org", "iso_symbol": "US-BCL", "shared_barcodes": false}
    })
}

fn with(changes: Value) -> Value {
    let mut record = boston_college();
    for (name, value) in changes.as_object().unwrap() {
        if value.is_null() {
            record.as_object_mut().unwrap().remove(name);
        } else {
            record[name] = value.clone();
        }
    }
    record
}

fn seen(op: Op, old: Option<Value>, new: Option<Value>) -> Seen {
    Seen {
        source: SourceKind::AlmaPartners,
        subject: "01TUN_INST",
        key: "BCL",
        op,
        old,
        new,
        context: ChangeContext::default(),
    }
}

fn modified(changes: Value) -> Seen {
    seen(Op::Modified, Some(boston_college()), Some(with(changes)))
}

#[test]
fn a_new_partner() {
    insta::assert_snapshot!(seen(Op::Added, None, Some(boston_college())).told(), @r"
    partner.added (notice; resource-sharing)
    Tufts University: Boston College (BCL) is a new resource sharing partner
    Active, reached by ISO 18626, system type ALMA. Borrowing requests from Boston College (BCL) to Tufts University (“Supports borrowing”): on; lending requests from Tufts University to Boston College (BCL) (“Supports lending”): on.
    ");
}

#[test]
fn a_new_partner_that_is_not_active_yet() {
    let added = seen(
        Op::Added,
        None,
        Some(with(json!({"status": "INACTIVE", "lending_supported": false}))),
    );
    insta::assert_snapshot!(added.told(), @r"
    partner.added (notice; resource-sharing)
    Tufts University: Boston College (BCL) is a new resource sharing partner, but inactive
    Inactive, reached by ISO 18626, system type ALMA. Borrowing requests from Boston College (BCL) to Tufts University (“Supports borrowing”): on; lending requests from Tufts University to Boston College (BCL) (“Supports lending”): off.
    ");
}

#[test]
fn a_partner_is_gone() {
    insta::assert_snapshot!(seen(Op::Removed, Some(boston_college()), None).told(), @r"
    partner.removed (warning; resource-sharing)
    Tufts University: Boston College (BCL) is no longer a resource sharing partner
    The partner record is gone from Alma: two complete readings of the list running did not hold it. It was active when last seen. Tufts University has no record left under which requests can go to or come from this partner.
    ");
}

#[test]
fn a_partner_is_back() {
    let mut returned = seen(
        Op::Added,
        Some(boston_college()),
        Some(with(json!({"lending_supported": false}))),
    );
    returned.context.returned = true;
    insta::assert_snapshot!(returned.told(), @r"
    partner.returned (notice; resource-sharing)
    Tufts University: Boston College (BCL) is a resource sharing partner again
    The partner record had gone and is back. Active, reached by ISO 18626, system type ALMA. Borrowing requests from Boston College (BCL) to Tufts University (“Supports borrowing”): on; lending requests from Tufts University to Boston College (BCL) (“Supports lending”): off. Since it went: “Supports lending” is now off (it was on).
    ");
    returned.old = None;
    assert_eq!(
        returned.events()[0].kind,
        EventKind::PartnerReturned,
        "also where the old record is not at hand"
    );
}

#[test]
fn a_partner_is_switched_off() {
    insta::assert_snapshot!(modified(json!({"status": "INACTIVE"})).told(), @r"
    partner.deactivated (warning; resource-sharing)
    Tufts University: Boston College (BCL) is now inactive
    Status in Alma: INACTIVE (it was ACTIVE). Inactive is Alma's off switch for a partner record: no new borrowing or lending is to be expected between Tufts University and this partner under it, whatever its other settings say.
    ");
}

#[test]
fn a_partner_is_switched_on() {
    let activated = seen(
        Op::Modified,
        Some(with(json!({"status": "INACTIVE"}))),
        Some(boston_college()),
    );
    insta::assert_snapshot!(activated.told(), @r"
    partner.activated (notice; resource-sharing)
    Tufts University: Boston College (BCL) is now active
    Status in Alma: ACTIVE (it was INACTIVE). Borrowing requests from Boston College (BCL) to Tufts University (“Supports borrowing”): on; lending requests from Tufts University to Boston College (BCL) (“Supports lending”): on.
    ");
}

#[test]
fn a_partner_can_no_longer_be_asked_to_lend() {
    insta::assert_snapshot!(modified(json!({"lending_supported": false})).told(), @r"
    partner.changed (notice; resource-sharing)
    Tufts University: lending requests to Boston College (BCL) are now off
    Partner record of Boston College (BCL) in Alma: “Supports lending” is now off (it was on). By Ex Libris' definition of “Supports lending” the partner receives lending requests from Alma: it can no longer be asked to lend.
    ");
}

#[test]
fn a_partner_can_no_longer_ask_to_borrow() {
    insta::assert_snapshot!(modified(json!({"borrowing_supported": false})).told(), @r"
    partner.changed (notice; resource-sharing)
    Tufts University: borrowing requests from Boston College (BCL) are no longer accepted
    Partner record of Boston College (BCL) in Alma: “Supports borrowing” is now off (it was on). By Ex Libris' definition of “Supports borrowing” the partner sends borrowing requests to Alma: it can no longer ask to borrow.
    ");
}

#[test]
fn both_directions_and_more_change_at_once() {
    let changed = modified(json!({"borrowing_supported": false, "lending_supported": false, "avg_supply_time": 1}));
    insta::assert_snapshot!(changed.told(), @r"
    partner.changed (notice; resource-sharing)
    Tufts University: borrowing and lending with Boston College (BCL) are both now off, and one more setting changed
    Partner record of Boston College (BCL) in Alma: “Supports lending” is now off (it was on); “Supports borrowing” is now off (it was on); average supply time is now 1 day (it was 4 days). By Ex Libris' definition of “Supports lending” the partner receives lending requests from Alma: it can no longer be asked to lend. By Ex Libris' definition of “Supports borrowing” the partner sends borrowing requests to Alma: it can no longer ask to borrow.
    ");
}

#[test]
fn a_partner_is_switched_off_and_changed_in_one_poll() {
    let told = modified(json!({"status": "INACTIVE", "lending_supported": false}));
    let kinds: Vec<EventKind> = told.events().iter().map(|event| event.kind).collect();
    assert_eq!(kinds, [EventKind::PartnerDeactivated, EventKind::PartnerChanged]);
    assert!(!told.events()[1].summary.contains("status"), "the status is told once");
    assert!(told.events().iter().all(|event| event.facet.is_empty()));
}

#[test]
fn smaller_settings_change() {
    let one = modified(json!({"avg_supply_time": 6}));
    insta::assert_snapshot!(one.told(), @r"
    partner.changed (notice; resource-sharing)
    Tufts University: Boston College (BCL): average supply time is now 6 days (it was 4 days)
    Partner record of Boston College (BCL) in Alma: average supply time is now 6 days (it was 4 days).
    ");
    let several = modified(json!({
        "avg_supply_time": 6, "system_type": "RESHARE",
        "iso_18626_details": {"ill_server": "ill2.example.org", "iso_symbol": "US-BCL", "shared_barcodes": true}
    }));
    insta::assert_snapshot!(several.told(), @r"
    partner.changed (notice; resource-sharing)
    Tufts University: 4 settings of Boston College (BCL) changed
    Partner record of Boston College (BCL) in Alma: system type is now RESHARE (it was ALMA); ILL server is now ill2.example.org (it was ill.example.org); sharing of barcodes is now on (it was off); average supply time is now 6 days (it was 4 days).
    ");
}

#[test]
fn a_partner_gets_another_name() {
    insta::assert_snapshot!(modified(json!({"name": "Boston College Libraries"})).told(), @r"
    partner.changed (notice; resource-sharing)
    Tufts University: partner Boston College is now called Boston College Libraries (BCL)
    Partner record of Boston College Libraries (BCL) in Alma: name is now Boston College Libraries (it was Boston College).
    ");
}

#[test]
fn a_partner_is_reached_another_way() {
    let changed = modified(json!({
        "profile_type": "NCIP",
        "iso_18626_details": null,
        "ncip_details": {"request_agency_id": "BCL"}
    }));
    insta::assert_snapshot!(changed.told(), @r"
    partner.changed (notice; resource-sharing)
    Tufts University: Boston College (BCL) is now reached by NCIP
    Partner record of Boston College (BCL) in Alma: profile type is now NCIP (it was ISO 18626).
    ");
    assert!(changed.events()[0].non_alma, "NCIP stands for systems other than Alma");
    assert!(
        !modified(json!({"profile_type": "EMAIL"})).events()[0].non_alma,
        "e-mail may be anyone"
    );
}

#[test]
fn a_new_partner_without_alma_is_marked() {
    let kind_of =
        |profile: &str| seen(Op::Added, None, Some(with(json!({"profile_type": profile})))).events()[0].non_alma;
    assert!(kind_of("INNREACH"));
    assert!(!kind_of("ISO_18626") && !kind_of("RAPID") && !kind_of("UNHEARD_OF"));
}

#[test]
fn a_default_that_is_written_out_is_no_news() {
    let spelled_out = json!({
        "auto_cancel_supported": false, "delivery_delay": 0, "lending_workflow": "DEFAULT_LEND_WF"
    });
    assert!(modified(spelled_out).events().is_empty());
    assert!(modified(json!({"borrowing_workflow": null})).events().is_empty());
    assert_eq!(modified(json!({"auto_cancel_supported": true})).events().len(), 1);
}

#[test]
fn an_unknown_status_is_told_as_it_is() {
    let suspended = modified(json!({"status": "SUSPENDED"}));
    assert_eq!(
        suspended.events()[0].title,
        "Tufts University: Boston College (BCL) is now SUSPENDED"
    );
    assert_eq!(suspended.events()[0].kind, EventKind::PartnerDeactivated);
    let other = seen(
        Op::Modified,
        Some(with(json!({"status": "SUSPENDED"}))),
        Some(with(json!({"status": "INACTIVE"}))),
    );
    assert_eq!(
        other.events()[0].title,
        "Tufts University: Boston College (BCL): status is now INACTIVE (it was SUSPENDED)"
    );
}

#[test]
fn a_code_alone_names_a_partner() {
    let mut nameless = seen(Op::Removed, Some(json!({"code": "BCL"})), None);
    nameless.key = "BCL";
    assert!(nameless.events()[0].title.contains(": BCL is no longer"));
}

#[test]
fn a_capability_that_is_no_longer_stated_is_not_called_off() {
    let title = &modified(json!({"lending_supported": null})).events()[0].title;
    assert_eq!(
        title,
        "Tufts University: Boston College (BCL): “Supports lending” is no longer stated (it was on)"
    );
}
