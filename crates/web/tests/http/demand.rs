//! Demand paging over HTTP.

use serde_json::json;

use crate::server::TestServer;
use crate::sim::{refused, send};

const PATH: &str = "/api/v1/sim/demand";

#[tokio::test]
async fn the_default_thrashes_beyond_a_knee_and_load_control_holds_it_up() {
    let server = TestServer::start().await;
    let body = json!({"set": {"load.control": "working-set"}, "steps": 3, "before": 5});
    let answer = send(&server, PATH, body.to_string().as_bytes()).await;
    assert_eq!(answer.status, 200, "{answer:?}");
    let answer = answer.json();
    assert_eq!(answer["steps"].as_array().unwrap().len(), 3);
    assert_eq!(answer["steps_before"], 5);
    let curve = |name: &str| -> Vec<f64> {
        let points = answer["curve"][name]["points"].as_array().unwrap();
        points.iter().map(|point| point["cpu_utilisation"].as_f64().unwrap()).collect()
    };
    let (free, controlled) = (curve("free"), curve("controlled"));
    let knee = usize::try_from(answer["curve"]["free"]["knee"].as_u64().unwrap()).unwrap();
    assert!(free[knee - 1] > free[0] && free[knee - 1] > 2.0 * free[15], "{free:?}");
    assert!(controlled[15] > 2.0 * free[15], "{controlled:?}");
}

#[tokio::test]
async fn a_typed_workload_is_simulated() {
    let server = TestServer::start().await;
    let body = json!({"workload": "p1: 1 2 1 2\np2: 5w 6 5", "frames": 2, "replacement": "local"});
    let answer = send(&server, PATH, body.to_string().as_bytes()).await.json();
    assert_eq!(answer["allocation"], "equal");
    assert_eq!(answer["processes"][0]["share_frames"], 1);
    assert_eq!((&answer["references"], &answer["faults"]), (&json!(7), &json!(7)));
}

#[tokio::test]
async fn a_wrong_member_is_named() {
    refused(
        PATH,
        &[
            (json!({"frames": 0}), 422, "0 frames cannot be simulated"),
            (json!({"allocation": "eqal"}), 422, "did you mean `equal`"),
            (json!({"workload": "p1 1 x"}), 422, "`workload`"),
            (json!({"set": {"cpu.quantm": 1}}), 422, "`set`"),
            (json!({"steps": 501}), 422, "500 at most"),
            (json!({"policy": "fifoo"}), 422, "did you mean `fifo`"),
        ],
    )
    .await;
}
