//! `GET /api`: the description of every route as one page to read, without any script.

use std::fmt::Write;
use std::sync::OnceLock;

use axum::http::header::{CACHE_CONTROL, CONTENT_TYPE};
use axum::response::{IntoResponse, Response};
use bytes::Bytes;
use serde_json::Value;

use crate::openapi::DESCRIPTION;
use crate::problem::escape;

/// Answers with the page, which is made when somebody first asks for it.
pub(crate) async fn reference() -> Response {
    static PAGE: OnceLock<Bytes> = OnceLock::new();
    let page = PAGE.get_or_init(|| {
        // The description is this program's own, checked by a test; nothing in it would be an empty page.
        let description = serde_json::from_str(DESCRIPTION).unwrap_or_default();
        Bytes::from(Page::of(&description))
    });
    let head = [(CONTENT_TYPE, "text/html; charset=utf-8"), (CACHE_CONTROL, "no-cache")];
    (head, page.clone()).into_response()
}

/// The page as it grows.
#[derive(Debug, Default)]
struct Page {
    html: String,
}

impl Page {
    fn of(description: &Value) -> String {
        let mut page = Page::default();
        page.raw("<!doctype html>\n<html lang=\"en\">\n<head>\n<meta charset=\"utf-8\">\n");
        page.raw("<meta name=\"viewport\" content=\"width=device-width\">\n");
        page.raw("<title>API · ramscope</title>\n<link rel=\"stylesheet\" href=\"/tokens.css\">\n");
        page.raw("<link rel=\"stylesheet\" href=\"/api.css\">\n</head>\n");
        page.raw("<body>\n<main>\n<h1>ramscope API</h1>\n");
        page.prose(text(&description["info"]["description"]));
        page.raw("<p><a href=\"/\">The page</a> · <a href=\"/api/v1/openapi.json\">This as OpenAPI</a></p>\n");
        for tag in list(&description["tags"]) {
            page.routes(description, tag);
        }
        page.element("h2", "Documents");
        for (name, schema) in members(&description["components"]["schemas"]) {
            page.schema(name, schema);
        }
        page.raw("</main>\n</body>\n</html>\n");
        page.html
    }

    /// The routes of one tag.
    fn routes(&mut self, description: &Value, tag: &Value) {
        self.element("h2", &format!("{}: {}", text(&tag["name"]), text(&tag["description"])));
        for (path, methods) in members(&description["paths"]) {
            for (method, operation) in members(methods) {
                if list(&operation["tags"]).contains(&tag["name"]) {
                    self.operation(&format!("{} {path}", method.to_uppercase()), operation);
                }
            }
        }
    }

    fn operation(&mut self, title: &str, operation: &Value) {
        self.raw("<section>\n<h3><code>");
        self.text(title);
        self.raw("</code></h3>\n");
        self.prose(text(&operation["summary"]));
        self.prose(text(&operation["description"]));
        let parameters = list(&operation["parameters"]);
        if !parameters.is_empty() {
            self.begin_table(&["Parameter", "In", "Needed", "Meaning"]);
            for parameter in parameters {
                let needed = if parameter["required"] == true { "yes" } else { "no" };
                let name = text(&parameter["name"]);
                self.row(name, &[text(&parameter["in"]), needed, text(&parameter["description"])]);
            }
            self.end_table();
        }
        for (kind, body) in members(&operation["requestBody"]["content"]) {
            let document = type_name(&body["schema"]);
            let of = if document.is_empty() { String::new() } else { format!(": `{document}`") };
            self.element("p", &format!("Takes `{kind}`{of}"));
        }
        if list(&operation["security"]).iter().any(|needs| needs["token"].is_array()) {
            self.element("p", "Needs the token.");
        }
        self.begin_table(&["Status", "Type", "Document", "Meaning"]);
        for (status, response) in members(&operation["responses"]) {
            let content = members(&response["content"]).next();
            let kind = content.map_or("", |(kind, _)| kind.as_str());
            let document = content.map_or_else(String::new, |(_, body)| type_name(&body["schema"]));
            self.row(status, &[kind, &document, text(&response["description"])]);
        }
        self.end_table();
        self.raw("</section>\n");
    }

    fn schema(&mut self, name: &str, schema: &Value) {
        self.raw("<section>\n<h3>");
        self.text(name);
        self.raw("</h3>\n");
        self.prose(text(&schema["description"]));
        self.begin_table(&["Member", "Type", "Meaning"]);
        for (member, kind) in members(&schema["properties"]) {
            self.row(member, &[&type_name(kind), text(&kind["description"])]);
        }
        self.end_table();
        self.raw("</section>\n");
    }

    fn begin_table(&mut self, heads: &[&str]) {
        self.raw("<table>\n<thead>\n<tr>");
        for head in heads {
            self.raw("<th>");
            self.text(head);
            self.raw("</th>");
        }
        self.raw("</tr>\n</thead>\n<tbody>\n");
    }

