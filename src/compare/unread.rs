//! Parts of a record that a poll could not read keep what was known of them.

use std::collections::BTreeMap;

use serde_json::Value;

use crate::model::observation::{Draft, Identity};

/// Fills in, from the newest document of each record, what stands at the JSON Pointers that `unread` names by key. Where
/// nothing was known, the part stays away; what a draft has anyway is not touched.
pub fn keep_known(drafts: &mut [Draft], unread: &BTreeMap<String, Vec<String>>, newest: &BTreeMap<&str, &Value>) {
    for draft in drafts {
        let Identity::Key(key) = &draft.identity else { continue };
        let (Some(pointers), Some(before)) = (unread.get(key), newest.get(key.as_str())) else {
            continue;
        };
        for pointer in pointers {
            let Some((parent, name)) = pointer.rsplit_once('/') else {
                continue;
            };
            let (Some(Value::Object(parent)), Some(known)) = (draft.body.pointer_mut(parent), before.pointer(pointer))
            else {
                continue;
            };
            parent
                .entry(name.replace("~1", "/").replace("~0", "~"))
                .or_insert_with(|| known.clone());
        }
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn what_could_not_be_read_is_what_was_known() {
        let draft = |key: &str, body: Value| Draft {
            partition: "all".to_owned(),
            identity: Identity::Key(key.to_owned()),
            body,
        };
        let mut drafts = [
            draft("known", json!({"a": {"x": 1}, "c": 2})),
            draft("new", json!({"a": {}})),
            draft("whole", json!({"a": {}})),
        ];
        let pointers = || vec!["/a/b~1c".to_owned(), "/c".to_owned(), "/gone/z".to_owned()];
        let unread = BTreeMap::from([("known".to_owned(), pointers()), ("new".to_owned(), pointers())]);
        let before = json!({"a": {"b/c": [1], "x": 0}, "c": 3, "gone": {"z": 1}});
        let newest = BTreeMap::from([("known", &before), ("whole", &before)]);
        keep_known(&mut drafts, &unread, &newest);
        assert_eq!(drafts[0].body, json!({"a": {"b/c": [1], "x": 1}, "c": 2}));
        assert_eq!(drafts[1].body, json!({"a": {}}), "nothing was known of it");
        assert_eq!(drafts[2].body, json!({"a": {}}), "all of it was read");
    }
}
