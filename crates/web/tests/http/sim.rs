//! The simulators: answers that books print, and refusals that point at the member.

use serde_json::{Value, json};

use crate::client::{Answer, ask, exchange, get, parse};
use crate::server::{TestServer, settings};

const A: &str = "7 0 1 2 0 3 0 4 2 3 0 3 2 1 2 0 1 7 0 1";

/// Sends a body, whatever it is.
pub(crate) async fn send(server: &TestServer, path: &str, body: &[u8]) -> Answer {
    let head = format!(
        "POST {path} HTTP/1.1\r\nHost: {}\r\nConnection: close\r\nContent-Length: {}\r\n\r\n",
        server.address,
        body.len()
    );
    parse(&exchange(server.address, &[head.as_bytes(), body].concat()).await)
}

async fn post(server: &TestServer, body: &Value) -> Answer {
    send(server, "/api/v1/sim/paging", body.to_string().as_bytes()).await
}

/// Sends questions and expects each to be refused as it says.
pub(crate) async fn refused(path: &str, table: &[(Value, u16, &str)]) {
    let server = TestServer::start().await;
    for (body, status, part) in table {
        let body = body.as_str().map_or_else(|| body.to_string(), str::to_owned);
        let answer = send(&server, path, body.as_bytes()).await;
        assert_eq!(answer.status, *status, "{body}: {answer:?}");
        let detail = answer.problem();
        assert!(detail.contains(part), "{body}: {detail}");
    }
}

#[tokio::test]
async fn policies_answer_a_string_with_the_faults_of_the_books() {
    let server = TestServer::start().await;
    let body = json!({"policies": ["fifo", "lru", "opt", "clock"], "frames": 3, "refs": A});
    let answer = post(&server, &body).await;
    assert_eq!((answer.status, answer.header("content-type")), (200, Some("application/json")));
    assert_eq!(answer.header("cache-control"), Some("no-store"));
    let document = answer.json();
    assert_eq!(document["schema_version"], 1);
    let runs = document["runs"].as_array().unwrap();
    let faults: Vec<_> = runs.iter().map(|run| run["faults"].as_u64().unwrap()).collect();
    assert_eq!(faults, [15, 12, 9, 14]);
    let fourth = &runs[1]["steps"][3];
    assert_eq!((&fourth["index"], &fourth["victim"]), (&json!(4), &json!(7)));
    assert_eq!(fourth["frames"], json!([2, 0, 1]));
    assert!(fourth["explain"].as_str().unwrap().contains("The oldest is 7"), "{fourth}");
    assert_eq!(runs[3]["convention"]["clock.load_bit"], 1);
}

#[tokio::test]
async fn the_state_that_a_policy_decides_by_comes_with_the_steps_where_it_is_asked_for() {
    let server = TestServer::start().await;
    let question = |views: bool| json!({"policies": ["clock", "lru", "opt"], "frames": 3, "refs": A, "views": views});
    let document = post(&server, &question(true)).await.json();
    let view = |run: usize| document["runs"][run]["steps"][3]["view"].clone();
    assert_eq!((&view(0)["shape"], &view(0)["hands"][0]["slot"]), (&json!("ring"), &json!(1)));
    assert_eq!(view(1)["shape"], "queues");
    assert_eq!(view(2)["shape"], "values");
    let plain = post(&server, &question(false)).await.json();
    assert_eq!(plain["runs"][0]["steps"][3].get("view"), None);
    let long = vec![1; 10_000];
    let body =
        json!({"policies": ["lru"], "frames": 50, "refs": long, "steps": true, "views": true});
    assert!(post(&server, &body).await.json()["runs"][0]["steps"][0]["view"].is_object());
    let many: Vec<u64> = (0..10_000).map(|index| index % 100).collect();
    let body =
        json!({"policies": ["lru"], "frames": 50, "refs": many, "steps": true, "views": true});
    assert_eq!(post(&server, &body).await.json()["runs"][0]["steps"][0].get("view"), None);
}

