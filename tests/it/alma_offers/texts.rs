//! What a systems librarian reads when something that Alma offers differs.

use std::time::Duration;

use almanac::model::change::{ChangeContext, ChangeInContext, InstitutionName, Op};
use almanac::model::event::EventDraft;
use almanac::model::moment::Moment;
use almanac::model::watch::SourceKind;
use serde_json::{Value, json};

/// A change at Elm College.
struct Seen {
    source: SourceKind,
    key: &'static str,
    op: Op,
    old: Option<Value>,
    new: Option<Value>,
    context: ChangeContext,
}

fn now() -> Moment {
    "2027-02-03T17:00:00Z".parse().unwrap()
}

impl Seen {
    fn added(source: SourceKind, key: &'static str, new: Value) -> Seen {
        Seen {
            source,
            key,
            op: Op::Added,
            old: None,
            new: Some(new),
            context: ChangeContext::default(),
        }
    }

    fn modified(source: SourceKind, key: &'static str, old: Value, changes: Value) -> Seen {
        let mut new = old.clone();
        for (name, value) in changes.as_object().unwrap() {
            new[name] = value.clone();
        }
        Seen {
            op: Op::Modified,
            old: Some(old),
            ..Seen::added(source, key, new)
        }
    }

    fn removed(source: SourceKind, key: &'static str, old: Value) -> Seen {
        Seen {
            op: Op::Removed,
            old: Some(old),
            new: None,
            ..Seen::added(source, key, Value::Null)
        }
    }

    fn first_seen(mut self, ago: Option<Duration>) -> Seen {
        self.context.first_seen_anywhere = Some(ago.map_or(Moment::from_millis(0), |ago| now().minus(ago)));
        self
    }

    fn events(&self) -> Vec<EventDraft> {
        almanac::meaning::events_of(
            &ChangeInContext {
                source: self.source,
                subject: "01ELM_INST",
                institution: Some(InstitutionName {
                    code: "01ELM_INST",
                    name: "Elm College",
                }),
                key: self.key,
                op: self.op,
                old: self.old.as_ref(),
                new: self.new.as_ref(),
                context: &self.context,
                now: now(),
                zone: chrono_tz::America::New_York,
            },
            &almanac::config::classifier::built_in(),
        )
    }

    /// The event as a reader gets it.
    fn told(&self) -> String {
        let events = self.events();
        assert_eq!(events.len(), 1);
        let event = &events[0];
        let topics: Vec<&str> = event.topics.iter().map(|topic| topic.name()).collect();
        let non_alma = if event.non_alma {
            "; opens something without Alma"
        } else {
            ""
        };
        format!(
            "{} ({}; {}{non_alma})\n{}\n{}",
            event.kind,
            event.severity,
            topics.join(", "),
            event.title,
            event.summary
        )
    }
}

fn row(table: &str, code: &str, label: &str) -> Value {
    json!({"table": table, "code": code, "description": label, "enabled": true, "default": false})
}

fn new_row(key: &'static str, label: &str) -> Seen {
    let (table, code) = key.split_once('/').unwrap();
    Seen::added(SourceKind::AlmaCodeTables, key, row(table, code, label))
}

