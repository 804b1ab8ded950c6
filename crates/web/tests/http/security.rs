//! Who may ask, and who may change things.

use crate::client::{Answer, ask, exchange, get, parse};
use crate::server::{TOKEN, TestServer, settings};

/// The path of a one-time link.
fn path_of(link: &str) -> &str {
    &link[link.find("/?").unwrap()..]
}

/// The cookie that an answer sets, as a browser sends it back.
fn cookie_of(answer: &Answer) -> String {
    answer.header("set-cookie").unwrap().split(';').next().unwrap().to_owned()
}

async fn may_change(server: &TestServer, headers: &[(&str, &str)]) -> bool {
    let session = ask(server.address, "GET /api/v1/session", headers).await.json();
    session["may_change"].as_bool().unwrap()
}

#[tokio::test]
async fn only_the_names_of_this_server_are_answered() {
    let server = TestServer::start_sampled().await;
    for (host, status) in [
        ("localhost", 200),
        ("localhost:1", 200),
        ("LOCALHOST:9999", 200),
        ("127.0.0.1", 200),
        ("[::1]:7070", 200),
        ("box.example:443", 200),
        ("evil.example", 421),
        ("evil.example:7070", 421),
        ("localhost.evil.example", 421),
        ("127.0.0.1.nip.io", 421),
        ("192.0.2.1", 421),
        ("local host", 400),
        ("", 400),
    ] {
        for path in ["/data", "/", "/api/v1/stream?x", "/healthz"] {
            if path.contains("stream") && status == 200 {
                continue;
            }
            let answer = ask(server.address, &format!("GET {path}"), &[("Host", host)]).await;
            let expected = if path == "/" && status == 200 { answer.status } else { status };
            assert_eq!(answer.status, expected, "{host} {path}");
        }
    }
    let evil = ask(server.address, "GET /data", &[("Host", "evil.example")]).await;
    assert!(evil.problem().contains("--allow-host evil.example"));
}

#[tokio::test]
async fn a_host_must_be_named() {
    let server = TestServer::start_sampled().await;
    for (request, status) in [
        ("GET /data HTTP/1.1\r\nConnection: close\r\n\r\n", 400),
        ("GET /data HTTP/1.0\r\n\r\n", 200),
        (
            "GET /data HTTP/1.1\r\nHost: localhost\r\nHost: localhost\r\nConnection: close\r\n\r\n",
            400,
        ),
        (
            "GET http://evil.example/data HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n\r\n",
            421,
        ),
    ] {
        let answer = parse(&exchange(server.address, request.as_bytes()).await);
        assert_eq!(answer.status, status, "{request:?}");
    }
}

#[tokio::test]
async fn a_page_of_another_site_changes_nothing_even_with_the_token() {
    let server = TestServer::start().await;
    let own = format!("http://{}", server.address);
    let bearer = format!("Bearer {TOKEN}");
    for (header, status) in [
        (("Origin", own.as_str()), 200),
        (("Sec-Fetch-Site", "same-origin"), 200),
        (("Sec-Fetch-Site", "none"), 200),
        (("Origin", "http://evil.example"), 403),
        (("Origin", "http://localhost:1"), 403),
        (("Origin", "null"), 403),
        (("Sec-Fetch-Site", "cross-site"), 403),
        (("Sec-Fetch-Site", "same-site"), 403),
    ] {
        let headers = [header, ("Authorization", bearer.as_str())];
        let answer = ask(server.address, "POST /api/v1/session/link", &headers).await;
        assert_eq!(answer.status, status, "{header:?}");
        let read = ask(server.address, "GET /healthz", &[header]).await;
        assert_eq!(read.status, 200, "{header:?}");
    }
}

#[tokio::test]
async fn every_answer_tells_the_browser_to_trust_nothing_else() {
    let server = TestServer::start_sampled().await;
    for path in ["/", "/data", "/nothing", "/api", "/api/v1/memory"] {
        let answer = get(server.address, path).await;
        let policy = answer.header("content-security-policy").unwrap();
        assert!(
            policy.starts_with("default-src 'none'; script-src 'self'; style-src 'self'"),
            "{path}"
        );
        assert!(policy.ends_with("frame-ancestors 'none'"), "{path}");
        assert_eq!(answer.header("x-content-type-options"), Some("nosniff"), "{path}");
        assert_eq!(answer.header("referrer-policy"), Some("no-referrer"), "{path}");
        assert_eq!(answer.header("cross-origin-opener-policy"), Some("same-origin"), "{path}");
        assert_eq!(answer.header("cross-origin-resource-policy"), Some("same-origin"), "{path}");
        assert_eq!(answer.header("access-control-allow-origin"), None, "{path}");
    }
    let mut embeddable = settings();
    embeddable.allow_embed = true;
    let server = TestServer::start_with(embeddable, None).await;
    let answer = get(server.address, "/healthz").await;
    assert!(answer.header("content-security-policy").unwrap().ends_with("frame-ancestors *"));
}