#[tokio::test]
async fn ranges_lists_presets_and_settings_are_taken() {
    let server = TestServer::start().await;
    let body = json!({
        "policies": ["clock"], "frames": "2..3", "refs": [7, 0, 1, 2, 0, 3], "steps": false,
        "preset": "libcachesim", "set": {"clock.load_bit": "1", "clock.hand_after_hit": "stays"}
    });
    let document = post(&server, &body).await.json();
    let runs = document["runs"].as_array().unwrap();
    assert_eq!((&runs[0]["frames"], &runs[1]["frames"]), (&json!(2), &json!(3)));
    assert_eq!(runs[0]["convention"]["clock.load_bit"], 1);
    assert_eq!(runs[0].get("steps"), None);
    let all = json!({"policies": ["all"], "frames": "1..7", "refs": A});
    let runs = post(&server, &all).await.json()["runs"].as_array().unwrap().len();
    assert!(runs >= 7 * 29, "{runs}");
}

#[tokio::test]
async fn a_wrong_member_is_named() {
    let with = |member: &str, value: Value| {
        let mut body = json!({"policies": ["lru"], "frames": 3, "refs": "7 0 1"});
        body[member] = value;
        body
    };
    refused(
        "/api/v1/sim/paging",
        &[
            (json!(""), 400, "the body is no JSON"),
            (json!("{"), 400, "the body is no JSON"),
            (json!("[]"), 400, "the body is a list: expected a JSON object with policies"),
            (with("polices", json!(1)), 422, "`polices` is unknown: the nearest is `policies`"),
            (with("policies", Value::Null), 422, "`policies` is missing: expected a list"),
            (with("policies", json!("lru")), 422, "`policies` is `\"lru\"`: expected a list"),
            (with("policies", json!([])), 422, "`policies` is empty"),
            (with("policies", json!(["lru", 4])), 422, "`policies[1]` is `4`"),
            (
                with("policies", json!(["clok"])),
                422,
                "`policies[0]`: there is no policy `clok`; did you mean `clock`?",
            ),
            (with("frames", json!(0)), 422, "`frames`: 0 frames cannot be simulated"),
            (with("frames", json!(-1)), 422, "`frames` is `-1`"),
            (with("frames", json!(1.5)), 422, "`frames` is `1.5`"),
            (with("frames", json!(1_000_001)), 422, "ask for 1 to 1000000"),
            (with("frames", json!("7..1")), 422, "`frames`: 7..1 runs backwards"),
            (with("frames", json!({})), 422, "`frames` is an object: expected a number"),
            (with("refs", json!("")), 422, "`refs`: the reference string is empty"),
            (with("refs", json!("7 x")), 422, "`refs`: line 1, column 3: `x` is not a page number"),
            (with("refs", json!("-7")), 422, "`refs`: line 1, column 1: `-7` is negative"),
            (with("refs", json!([])), 422, "`refs`: the reference string is empty"),
            (with("refs", json!([1, -2])), 422, "`refs[1]` is `-2`: expected a page number"),
            (with("refs", json!(7)), 422, "`refs` is `7`"),
            (
                with("preset", json!("ostp")),
                422,
                "`preset`: there is no preset `ostp`; did you mean `ostep`?",
            ),
            (with("preset", json!(4)), 422, "`preset` is `4`"),
            (with("set", json!("clock.load_bit=0")), 422, "`set` is"),
            (
                with("set", json!({"clock.loadbit": 0})),
                422,
                "`set.clock.loadbit`: no policy has a parameter",
            ),
            (
                with("set", json!({"clock.load_bit": 3})),
                422,
                "`set.clock.load_bit`: `clock.load_bit` cannot be `3`",
            ),
            (with("set", json!({"clock.load_bit": [0]})), 422, "`set.clock.load_bit` is a list"),
            (with("steps", json!("yes")), 422, "`steps` is `\"yes\"`: expected true or false"),
        ],
    )
    .await;
}

#[tokio::test]
async fn too_much_is_refused_with_the_bound_before_it_runs() {
    let long = "1 2 3 4 ".repeat(5000);
    let distinct = (0..10_000).map(|page| page.to_string()).collect::<Vec<_>>().join(" ");
    refused(
        "/api/v1/sim/paging",
        &[
            (
                json!({"policies": ["lru"], "frames": 3, "refs": long, "steps": true}),
                422,
                "`steps` would be 20000 steps",
            ),
            (
                json!({"policies": ["all"], "frames": "1..1000", "refs": distinct}),
                422,
                "this server makes 20000000 at most",
            ),
            (
                json!({"policies": ["all"], "frames": "999001..1000000", "refs": "1"}),
                422,
                "this server makes 20000000 at most",
            ),
        ],
    )
    .await;
    let server = TestServer::start().await;
    let answer = post(&server, &json!({"policies": ["lru"], "frames": 3, "refs": long})).await;
    assert_eq!(answer.json()["runs"][0].get("steps"), None);
}

