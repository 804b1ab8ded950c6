//! Segments over HTTP: both forms of the question, the documented answers, and refusals that point at the member.

use serde_json::{Value, json};

use crate::server::TestServer;
use crate::sim::{refused, send};

const PATH: &str = "/api/v1/sim/segments";

async fn ask(server: &TestServer, body: &Value) -> Value {
    let answer = send(server, PATH, body.to_string().as_bytes()).await;
    assert_eq!(answer.status, 200, "{body}: {answer:?}");
    answer.json()
}

/// A member of every item of a list.
fn each(list: &Value, member: &str) -> Vec<Value> {
    list.as_array().unwrap().iter().map(|item| item[member].clone()).collect()
}

#[tokio::test]
async fn sizes_have_the_documented_bases_as_a_text_and_as_a_list() {
    let server = TestServer::start().await;
    for sizes in [json!("100,200,150,300,50"), json!([100, 200, 150, 300, 50])] {
        let found = ask(&server, &json!({"memory_bytes": 1024, "sizes": sizes})).await;
        assert_eq!(found["schema_version"], 1);
        let bases = each(&found["placements"], "base");
        assert_eq!(bases, [0, 100, 300, 450, 750].map(Value::from));
        assert_eq!((&found["free_bytes"], &found["fit"]), (&json!(224), &json!("first")));
        assert_eq!(found["steps"].as_array().map(Vec::len), Some(5));
    }
}

#[tokio::test]
async fn without_a_question_the_preset_lives_and_a_script_takes_fit_and_swap() {
    let server = TestServer::start().await;
    let preset = ask(&server, &json!({})).await;
    assert_eq!((&preset["arrivals_refused"], &preset["compactions"]), (&json!(1), &json!(1)));
    assert_eq!(preset["steps"][6]["outcome"], "refused");
    assert_eq!(preset["steps"][12]["moves"].as_array().map(Vec::len), Some(5));
    let script = "arrive a data=40\narrive b data=10\nend a\narrive c data=5\nswap-out b";
    let body = json!({"memory_bytes": 90, "fit": "worst", "swap_bytes": 0, "script": script});
    let found = ask(&server, &body).await;
    assert_eq!(found["placements"][2]["base"], 0);
    assert_eq!((&found["swaps_refused"], &found["swap_bytes"]), (&json!(1), &json!(0)));
}

#[tokio::test]
async fn a_table_translates_as_published_whole_split_and_paged() {
    let server = TestServer::start().await;
    let textbook = json!({
        "table": "0:219/600,1:2300/14,2:90/100,3:1327/580,4:1952/96",
        "translate": "0:430,1:10,2:500,3:400,4:112"
    });
    let found = ask(&server, &textbook).await;
    let expected = [json!(649), json!(2310), Value::Null, json!(1727), Value::Null];
    assert_eq!(each(&found["translations"], "physical"), expected);
    assert_eq!(found["translations"][2]["trap"], "limit");
    assert_eq!(found["translations"][2]["excess_bytes"], 401);
    let split = json!({
        "table": "0:215/59 1:188/56/down", "translate": "65,51,100", "segment_bits": 1, "offset_bits": 6,
        "memory_bytes": 512
    });
    let found = ask(&server, &split).await;
    let expected = [Value::Null, json!(266), json!(160)];
    assert_eq!(each(&found["translations"], "physical"), expected);
    let paged = json!({"table": "0:5+6+-/3000", "translate": "0:1030,0:2100", "page_bytes": 1024});
    let found = ask(&server, &paged).await;
    assert_eq!(each(&found["translations"], "trap"), [Value::Null, json!("page")]);
    assert_eq!(found["translations"][0]["walk"]["levels"][0]["frame"], 6);
}

#[tokio::test]
async fn a_wrong_question_about_segments_is_refused_at_its_member() {
    let table = |extra: Value| {
        let mut body = json!({"table": "0:1/2", "translate": "0:1"});
        body.as_object_mut().unwrap().extend(extra.as_object().unwrap().clone());
        body
    };
    let many = vec!["0:1"; 1001].join(",");
    let events = "compact\n".repeat(2001);
    refused(
        PATH,
        &[
            (json!("{"), 400, "the body is no JSON"),
            (json!({"size": 3}), 422, "the nearest is `sizes`"),
            (json!({"memory_bytes": 0}), 422, "`memory_bytes`: 0 bytes of memory"),
            (json!({"memory_bytes": -1}), 422, "`memory_bytes` is `-1`"),
            (json!({"fit": "bst"}), 422, "`fit`: there is no fit `bst`"),
            (json!({"sizes": [100, 1.5]}), 422, "`sizes[1]` is `1.5`"),
            (json!({"sizes": {}}), 422, "`sizes` is an object: expected sizes"),
            (json!({"sizes": [2000]}), 422, "`sizes`: line 1, column 1: data of 2000 bytes"),
            (json!({"sizes": "1", "script": "compact"}), 422, "`sizes` and `script` both"),
            (json!({"script": "arive p1"}), 422, "`script`: line 1, column 1: `arive`"),
            (json!({"script": "compact\nend p1"}), 422, "`script`: line 2, column 5"),
            (json!({ "script": events }), 422, "more than 2000 events"),
            (json!({"translate": "0:1"}), 422, "`translate` is of a translation: give `table`"),
            (json!({"table": "0:1/2"}), 422, "`translate` is missing"),
            (table(json!({"fit": "best"})), 422, "`fit` is of processes in memory"),
            (table(json!({"table": "0:1"})), 422, "`table`: line 1, column 1"),
            (table(json!({"translate": "0:x"})), 422, "`translate`: line 1, column 3"),
            (table(json!({ "translate": many })), 422, "1000 at most"),
            (table(json!({"segment_bits": 2})), 422, "`offset_bits` is missing"),
            (table(json!({"segment_bits": 20, "offset_bits": 4})), 422, "`segment_bits`: "),
            (table(json!({"page_bytes": 1000})), 422, "`page_bytes`: pages of 1000 bytes"),
        ],
    )
    .await;
}
