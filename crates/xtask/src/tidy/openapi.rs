//! The committed API description is there and is JSON; a test of `web` keeps it true.

use super::Finding;
use crate::openapi::PATH;
use crate::repo::File;

/// Finds a description that is missing or that no reader could parse.
pub(super) fn check(files: &[File]) -> Vec<Finding> {
    let act = "Write it with `cargo xtask openapi`";
    let Some(file) = files.iter().find(|file| file.path == PATH) else {
        return vec![Finding::new(PATH, 1, "the API description is missing", act)];
    };
    match serde_json::from_slice::<serde_json::Value>(&file.bytes) {
        Ok(value) if value.get("openapi").is_some() => Vec::new(),
        Ok(_) => vec![Finding::new(PATH, 1, "it lacks the key `openapi`", act)],
        Err(error) => vec![Finding::new(PATH, error.line(), format!("not JSON: {error}"), act)],
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_a_description_that_parses_is_in_order() {
        for (text, findings) in [("{\"openapi\": \"3.1.0\"}", 0), ("{}", 1), ("{\n\"openapi", 1)] {
            assert_eq!(check(&[File::new(PATH, text)]).len(), findings, "{text}");
        }
        assert_eq!(check(&[]).len(), 1);
    }
}