#[tokio::test]
async fn a_body_beyond_its_bound_is_refused_also_when_it_does_not_say_so() {
    let server = TestServer::start().await;
    let body = json!({"policies": ["lru"], "frames": 3, "refs": "1 ".repeat(2_200_000)});
    assert_eq!(post(&server, &body).await.status, 413);
    let text = body.to_string();
    let chunked = format!(
        "POST /api/v1/sim/paging HTTP/1.1\r\nHost: {}\r\nConnection: close\r\nTransfer-Encoding: chunked\r\n\r\n{:x}\r\n{text}\r\n0\r\n\r\n",
        server.address,
        text.len()
    );
    let answer = parse(&exchange(server.address, chunked.as_bytes()).await);
    assert_eq!(answer.status, 413, "{answer:?}");
    assert!(answer.problem().contains("more than 4194304 bytes"));
}

#[tokio::test]
async fn the_policies_are_listed_with_their_parameters_and_presets() {
    let server = TestServer::start().await;
    let list = get(server.address, "/api/v1/sim/paging/policies").await.json();
    let policies = list["policies"].as_array().unwrap();
    let clock = policies.iter().find(|policy| policy["name"] == "clock").unwrap();
    assert_eq!(clock["title"], "CLOCK");
    assert_eq!(clock["parameters"][0]["name"], "clock.load_bit");
    assert_eq!(clock["parameters"][0]["default"], 1);
    assert_eq!(clock["parameters"][0]["greatest"], 1);
    assert_eq!(clock["parameters"][1]["words"], json!(["next", "stays"]));
    assert_eq!(list["parameters"][0]["name"], "frames.order");
    let presets = list["presets"].as_array().unwrap();
    let ours = presets.iter().find(|preset| preset["name"] == "libcachesim").unwrap();
    assert_eq!(ours["values"]["clock.load_bit"], 0);
    let answer = get(server.address, "/api/v1/sim/paging/policies?x=1").await;
    assert_eq!(answer.status, 400);
}

#[tokio::test]
async fn a_server_of_labs_simulates_without_a_token_but_not_for_another_site() {
    let mut labs = settings();
    labs.labs_only = true;
    labs.read_only = true;
    let server = TestServer::start_with(labs, None).await;
    let body = json!({"policies": ["lru"], "frames": 3, "refs": A});
    assert_eq!(post(&server, &body).await.status, 200);
    let origin = [("Origin", "http://evil.example"), ("Content-Length", "0")];
    let answer = ask(server.address, "POST /api/v1/sim/paging", &origin).await;
    assert_eq!(answer.status, 403);
    let answer = get(server.address, "/api/v1/sim/paging").await;
    assert_eq!((answer.status, answer.header("allow")), (405, Some("POST")));
}

#[tokio::test]
async fn processes_share_the_frames_of_a_small_memory() {
    let server = TestServer::start().await;
    let path = "/api/v1/sim/processes";
    let preset = send(&server, path, b"{}").await.json();
    assert_eq!((&preset["placed"], &preset["replaced"]), (&json!(16), &json!(4)));
    assert_eq!(preset["frames"][0], json!({"frame": 0, "process": "p17", "page": 0}));
    assert_eq!(preset["page_tables"][0]["pages"][0]["swap_slot"], 0);
    let body = json!({
        "memory_bytes": 128, "page_bytes": 64, "policy": "lru",
        "script": "arrive a 2\nwrite a 0\nwrite a 1\narrive b 1\nwrite b 0\ntouch a 0\nend a\n"
    });
    let document = send(&server, path, body.to_string().as_bytes()).await.json();
    assert_eq!((&document["replaced"], &document["swap_ins"]), (&json!(2), &json!(1)));
    assert_eq!(document["steps"].as_array().unwrap().len(), 7);
}

