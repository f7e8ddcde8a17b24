//! With the feature `serde`, a snapshot serializes to fixed field names, units and words.
#![cfg(feature = "serde")]

use std::time::Duration;

use broadring::{Ring, Role, Sequence};
use serde_json::{Value, json, to_value};

/// Replaces every number of seconds that depends on the clock by the word "seconds".
fn timeless(mut value: Value) -> Value {
    fn walk(value: &mut Value) {
        if let Value::Object(fields) = value {
            for (name, value) in fields {
                if matches!(name.as_str(), "age" | "stalled" | "stalled_now" | "holding") {
                    *value = match value.as_f64() {
                        Some(seconds) if (0.0..60.0).contains(&seconds) => "seconds".into(),
                        _ => value.take(),
                    };
                }
                walk(value);
            }
        } else if let Value::Array(values) = value {
            values.iter_mut().for_each(walk);
        }
    }
    walk(&mut value);
    value
}

#[test]
fn a_snapshot_serializes_to_exactly_these_fields() {
    let (mut writer, [mut editor], ring) =
        Ring::builder(4).build_with_editors(["enrich"], || 0_u64);
    let journal = ring.reader().name("journal").subscribe().unwrap();
    let _logic = ring.reader().after(&journal).unwrap().subscribe().unwrap();
    writer.publish_all([1, 2, 3, 4]);
    drop(editor.try_batch().unwrap());
    assert!(writer.try_publish(0).is_err());

    let enrich = json!({ "role": "editor", "number": 0, "name": "enrich" });
    let journal = json!({ "role": "reader", "number": 1, "name": "journal" });
    let logic = json!({ "role": "reader", "number": 2, "name": null });
    let expected = json!({
        "name": null,
        "age": "seconds",
        "capacity": 4,
        "published": 4,
        "cursor": 4,
        "closed": false,
        "editor_left": null,
        "writer": {
            "stalls": 1,
            "stalled": "seconds",
            "stalled_now": "seconds",
            "evictions": 0,
            "parks": 0,
            "wakes": 0,
        },
        "reader_wakes": 0,
        "members": [
            {
                "member": enrich,
                "position": 4,
                "lag": 0,
                "batches": 1,
                "largest_batch": 4,
                "parks": 0,
                "after": [],
                "gating": true,
                "holding": null,
            },
            {
                "member": journal,
                "position": 0,
                "lag": 4,
                "batches": 0,
                "largest_batch": 0,
                "parks": 0,
                "after": [],
                "gating": true,
                "holding": "seconds",
            },
            {
                "member": logic,
                "position": 0,
                "lag": 4,
                "batches": 0,
                "largest_batch": 0,
                "parks": 0,
                "after": [journal],
                "gating": true,
                "holding": null,
            },
        ],
    });
    assert_eq!(timeless(to_value(ring.stats()).unwrap()), expected);

    let expected = json!({ "member": journal, "position": 0, "lag": 4, "holding": "seconds" });
    assert_eq!(timeless(to_value(ring.slowest()).unwrap()), expected);
}

#[test]
fn a_named_ring_is_named_with_its_members() {
    let (_writer, ring) = Ring::builder(2).name("orders").build(|| 0_u64);
    let _journal = ring.reader().name("journal").subscribe().unwrap();
    let stats = to_value(ring.stats()).unwrap();
    assert_eq!(stats["name"], "orders");
    let journal = json!({ "role": "reader", "number": 0, "name": "journal", "ring": "orders" });
    assert_eq!(stats["members"][0]["member"], journal);
}

#[test]
fn a_closed_ring_and_an_editor_that_left_are_serialized() {
    let (mut writer, [editor], ring) = Ring::builder(2).build_with_editors(["enrich"], || 0_u64);
    writer.publish_all([1, 2]);
    drop((editor, writer));
    let serialized = to_value(ring.stats()).unwrap();
    let enrich = json!({ "role": "editor", "number": 0, "name": "enrich" });
    assert_eq!(serialized["editor_left"], enrich);
    assert_eq!(serialized["closed"], json!(true));
    assert_eq!((&serialized["published"], &serialized["cursor"]), (&json!(2), &json!(0)));
    assert_eq!(to_value(ring.slowest()).unwrap()["member"], enrich);
}

#[test]
fn durations_serialize_as_seconds() {
    let (mut writer, ring) = Ring::builder(1).build(|| 0);
    let _stuck = ring.subscribe().unwrap();
    writer.publish(0);
    assert!(writer.publish_timeout(0, Duration::from_millis(1)).is_err());
    let stats = ring.stats();
    let serialized = to_value(&stats).unwrap();
    let holding = stats.members[0].holding.unwrap();
    assert_eq!(serialized["age"], json!(stats.age.as_secs_f64()));
    assert_eq!(serialized["writer"]["stalled"], json!(stats.writer.stalled.as_secs_f64()));
    assert_eq!(serialized["members"][0]["holding"], json!(holding.as_secs_f64()));
}

#[test]
fn roles_serialize_as_words_and_sequences_as_numbers() {
    assert_eq!(
        to_value([Role::Reader, Role::Observer, Role::Editor]).unwrap(),
        json!(["reader", "observer", "editor"])
    );
    assert_eq!(to_value(Sequence::new(7)).unwrap(), json!(7));
}
