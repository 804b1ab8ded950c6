//! The difference of two JSON objects as a merge patch (RFC 7396).
//!
//! A merge patch names the members that changed; `null` removes one. So it has no words for a member that
//! *becomes* null, and [`merge_patch`] says so instead of sending something that means another thing.

use serde_json::{Map, Value};

/// The merge patch that turns `before` into `after`; empty when they are equal.
///
/// `None` where no merge patch does it: a member became null, or a new member holds a null.
pub(crate) fn merge_patch(
    before: &Map<String, Value>,
    after: &Map<String, Value>,
) -> Option<Map<String, Value>> {
    let mut patch = Map::new();
    for name in before.keys().filter(|name| !after.contains_key(*name)) {
        patch.insert(name.clone(), Value::Null);
    }
    for (name, new) in after {
        match (before.get(name), new) {
            (Some(old), new) if old == new => {}
            (Some(Value::Object(old)), Value::Object(new)) => {
                patch.insert(name.clone(), Value::Object(merge_patch(old, new)?));
            }
            (_, new) => {
                patch.insert(name.clone(), as_written(new)?.clone());
            }
        }
    }
    Some(patch)
}

/// `value`, if a merge patch that holds it leaves exactly it behind: it is not null, and no object in it has a
/// null member. What stands inside an array is copied untouched.
fn as_written(value: &Value) -> Option<&Value> {
    match value {
        Value::Null => None,
        Value::Object(members) => {
            members.values().all(|member| as_written(member).is_some()).then_some(value)
        }
        _ => Some(value),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;
    use serde_json::json;

    /// RFC 7396, section 2, word for word.
    fn apply(target: Value, patch: &Value) -> Value {
        let Value::Object(patch) = patch else { return patch.clone() };
        let mut target = match target {
            Value::Object(members) => members,
            _ => Map::new(),
        };
        for (name, value) in patch {
            if value.is_null() {
                target.remove(name);
            } else {
                let old = target.remove(name).unwrap_or(Value::Null);
                target.insert(name.clone(), apply(old, value));
            }
        }
        Value::Object(target)
    }

    #[track_caller]
    fn check(before: &Value, after: &Value, patch: Option<&Value>) {
        let found = merge_patch(before.as_object().unwrap(), after.as_object().unwrap());
        assert_eq!(found.map(Value::Object).as_ref(), patch);
    }

    #[test]
    fn a_patch_holds_what_changed_and_nothing_else() {
        check(&json!({"a": 1, "b": 2}), &json!({"a": 1, "b": 3}), Some(&json!({"b": 3})));
        check(
            &json!({"a": {"x": 1, "y": 2}}),
            &json!({"a": {"x": 1, "y": 3}}),
            Some(&json!({"a": {"y": 3}})),
        );
        check(&json!({"a": 1}), &json!({}), Some(&json!({"a": null})));
        check(&json!({"a": [1, 2]}), &json!({"a": [1, 3]}), Some(&json!({"a": [1, 3]})));
        check(&json!({"a": null}), &json!({"a": null}), Some(&json!({})));
        check(&json!({"a": null}), &json!({"a": {"x": 1}}), Some(&json!({"a": {"x": 1}})));
    }

    #[test]
    fn a_member_that_becomes_null_has_no_patch() {
        check(&json!({"a": 1}), &json!({"a": null}), None);
        check(&json!({"a": 1}), &json!({"a": {"x": null}}), None);
        check(&json!({"a": {"x": 1}}), &json!({"a": {"x": null}}), None);
    }

    #[test]
    fn an_array_keeps_its_nulls() {
        check(&json!({"a": 1}), &json!({"a": [null]}), Some(&json!({"a": [null]})));
    }

    fn any_value() -> impl Strategy<Value = Value> {
        let leaf = prop_oneof![
            Just(Value::Null),
            any::<bool>().prop_map(Value::from),
            (0_u8..4).prop_map(Value::from),
        ];
        leaf.prop_recursive(3, 24, 4, |inner| {
            prop_oneof![
                prop::collection::vec(inner.clone(), 0..3).prop_map(Value::Array),
                prop::collection::btree_map("[a-d]", inner, 0..4)
                    .prop_map(|members| Value::Object(members.into_iter().collect())),
            ]
        })
    }

    fn any_object() -> impl Strategy<Value = Map<String, Value>> {
        prop::collection::btree_map("[a-d]", any_value(), 0..4)
            .prop_map(|members| members.into_iter().collect())
    }

    proptest! {
        #[test]
        fn applying_a_patch_gives_exactly_the_second_document(before in any_object(), after in any_object()) {
            if let Some(patch) = merge_patch(&before, &after) {
                let result = apply(Value::Object(before), &Value::Object(patch));
                prop_assert_eq!(result, Value::Object(after));
            }
        }
    }
}