    fn end_table(&mut self) {
        self.raw("</tbody>\n</table>\n");
    }

    /// A row whose first cell is its name.
    fn row(&mut self, name: &str, cells: &[&str]) {
        self.raw("<tr><th scope=\"row\"><code>");
        self.text(name);
        self.raw("</code></th>");
        for cell in cells {
            self.raw("<td>");
            self.text(cell);
            self.raw("</td>");
        }
        self.raw("</tr>\n");
    }

    /// Paragraphs, split where the text has an empty line.
    fn prose(&mut self, prose: &str) {
        for paragraph in prose.split("\n\n").filter(|paragraph| !paragraph.is_empty()) {
            self.element("p", paragraph);
        }
    }

    fn element(&mut self, tag: &str, content: &str) {
        // Writing into a String never fails.
        let _ = write!(self.html, "<{tag}>");
        self.text(content);
        let _ = writeln!(self.html, "</{tag}>");
    }

    /// Text; what stands between backquotes is code, as in the comments that it comes from.
    fn text(&mut self, content: &str) {
        for (index, part) in content.split('`').enumerate() {
            let part = escape(part);
            let _ = match index % 2 {
                0 => write!(self.html, "{part}"),
                _ => write!(self.html, "<code>{part}</code>"),
            };
        }
    }

    fn raw(&mut self, markup: &str) {
        self.html.push_str(markup);
    }
}

/// The type of a member in a word or two: `integer`, `Ledger`, `array of Swap`, `number or null`.
fn type_name(schema: &Value) -> String {
    if let Some(reference) = schema["$ref"].as_str() {
        return reference.rsplit('/').next().unwrap_or(reference).to_owned();
    }
    if let Some(choices) = schema["oneOf"].as_array() {
        let mut names: Vec<String> = choices.iter().map(type_name).collect();
        // "or null" reads better at the end.
        names.sort_by_key(|name| name == "null");
        return names.join(" or ");
    }
    match &schema["type"] {
        Value::Array(kinds) => kinds.iter().map(text).collect::<Vec<_>>().join(" or "),
        kind if kind == "array" => format!("array of {}", type_name(&schema["items"])),
        kind if kind == "object" && schema["additionalProperties"].is_object() => {
            format!("{} by name", type_name(&schema["additionalProperties"]))
        }
        kind => text(kind).to_owned(),
    }
}

fn text(value: &Value) -> &str {
    value.as_str().unwrap_or_default()
}

fn list(value: &Value) -> &[Value] {
    value.as_array().map_or(&[], Vec::as_slice)
}

fn members(value: &Value) -> impl Iterator<Item = (&String, &Value)> {
    value.as_object().into_iter().flatten()
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    #[test]
    fn a_type_is_a_word_or_two() {
        for (schema, name) in [
            (json!({"type": "integer"}), "integer"),
            (json!({"$ref": "#/components/schemas/Swap"}), "Swap"),
            (json!({"type": "array", "items": {"type": "number"}}), "array of number"),
            (json!({"type": ["number", "null"]}), "number or null"),
            (json!({"oneOf": [{"type": "null"}, {"$ref": "#/x/Stall"}]}), "Stall or null"),
            (
                json!({"type": "object", "additionalProperties": {"type": "integer"}}),
                "integer by name",
            ),
            (json!({}), ""),
        ] {
            assert_eq!(type_name(&schema), name);
        }
    }

    #[test]
    fn the_page_names_every_operation_and_every_document() {
        let description: Value = serde_json::from_str(DESCRIPTION).unwrap();
        let page = Page::of(&description);
        let mut bodies = 0;
        for (path, methods) in members(&description["paths"]) {
            for (method, operation) in members(methods) {
                let title = format!("<h3><code>{} {path}</code></h3>", method.to_uppercase());
                assert!(page.contains(&title), "{title}");
                bodies += members(&operation["requestBody"]["content"]).count();
            }
        }
        assert_eq!(page.matches("<p>Takes ").count(), bodies);
        for (name, _) in members(&description["components"]["schemas"]) {
            assert!(page.contains(&format!("<h3>{name}</h3>")), "{name}");
        }
        assert!(!page.contains("<script"));
    }

    #[test]
    fn an_operation_says_what_it_takes_and_whether_it_needs_the_token() {
        let mut page = Page::default();
        let schema = json!({"$ref": "#/components/schemas/StressBody"});
        page.operation(
            "POST /api/v1/stress",
            &json!({
                "requestBody": {"content": {"application/json": {"schema": schema}}},
                "security": [{"token": []}],
            }),
        );
        let takes = "<p>Takes <code>application/json</code>: <code>StressBody</code></p>\n<p>Needs the token.</p>";
        assert!(page.html.contains(takes), "{}", page.html);
    }
}
