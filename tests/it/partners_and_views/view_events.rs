//! What a systems librarian is told when a view's configuration changes.

use std::time::Duration;

use almanac::model::change::{ChangeContext, Op};
use almanac::model::event::{EventKind, Severity, Topic};
use almanac::model::watch::SourceKind;
use serde_json::{Value, json};

use super::Seen;

fn switch(on: bool) -> Value {
    json!({"type": "switch", "on": on})
}

fn setting(value: impl Into<Value>) -> Value {
    json!({"type": "setting", "value": value.into()})
}

fn seen(key: &'static str, op: Op, old: Option<Value>, new: Option<Value>) -> Seen {
    Seen {
        source: SourceKind::PrimoView,
        subject: "01TUN_INST:01TUN",
        key,
        op,
        old,
        new,
        context: ChangeContext::default(),
    }
}

fn modified(key: &'static str, old: Value, new: Value) -> Seen {
    seen(key, Op::Modified, Some(old), Some(new))
}

/// A record that is new here and was first seen anywhere so many hours ago.
fn added(key: &'static str, body: Value, hours_ago: Option<u64>) -> Seen {
    let mut seen = seen(key, Op::Added, None, Some(body));
    seen.context.first_seen_anywhere = hours_ago.map(|hours| Seen::now().minus(Duration::from_secs(hours * 3600)));
    seen
}

fn only(seen: &Seen) -> almanac::model::event::EventDraft {
    let mut events = seen.events();
    assert_eq!(events.len(), 1);
    events.remove(0)
}

