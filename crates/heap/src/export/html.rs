//! One file for a browser without a server: the call trees, and what draws them.

use serde_json::{Map, Value, json};

use crate::names::Names;
use crate::outline::NamedTree;
use crate::session::Session;
use crate::stacks::By;

/// What the page is before it holds anything.
const PAGE: &str = include_str!("flame.html");

/// Where in it the trees go.
const HOLE: &str = "{{DATA}}";

/// Most nodes of each tree: what a browser draws at once.
const MAX_NODES: usize = 20_000;

/// The page of a session: `about` stands below the program's name, `sums` are names with their amounts as words.
pub fn html(
    session: &Session,
    by: By,
    about: &str,
    sums: &[(String, String)],
    names: &mut Names,
) -> String {
    let mut trees = Map::new();
    for one in By::ALL.into_iter().filter(|one| *one != By::Leaked || session.ending().is_some()) {
        let tree = session.outline(one).named(names).cut_down(MAX_NODES);
        trees.insert(one.name().to_owned(), told(&tree, one));
    }
    let shown = if trees.contains_key(by.name()) { by } else { By::Live };
    let data = json!({
        "program": session.start().program,
        "about": about,
        "sums": sums,
        "by": shown.name(),
        "trees": trees,
    });
    // Within a script element nothing ends the text but its own end tag, or the beginning of a comment.
    let data = data.to_string().replace('<', "\\u003c");
    PAGE.replacen(HOLE, &data, 1)
}

fn told(tree: &NamedTree, by: By) -> Value {
    let place = |at: usize, number: usize| if at == 0 { json!(-1) } else { json!(number) };
    let nodes = || tree.nodes.iter().enumerate();
    let frames = tree.frames.iter().map(|named| {
        json!({
            "function": named.function, "file": named.file, "line": named.line, "module": named.module,
            "internal": named.internal,
        })
    });
    json!({
        "unit": if by.is_bytes() { "bytes" } else { "count" },
        "frames": frames.collect::<Vec<Value>>(),
        "nodes": {
            "parent": nodes().map(|(at, node)| place(at, node.parent)).collect::<Vec<Value>>(),
            "frame": nodes().map(|(at, node)| place(at, node.frame)).collect::<Vec<Value>>(),
            "value": nodes().map(|(_, node)| node.total.value).collect::<Vec<u64>>(),
            "self": nodes().map(|(_, node)| node.own.value).collect::<Vec<u64>>(),
            "blocks": nodes().map(|(_, node)| node.total.blocks).collect::<Vec<u64>>(),
        },
    })
}
