//! `ramscope sim translate`: from a virtual address to a physical one, bit by bit.

use anyhow::Result;
use ramscope_sim::processes::TextError;
use ramscope_sim::translate::{Error, Flags, Scheme, Script, Step, System, Walk, replay};
use ramscope_web::sim::TranslateDocument;

use super::input::{TRACE_MAX_BYTES, Text};
use crate::args::{TranslateArgs, TranslateFormat};
use crate::failure::Usage;
use crate::output::{Output, Table};

/// Events with the words that each came from, for whoever is to blame.
#[derive(Debug, Default)]
struct Events {
    text: String,
    blame: Vec<String>,
}

/// Makes the mappings, then the accesses, and prints every walk.
pub(super) fn run(args: &TranslateArgs, out: &mut Output) -> Result<()> {
    let scheme = scheme(args)?;
    let events = events(args)?;
    let script = Script::parse(events.text.as_bytes()).map_err(|error| events.usage(error))?;
    let (steps, system) = replay(&scheme, &script).map_err(|error| events.usage(error))?;
    match args.format {
        TranslateFormat::Table => out.text(&story(&steps, &system)),
        TranslateFormat::Json => {
            let document = TranslateDocument::new(steps, &system)?;
            out.line(&serde_json::to_string_pretty(&document)?)
        }
    }
}

fn scheme(args: &TranslateArgs) -> Result<Scheme, Usage> {
    match (&args.preset, args.offset) {
        (Some(preset), _) => {
            Scheme::preset(preset).map_err(|error| Usage(format!("--preset: {error}")))
        }
        (None, Some(offset)) => Scheme::new(&args.levels, offset, args.address_bits)
            .map_err(|error| Usage(format!("--levels, --offset: {error}"))),
        (None, None) => Err(Usage(
            "say how addresses are split: --levels 10,10 --offset 12, or --preset x86-64"
                .to_owned(),
        )),
    }
}

fn events(args: &TranslateArgs) -> Result<Events> {
    let mut events = Events::default();
    if let Some(path) = &args.script {
        let script = Text::read(path, TRACE_MAX_BYTES)?;
        let content = String::from_utf8(script.bytes).map_err(|_| {
            Usage(format!("{}: this is not text: save the script as UTF-8", script.name))
        })?;
        for (index, line) in content.lines().enumerate() {
            events.push(line, format!("{}:{}", script.name, index + 1));
        }
    }
    for mapping in &args.map {
        events.push(&format!("map {}", mapping.replace(':', " ")), format!("--map {mapping}"));
    }
    for address in &args.addresses {
        let kernel = if args.kernel { " kernel" } else { "" };
        events.push(&format!("{} {address}{kernel}", args.access.verb()), address.clone());
    }
    Ok(events)
}

impl Events {
    fn push(&mut self, line: &str, blame: String) {
        // A word that brings its own line ends is one event all the same, and wrong.
        self.text.push_str(&line.replace(['\n', '\r'], " "));
        self.text.push('\n');
        self.blame.push(blame);
    }

    /// An error with the words that caused it in place of its line.
    fn usage(&self, error: Error) -> Usage {
        let Error::Script(TextError { line, problem, .. }) = error else {
            return Usage(error.to_string());
        };
        match self.blame.get(line.saturating_sub(1)) {
            Some(blame) => Usage(format!("{blame}: {problem}")),
            None => Usage(problem),
        }
    }
}

fn story(steps: &[Step], system: &System) -> String {
    let scheme = system.scheme();
    let levels: Vec<String> = scheme.levels.iter().map(u32::to_string).collect();
    let mut text = format!(
        "{} + {} = {} bits, pages of {} bytes; entries: {}, {} bytes\n",
        levels.join(" + "),
        scheme.offset_bits,
        scheme.address_bits(),
        scheme.page_bytes(),
        scheme.format.name,
        scheme.format.bytes
    );
    for step in steps {
        for walk in &step.outcome.walks {
            text.push_str(&format!("\n{}\n{}", heading(step, walk), levels_table(walk)));
        }
        text.push_str(&format!("{}\n", step.outcome.explain));
    }
    text
}

fn heading(step: &Step, walk: &Walk) -> String {
    let came_to = match (&walk.physical_address, &walk.fault) {
        (Some(address), _) => address.to_string(),
        (None, Some(fault)) => format!("fault: {}", fault.explain),
        (None, None) => "nothing".to_owned(),
    };
    format!("{}. {} in {}: {came_to}", step.index, walk.virtual_address, step.space)
}

fn levels_table(walk: &Walk) -> String {
    let mut table = Table::default();
    table.row(["TABLE", "BITS", "", "INDEX", "ENTRY AT", "BYTES", "FRAME", "FLAGS"]);
    for level in &walk.levels {
        table.row([
            level.name.clone(),
            format!("{}..{}", level.high_bit, level.low_bit),
            level.bits.clone(),
            level.index.to_string(),
            level.entry_address.to_string(),
            level.bytes.clone(),
            format!("{:#x}", level.frame),
            flags(level.flags),
        ]);
    }
    if walk.levels.is_empty() { String::new() } else { table.render(&[0, 1, 2, 5, 7]) }
}

/// The set bits by their names; an entry that is not in use says nothing.
fn flags(flags: Flags) -> String {
    if !flags.valid {
        return "not valid".to_owned();
    }
    let all = [
        (flags.valid, "valid"),
        (flags.present, "present"),
        (flags.read, "read"),
        (flags.write, "write"),
        (flags.execute, "execute"),
        (flags.user, "user"),
        (flags.referenced, "referenced"),
        (flags.dirty, "dirty"),
        (flags.copy_on_write, "copy-on-write"),
    ];
    let set: Vec<&str> = all.iter().filter(|(set, _)| *set).map(|&(_, name)| name).collect();
    set.join(" ")
}
