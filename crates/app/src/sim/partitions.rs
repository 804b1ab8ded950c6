//! `ramscope sim partitions`: processes that wait for fixed partitions.

use std::io::{BufWriter, Write};

use anyhow::Result;
use ramscope_sim::alloc::{
    Choice, Error, Form, Partition, PartitionStep, Pick, Queues, Scheme, partition, read,
};
use ramscope_web::sim::PartitionsDocument;

use super::holes::listed;
use super::usage;
use crate::args::{AllocFormat, ChoiceName, PartitionsArgs, PickName, QueuesName};
use crate::failure::Usage;
use crate::output::{Output, Table};

/// Lets the processes arrive and end, and prints who came where.
pub(super) fn run(args: &PartitionsArgs, out: &mut Output) -> Result<()> {
    let scheme = Scheme {
        sizes: listed("--sizes", &args.sizes)?,
        queues: match args.queues {
            QueuesName::One => Queues::One,
            QueuesName::Several => Queues::Several,
        },
        choice: match args.choice {
            ChoiceName::First => Choice::First,
            ChoiceName::Best => Choice::Best,
        },
        pick: match args.pick {
            PickName::First => Pick::First,
            PickName::Largest => Pick::Largest,
        },
    };
    let requests = read(args.ops.as_bytes(), Form::List).map_err(|error| match error {
        Error::Parse(error) => Usage(format!("--ops: column {}: {}", error.column, error.problem)),
        error => Usage(format!("--ops: {error}")),
    })?;
    let steps = partition(&scheme, &requests).map_err(usage)?;
    match args.format {
        AllocFormat::Json => {
            let document = PartitionsDocument::of(scheme, steps);
            out.line(&serde_json::to_string_pretty(&document)?)
        }
        AllocFormat::Csv => csv(&steps, out.data()),
        AllocFormat::Table => out.text(&told(&scheme, &steps)),
    }
}

/// A row an operation: who is in each partition, who waits, what is lost; and the sentences below.
fn told(scheme: &Scheme, steps: &[PartitionStep]) -> String {
    let mut table = Table::default();
    let sizes = scheme.sizes.iter().map(|size| format!("OF {size}"));
    let head = std::iter::once("OPERATION".to_owned()).chain(sizes);
    table.row(head.chain(["WAITING".to_owned(), "LOST BYTES".to_owned()]));
    for step in steps {
        let holders = step.partitions.iter().map(holder);
        let row = std::iter::once(format!("{} {}", step.index, step.op)).chain(holders);
        table.row(row.chain([waiting(step), step.internal_fragmentation_bytes.to_string()]));
    }
    let mut text = table.render(&[0]);
    text.push('\n');
    for step in steps {
        text.push_str(&step.explain);
        text.push('\n');
    }
    text
}

fn holder(partition: &Partition) -> String {
    partition.process.map_or_else(|| "-".to_owned(), |process| format!("process {process}"))
}

/// Who waits: the queues one behind the other, those of several partitions by their number.
fn waiting(step: &PartitionStep) -> String {
    let names = |queue: &[u64]| queue.iter().map(u64::to_string).collect::<Vec<_>>().join(" ");
    if let [queue] = &step.queues[..] {
        return if queue.is_empty() { "-".to_owned() } else { names(queue) };
    }
    let queues = step.queues.iter().enumerate().filter(|(_, queue)| !queue.is_empty());
    let told: Vec<String> =
        queues.map(|(at, queue)| format!("for {at}: {}", names(queue))).collect();
    if told.is_empty() { "-".to_owned() } else { told.join("; ") }
}

fn csv(steps: &[PartitionStep], into: &mut impl Write) -> Result<()> {
    let mut into = BufWriter::new(into);
    writeln!(into, "index,op,process,size,refused,waiting,lost_bytes,explain")?;
    let number = |value: Option<u64>| value.map(|value| value.to_string()).unwrap_or_default();
    for step in steps {
        writeln!(
            into,
            "{},{},{},{},{},\"{}\",{},\"{}\"",
            step.index,
            step.op,
            number(step.process),
            number(step.size),
            step.refused,
            waiting(step),
            step.internal_fragmentation_bytes,
            step.explain
        )?;
    }
    Ok(into.flush()?)
}