#[test]
fn a_new_step() {
    insta::assert_snapshot!(new_row("MandatoryBorrowingWorkflowSteps/DIGITIZED_BY_PARTNER", "Digitized by partner").told(), @r"
    api.changed (notice; resource-sharing)
    Elm College: Alma has a new step for borrowing requests: Digitized by partner (DIGITIZED_BY_PARTNER)
    It is one of the steps that every borrowing request may go through. No other watched library had it before: it may be a new feature of Ex Libris that comes to the others too, or a row that this library added. Code table: MandatoryBorrowingWorkflowSteps.
    ");
}

#[test]
fn a_step_that_came_to_another_library_yesterday() {
    let seen =
        new_row("OptionalLendingWorkflowSteps/SCAN_QUEUED", "Scan queued").first_seen(Some(Duration::from_hours(30)));
    insta::assert_snapshot!(seen.told(), @r"
    api.changed (notice; resource-sharing)
    Elm College: Alma now also has this optional step for lending requests: Scan queued (SCAN_QUEUED)
    Lending requests go through it only where a workflow profile includes it (Configuration > Fulfillment > Resource Sharing > Workflow Profiles). It was first seen at another library a day ago: it seems to be coming to all of them. Code table: OptionalLendingWorkflowSteps.
    ");
}

#[test]
fn a_step_that_others_have_had_for_long() {
    let key = "OptionalLendingWorkflowSteps/SCAN_QUEUED";
    let weeks_ago = new_row(key, "Scan queued").first_seen(Some(Duration::from_hours(24 * 20)));
    insta::assert_snapshot!(weeks_ago.told(), @r"
    api.changed (notice; resource-sharing)
    Elm College: Alma now also has this optional step for lending requests: Scan queued (SCAN_QUEUED)
    Lending requests go through it only where a workflow profile includes it (Configuration > Fulfillment > Resource Sharing > Workflow Profiles). It was first seen at another library 20 days ago. Code table: OptionalLendingWorkflowSteps.
    ");
    let always = new_row(key, "Scan queued").first_seen(None);
    insta::assert_snapshot!(always.told(), @r"
    api.changed (notice; resource-sharing)
    Elm College: Alma now also has this optional step for lending requests: Scan queued (SCAN_QUEUED)
    Lending requests go through it only where a workflow profile includes it (Configuration > Fulfillment > Resource Sharing > Workflow Profiles). Another library has had it since before it was watched, so it is new only here. Code table: OptionalLendingWorkflowSteps.
    ");
}

#[test]
fn a_row_that_is_back() {
    let mut seen = new_row("LevelOfService/RUSH", "Rush").first_seen(None);
    seen.context.returned = true;
    insta::assert_snapshot!(seen.told(), @r"
    api.changed (notice; resource-sharing)
    Elm College: Alma again has this level of service for requests: Rush
    Requests can ask for this level of service. It had gone from here and is back. Code table: LevelOfService.
    ");
}

#[test]
fn a_new_kind_of_partner_system() {
    insta::assert_snapshot!(new_row("PartnerSystemTypes/RESHARE", "ReShare").told(), @r"
    api.changed (notice; resource-sharing; opens something without Alma)
    Elm College: Alma has a new kind of partner system: ReShare
    Partner records can name it as their system: libraries that use it, also without Alma, may be reachable as partners. No other watched library had it before: it may be a new feature of Ex Libris that comes to the others too, or a row that this library added. Code table: PartnerSystemTypes.
    ");
    let mut off = new_row("PartnerSystemTypes/RESHARE", "ReShare");
    off.new.as_mut().unwrap()["enabled"] = json!(false);
    insta::assert_snapshot!(off.told(), @r"
    api.changed (notice; resource-sharing)
    Elm College: Alma has a new kind of partner system: ReShare, not enabled
    Partner records can name it as their system: libraries that use it, also without Alma, may be reachable as partners. Its row is there, but not enabled. No other watched library had it before: it may be a new feature of Ex Libris that comes to the others too, or a row that this library added. Code table: PartnerSystemTypes.
    ");
    assert!(!new_row("PartnerSystemTypes/ALMA", "Alma").events()[0].non_alma);
}

#[test]
fn a_partner_system_is_enabled() {
    let old = json!({"table": "PartnerSystemTypes", "code": "RESHARE", "description": "ReShare", "enabled": false, "default": false});
    let seen = Seen::modified(
        SourceKind::AlmaCodeTables,
        "PartnerSystemTypes/RESHARE",
        old,
        json!({"enabled": true}),
    );
    insta::assert_snapshot!(seen.told(), @r"
    api.changed (notice; resource-sharing; opens something without Alma)
    Elm College: this kind of partner system is now enabled in Alma: ReShare
    The row is now enabled (it was disabled). Partner records can name it as their system: libraries that use it, also without Alma, may be reachable as partners. Code table: PartnerSystemTypes.
    ");
}

#[test]
fn a_row_is_disabled_and_relabelled_at_once() {
    let old = row("RequestFormats", "MICROFORM", "Microform");
    let changes = json!({"enabled": false, "description": "Microfilm", "default": true});
    let seen = Seen::modified(SourceKind::AlmaCodeTables, "RequestFormats/MICROFORM", old, changes);
    insta::assert_snapshot!(seen.told(), @r"
    api.changed (info; resource-sharing)
    Elm College: this format for requests is now disabled in Alma: Microfilm (MICROFORM)
    The row is now disabled (it was enabled). Its label is now “Microfilm” (it was “Microform”). It is now the default of its table. Code table: RequestFormats.
    ");
}

#[test]
fn a_row_is_gone() {
    let old = row("ResourceSharingRequestSendMethod", "ARIEL", "Ariel");
    let seen = Seen::removed(
        SourceKind::AlmaCodeTables,
        "ResourceSharingRequestSendMethod/ARIEL",
        old,
    );
    insta::assert_snapshot!(seen.told(), @r"
    api.changed (notice; resource-sharing)
    Elm College: Alma no longer has this way to send requests: Ariel
    Its row is gone: whatever names it, such as partner records, workflow profiles or rules, may need another value. Code table: ResourceSharingRequestSendMethod.
    ");
}

#[test]
fn a_webhook_of_resource_sharing_is_big_news_and_another_is_not() {
    insta::assert_snapshot!(new_row("WebhookEvents/LENDING_REQUEST", "Lending request").told(), @r"
    api.changed (notice; resource-sharing, apis-integration)
    Elm College: Alma has a new kind of webhook: Lending request (LENDING_REQUEST), about resource sharing
    By a webhook Alma tells other programs when something happens, without being asked. This one seems to be about resource sharing, which no webhook was known to tell about: requests could be followed as they move. It is worth trying out together with the other libraries. No other watched library had it before: it may be a new feature of Ex Libris that comes to the others too, or a row that this library added. Code table: WebhookEvents.
    ");
    insta::assert_snapshot!(new_row("WebhookEvents/VENDOR", "Vendor").told(), @r"
    api.changed (notice; apis-integration)
    Elm College: Alma has a new kind of webhook: Vendor
    By a webhook Alma tells other programs when something happens, without being asked. No other watched library had it before: it may be a new feature of Ex Libris that comes to the others too, or a row that this library added. Code table: WebhookEvents.
    ");
}

#[test]
fn types_of_integration_and_jobs_are_for_who_connects_systems() {
    insta::assert_snapshot!(new_row("IntegrationTypes/NCIP_PEER", "NCIP peer to peer").told(), @r"
    api.changed (notice; resource-sharing, apis-integration)
    Elm College: Alma has a new type of integration: NCIP peer to peer (NCIP_PEER)
    Integration profiles of this type connect Alma to other systems (Configuration > General > External Systems > Integration Profiles). No other watched library had it before: it may be a new feature of Ex Libris that comes to the others too, or a row that this library added. Code table: IntegrationTypes.
    ");
    insta::assert_snapshot!(new_row("JobsApiJobTypes/SUSHI", "SUSHI harvest").told(), @r"
    api.changed (notice; apis-integration)
    Elm College: Alma has a new kind of job in the API: SUSHI harvest (SUSHI)
    Programs can see, and perhaps start, jobs of this kind. No other watched library had it before: it may be a new feature of Ex Libris that comes to the others too, or a row that this library added. Code table: JobsApiJobTypes.
    ");
}

#[test]
fn a_row_of_a_table_that_nobody_foresaw() {
    insta::assert_snapshot!(new_row("ResourceSharingLanguages/fry", "Frisian").told(), @r"
    api.changed (notice; resource-sharing)
    Elm College: Alma has a new row in the code table ResourceSharingLanguages: Frisian (fry)
    No other watched library had it before: it may be a new feature of Ex Libris that comes to the others too, or a row that this library added. Code table: ResourceSharingLanguages.
    ");
    insta::assert_snapshot!(new_row("CountryCodes/XK", "XK").told(), @r"
    api.changed (notice; apis-integration)
    Elm College: Alma has a new row in the code table CountryCodes: XK
    No other watched library had it before: it may be a new feature of Ex Libris that comes to the others too, or a row that this library added. Code table: CountryCodes.
    ");
}

fn rs_letter() -> Value {
    json!({"code": "LenderRenewalEmailLetter", "name": "Lender Renewal Email Letter", "channel": "EMAIL", "enabled": true, "customized": false})
}

const LETTER: &str = "LenderRenewalEmailLetter";

#[test]
fn letters() {
    let source = SourceKind::AlmaLetters;
    insta::assert_snapshot!(Seen::added(source, LETTER, rs_letter()).told(), @r"
    api.changed (notice; resource-sharing)
    Elm College: Alma has a new resource sharing letter: Lender Renewal Email Letter (LenderRenewalEmailLetter)
    It is enabled, so it may go out as it is: look whether its text fits. Channel: email. No other watched library had it before: it may come to the others with the same release of Alma. In Alma: Configuration > General > Letters > Letters Configuration.
    ");
    let also = Seen::added(source, LETTER, rs_letter()).first_seen(Some(Duration::from_hours(3)));
    insta::assert_snapshot!(also.told(), @r"
    api.changed (notice; resource-sharing)
    Elm College: Alma now also has this resource sharing letter: Lender Renewal Email Letter (LenderRenewalEmailLetter)
    It is enabled, so it may go out as it is: look whether its text fits. Channel: email. It was first seen at another library less than a day ago: it seems to be coming to all of them. In Alma: Configuration > General > Letters > Letters Configuration.
    ");
    insta::assert_snapshot!(Seen::removed(source, LETTER, rs_letter()).told(), @r"
    api.changed (notice; resource-sharing)
    Elm College: Alma no longer has this resource sharing letter: Lender Renewal Email Letter (LenderRenewalEmailLetter)
    It was enabled when last seen: nobody gets it any more. In Alma: Configuration > General > Letters > Letters Configuration.
    ");
    let off = Seen::modified(
        source,
        LETTER,
        rs_letter(),
        json!({"enabled": false, "customized": true}),
    );
    insta::assert_snapshot!(off.told(), @r"
    api.changed (notice; resource-sharing)
    Elm College: this resource sharing letter is now disabled in Alma: Lender Renewal Email Letter (LenderRenewalEmailLetter)
    Nobody gets it any more. It is now customized. In Alma: Configuration > General > Letters > Letters Configuration.
    ");
    let renamed = Seen::modified(
        source,
        LETTER,
        rs_letter(),
        json!({"name": "Lender Renewal Letter", "channel": "SMS"}),
    );
    insta::assert_snapshot!(renamed.told(), @r"
    api.changed (info; resource-sharing)
    Elm College: this resource sharing letter goes another way in Alma: Lender Renewal Letter (LenderRenewalEmailLetter)
    Its channel is now sms (it was email). Its name is now “Lender Renewal Letter” (it was “Lender Renewal Email Letter”). In Alma: Configuration > General > Letters > Letters Configuration.
    ");
    let other = json!({"code": "FulFinesLetter", "name": "Fines Letter", "channel": "EMAIL", "enabled": false});
    insta::assert_snapshot!(Seen::added(source, "FulFinesLetter", other).told(), @r"
    api.changed (info; )
    Elm College: Alma has a new letter: Fines Letter (FulFinesLetter)
    It is not enabled yet. Channel: email. No other watched library had it before: it may come to the others with the same release of Alma. In Alma: Configuration > General > Letters > Letters Configuration.
    ");
}

#[test]
fn integration_profiles() {
    let source = SourceKind::AlmaIntegrationProfiles;
    let ncip =
        json!({"id": "281", "code": "BROKER", "name": "Broker of the consortium", "type": "NCIP", "system": "OTHER"});
    let users = json!({"id": "282", "code": "SIS", "name": "Students", "type": "USER", "system": "BANNER"});
    insta::assert_snapshot!(Seen::added(source, "281", ncip.clone()).told(), @r"
    api.changed (notice; resource-sharing, apis-integration)
    Elm College: Alma has a new integration profile of type NCIP: Broker of the consortium (BROKER)
    System: OTHER. In Alma: Configuration > General > External Systems > Integration Profiles.
    ");
    insta::assert_snapshot!(Seen::added(source, "type/NCIP", json!({"type": "NCIP"})).told(), @r"
    api.changed (notice; resource-sharing, apis-integration)
    Elm College: Alma has its first integration profile of type NCIP
    It had none of this type before: Alma is connected to something in a new way. No other watched library had it before: what it connects here may be worth a question. In Alma: Configuration > General > External Systems > Integration Profiles.
    ");
    let also = Seen::added(source, "type/NCIP", json!({"type": "NCIP"})).first_seen(Some(Duration::from_hours(50)));
    insta::assert_snapshot!(also.told(), @r"
    api.changed (notice; resource-sharing, apis-integration)
    Elm College: Alma now also has an integration profile of type NCIP
    It had none of this type before: Alma is connected to something in a new way. It was first seen at another library 2 days ago. In Alma: Configuration > General > External Systems > Integration Profiles.
    ");
    insta::assert_snapshot!(Seen::removed(source, "281", ncip).told(), @r"
    api.changed (notice; resource-sharing, apis-integration)
    Elm College: Alma no longer has the integration profile of type NCIP: Broker of the consortium (BROKER)
    Two complete readings of the list running did not hold it. System: OTHER. In Alma: Configuration > General > External Systems > Integration Profiles.
    ");
    insta::assert_snapshot!(Seen::removed(source, "type/NCIP", json!({"type": "NCIP"})).told(), @r"
    api.changed (notice; resource-sharing, apis-integration)
    Elm College: Alma has no integration profile of type NCIP any more
    The last one of this type is gone: what it connected is connected no longer, or in another way. In Alma: Configuration > General > External Systems > Integration Profiles.
    ");
    insta::assert_snapshot!(Seen::modified(source, "282", users, json!({"name": "People", "system": "PEOPLESOFT"})).told(), @r"
    api.changed (info; apis-integration)
    Elm College: an integration profile of type USER differs in Alma: People (SIS)
    Its name is now “People” (it was “Students”). Its system is now “PEOPLESOFT” (it was “BANNER”). In Alma: Configuration > General > External Systems > Integration Profiles.
    ");
}

#[test]
fn what_alma_says_of_itself() {
    let source = SourceKind::AlmaGeneral;
    let old =
        json!({"institution": "01ELM_INST", "environment_type": "production", "alma_host": "na01.alma.example.org"});
    let sandbox = Seen::modified(source, "general", old.clone(), json!({"environment_type": "sandbox"}));
    insta::assert_snapshot!(sandbox.told(), @r"
    api.changed (warning; apis-integration)
    Elm College: the key now speaks for the sandbox, not for the production Alma
    Alma calls the environment “sandbox” (it was “production”). What is seen of this library is no longer what patrons and staff work with: partners, requests and settings may differ. Unless that is meant, put a production key into `api_key`.
    ");
    let moved = Seen::modified(
        source,
        "general",
        old.clone(),
        json!({"alma_host": "na05.alma.example.org"}),
    );
    insta::assert_snapshot!(moved.told(), @r"
    api.changed (notice; apis-integration)
    Elm College: Alma has moved to na05.alma.example.org
    Librarians now open Alma at na05.alma.example.org (it was na01.alma.example.org): bookmarks, single sign-on and addresses in other systems may need the new name.
    ");
    let mut left_out = Seen::modified(source, "general", old, json!({}));
    left_out
        .new
        .as_mut()
        .unwrap()
        .as_object_mut()
        .unwrap()
        .remove("environment_type");
    assert_eq!(left_out.events(), [], "what is left out once says nothing");
}
