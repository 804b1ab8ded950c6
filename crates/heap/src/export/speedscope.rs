//! speedscope's own format: <https://www.speedscope.app/file-format-schema.json>, a sampled profile a sum.

use std::collections::HashMap;

use serde_json::{Value, json};

use super::{named_stacks, unknown};
use crate::names::{NameId, Named, Names};
use crate::session::Session;
use crate::stacks::By;

/// A profile for each sum, the one of `by` shown first.
pub fn speedscope(session: &Session, by: By, names: &mut Names) -> String {
    let stacks = named_stacks(session, names);
    let mut frames = Frames::default();
    let placed: Vec<Vec<usize>> =
        stacks.iter().map(|(_, stack)| frames.stack(stack, names)).collect();
    let profile = |by: By| {
        let held = stacks.iter().zip(&placed).filter(|((row, _), _)| row.value(by) != 0);
        let (samples, weights): (Vec<&Vec<usize>>, Vec<u64>) =
            held.map(|((row, _), stack)| (stack, row.value(by))).unzip();
        let unit = if by.is_bytes() { "bytes" } else { "none" };
        json!({
            "type": "sampled",
            "name": by.name(),
            "unit": unit,
            "startValue": 0,
            "endValue": weights.iter().sum::<u64>(),
            "samples": samples,
            "weights": weights,
        })
    };
    let profiles: Vec<Value> = By::ALL.into_iter().map(profile).collect();
    let first = By::ALL.iter().position(|one| *one == by).unwrap_or(0);
    let document = json!({
        "$schema": "https://www.speedscope.app/file-format-schema.json",
        "exporter": concat!("ramscope ", env!("CARGO_PKG_VERSION")),
        "name": session.start().program,
        "activeProfileIndex": first,
        "shared": {"frames": frames.told},
        "profiles": profiles,
    });
    document.to_string()
}

#[derive(Default)]
struct Frames {
    told: Vec<Value>,
    places: HashMap<NameId, usize>,
    nameless: Option<usize>,
}

impl Frames {
    /// The places of a stack's frames, the outermost first.
    fn stack(&mut self, stack: &[NameId], names: &Names) -> Vec<usize> {
        if stack.is_empty() {
            let place = match self.nameless {
                Some(place) => place,
                None => self.tell(&unknown()),
            };
            self.nameless = Some(place);
            return vec![place];
        }
        let place = |id: &NameId| match self.places.get(id) {
            Some(&place) => place,
            None => {
                let place = self.tell(names.name(*id));
                self.places.insert(*id, place);
                place
            }
        };
        stack.iter().rev().map(place).collect()
    }

    fn tell(&mut self, named: &Named) -> usize {
        let mut frame = json!({"name": named.function});
        if let Some(file) = &named.file {
            frame["file"] = json!(file);
        } else if !named.module.is_empty() {
            frame["file"] = json!(named.module);
        }
        if let Some(line) = named.line {
            frame["line"] = json!(line);
        }
        self.told.push(frame);
        self.told.len() - 1
    }
}
