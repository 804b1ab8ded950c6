//! Long reference strings: sent once, looked at from afar, stepped through by windows, shared fairly.

use serde_json::{Value, json};

use crate::client::{Answer, exchange, parse};
use crate::server::TestServer;

/// Sends a body to a path.
async fn send(server: &TestServer, path: &str, body: &[u8]) -> Answer {
    let head = format!(
        "POST {path} HTTP/1.1\r\nHost: {}\r\nConnection: close\r\nContent-Length: {}\r\n\r\n",
        server.address,
        body.len()
    );
    parse(&exchange(server.address, &[head.as_bytes(), body].concat()).await)
}

async fn ask(server: &TestServer, body: &Value) -> Value {
    let answer = send(server, "/api/v1/sim/paging", body.to_string().as_bytes()).await;
    assert_eq!(answer.status, 200, "{answer:?}");
    answer.json()
}

async fn refused(server: &TestServer, body: &Value, status: u16, part: &str) {
    let answer = send(server, "/api/v1/sim/paging", body.to_string().as_bytes()).await;
    assert_eq!(answer.status, status, "{body}: {answer:?}");
    assert!(answer.problem().contains(part), "{body}: {}", answer.problem());
}

/// A string of 30,000 references in which FIFO and LRU differ, as text.
fn long() -> String {
    (0_u32..30_000).map(|index| format!("{} ", index * index % 101 % 17)).collect()
}

#[tokio::test]
async fn a_string_is_sent_once_and_asked_about_by_its_id() {
    let server = TestServer::start().await;
    let kept = send(&server, "/api/v1/sim/references", long().as_bytes()).await.json();
    assert_eq!((&kept["references"], &kept["form"]), (&json!(30_000), &json!("pages")));
    let again = send(&server, "/api/v1/sim/references", long().as_bytes()).await.json();
    assert_eq!(kept, again);
    let question = |refs: Value| json!({"policies": ["lru"], "frames": 4, "refs": refs});
    let by_id = ask(&server, &question(json!({"id": kept["id"]}))).await;
    assert_eq!(by_id, ask(&server, &question(json!(long()))).await);
    let gone = question(json!({"id": "0".repeat(32)}));
    refused(&server, &gone, 404, "send it to /api/v1/sim/references again").await;
}

#[tokio::test]
async fn a_file_is_read_in_its_own_form() {
    let server = TestServer::start().await;
    let lackey = "==7== Lackey\nI  04001000,3\n S 1ffe,8\n";
    let kept = send(&server, "/api/v1/sim/references?page_bytes=8192", lackey.as_bytes()).await;
    let kept = kept.json();
    assert_eq!(
        (&kept["form"], &kept["detected"]),
        (&json!("lackey"), &json!("its lines are lackey's"))
    );
    assert_eq!(
        (&kept["references"], &kept["writes"], &kept["pages"]),
        (&json!(3), &json!(2), &json!(3))
    );
    for (path, body, status, part) in [
        ("?form=lackey", "7 0 1", 422, "line 1, column 1: `7` is not a line of lackey's"),
        ("?form=xml", "7 0 1", 400, "`form` is `xml`: expected auto, pages, flagged"),
        ("?fom=csv", "7 0 1", 400, "`fom`"),
        ("?page_bytes=0", "7 0 1", 400, "`page_bytes` is `0`"),
        ("", "", 422, "the reference string is empty"),
        ("", "7 0 \u{1}", 422, "this is not text"),
        ("", "\u{1f}", 422, "this is not text"),
        (
            "?name=a.oracleGeneral&form=oracle-general",
            "7 0 1",
            422,
            "a record of 24 bytes ends after 5",
        ),
    ] {
        let path = format!("/api/v1/sim/references{path}");
        let answer = send(&server, &path, body.as_bytes()).await;
        assert_eq!(answer.status, status, "{path}: {answer:?}");
        assert!(answer.problem().contains(part), "{path}: {}", answer.problem());
    }
    let torn = send(&server, "/api/v1/sim/references", b"\x1f\x8b\x08torn").await;
    assert_eq!(torn.status, 422);
    assert!(torn.problem().contains("packed by gzip, and cannot be unpacked"), "{torn:?}");
}

#[tokio::test]
async fn a_window_holds_the_steps_that_the_whole_has_there() {
    let server = TestServer::start().await;
    let string: String = long().split(' ').take(3000).collect::<Vec<_>>().join(" ");
    let mut question =
        json!({"policies": ["fifo", "lru"], "frames": 4, "refs": string, "views": true});
    let whole = ask(&server, &question).await;
    question["window"] = json!({"from": 2000, "count": 10});
    let window = ask(&server, &question).await;
    for (run, all) in
        window["runs"].as_array().unwrap().iter().zip(whole["runs"].as_array().unwrap())
    {
        let steps = all["steps"].as_array().unwrap();
        let bare = |step: &Value| {
            let mut step = step.clone();
            step.as_object_mut().unwrap().remove("view");
            step
        };
        let found: Vec<Value> = run["steps"].as_array().unwrap().iter().map(bare).collect();
        assert_eq!(found, steps[1999..2009].iter().map(bare).collect::<Vec<_>>());
        assert!(run["steps"][0]["view"].is_object());
        assert_eq!((&run["faults"], &run["references"]), (&all["faults"], &json!(3000)));
        let faults = steps[..1999].iter().filter(|step| step["hit"] == false).count();
        assert_eq!(run["so_far"]["faults"][0], json!(faults));
        assert_eq!(run["so_far"]["references"].as_array().unwrap().len(), 11);
    }
    question["window"] = json!({"from": 2995, "count": 200});
    let last = ask(&server, &question).await;
    assert_eq!(last["runs"][0]["steps"].as_array().unwrap().len(), 6);
}

