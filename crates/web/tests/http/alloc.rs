//! The allocation machines over HTTP.

use serde_json::{Value, json};

use crate::server::TestServer;
use crate::sim::{refused, send};

async fn asked(server: &TestServer, path: &str, body: &Value) -> Value {
    let answer = send(server, path, body.to_string().as_bytes()).await;
    assert_eq!(answer.status, 200, "{body}: {answer:?}");
    answer.json()
}

#[tokio::test]
async fn a_list_of_requests_is_answered_and_the_parting_of_two_policies_named() {
    let server = TestServer::start().await;
    let body = json!({"policies": ["best", "worst"], "capacity": 100, "ops": "+30,+10,-0,+20"});
    let answer = asked(&server, "/api/v1/sim/alloc", &body).await;
    assert_eq!(answer["divergence"], json!({"index": 4, "one": 0, "other": 1}));
    let best = &answer["runs"][0];
    assert_eq!((&best["policy"], &best["ops"][3]["address"]), (&json!("best"), &json!(0)));
    assert_eq!(best["metrics"]["allocated_bytes"], 30);
    assert!(best["ops"][0].get("view").is_none());
    let body = json!({"policies": "buddy", "capacity": 64, "ops": "+10", "views": true});
    let answer = asked(&server, "/api/v1/sim/alloc", &body).await;
    assert_eq!(answer["runs"][0]["ops"][0]["view"]["tree"][0]["state"], "split");
}

#[tokio::test]
async fn holes_take_requests_by_each_fit() {
    let server = TestServer::start().await;
    let body = json!({"holes": [100, 500, 200, 300, 600], "requests": "212,417,112,426"});
    let answer = asked(&server, "/api/v1/sim/holes", &body).await;
    let placements: Vec<&Value> =
        answer["runs"].as_array().unwrap().iter().map(|run| &run["placements"]).collect();
    assert_eq!(placements[0], &json!([500, 600, 288, null]));
    assert_eq!(placements[2], &json!([300, 500, 200, 600]));
}

#[tokio::test]
async fn a_wrong_member_is_named() {
    refused(
        "/api/v1/sim/alloc",
        &[
            (json!({"capacity": 100}), 422, "`ops`"),
            (json!({"ops": "+1,-1"}), 422, "never allocated"),
            (json!({"ops": "+1", "policies": "frst"}), 422, "did you mean `first`"),
            (json!({"ops": "+1", "set": {"list.order": "up"}}), 422, "cannot be `up`"),
            (json!({"ops": "+1", "capacity": 0}), 422, "at least 1 byte"),
            (json!({"ops": "+1 ".repeat(10_001)}), 422, "10000 at most"),
        ],
    )
    .await;
    refused(
        "/api/v1/sim/holes",
        &[
            (json!({"holes": "1,2"}), 422, "`requests`"),
            (json!({"holes": "1", "requests": "1", "partitions": "cut"}), 422, "fixed or split"),
            (json!({"holes": [1, "x"], "requests": "1"}), 422, "`holes[1]`"),
        ],
    )
    .await;
}
