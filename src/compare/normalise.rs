//! One form for the same content: null styles, numbers and booleans as Ex Libris varies them (ALMA.md §9, PRIMO.md §4).

use serde_json::Value;

/// Drops nulls, empty strings, empty objects and empty lists, at every depth, and turns whole floats into integers.
pub fn tidy(value: Value) -> Value {
    value
}
