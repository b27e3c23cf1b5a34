//! Twelve libraries, ten of them on Alma, in order or with everything that can be wrong between them.

use std::collections::BTreeSet;

use serde_json::json;

use super::super::*;

pub(super) const ASH: &str = "01ASH_INST";
pub(super) const BIRCH: &str = "01BIR_INST";
pub(super) const CEDAR: &str = "01CED_INST";
pub(super) const DOGWOOD: &str = "01DOG_INST";
pub(super) const ELM: &str = "01ELM_INST";
pub(super) const FIR: &str = "01FIR_INST";
pub(super) const GUM: &str = "01GUM_INST";
pub(super) const HOLLY: &str = "01HOL_INST";
pub(super) const IVY: &str = "01IVY_INST";
pub(super) const JUNIPER: &str = "01JUN_INST";
pub(super) const KELP: &str = "KELP";
pub(super) const LARCH: &str = "LARCH";

/// Code, name, on Alma, aliases, former codes.
pub(super) type Said = (
    &'static str,
    &'static str,
    bool,
    &'static [&'static str],
    &'static [&'static str],
);
pub(super) const MEMBERS: [Said; 12] = [
    (ASH, "Ash University", true, &["ashu"], &[]),
    (BIRCH, "University of Birch", true, &[], &["01BIRCH_OLD"]),
    (CEDAR, "Cedar College", true, &[], &[]),
    (DOGWOOD, "Dogwood Institute of Technology", true, &[], &[]),
    (ELM, "Elm College", true, &["TWIN"], &[]),
    (FIR, "Fir State University", true, &[], &[]),
    (GUM, "Gum College", true, &["TWIN"], &[]),
    (HOLLY, "Holly University", true, &[], &[]),
    (IVY, "The Ivy College", true, &[], &[]),
    (JUNIPER, "Juniper University", true, &[], &[]),
    (KELP, "Kelp Public Library", false, &[], &[]),
    (LARCH, "Larch State Library", false, &["MA-LSL"], &[]),
];

pub(super) fn members() -> Vec<Member> {
    let texts = |texts: &[&str]| texts.iter().map(ToString::to_string).collect();
    MEMBERS
        .iter()
        .map(|(code, name, on_alma, aliases, former)| Member {
            code: code.to_string(),
            name: name.to_string(),
            on_alma: *on_alma,
            aliases: texts(aliases),
            former_codes: texts(former),
        })
        .collect()
}

pub(super) fn symbol(code: &str) -> String {
    format!("US-{}", code.trim_start_matches("01").trim_end_matches("_INST"))
}

/// A record that works both ways and carries no mark but its own code and a label that says nothing.
pub(super) fn bare(key: &str) -> Value {
    json!({
        "code": key, "name": "A partner", "status": "ACTIVE", "system_type": "ALMA", "profile_type": "ISO_18626",
        "borrowing_supported": true, "lending_supported": true,
    })
}

/// A record of `code`, marked in one of four ways.
pub(super) fn record_of(code: &str, way: usize) -> Value {
    let name = MEMBERS.iter().find(|member| member.0 == code).unwrap().1;
    let mut body = bare(&format!("P{}", symbol(code)));
    match (code, way % 4) {
        (LARCH, 0 | 1) => body["holding_code"] = json!("MA-LSL"),
        (KELP, 0) => body["code"] = json!("kelp"),
        (KELP | LARCH, _) => body["name"] = json!(format!("{name}, the")),
        (_, 0) => {
            body["institution_code"] = json!(code);
            body["iso_18626_details"] = json!({"iso_symbol": format!("ISIL:{}", symbol(code))});
        }
        (_, 1) => {
            body["fulfillment_network_details"] = json!({"fulfillment_network_customer_code": code.to_lowercase()})
        }
        (_, 2) => body["iso_18626_details"] = json!({"iso_symbol": symbol(code)}),
        _ => body["name"] = json!(name.to_uppercase()),
    }
    body
}

/// A world in which every library on Alma has a good record of every other; Juniper's list was never read.
pub(super) struct World {
    pub(super) lists: BTreeMap<String, PartnerList>,
}