#[tokio::test]
async fn the_whole_is_seen_from_afar_with_the_place_where_runs_part() {
    let server = TestServer::start().await;
    let string = format!("{}1 2 3 1 4 2 1", "1 2 3 ".repeat(5000));
    let question =
        json!({"policies": ["fifo", "lru", "opt"], "frames": 3, "refs": string, "overview": 10});
    let document = ask(&server, &question).await;
    let runs = document["runs"].as_array().unwrap();
    assert_eq!(runs[0].get("steps"), None);
    let far = &runs[0]["overview"];
    assert_eq!(far["so_far"]["references"][0], 0);
    assert_eq!(far["so_far"]["references"].as_array().unwrap().last().unwrap(), 15_007);
    assert_eq!(far["first_eviction"], 15_005);
    assert_eq!(document["divergence"], json!({"index": 15_005, "one": 0, "other": 1}));
    let alone = json!({"policies": ["lru"], "frames": 3, "refs": string, "overview": 10});
    assert_eq!(ask(&server, &alone).await["divergence"], Value::Null);
}

#[tokio::test]
async fn a_million_references_are_made_and_shown_in_part() {
    let server = TestServer::start().await;
    let question = json!({
        "policies": ["lru"], "frames": [100, 1000], "refs": {"generate": "zipf:200000:5000:7"},
        "window": {"from": 150_000, "count": 5}
    });
    let runs = ask(&server, &question).await["runs"].clone();
    assert_eq!((&runs[0]["frames"], &runs[1]["frames"]), (&json!(100), &json!(1000)));
    assert_eq!(runs[0]["references"], 200_000);
    assert_eq!(runs[1]["steps"][0]["index"], 150_000);
    assert!(runs[1]["faults"].as_u64() < runs[0]["faults"].as_u64());
}

#[tokio::test]
async fn a_wrong_part_is_named() {
    let server = TestServer::start().await;
    let with = |member: &str, value: Value| {
        let mut body = json!({"policies": ["lru"], "frames": 3, "refs": "7 0 1"});
        body[member] = value;
        body
    };
    for (body, part) in [
        (with("window", json!(3)), "`window` is `3`: expected an object with the first step"),
        (with("window", json!({"from": 0, "count": 3})), "`window` is an object"),
        (with("window", json!({"from": 1})), "`window` is an object"),
        (with("window", json!({"from": 1, "count": 1, "to": 2})), "`window` is an object"),
        (with("overview", json!(0)), "`overview` is `0`: expected how many places"),
        (with("overview", json!(true)), "`overview` is `true`"),
        (with("refs", json!({"id": 7})), "`refs` is an object: expected page numbers"),
        (with("refs", json!({"generate": "zipf"})), "`refs.generate`: `zipf` makes no references"),
        (with("refs", json!({"generate": "zipf:10:0"})), "`refs.generate`: 0 pages cannot be made"),
        (with("frames", json!([])), "`frames`: `` is no number of frames"),
        (with("frames", json!([3, "4"])), "`frames[1]` is `\"4\"`: expected a number of frames"),
        (with("frames", json!([0])), "`frames`: 0 frames cannot be simulated"),
        (
            json!({"policies": ["all"], "frames": 9, "refs": {"generate": "zipf:10000000:9"}}),
            "20000000 at most for one question",
        ),
    ] {
        refused(&server, &body, 422, part).await;
    }
    let both = json!({
        "policies": ["lru"], "frames": 3, "refs": "7", "steps": true, "window": {"from": 1, "count": 1}
    });
    refused(&server, &both, 422, "`window` and `steps` both say which steps").await;
}

#[tokio::test]
async fn a_further_window_holds_the_same_steps_without_the_numbers() {
    let server = TestServer::start().await;
    let asked = |further: Value| {
        let mut body = json!({
            "policies": "first,buddy", "capacity": 256, "ops": "+10,+20,-0,+40,+5,-1",
            "views": true, "window": {"from": 3, "count": 2},
        });
        let members = further.as_object().cloned().unwrap();
        body.as_object_mut().unwrap().extend(members);
        body
    };
    let path = "/api/v1/sim/alloc";
    let whole = send(&server, path, asked(json!({})).to_string().as_bytes()).await.json();
    let alone = send(&server, path, asked(json!({"metrics": false})).to_string().as_bytes()).await;
    let alone = alone.json();
    assert_eq!(alone["operations"], 6);
    for (whole, alone) in
        whole["runs"].as_array().unwrap().iter().zip(alone["runs"].as_array().unwrap())
    {
        for member in ["policy", "before", "ops"] {
            assert_eq!(whole[member], alone[member], "{member}");
        }
        assert!(alone.get("metrics").is_none() && whole.get("metrics").is_some());
    }
    for (further, text) in [
        (json!({"metrics": false, "window": null}), "for the steps of a `window`"),
        (json!({"metrics": false, "lives": {"from": 1, "count": 2, "most": 5}}), "`lives`"),
    ] {
        let mut body = asked(further);
        if body["window"].is_null() {
            body.as_object_mut().unwrap().remove("window");
        }
        let answer = send(&server, path, body.to_string().as_bytes()).await;
        assert_eq!(answer.status, 422);
        let detail = answer.json()["detail"].to_string();
        assert!(detail.contains(text), "{detail}");
    }
}
