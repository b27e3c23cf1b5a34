//! The fields that differ between two documents.

use serde_json::Value;

use crate::model::change::{FieldChange, FieldOp};

/// The fields that differ, as JSON Pointers in document order. Objects are compared by key, arrays and scalars whole
/// (`1` and `1.0` are the same number). An absent document is given as null: then the only change is at the path "".
pub fn field_changes(old: &Value, new: &Value) -> Vec<FieldChange> {
    let mut changes = Vec::new();
    walk(&mut String::new(), old, new, &mut changes);
    changes
}

fn walk(path: &mut String, old: &Value, new: &Value, changes: &mut Vec<FieldChange>) {
    match (old, new) {
        (Value::Object(before), Value::Object(after)) => {
            let mut keys: Vec<&String> = before
                .keys()
                .chain(after.keys().filter(|key| !before.contains_key(*key)))
                .collect();
            keys.sort();
            for key in keys {
                let length = path.len();
                path.push('/');
                path.push_str(&key.replace('~', "~0").replace('/', "~1"));
                walk(
                    path,
                    before.get(key).unwrap_or(&Value::Null),
                    after.get(key).unwrap_or(&Value::Null),
                    changes,
                );
                path.truncate(length);
            }
        }
        _ if same(old, new) => {}
        _ => changes.push(FieldChange {
            op: match (old.is_null(), new.is_null()) {
                (true, _) => FieldOp::Add,
                (_, true) => FieldOp::Remove,
                _ => FieldOp::Replace,
            },
            path: path.clone(),
            old: old.clone(),
            new: new.clone(),
        }),
    }
}

fn same(old: &Value, new: &Value) -> bool {
    match (old, new) {
        (Value::Number(before), Value::Number(after)) => before == after || before.as_f64() == after.as_f64(),
        _ => old == new,
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;
    use serde_json::json;

    use super::*;

    fn apply(document: &mut Value, changes: &[FieldChange]) {
        for change in changes {
            let Some((parent, last)) = change.path.rsplit_once('/') else {
                *document = change.new.clone();
                continue;
            };
            let name = last.replace("~1", "/").replace("~0", "~");
            let object = document.pointer_mut(parent).and_then(Value::as_object_mut).unwrap();
            match change.op {
                FieldOp::Remove => drop(object.remove(&name)),
                FieldOp::Add | FieldOp::Replace => drop(object.insert(name, change.new.clone())),
            }
        }
    }

    fn documents() -> impl Strategy<Value = Value> {
        let leaf = prop_oneof![
            any::<bool>().prop_map(Value::from),
            (0i64..100).prop_map(Value::from),
            "[a-z~/]{0,4}".prop_map(Value::from),
            proptest::collection::vec(0i64..3, 0..3).prop_map(Value::from),
        ];
        let tree = leaf.prop_recursive(3, 24, 4, |inner| {
            proptest::collection::btree_map("[a-c~/]{1,2}", inner, 0..4)
                .prop_map(|fields| Value::Object(fields.into_iter().collect()))
        });
        proptest::collection::btree_map("[a-c~/]{1,2}", tree, 0..4)
            .prop_map(|fields| Value::Object(fields.into_iter().collect()))
    }

    proptest! {
        #[test]
        fn applying_the_changes_gives_the_new_document(old in documents(), new in documents()) {
            let mut document = old.clone();
            apply(&mut document, &field_changes(&old, &new));
            prop_assert_eq!(document, new);
        }

        #[test]
        fn a_document_does_not_differ_from_itself(document in documents()) {
            prop_assert_eq!(field_changes(&document, &document), []);
        }
    }

    #[test]
    fn one_and_one_point_nought_are_the_same_number() {
        assert_eq!(field_changes(&json!({"days": 1}), &json!({"days": 1.0})), []);
    }
}