#[tokio::test]
async fn processes_that_cannot_be_are_refused_at_the_member() {
    refused(
        "/api/v1/sim/processes",
        &[
            (json!({"memory_bytes": 1000}), 422, "`memory_bytes`: 1000 bytes of memory"),
            (json!({"memory_bytes": 0}), 422, "`memory_bytes`: 0 bytes"),
            (json!({"memory_bytes": -1}), 422, "`memory_bytes` is `-1`: expected a whole number"),
            (json!({"memory_bytes": 1_u64 << 40}), 422, "are more than the lab's 4096"),
            (json!({"page_bytes": 0}), 422, "give a page size of at least 1 byte"),
            (json!({"processes": 0}), 422, "`processes`: 0 processes cannot be simulated"),
            (json!({"processes": 3, "script": "end a"}), 422, "give one of them"),
            (json!({"script": ""}), 422, "`script`: the script is empty"),
            (json!({"script": "arrive a 2\ntuch a 0"}), 422, "`script`: line 2, column 1: `tuch`"),
            (
                json!({"policy": "ffo"}),
                422,
                "`policy`: there is no policy `ffo`; did you mean `fifo`?",
            ),
            (json!({"policy": "all"}), 422, "`policy`"),
            (json!({"memory": 1}), 422, "`memory` is unknown"),
        ],
    )
    .await;
}

#[tokio::test]
async fn addresses_are_translated_level_by_level() {
    let server = TestServer::start().await;
    let body = json!({
        "levels": [10, 10], "offset_bits": 12, "address_bits": 32,
        "script": "map 0x12345 7 rw\nread 0x12345678\nread 0x1"
    });
    let answer = send(&server, "/api/v1/sim/translate", body.to_string().as_bytes()).await;
    let document = answer.json();
    let walk = &document["steps"][0]["walks"][0];
    assert_eq!(walk["physical_address"], "0x7678");
    assert_eq!(walk["levels"][1]["bits"], "1101000101");
    assert_eq!(document["steps"][1]["walks"][0]["fault"]["kind"], "invalid");
    assert_eq!(document["tables"].as_array().unwrap().len(), 2);
    assert_eq!(document["entry_layout"]["flags"][0], json!({"name": "present", "bit": 0}));
    assert!(walk["levels"][0]["window"].is_null());
    let mut body = body;
    body["windows"] = json!(true);
    let document = send(&server, "/api/v1/sim/translate", body.to_string().as_bytes()).await.json();
    let window = document["steps"][0]["walks"][0]["levels"][0]["window"].as_array().unwrap();
    assert_eq!((window.len(), &window[2]["index"]), (5, &json!(72)));
}

#[tokio::test]
async fn tables_that_all_processes_share_are_searched() {
    let server = TestServer::start().await;
    let body = json!({
        "table": "hashed", "buckets": 4, "offset_bits": 12,
        "script": "map 2 9\nmap 6 3\nspace 1\nread 0x2000\nspace 0\nread 0x2010"
    });
    let document = send(&server, "/api/v1/sim/translate", body.to_string().as_bytes()).await.json();
    assert_eq!(document["steps"][0]["physical_address"], json!(null));
    assert_eq!(document["steps"][1]["physical_address"], "0x9010");
    assert_eq!(document["steps"][1]["probes"][0]["next"], 0);
    assert_eq!((&document["size"], &document["entry_bytes"]), (&json!(4), &json!(24)));
}

#[tokio::test]
async fn translations_that_cannot_be_are_refused_at_the_member() {
    let read = "read 0x1\n";
    refused(
        "/api/v1/sim/translate",
        &[
            (json!({}), 422, "`levels` is missing"),
            (json!({"levels": 10}), 422, "`levels` is `10`: expected a list"),
            (json!({"levels": [10, "x"]}), 422, "`levels[1]` is"),
            (json!({"levels": [10]}), 422, "`offset_bits` is missing"),
            (
                json!({"levels": [10], "offset_bits": 0, "script": read}),
                422,
                "`offset_bits`: an offset of 0",
            ),
            (
                json!({"levels": [10], "offset_bits": 12, "address_bits": 32, "script": read}),
                422,
                "`levels`: the address bits do not add up: 10 + 12 = 22, not 32",
            ),
            (
                json!({"preset": "x86_64", "script": read}),
                422,
                "`preset`: there is no preset `x86_64`",
            ),
            (json!({"preset": "sv39", "levels": [9], "script": read}), 422, "give one of them"),
            (json!({"preset": "sv39"}), 422, "`script` is missing"),
            (
                json!({"preset": "sv39", "script": "raed 1"}),
                422,
                "`script`: line 1, column 1: `raed`",
            ),
            (json!({"preset": "sv39", "script": read.repeat(1001)}), 422, "1001 accesses"),
            (
                json!({"preset": "sv39", "script": read.repeat(201), "windows": true}),
                422,
                "answers 200 at most",
            ),
            (json!({"table": "tree", "script": read}), 422, "`table` is `\"tree\"`"),
            (json!({"table": "hashed", "script": read}), 422, "`offset_bits` is missing"),
            (json!({"preset": "sv39", "frames": 4, "script": read}), 422, "`frames` is of a table"),
            (
                json!({"table": "inverted", "preset": "sv39", "script": read}),
                422,
                "`preset` is of a table of levels",
            ),
            (
                json!({"table": "inverted", "offset_bits": 12, "buckets": 4, "script": read}),
                422,
                "`buckets`: `table` is inverted",
            ),
            (
                json!({"table": "inverted", "offset_bits": 12, "frames": 5000, "script": read}),
                422,
                "`frames`: 5000 frames cannot",
            ),
        ],
    )
    .await;
}

