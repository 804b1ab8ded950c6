//! `ramscope sim translate`: from a virtual address to a physical one, bit by bit.

use anyhow::Result;
use ramscope_sim::processes::TextError;
use ramscope_sim::translate::{
    Error, Flags, Probe, Scheme, Script, SearchStep, SharedTable, Step, System, Walk, replay,
    search,
};
use ramscope_web::sim::{SearchDocument, TranslateDocument, shared_table};

use super::input::{TRACE_MAX_BYTES, Text};
use crate::args::{TableName, TranslateArgs, TranslateFormat};
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
    let events = events(args)?;
    let parsed = || Script::parse(events.text.as_bytes()).map_err(|error| events.usage(error));
    if args.table != TableName::Levels {
        let table = shared(args)?;
        let (steps, table) = search(table, &parsed()?).map_err(|error| events.usage(error))?;
        return match args.format {
            TranslateFormat::Table => out.text(&searches(&steps)),
            TranslateFormat::Json => {
                let document = SearchDocument::new(steps, &table);
                out.line(&serde_json::to_string_pretty(&document)?)
            }
        };
    }
    let scheme = scheme(args)?;
    let script = parsed()?;
    let (steps, system) = replay(&scheme, &script).map_err(|error| events.usage(error))?;
    match args.format {
        TranslateFormat::Table => out.text(&story(&steps, &system)),
        TranslateFormat::Json => {
            let document = TranslateDocument::new(steps, &system)?;
            out.line(&serde_json::to_string_pretty(&document)?)
        }
    }
}

/// Frames and buckets that are not given: what can still be drawn by hand.
const USUAL_SIZE: u32 = 16;

/// The table that all processes share.
fn shared(args: &TranslateArgs) -> Result<SharedTable, Usage> {
    let (kind, option, size, other) = match args.table {
        TableName::Hashed => ("hashed", "--buckets", args.buckets, ("--frames", args.frames)),
        _ => ("inverted", "--frames", args.frames, ("--buckets", args.buckets)),
    };
    let of_levels = [
        (args.preset.is_some(), "--preset"),
        (!args.levels.is_empty(), "--levels"),
        (args.kernel, "--kernel"),
        (other.1.is_some(), other.0),
    ];
    if let Some((_, wrong)) = of_levels.into_iter().find(|(given, _)| *given) {
        return Err(Usage(format!("{wrong}: --table {kind} has none: leave it out")));
    }
    let Some(offset_bits) = args.offset else {
        return Err(Usage(format!("--table {kind}: say how large a page is: --offset 12")));
    };
    let size = size.unwrap_or(USUAL_SIZE);
    shared_table(kind, size, offset_bits).map_err(|error| match error {
        Error::OffsetBits { .. } => Usage(format!("--offset: {error}")),
        _ => Usage(format!("{option}: {error}")),
    })
}

fn scheme(args: &TranslateArgs) -> Result<Scheme, Usage> {
    if args.frames.is_some() || args.buckets.is_some() {
        return Err(Usage(
            "--frames and --buckets are of a table that is searched: say --table inverted or hashed"
                .to_owned(),
        ));
    }
    match (&args.preset, args.offset) {
        (Some(preset), _) => {
            Scheme::preset(preset).map_err(|error| Usage(format!("--preset: {error}")))
        }
        (None, Some(offset)) if !args.levels.is_empty() => {
            Scheme::new(&args.levels, offset, args.address_bits)
                .map_err(|error| Usage(format!("--levels, --offset: {error}")))
        }
        (None, _) => Err(Usage(
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

/// Each search, with the entries that it looked at.
fn searches(steps: &[SearchStep]) -> String {
    let mut text = String::new();
    for SearchStep { index, process, virtual_address, search, .. } in steps {
        let came_to = match search.physical_address {
            Some(address) => address.to_string(),
            None => "page fault".to_owned(),
        };
        if *index > 1 {
            text.push('\n');
        }
        text.push_str(&format!("{index}. {virtual_address} of process {process}: {came_to}\n"));
        text.push_str(&probes_table(&search.probes));
        text.push_str(&format!("{}\n", search.explain));
    }
    text
}

fn probes_table(probes: &[Probe]) -> String {
    let mut table = Table::default();
    table.row(["ENTRY", "BYTES", "PROCESS", "PAGE", "FRAME", ""]);
    for probe in probes {
        let known = |text: Option<String>| text.unwrap_or_else(|| "-".to_owned());
        table.row([
            probe.entry.to_string(),
            probe.bytes.clone(),
            known(probe.owner.map(|owner| owner.process.to_string())),
            known(probe.owner.map(|owner| format!("{:#x}", owner.page))),
            known(probe.frame.map(|frame| format!("{frame:#x}"))),
            if probe.matches { "match" } else { "" }.to_owned(),
        ]);
    }
    if probes.is_empty() { String::new() } else { table.render(&[1, 5]) }
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