#[test]
fn a_switch_nobody_had() {
    let appeared = added("system-configuration/request_by_voice", switch(false), None);
    insta::assert_snapshot!(appeared.told(), @r"
    switch.appeared (notice; resource-sharing, consortial-discovery)
    Tufts University: “request_by_voice” is new in Primo; it is off in view 01TUN_INST:01TUN
    No watched view had it before. A setting that nobody had before often comes with, or ahead of, a release note. Read from the view's configuration (`system-configuration/request_by_voice`), which says what is set, not whether it works.
    ");
    let two_days = added("system-configuration/request_by_voice", switch(true), Some(47));
    insta::assert_snapshot!(two_days.told(), @r"
    switch.appeared (notice; resource-sharing, consortial-discovery)
    Tufts University: “request_by_voice” is new in Primo; it is on in view 01TUN_INST:01TUN
    It came to the watched views within the last 48 hours. A setting that nobody had before often comes with, or ahead of, a release note. Read from the view's configuration (`system-configuration/request_by_voice`), which says what is set, not whether it works.
    ");
    let setting = added("feature-flags/shelf_map", setting(3), None);
    insta::assert_snapshot!(setting.told(), @r"
    switch.appeared (notice; consortial-discovery)
    Tufts University: feature flag “shelf_map” is new in Primo; it is set to 3 in view 01TUN_INST:01TUN
    No watched view had it before. A setting that nobody had before often comes with, or ahead of, a release note. Read from the view's configuration (`feature-flags/shelf_map`), which says what is set, not whether it works.
    ");
}

#[test]
fn a_switch_that_others_had() {
    let on = added("system-configuration/use_rapido_functionality", switch(true), Some(49));
    insta::assert_snapshot!(on.told(), @r"
    switch.turned_on (notice; resource-sharing, consortial-discovery)
    Tufts University: Rapido is now on in view 01TUN_INST:01TUN
    It was not listed there before; other views had it already. Read from the view's configuration (`system-configuration/use_rapido_functionality`), which says what is set, not whether it works.
    ");
    let off = added(
        "system-configuration/use_rapido_functionality",
        switch(false),
        Some(900),
    );
    insta::assert_snapshot!(off.told(), @r"
    switch.changed (info; resource-sharing, consortial-discovery)
    Tufts University: Rapido is now listed in view 01TUN_INST:01TUN, off
    It was not listed there before; other views had it already. Read from the view's configuration (`system-configuration/use_rapido_functionality`), which says what is set, not whether it works.
    ");
}

#[test]
fn a_switch_is_turned_on_and_off() {
    let key = "attributes-map/mayAlsoBeHeldByEnabled";
    insta::assert_snapshot!(modified(key, switch(false), switch(true)).told(), @r"
    switch.turned_on (notice; consortial-discovery)
    Tufts University: “May also be held by” is now on in view 01TUN_INST:01TUN
    It was off. Read from the view's configuration (`attributes-map/mayAlsoBeHeldByEnabled`), which says what is set, not whether it works.
    ");
    insta::assert_snapshot!(modified(key, switch(true), switch(false)).told(), @r"
    switch.turned_off (notice; consortial-discovery)
    Tufts University: “May also be held by” is now off in view 01TUN_INST:01TUN
    It was on. Read from the view's configuration (`attributes-map/mayAlsoBeHeldByEnabled`), which says what is set, not whether it works.
    ");
}

#[test]
fn a_switch_goes_away() {
    let key = "mapping-tables/View Properties/{view}/allow_direct_login_from_other_institutions";
    insta::assert_snapshot!(seen(key, Op::Removed, Some(switch(true)), None).told(), @r"
    switch.turned_off (notice; fulfillment-network, consortial-discovery, user-identity)
    Tufts University: direct log-in from other libraries is no longer there in view 01TUN_INST:01TUN; it was on
    The setting is gone, which alone does not say whether the feature went or became permanent. Read from the view's configuration (`mapping-tables/View Properties/{view}/allow_direct_login_from_other_institutions`), which says what is set, not whether it works.
    ");
    insta::assert_snapshot!(seen(key, Op::Removed, Some(switch(false)), None).told(), @r"
    switch.changed (info; fulfillment-network, consortial-discovery, user-identity)
    Tufts University: direct log-in from other libraries is no longer there in view 01TUN_INST:01TUN
    It was off when last seen. Read from the view's configuration (`mapping-tables/View Properties/{view}/allow_direct_login_from_other_institutions`), which says what is set, not whether it works.
    ");
}

#[test]
fn a_setting_gets_another_value() {
    let key = "system-configuration/Session Timeout";
    insta::assert_snapshot!(modified(key, setting(30), setting(45)).told(), @r"
    switch.changed (info; consortial-discovery)
    Tufts University: “Session Timeout” is now 45 in view 01TUN_INST:01TUN (it was 30)
    Read from the view's configuration (`system-configuration/Session Timeout`), which says what is set, not whether it works.
    ");
    let hidden = modified("system-configuration/motto", setting("short"), setting("present"));
    assert!(only(&hidden).title.contains("is now a value that is not kept in view"));
    let became_a_switch = modified("system-configuration/x", setting("users"), switch(true));
    assert_eq!(only(&became_a_switch).kind, EventKind::SwitchChanged);
}

#[test]
fn a_form_is_shown_otherwise() {
    let key = "mapping-tables/Resource Sharing Request Parameters/both/edition/book";
    let place = |n: i64| json!({"type": "switch", "on": true, "columns": {"source4": n}});
    insta::assert_snapshot!(modified(key, place(7), place(9)).told(), @r"
    switch.changed (info; resource-sharing, consortial-discovery)
    Tufts University: details of “both / edition / book” in the table “Resource Sharing Request Parameters” changed in view 01TUN_INST:01TUN
    It is on as before; what differs is its place in the table or another column of it. Read from the view's configuration (`mapping-tables/Resource Sharing Request Parameters/both/edition/book`), which says what is set, not whether it works.
    ");
}

#[test]
fn scopes_come_go_and_change() {
    let key = "scope/DiscoveryNetwork";
    let scope = |locations: Value, index: bool| json!({"type": "scope", "tab": "Network", "locations": locations, "types": ["local"], "central_index": index});
    insta::assert_snapshot!(added(key, scope(json!(["Network"]), true), None).told(), @r"
    scope.added (notice; network-zone, consortial-discovery)
    Tufts University: search scope “DiscoveryNetwork” is new in view 01TUN_INST:01TUN
    Searches Network, with the Central Discovery Index (CDI), in the tab Network. Read from the view's configuration (`scope/DiscoveryNetwork`), which says what is set, not whether it works.
    ");
    insta::assert_snapshot!(seen(key, Op::Removed, Some(scope(json!(["Network"]), false)), None).told(), @r"
    scope.removed (notice; network-zone, consortial-discovery)
    Tufts University: search scope “DiscoveryNetwork” is no longer there in view 01TUN_INST:01TUN
    It searched Network, without the Central Discovery Index (CDI), in the tab Network. Read from the view's configuration (`scope/DiscoveryNetwork`), which says what is set, not whether it works.
    ");
    let wider = modified(
        key,
        scope(json!(["Network"]), false),
        scope(json!(["Local", "Network"]), false),
    );
    insta::assert_snapshot!(wider.told(), @r"
    switch.changed (info; network-zone, consortial-discovery)
    Tufts University: search scope “DiscoveryNetwork” in view 01TUN_INST:01TUN now covers something else
    Searches Local and Network, without the Central Discovery Index (CDI), in the tab Network. It searched Network, without the Central Discovery Index (CDI), in the tab Network. Read from the view's configuration (`scope/DiscoveryNetwork`), which says what is set, not whether it works.
    ");
}

#[test]
fn tabs_come_and_go() {
    let tab = json!({"type": "tab"});
    insta::assert_snapshot!(added("tab/Network", tab.clone(), None).told(), @r"
    switch.appeared (notice; network-zone, consortial-discovery)
    Tufts University: new search tab “Network” in view 01TUN_INST:01TUN
    No watched view had it before. Read from the view's configuration (`tab/Network`), which says what is set, not whether it works.
    ");
    insta::assert_snapshot!(added("tab/Network", tab.clone(), Some(500)).told(), @r"
    switch.changed (info; network-zone, consortial-discovery)
    Tufts University: view 01TUN_INST:01TUN now has the search tab “Network”
    It was not listed there before; other views had it already. Read from the view's configuration (`tab/Network`), which says what is set, not whether it works.
    ");
    insta::assert_snapshot!(seen("tab/Network", Op::Removed, Some(tab), None).told(), @r"
    switch.changed (info; network-zone, consortial-discovery)
    Tufts University: view 01TUN_INST:01TUN no longer has the search tab “Network”
    Read from the view's configuration (`tab/Network`), which says what is set, not whether it works.
    ");
}

#[test]
fn a_release_goes_live() {
    let live = modified(
        "system-configuration/Alma_Version",
        setting("August 2026"),
        setting("November 2026"),
    );
    insta::assert_snapshot!(live.told(), @r"
    release.live (notice; resource-sharing, consortial-discovery)
    Tufts University: Alma November 2026 is live in view 01TUN_INST:01TUN
    The view ran August 2026 until now. What was announced for November 2026 can now be looked for there. Read from the view's configuration (`system-configuration/Alma_Version`).
    ");
    assert_eq!(only(&live).product.as_deref(), Some("Alma"));
}

#[test]
fn short_lived_toggles_are_only_information() {
    for key in [
        "system-configuration/temp_rs_stop_using_rapido_delivery_in_discovery",
        "mapping-tables/View Properties/{view}/tmp_x",
    ] {
        assert_eq!(
            only(&modified(key, switch(false), switch(true))).severity,
            Severity::Info,
            "{key}"
        );
        assert_eq!(only(&added(key, switch(true), None)).severity, Severity::Info, "{key}");
    }
    let lasting = "system-configuration/template_x";
    assert_eq!(
        only(&modified(lasting, switch(false), switch(true))).severity,
        Severity::Notice
    );
}

#[test]
fn topics_say_what_a_switch_is_about() {
    use Topic::{
        ConsortialDiscovery, FulfillmentNetwork, NetworkZone, ResourceSharing, SpecialCollections, UserIdentity,
    };
    for (key, topics) in [
        ("attributes-map/mayAlsoBeHeldByEnabled", vec![ConsortialDiscovery]),
        (
            "system-configuration/ngrs_pickup_anywhere",
            vec![ResourceSharing, ConsortialDiscovery],
        ),
        (
            "mapping-tables/ILL Request Detailed Display/x",
            vec![ResourceSharing, ConsortialDiscovery],
        ),
        ("system-configuration/illustrations", vec![ConsortialDiscovery]),
        (
            "mapping-tables/View Properties/{view}/allow_direct_login_from_other_institutions",
            vec![FulfillmentNetwork, ConsortialDiscovery, UserIdentity],
        ),
        (
            "system-configuration/special_collections_enable",
            vec![ConsortialDiscovery, SpecialCollections],
        ),
        ("scope/DN_and_CI", vec![NetworkZone, ConsortialDiscovery]),
        ("scope/DiscoveryNetwork", vec![NetworkZone, ConsortialDiscovery]),
        (
            "mapping-tables/consortia member codes/01BC_INST",
            vec![NetworkZone, ConsortialDiscovery],
        ),
    ] {
        assert_eq!(
            only(&modified(key, switch(false), switch(true))).topics,
            topics,
            "{key}"
        );
    }
}

#[test]
fn rows_are_named_by_their_table() {
    for (key, name) in [
        (
            "mapping-tables/Hold/Recall Request Detailed Display/x",
            "“x” in the table “Hold/Recall Request Detailed Display”",
        ),
        ("mapping-tables/T/a/=one", "“a → one” in the table “T”"),
        ("mapping-tables/View Properties/{view}/enable_qr", "“enable_qr”"),
        (
            "system-configuration/hide_rapido_expand_link_map/Ebsco",
            "“hide_rapido_expand_link_map / Ebsco”",
        ),
        ("system-configuration/Activate Captcha [Y/N]", "the captcha for guests"),
    ] {
        let title = only(&modified(key, switch(false), switch(true))).title;
        assert_eq!(
            title,
            format!("Tufts University: {name} is now on in view 01TUN_INST:01TUN")
        );
    }
}

#[test]
fn a_row_of_the_librarys_own_is_not_taken_for_the_vendors() {
    insta::assert_snapshot!(added("mapping-tables/consortia member codes/01BC_INST", switch(true), None).told(), @r"
    switch.appeared (notice; network-zone, consortial-discovery)
    Tufts University: “01BC_INST” in the table “consortia member codes” is new; it is on in view 01TUN_INST:01TUN
    No watched view had it before. Read from the view's configuration (`mapping-tables/consortia member codes/01BC_INST`), which says what is set, not whether it works.
    ");
}
