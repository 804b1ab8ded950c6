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
async fn processes_wait_for_fixed_partitions_in_one_queue_or_in_several() {
    let server = TestServer::start().await;
    // The second process of the two small ones waits for its own partition, or takes a larger one.
    let question =
        |queues: &str| json!({"sizes": "100,400,200", "ops": "+90,+80,-0", "queues": queues});
    let started = |answer: &Value| -> Vec<Value> {
        let steps = answer["steps"].as_array().unwrap();
        steps.iter().map(|step| step["started"].clone()).collect()
    };
    let one = asked(&server, "/api/v1/sim/partitions", &question("one")).await;
    assert_eq!(started(&one), [json!([[0, 0]]), json!([[1, 1]]), json!([])]);
    let several = asked(&server, "/api/v1/sim/partitions", &question("several")).await;
    assert_eq!(started(&several), [json!([[0, 0]]), json!([]), json!([[1, 0]])]);
    assert_eq!(several["steps"][1]["queues"], json!([[1], [], []]));
    assert_eq!(several["scheme"]["queues"], "several");
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
            (json!({"ops": "+1 ".repeat(10_001), "steps": true}), 422, "10000 at most"),
            (
                json!({"ops": "+1", "window": {"from": 0, "count": 9}}),
                422,
                "the first step, from 1",
            ),
            (
                json!({"ops": "+1", "window": {"from": 1, "count": 9}, "steps": true}),
                422,
                "give one of them",
            ),
            (json!({"ops": "+1", "lives": {"from": 1, "count": 9}}), 422, "the most rectangles"),
            (
                json!({"ops": "+1", "order": "size", "set": {"list.order": "size"}}),
                422,
                "`order` and `set.list.order`",
            ),
            (json!({"ops": "+1", "align": 3}), 422, "power of two"),
            (json!({"ops": "+1", "order": "up"}), 422, "`order`"),
            (json!({"ops": {"id": "00"}}), 404, "/api/v1/sim/requests"),
            (json!({"ops": {"name": "00"}}), 422, "of a kept list"),
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
    refused(
        "/api/v1/sim/partitions",
        &[
            (json!({"sizes": "1,2"}), 422, "`ops`"),
            (json!({"sizes": "5,0", "ops": "+1"}), 422, "`sizes`"),
            (json!({"sizes": [5, 0], "ops": "+1"}), 422, "partition 2"),
            (json!({"sizes": "1", "ops": "+1", "queues": "two"}), 422, "one or several"),
            (json!({"sizes": "1", "ops": "+1 ".repeat(50_001)}), 422, "50000 partitions"),
        ],
    )
    .await;
}

#[tokio::test]
async fn a_list_is_kept_and_asked_about_in_windows() {
    let server = TestServer::start().await;
    let ids = 20_000;
    let list: String = (0..ids).map(|id| format!("+{} -{id} ", 16 + id % 7)).collect();
    let kept = send(&server, "/api/v1/sim/requests", list.as_bytes()).await;
    assert_eq!(kept.status, 200, "{kept:?}");
    let kept = kept.json();
    assert_eq!((&kept["operations"], &kept["requests"]), (&json!(40_000), &json!(20_000)));
    assert_eq!((&kept["form"], &kept["peak_bytes"]), (&json!("list"), &json!(22)));
    let window = json!({"from": 30_001, "count": 3});
    let body = json!({"ops": {"id": kept["id"]}, "policies": "first,buddy", "window": window,
                      "lives": {"from": 1, "count": 40_000, "most": 5}, "views": true});
    let answer = asked(&server, "/api/v1/sim/alloc", &body).await;
    assert_eq!(
        (&answer["operations"], &answer["runs"][0]["capacity"]),
        (&json!(40_000), &json!(64))
    );
    assert_eq!(answer["divergence"], Value::Null);
    for run in answer["runs"].as_array().unwrap() {
        assert_eq!(run["ops"].as_array().unwrap().len(), 3);
        assert_eq!(
            (&run["before"]["ops"], &run["ops"][0]["index"]),
            (&json!(30_000), &json!(30_001))
        );
        assert!(run["before"]["view"].is_object());
        let lives = &run["lives"];
        assert_eq!(
            (lives["blocks"].as_array().unwrap().len(), &lives["left_out"]),
            (5, &json!(19_995))
        );
    }
    let body = json!({"ops": {"id": kept["id"]}});
    let answer = asked(&server, "/api/v1/sim/alloc", &body).await;
    assert!(answer["runs"][0].get("ops").is_none(), "40,000 steps are too many to be sent unasked");
    assert_eq!(answer["runs"][0]["metrics"]["failed"], 0);
}