#[tokio::test]
async fn a_tlb_looks_up_each_access() {
    let server = TestServer::start().await;
    let body = json!({
        "entries": 2, "ways": 2, "accesses": "0x1000 0x2000 0x1008 0x3000", "tlb_time": 5,
        "memory_time": 100
    });
    let document = send(&server, "/api/v1/sim/tlb", body.to_string().as_bytes()).await.json();
    assert_eq!((&document["hits"], &document["units"][0]["sets"]), (&json!(1), &json!(1)));
    assert_eq!(document["steps"][3]["lookups"][0]["victim"], json!({"asid": 0, "page": 2}));
    assert_eq!(document["effective"][0]["time"], 180.0);
    let body = json!({
        "entries": 2, "ways": 2, "split": true, "form": "lackey", "second_entries": 4, "seed": 3,
        "replacement": "random", "accesses": "==1==\nI  1000,4\n L 1000,8\nI  1004,4\n",
        "tlb_time": 1, "second_time": 10, "memory_time": 100
    });
    let document = send(&server, "/api/v1/sim/tlb", body.to_string().as_bytes()).await.json();
    let units = document["units"].as_array().unwrap();
    assert_eq!(
        units.iter().map(|unit| &unit["name"]).collect::<Vec<_>>(),
        ["code", "data", "second"]
    );
    // A third hits the first level; of the others a half hits the second: 101 / 3 + 2 / 3 × (111 + 211) / 2.
    assert_eq!(document["effective"][0]["time"].as_f64().unwrap().round(), 141.0);
}

#[tokio::test]
async fn a_tlb_that_cannot_be_is_refused_at_the_member() {
    refused(
        "/api/v1/sim/tlb",
        &[
            (json!({}), 422, "`accesses` is missing"),
            (json!({"accesses": ""}), 422, "`accesses`: there is no access"),
            (json!({"accesses": "1 x9"}), 422, "`accesses`: line 1, column 3"),
            (json!({"accesses": "1", "entries": 0}), 422, "`entries`: 0 entries"),
            (json!({"accesses": "1", "entries": 1_u64 << 40}), 422, "`entries` is `1099511627776`"),
            (json!({"accesses": "1", "entries": 6}), 422, "`ways`: 6 entries do not make sets"),
            (json!({"accesses": "1", "replacement": "lur"}), 422, "`replacement`: there is no"),
            (json!({"accesses": "1", "switch": "keep"}), 422, "`switch` is `\"keep\"`"),
            (json!({"accesses": "1", "form": "trc"}), 422, "`form` is `\"trc\"`"),
            (json!({"accesses": "I 1,2", "form": "typed"}), 422, "`accesses`: line 1, column 1"),
            (json!({"accesses": "1", "second_time": 5}), 422, "`tlb_time` is missing"),
            (json!({"accesses": "1", "page_bytes": 0}), 422, "`page_bytes`: pages of 0 bytes"),
            (json!({"accesses": "1", "tlb_time": 5}), 422, "`memory_time` is missing"),
            (json!({"accesses": "1", "tlb_time": -5, "memory_time": 1}), 422, "`tlb_time`: "),
            (json!({"accesses": "1 ".repeat(10_001), "steps": true}), 422, "10001 steps"),
        ],
    )
    .await;
}

const EXERCISE: &str = "/api/v1/sim/exercise";

async fn exercise(server: &TestServer, body: &Value) -> Value {
    let answer = send(server, EXERCISE, body.to_string().as_bytes()).await;
    assert_eq!(answer.status, 200, "{body}: {answer:?}");
    answer.json()
}