impl World {
    pub(super) fn whole() -> Self {
        let mut lists = BTreeMap::new();
        for (place, owner) in MEMBERS
            .iter()
            .enumerate()
            .filter(|(_, member)| member.2 && member.0 != JUNIPER)
        {
            let others = MEMBERS.iter().enumerate().filter(|(other, _)| *other != place);
            let mut records: Vec<PartnerRecord> = others
                .map(|(other, member)| placed(record_of(member.0, place + other)))
                .collect();
            records.extend((0..20).map(|number| {
                let mut body = bare(&format!("X{number}"));
                body["name"] = json!(format!("College of Strangers {number}"));
                body["institution_code"] = json!(format!("01STR{number}_INST"));
                body["iso_18626_details"] = json!({"iso_symbol": format!("US-X{number}")});
                placed(body)
            }));
            let mut rapid = bare("RAPID");
            rapid["name"] = json!("RapidILL");
            rapid["profile_type"] = json!("RAPID");
            rapid["rapid_details"] = json!({"requesting_rapid_code": symbol(owner.0)});
            records.push(placed(rapid));
            lists.insert(owner.0.to_owned(), PartnerList { whole: true, records });
        }
        Self { lists }
    }

    pub(super) fn list(&mut self, owner: &str) -> &mut Vec<PartnerRecord> {
        &mut self.lists.get_mut(owner).unwrap().records
    }

    /// The body of the record that `owner` has of `other`.
    pub(super) fn of(&mut self, owner: &str, other: &str) -> &mut Value {
        let places = [format!("P{}", symbol(other)), other.to_lowercase()];
        let record = self.list(owner).iter_mut().find(|record| places.contains(&record.key));
        &mut record.unwrap().body
    }

    pub(super) fn set(&mut self, owner: &str, other: &str, fields: Value) {
        for (name, value) in fields.as_object().unwrap() {
            let body = self.of(owner, other).as_object_mut().unwrap();
            if value.is_null() {
                body.remove(name);
            } else {
                body.insert(name.clone(), value.clone());
            }
        }
    }

    /// Takes the record of `other` out of `owner`'s list.
    pub(super) fn drop(&mut self, owner: &str, other: &str) {
        let key = self.of(owner, other)["code"].clone();
        self.list(owner).retain(|record| json!(record.key) != key);
    }

    pub(super) fn add(&mut self, owner: &str, key: &str, fields: Value) {
        let mut body = bare(key);
        body.as_object_mut()
            .unwrap()
            .extend(fields.as_object().unwrap().clone());
        self.list(owner).push(placed(body));
    }

    pub(super) fn picture(&self) -> Picture {
        Picture::new(&members(), &self.lists)
    }

    /// `LENDER>BORROWER problem@end` of all that is known, without the directions that Juniper leaves open.
    pub(super) fn problems(&self) -> BTreeSet<String> {
        let picture = self.picture();
        let flows = picture.flows();
        assert_eq!(flows.len(), 12 * 11);
        flows
            .iter()
            .flat_map(|flow| {
                let way = format!("{}>{}", flow.lender.code, flow.borrower.code);
                flow.problems.iter().map(move |problem| match problem.end {
                    Some(end) => format!("{way} {}@{}", problem.kind, end.name()),
                    None => format!("{way} {}", problem.kind),
                })
            })
            .filter(|line| !line.contains(JUNIPER))
            .collect()
    }

    pub(super) fn state(&self, lender: &str, borrower: &str) -> FlowState {
        let picture = self.picture();
        let flows = picture.flows();
        flows
            .iter()
            .find(|flow| flow.lender.code == lender && flow.borrower.code == borrower)
            .unwrap()
            .state
    }

    pub(super) fn findings(&self) -> Vec<String> {
        let told = |row: &FindingRow| {
            format!(
                "{} {} {} {}",
                row.institution,
                row.record,
                row.finding.name(),
                row.candidates.join(" ")
            )
        };
        self.picture().findings().iter().map(told).collect()
    }
}

pub(super) fn placed(body: Value) -> PartnerRecord {
    PartnerRecord {
        key: body["code"].as_str().unwrap().to_owned(),
        version: 1,
        body,
    }
}

