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