#[tokio::test]
async fn an_exercise_gives_away_what_is_asked_for_and_no_more() {
    let server = TestServer::start().await;
    let asked = |reveal: &str, done: u64| {
        json!({
            "topic": "paging", "seed": 1, "wishes": ["fifo!=lru!=opt"], "reveal": reveal, "done": done
        })
    };
    let blank = exercise(&server, &asked("none", 0)).await;
    assert_eq!(blank["problem"]["refs"], "6 4 0 6 8 6 0 7 3 6 4 6 7 3 7 3");
    assert_eq!(blank["problem"]["policies"], json!(["fifo", "lru", "opt"]));
    assert_eq!(blank["problem"]["frames"], json!([3]));
    assert_eq!(
        blank["tables"][1]["rows"],
        json!(["frame 0", "frame 1", "frame 2", "H/F", "victim"])
    );
    assert_eq!(blank["tables"][1]["steps"][4], json!({"heading": "8"}));
    for absent in ["questions", "summary", "file", "student"] {
        assert_eq!(blank.get(absent), None, "{absent}");
    }
    let hint = exercise(&server, &asked("hint", 0)).await;
    assert!(hint["tables"][1]["hint"].as_str().unwrap().contains("number 5"), "{hint}");
    assert_eq!(hint["tables"][1]["steps"][4], json!({"heading": "8"}));
    let step = exercise(&server, &asked("step", 4)).await;
    assert_eq!(step["tables"][1]["steps"][4]["cells"], json!(["6", "8", "0", "F", "4"]));
    assert_eq!(step["tables"][1]["steps"][5], json!({"heading": "6"}));
    let key = exercise(&server, &asked("key", 0)).await;
    assert!(key["tables"][2]["steps"][15]["explain"].as_str().unwrap().contains("Reference 16"));
    assert!(key["summary"][0].as_str().unwrap().starts_with("FIFO with 3 frames: "));
    assert!(key["questions"][0]["number"].is_u64(), "{key}");
    // What is asked for is a body of the replacement machines too, and they agree.
    let body = json!({"policies": ["lru"], "frames": 3, "refs": key["problem"]["refs"]});
    let run = post(&server, &body).await.json()["runs"][0].clone();
    let faults = format!("LRU with 3 frames: {} faults", run["faults"]);
    assert!(key["summary"][1].as_str().unwrap().starts_with(&faults), "{faults}");
}