#[tokio::test]
async fn a_window_is_the_same_wherever_its_machines_stood_before() {
    let server = TestServer::start().await;
    let list: String = (0..3000).map(|id| format!("+{} ", 16 + id % 7)).collect::<String>()
        + &(0..3000).map(|id| format!("-{} ", id * 7 % 3000)).collect::<String>();
    let kept = send(&server, "/api/v1/sim/requests", list.as_bytes()).await.json();
    let window = |from: u64, further: Value| {
        let mut body = json!({"ops": {"id": kept["id"]}, "policies": "next,best,slab,tlsf", "capacity": 40_000,
                              "views": true, "window": {"from": from, "count": 2}});
        body.as_object_mut().unwrap().extend(further.as_object().cloned().unwrap());
        body
    };
    for from in [1, 5900, 12, 3100, 3101, 5999] {
        let alone =
            asked(&server, "/api/v1/sim/alloc", &window(from, json!({"metrics": false}))).await;
        let whole = asked(&server, "/api/v1/sim/alloc", &window(from, json!({}))).await;
        let steps = |answer: &Value| -> Vec<Value> {
            let runs = answer["runs"].as_array().unwrap().iter();
            runs.map(|run| json!([run["policy"], run["before"], run["ops"]])).collect()
        };
        assert_eq!(steps(&alone), steps(&whole), "from {from}");
    }
}

#[tokio::test]
async fn a_list_that_is_too_much_for_one_question_is_refused_in_words() {
    let server = TestServer::start().await;
    let list = "+1 ".repeat(1_700_000);
    let kept = send(&server, "/api/v1/sim/requests", list.as_bytes()).await.json();
    let body = json!({"ops": {"id": kept["id"]}, "policies": "all", "capacity": 1 << 22});
    let answer = send(&server, "/api/v1/sim/alloc", body.to_string().as_bytes()).await;
    assert_eq!(answer.status, 422);
    let words = answer.problem();
    assert!(words.contains("are 17000000 in all: this server makes 16000000"), "{words}");
    assert!(
        words.contains("ask for fewer policies at a time, or run `ramscope sim alloc`"),
        "{words}"
    );
}

#[tokio::test]
async fn a_short_member_is_its_parameter() {
    let server = TestServer::start().await;
    let short = json!({"ops": "+10,+20,-0,+5", "order": "size-desc", "coalesce": "off", "align": 8,
                       "header": 4, "compact": "on-failure"});
    let long = json!({"ops": "+10,+20,-0,+5", "set": {"list.order": "size-desc", "list.coalesce": "none",
                      "block.align": 8, "block.header": 4, "compaction.when": "on-failure"}});
    let path = "/api/v1/sim/alloc";
    assert_eq!(asked(&server, path, &short).await, asked(&server, path, &long).await);
}

#[tokio::test]
async fn the_policies_are_listed_with_what_they_share() {
    let server = TestServer::start().await;
    let answer = crate::client::get(server.address, "/api/v1/sim/alloc/policies").await.json();
    assert_eq!(answer["policies"].as_array().unwrap().len(), 10);
    let names: Vec<&Value> = answer["parameters"]
        .as_array()
        .unwrap()
        .iter()
        .map(|parameter| &parameter["name"])
        .collect();
    assert!(names.contains(&&json!("block.align")), "{names:?}");
    assert_eq!(answer["presets"][0]["name"], "ostep");
}
