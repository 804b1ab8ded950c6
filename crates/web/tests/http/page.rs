//! The page's files, and what the server writes itself for people.

use serde_json::Value;

use crate::client::{ask, get};
use crate::server::TestServer;

#[tokio::test]
async fn the_page_is_asked_for_again_and_sent_only_when_it_changed() {
    let server = TestServer::start().await;
    let page = get(server.address, "/").await;
    assert_eq!((page.status, page.header("content-type")), (200, Some("text/html; charset=utf-8")));
    assert_eq!(page.header("cache-control"), Some("no-cache"));
    let tag = page.header("etag").unwrap().to_owned();
    let again = ask(server.address, "GET /", &[("If-None-Match", &tag)]).await;
    assert_eq!((again.status, again.body.len()), (304, 0));
    let other = ask(server.address, "GET /", &[("If-None-Match", "W/\"other\"")]).await;
    assert_eq!(other.status, 200);
}

#[tokio::test]
async fn the_files_that_the_page_names_are_kept_for_good() {
    let server = TestServer::start().await;
    let page = get(server.address, "/").await.text();
    let address = page.split("src=\"").nth(1).and_then(|rest| rest.split('"').next()).unwrap();
    assert!(address.starts_with("/@"), "{address}");
    let file = get(server.address, address).await;
    assert_eq!(file.status, 200);
    assert_eq!(file.header("cache-control"), Some("public, max-age=31536000, immutable"));
    assert_eq!(get(server.address, "/@0/../Cargo.toml").await.status, 404);
}

#[tokio::test]
async fn files_have_their_types_and_are_packed() {
    let server = TestServer::start().await;
    for (path, kind) in
        [("/tokens.css", "text/css; charset=utf-8"), ("/live.js", "text/javascript; charset=utf-8")]
    {
        let plain = get(server.address, path).await;
        assert_eq!((plain.status, plain.header("content-type")), (200, Some(kind)), "{path}");
        let packed =
            ask(server.address, &format!("GET {path}"), &[("Accept-Encoding", "gzip")]).await;
        assert_eq!(packed.header("content-encoding"), Some("gzip"), "{path}");
        assert!(packed.body.len() < plain.body.len());
        assert_eq!(packed.header("etag"), plain.header("etag"));
        assert_eq!(packed.header("vary"), Some("accept-encoding"));
    }
}

#[tokio::test]
async fn an_unknown_path_is_a_problem_for_scripts_and_a_page_for_people() {
    let server = TestServer::start().await;
    for path in ["/nothing", "/api/v1/nothing", "/..%2f..%2fetc/passwd", "/ui/index.html"] {
        let answer = get(server.address, path).await;
        assert_eq!(answer.status, 404, "{path}");
        answer.problem();
    }
    let person = ask(server.address, "GET /nothing", &[("Accept", "text/html,*/*;q=0.8")]).await;
    assert_eq!(
        (person.status, person.header("content-type")),
        (404, Some("text/html; charset=utf-8"))
    );
    assert!(person.text().contains("<h1>Nothing here</h1>"));
    let post = ask(server.address, "POST /nothing", &[]).await;
    assert_eq!(post.status, 404);
    let post = ask(server.address, "POST /", &[]).await;
    assert_eq!((post.status, post.header("allow")), (405, Some("GET,HEAD")));
}

#[tokio::test]
async fn the_api_can_be_read_and_parsed() {
    let server = TestServer::start().await;
    let page = get(server.address, "/api").await;
    assert_eq!(page.header("content-type"), Some("text/html; charset=utf-8"));
    assert!(page.text().contains("GET /api/v1/memory"));
    let description: Value = get(server.address, "/api/v1/openapi.json").await.json();
    assert!(description["openapi"].as_str().unwrap().starts_with("3."));
    assert_eq!(
        get(server.address, "/api.css").await.header("content-type"),
        Some("text/css; charset=utf-8")
    );
}