#[tokio::test]
async fn a_variant_is_a_students_own_and_neither_its_key_nor_its_seed_comes_back() {
    let server = TestServer::start().await;
    let asked = |student: &str, key: Option<&str>| json!({"topic": "paging", "seed": 918_273, "student": student, "course_key": key, "format": "html"});
    let keyed = exercise(&server, &asked("Ada", Some("hush hush"))).await;
    let open = exercise(&server, &asked("Ada", None)).await;
    assert_eq!((&keyed["is_open"], &open["is_open"]), (&json!(false), &json!(true)));
    assert_eq!(keyed["student"], "Ada");
    assert_ne!(keyed["problem"]["refs"], open["problem"]["refs"]);
    let text = keyed.to_string();
    assert!(!text.contains("hush") && !text.contains("918273"), "{text}");
    assert_eq!(keyed["file"]["name"], "exercise-paging.html");
    assert!(keyed["file"]["text"].as_str().unwrap().starts_with("<!doctype html>"));
    let answer = send(&server, EXERCISE, br#"{"topic": "paging", "course_key": ["hush"]}"#).await;
    assert!(!answer.problem().contains("hush"), "{}", answer.problem());
}

#[tokio::test]
async fn a_class_has_all_its_variants_in_one_file_and_each_is_that_of_the_student_alone() {
    let server = TestServer::start().await;
    let class = json!({
        "topic": "paging", "seed": 4, "students": ["Ada", "Bob", "Carol"], "course_key": "hush hush",
        "reveal": "key", "format": "csv",
    });
    let together = exercise(&server, &class).await;
    assert_eq!((&together["students"], &together["student"]), (&json!(3), &json!("Ada")));
    let mut rows = String::new();
    for name in ["Ada", "Bob", "Carol"] {
        let mut alone = class.clone();
        alone["students"] = json!(null);
        alone["student"] = json!(name);
        let alone = exercise(&server, &alone).await;
        assert_eq!(alone.get("students"), None);
        let text = alone["file"]["text"].as_str().unwrap();
        rows.push_str(if rows.is_empty() { text } else { text.split_once('\n').unwrap().1 });
    }
    assert_eq!(together["file"]["text"].as_str().unwrap(), rows);
}

#[tokio::test]
async fn a_problem_of_any_topic_is_a_question_of_its_own_lab() {
    let server = TestServer::start().await;
    for (topic, path) in [
        ("alloc", "/api/v1/sim/alloc"),
        ("holes", "/api/v1/sim/holes"),
        ("segments", "/api/v1/sim/segments"),
        ("relocation", "/api/v1/sim/segments"),
    ] {
        let made = exercise(&server, &json!({"topic": topic, "seed": 4, "reveal": "key"})).await;
        let solved = send(&server, path, made["problem"].to_string().as_bytes()).await;
        assert_eq!(solved.status, 200, "{topic}: {solved:?}");
        let solved = solved.json();
        let cells = |cell: usize| -> Vec<Value> {
            let steps = made["tables"][0]["steps"].as_array().unwrap();
            steps.iter().map(|step| step["cells"][cell].clone()).collect()
        };
        let (rows, member) = match topic {
            "alloc" => (&solved["runs"][0]["ops"], "address"),
            "holes" => (&solved["runs"][0]["steps"], "placement"),
            _ => (&solved["translations"], "physical"),
        };
        for (row, cell) in rows.as_array().unwrap().iter().zip(cells(0)) {
            let expected = match &row[member] {
                _ if row["op"] == "free" => "-".to_owned(),
                Value::Null => "-".to_owned(),
                number => number.to_string(),
            };
            assert_eq!(cell, expected, "{topic}: {row}");
        }
    }
}

#[tokio::test]
async fn an_exercise_that_cannot_be_is_refused_at_the_member() {
    refused(
        EXERCISE,
        &[
            (json!({}), 422, "`topic` is missing"),
            (json!({"topic": "pagin"}), 422, "expected paging"),
            (json!({"topic": "paging", "wish": []}), 422, "the nearest is `wishes`"),
            (json!({"topic": "paging", "wishes": ["lru"]}), 422, "`lru` is no wish"),
            (json!({"topic": "paging", "wishes": [1]}), 422, "`wishes[0]` is `1`"),
            (
                json!({"topic": "paging", "policies": ["lur"]}),
                422,
                "`policies[0]`: there is no policy",
            ),
            (json!({"topic": "paging", "frames": 6}), 422, "6 pages in 6 frames"),
            (
                json!({"topic": "holes", "frames": 3}),
                422,
                "`frames` is no part of an exercise on holes",
            ),
            (json!({"topic": "alloc", "capacity": 3}), 422, "ask for 16 to 1048576"),
            (json!({"topic": "segments", "wishes": ["traps=1..0"]}), 422, "write traps=2"),
            (json!({"topic": "paging", "length": 1_000_000}), 422, "ask for 4 to 100"),
            (json!({"topic": "paging", "seed": -1}), 422, "`seed` is `-1`"),
            (
                json!({"topic": "paging", "student": ""}),
                422,
                "`student`: the student's name is empty",
            ),
            (json!({"topic": "paging", "students": []}), 422, "`students` has 0 names"),
            (json!({"topic": "paging", "students": "Ada"}), 422, "expected a list of names"),
            (json!({"topic": "paging", "students": ["Ada", 7]}), 422, "`students[1]` is `7`"),
            (
                json!({"topic": "paging", "students": ["Ada", "Bob", "Ada "]}),
                422,
                "`students[2]`: `Ada` stands here twice",
            ),
            (json!({"topic": "paging", "student": "Ada", "students": ["Bob"]}), 422, "both given"),
            (json!({"topic": "paging", "students": vec!["A"; 301]}), 422, "takes 1 to 300"),
            (
                json!({"topic": "paging", "course_key": " "}),
                422,
                "`course_key`: the course key is empty",
            ),
            (json!({"topic": "paging", "reveal": "all"}), 422, "`reveal` is `all`: expected none"),
            (json!({"topic": "paging", "format": "gift"}), 422, "always hold the key"),
            (json!({"topic": "paging", "format": "pdf"}), 422, "`format` is `pdf`: expected text"),
        ],
    )
    .await;
}