#[tokio::test]
async fn a_link_turns_into_a_cookie_once() {
    let server = TestServer::start().await;
    let path = path_of(&server.link);
    let opened = get(server.address, path).await;
    assert_eq!((opened.status, opened.header("location")), (303, Some("/")));
    let cookie = cookie_of(&opened);
    assert!(cookie.starts_with(&format!("ramscope_{}=", server.address.port())), "{cookie}");
    let attributes = opened.header("set-cookie").unwrap();
    assert!(
        attributes.contains("HttpOnly") && attributes.contains("SameSite=Strict"),
        "{attributes}"
    );
    assert!(may_change(&server, &[("Cookie", &cookie)]).await);
    assert!(!may_change(&server, &[]).await);
    assert!(!may_change(&server, &[("Cookie", &cookie[..cookie.len() - 1])]).await);
    let again = get(server.address, path).await;
    assert_eq!(
        (again.status, again.header("location"), again.header("set-cookie")),
        (303, Some("/"), None)
    );
}

#[tokio::test]
async fn looking_at_a_link_does_not_use_it_up() {
    let server = TestServer::start().await;
    let path = path_of(&server.link);
    ask(server.address, &format!("HEAD {path}"), &[]).await;
    assert!(get(server.address, path).await.header("set-cookie").is_some());
}

#[tokio::test]
async fn the_token_gives_a_fresh_link_and_nothing_else_does() {
    let server = TestServer::start().await;
    let cookie = cookie_of(&get(server.address, path_of(&server.link)).await);
    let bearer = format!("Bearer {TOKEN}");
    let wrong = format!("Bearer {}0", &TOKEN[..31]);
    for headers in
        [vec![], vec![("Authorization", wrong.as_str())], vec![("Cookie", cookie.as_str())]]
    {
        let answer = ask(server.address, "POST /api/v1/session/link", &headers).await;
        assert_eq!(answer.status, 401, "{headers:?}");
        assert!(answer.header("www-authenticate").unwrap().starts_with("Bearer"));
        assert!(answer.problem().contains("/var/lib/ramscope"));
    }
    let token = [("Authorization", bearer.as_str())];
    let url = ask(server.address, "POST /api/v1/session/link", &token).await.json()["url"].clone();
    let url = url.as_str().unwrap();
    assert!(url.starts_with(&format!("http://{}/?token=", server.address)), "{url}");
    assert!(get(server.address, path_of(url)).await.header("set-cookie").is_some());
    assert!(may_change(&server, &token).await);
}

#[tokio::test]
async fn on_a_read_only_server_nobody_may_change_anything() {
    let mut read_only = settings();
    read_only.read_only = true;
    let server = TestServer::start_with(read_only, None).await;
    let bearer = format!("Bearer {TOKEN}");
    let session =
        ask(server.address, "GET /api/v1/session", &[("Authorization", &bearer)]).await.json();
    assert_eq!((&session["may_change"], &session["read_only"]), (&false.into(), &true.into()));
    assert_eq!((&session["hostname"], &session["version"]), (&"box".into(), &"1.2.3".into()));
}

#[tokio::test]
async fn a_server_of_labs_has_nothing_to_hide_and_answers_everyone_off_loopback() {
    let mut class = settings();
    class.listen.set_ip([0, 0, 0, 0].into());
    class.labs_only = true;
    let server = TestServer::start_with(class, None).await;
    for path in ["/paging", "/main.js", "/api/v1/sim/paging/policies"] {
        assert_eq!(get(server.address, path).await.status, 200, "{path}");
    }
    assert_eq!(get(server.address, "/api/v1/memory").await.status, 404);
}

#[tokio::test]
async fn off_loopback_everyone_must_show_the_token() {
    let mut exposed = settings();
    exposed.listen.set_ip([0, 0, 0, 0].into());
    let server = TestServer::start_with(exposed, None).await;
    assert!(server.link.starts_with("http://127.0.0.1:"), "{}", server.link);
    for path in ["/", "/data", "/metrics", "/api/v1/session", "/nothing", "/main.js"] {
        let answer = get(server.address, path).await;
        assert_eq!(answer.status, 401, "{path}");
        assert!(answer.problem().contains("run `ramscope open`"), "{path}");
    }
    for path in ["/healthz", "/tokens.css", "/api.css"] {
        assert_eq!(
            get(server.address, path).await.status,
            200,
            "{path} says nothing of the machine"
        );
    }
    let person = ask(server.address, "GET /", &[("Accept", "text/html")]).await;
    assert_eq!(
        (person.status, person.header("content-type")),
        (401, Some("text/html; charset=utf-8"))
    );
    assert!(person.text().contains("ramscope open"));
    let bearer = format!("Bearer {TOKEN}");
    assert_eq!(
        ask(server.address, "GET /api/v1/session", &[("Authorization", &bearer)]).await.status,
        200
    );
    let cookie = cookie_of(&get(server.address, path_of(&server.link)).await);
    assert_eq!(
        ask(server.address, "GET /api/v1/session", &[("Cookie", &cookie)]).await.status,
        200
    );
    let dead = get(server.address, path_of(&server.link)).await;
    assert_eq!((dead.status, dead.header("set-cookie")), (303, None));
}

#[tokio::test]
async fn a_port_in_use_is_said_with_what_to_do() {
    let server = TestServer::start().await;
    let mut taken = settings();
    taken.listen = server.address;
    let error =
        ramscope_web::Server::bind(taken, ramscope_web::Live::new(), None).await.unwrap_err();
    let text = error.to_string();
    assert!(text.contains("another program listens there already"), "{text}");
    assert!(text.contains("--listen"), "{text}");
}