/// Every kind of trouble, and the problems that it must make.
pub(super) fn troubled() -> (World, BTreeSet<String>) {
    let mut world = World::whole();
    let mut expected = BTreeSet::new();
    let mut expect = |lender: &str, borrower: &str, problem: &str| {
        assert!(expected.insert(format!("{lender}>{borrower} {problem}")));
    };
    // Inactive on one end, on both, and under a status that nobody has heard of.
    world.set(ASH, CEDAR, json!({"status": "INACTIVE"}));
    expect(ASH, CEDAR, "inactive@lender");
    expect(CEDAR, ASH, "inactive@borrower");
    world.set(CEDAR, DOGWOOD, json!({"status": "INACTIVE"}));
    world.set(
        DOGWOOD,
        CEDAR,
        json!({"status": "INACTIVE", "lending_supported": false}),
    );
    for (lender, borrower) in [(CEDAR, DOGWOOD), (DOGWOOD, CEDAR)] {
        expect(lender, borrower, "inactive@lender");
        expect(lender, borrower, "inactive@borrower");
    }
    world.set(HOLLY, BIRCH, json!({"status": "PENDING"}));
    expect(HOLLY, BIRCH, "inactive@lender");
    expect(BIRCH, HOLLY, "inactive@borrower");
    // Contradictions: the borrower has it off, the lender has it off.
    world.set(BIRCH, DOGWOOD, json!({"lending_supported": false}));
    expect(DOGWOOD, BIRCH, "contradictory@borrower");
    world.set(ELM, GUM, json!({"borrowing_supported": false}));
    expect(ELM, GUM, "contradictory@lender");
    // One has a record, the other has none, but something that looks like one.
    world.drop(ELM, FIR);
    world.add(ELM, "FIRLAW", json!({"name": "Fir State University Law Library"}));
    expect(ELM, FIR, "no-record@lender");
    expect(FIR, ELM, "no-record@borrower");
    // Neither has one: no partners, no problem. Agreed both ways: no problem either.
    world.drop(ASH, GUM);
    world.drop(GUM, ASH);
    for (owner, other) in [(FIR, IVY), (IVY, FIR)] {
        world.set(
            owner,
            other,
            json!({"borrowing_supported": false, "lending_supported": false}),
        );
    }
    // One-sided, agreed by both ends; and with a library not on Alma.
    world.set(GUM, HOLLY, json!({"borrowing_supported": false}));
    world.set(HOLLY, GUM, json!({"lending_supported": false}));
    expect(GUM, HOLLY, "one-sided");
    world.set(HOLLY, KELP, json!({"borrowing_supported": false}));
    expect(HOLLY, KELP, "one-sided");
    // Not on Alma: an inactive record, no record at all, borrowing and lending off.
    world.set(IVY, KELP, json!({"status": "INACTIVE"}));
    expect(IVY, KELP, "inactive@lender");
    expect(KELP, IVY, "inactive@borrower");
    world.drop(CEDAR, LARCH);
    world.set(
        GUM,
        LARCH,
        json!({"borrowing_supported": false, "lending_supported": false}),
    );
    // Different ways and systems; an inactive end makes none of it.
    world.set(IVY, ASH, json!({"profile_type": "NCIP_P2P"}));
    world.set(CEDAR, GUM, json!({"system_type": "OTHER"}));
    world.set(ASH, CEDAR, json!({"profile_type": "EMAIL", "system_type": "ILLIAD"}));
    for (one, other, problem) in [(IVY, ASH, "different-profiles"), (CEDAR, GUM, "different-systems")] {
        expect(one, other, problem);
        expect(other, one, problem);
    }
    // Two records of one library, the dead one under the code that sorts first.
    world.drop(HOLLY, IVY);
    world.add(HOLLY, "A-IVY", json!({"institution_code": IVY, "status": "INACTIVE"}));
    world.add(HOLLY, "Z-IVY", json!({"name": "Ivy College"}));
    expect(HOLLY, IVY, "duplicate-records@lender");
    expect(IVY, HOLLY, "duplicate-records@borrower");
    // A symbol that two members share; an alias that two members share. The name must not decide.
    world.set(ASH, ELM, json!({"institution_code": ELM, "holding_code": "CONS"}));
    world.set(BIRCH, FIR, json!({"institution_code": FIR, "holding_code": "CONS"}));
    world.drop(DOGWOOD, FIR);
    world.add(
        DOGWOOD,
        "CONSORTIUM",
        json!({"name": "Fir State University", "holding_code": "cons"}),
    );
    expect(DOGWOOD, FIR, "ambiguous-record@lender");
    expect(FIR, DOGWOOD, "ambiguous-record@borrower");
    world.drop(BIRCH, GUM);
    world.add(BIRCH, "Twin", json!({"institution_code": GUM}));
    expect(BIRCH, GUM, "ambiguous-record@lender");
    expect(GUM, BIRCH, "ambiguous-record@borrower");
    // What is not stated is not known.
    world.set(FIR, BIRCH, json!({"lending_supported": null}));
    expect(BIRCH, FIR, "unknown@borrower");
    // No problem: a former code, an alias by hand against the name, a name turned round, evidence at odds, itself.
    world.drop(IVY, BIRCH);
    world.add(IVY, "BIRCH", json!({"institution_code": "01birch_old"}));
    world.drop(CEDAR, ASH);
    world.add(CEDAR, "AshU", json!({"name": "Somebody"}));
    world.drop(GUM, BIRCH);
    world.add(GUM, "BU", json!({"name": "Birch University Library"}));
    world.set(FIR, HOLLY, json!({"institution_code": HOLLY, "name": "Gum College"}));
    world.add(ASH, "US", json!({"institution_code": ASH}));
    (world, expected)
}
