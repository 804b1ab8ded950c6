//! The machine's own parameters: what things cost, how processes share the CPU, and how many of them may run.

use crate::paging::{Convention, Error, Kind, Parameter, Used, Value};

/// The most a single cost may be: an hour.
const MOST_NS: u64 = 3_600_000_000_000;

const fn time(name: &'static str, about: &'static str, default: u64) -> Parameter {
    Parameter { name, about, kind: Kind::Whole(0, MOST_NS), default: Value::Whole(default) }
}

/// `cpu.memory_ns`.
pub(super) static MEMORY_NS: Parameter = Parameter {
    name: "cpu.memory_ns",
    about: "What a reference to a resident page costs, with the instructions until the next one.",
    kind: Kind::Whole(1, MOST_NS),
    default: Value::Whole(1000),
};
/// `cpu.fault_ns`.
pub(super) static FAULT_NS: Parameter =
    time("cpu.fault_ns", "What the CPU spends on a page fault: trap, tables, request.", 1000);
/// `cpu.switch_ns`.
pub(super) static SWITCH_NS: Parameter =
    time("cpu.switch_ns", "What the CPU spends on going over to another process.", 0);
/// `cpu.quantum`.
pub(super) static QUANTUM: Parameter = Parameter {
    name: "cpu.quantum",
    about: "References that a process may make before the next ready one runs (round robin).",
    kind: Kind::Whole(1, 1_000_000_000),
    default: Value::Whole(50),
};
/// `disk.read_ns`.
pub(super) static READ_NS: Parameter =
    time("disk.read_ns", "What the disk needs to read the page of a fault.", 100_000);
/// `disk.write_ns`.
pub(super) static WRITE_NS: Parameter =
    time("disk.write_ns", "What the disk needs to write a dirty page back.", 100_000);
/// `disk.readahead`.
pub(super) static READAHEAD: Parameter = Parameter {
    name: "disk.readahead",
    about: "How many of the next pages of the process are read with the page of a fault, while they lie next to it on \
            disk and are not in memory.",
    kind: Kind::Whole(0, 64),
    default: Value::Whole(0),
};
/// `disk.transfer_ns`.
pub(super) static TRANSFER_NS: Parameter =
    time("disk.transfer_ns", "What the disk needs for each page that is read ahead.", 10_000);
/// `disk.swap_slots`.
pub(super) static SWAP_SLOTS: Parameter = Parameter {
    name: "disk.swap_slots",
    about: "Slots of the swap area, a page each; 0: as many as are needed.",
    kind: Kind::Whole(0, 1_000_000_000),
    default: Value::Whole(0),
};
/// `shares.spare`.
pub(super) static SPARE: Parameter = Parameter {
    name: "shares.spare",
    about: "What becomes of the frames that rounding shares down leaves: they stay `free`, or go to the largest \
            `remainder`s.",
    kind: Kind::Word(&["free", "remainder"]),
    default: Value::Word("free"),
};
/// `load.limit`.
pub(super) static LIMIT: Parameter = Parameter {
    name: "load.limit",
    about: "How many processes may be in memory at a time, the degree of multiprogramming; 0: all.",
    kind: Kind::Whole(0, 64),
    default: Value::Whole(0),
};
/// `load.control`.
pub(super) static CONTROL: Parameter = Parameter {
    name: "load.control",
    about: "What suspends processes: `none`, their `working-set`s not fitting, or the `fault-rate`.",
    kind: Kind::Word(&["none", "working-set", "fault-rate"]),
    default: Value::Word("none"),
};
/// `load.window`.
pub(super) static WINDOW: Parameter = Parameter {
    name: "load.window",
    about: "The window of a working set, in references of its process.",
    kind: Kind::Whole(1, 1_000_000_000),
    default: Value::Whole(100),
};
/// `load.period`.
pub(super) static PERIOD: Parameter = Parameter {
    name: "load.period",
    about: "References of all processes after which the fault rate is looked at.",
    kind: Kind::Whole(1, 1_000_000_000),
    default: Value::Whole(500),
};
/// `load.upper`.
pub(super) static UPPER: Parameter = Parameter {
    name: "load.upper",
    about: "The fault rate above which a process is suspended. The disk keeps up with cpu.memory_ns / disk.read_ns.",
    kind: Kind::Ratio(0.0, 1.0),
    default: Value::Ratio(0.01),
};
/// `load.lower`.
pub(super) static LOWER: Parameter = Parameter {
    name: "load.lower",
    about: "The fault rate below which a process is let in.",
    kind: Kind::Ratio(0.0, 1.0),
    default: Value::Ratio(0.006),
};

/// The machine's own parameters, in the order in which tables show them.
pub const PARAMETERS: &[&Parameter] = &[
    &MEMORY_NS,
    &FAULT_NS,
    &SWITCH_NS,
    &QUANTUM,
    &READ_NS,
    &WRITE_NS,
    &READAHEAD,
    &TRANSFER_NS,
    &SWAP_SLOTS,
    &SPARE,
    &LIMIT,
    &CONTROL,
    &WINDOW,
    &PERIOD,
    &UPPER,
    &LOWER,
];

/// Sets one parameter, of this machine or of a policy, from `name=value`.
///
/// # Errors
/// As [`Convention::set`].
pub fn set(convention: &mut Convention, setting: &str) -> Result<(), Error> {
    Ok(convention.set_among(PARAMETERS, setting)?)
}

/// Every parameter that the numbers depend on: the policy's and the machine's.
pub(super) fn used(convention: &Convention, policy: &[&'static Parameter]) -> Used {
    let own = PARAMETERS.iter().map(|&parameter| (parameter.name, convention.value(parameter)));
    let policy = policy.iter().map(|&parameter| (parameter.name, convention.value(parameter)));
    Used(policy.chain(own).collect())
}

/// What suspends processes.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(super) enum Control {
    None,
    WorkingSet,
    /// Above `upper` one is suspended, below `lower` one is let in, every `period` references.
    FaultRate {
        period: u64,
        upper: f64,
        lower: f64,
    },
}

/// The values of the parameters.
#[derive(Debug, Clone, Copy)]
pub(super) struct Settings {
    pub(super) memory_ns: u64,
    pub(super) fault_ns: u64,
    pub(super) switch_ns: u64,
    pub(super) quantum: u64,
    pub(super) read_ns: u64,
    pub(super) write_ns: u64,
    pub(super) readahead: u64,
    pub(super) transfer_ns: u64,
    /// `u64::MAX` for as many as are needed.
    pub(super) swap_slots: u64,
    /// How many processes may be in memory at a time.
    pub(super) limit: usize,
    pub(super) control: Control,
    pub(super) window: u64,
}

impl Settings {
    pub(super) fn of(convention: &Convention) -> Settings {
        let whole = |parameter| convention.whole(parameter);
        let unless_zero = |parameter| Some(whole(parameter)).filter(|&value| value > 0);
        let limit = unless_zero(&LIMIT).and_then(|limit| usize::try_from(limit).ok());
        Settings {
            memory_ns: whole(&MEMORY_NS),
            fault_ns: whole(&FAULT_NS),
            switch_ns: whole(&SWITCH_NS),
            quantum: whole(&QUANTUM),
            read_ns: whole(&READ_NS),
            write_ns: whole(&WRITE_NS),
            readahead: whole(&READAHEAD),
            transfer_ns: whole(&TRANSFER_NS),
            swap_slots: unless_zero(&SWAP_SLOTS).unwrap_or(u64::MAX),
            limit: limit.unwrap_or(usize::MAX),
            control: match convention.word(&CONTROL) {
                "working-set" => Control::WorkingSet,
                "fault-rate" => Control::FaultRate {
                    period: whole(&PERIOD),
                    upper: convention.ratio(&UPPER),
                    lower: convention.ratio(&LOWER),
                },
                _ => Control::None,
            },
            window: whole(&WINDOW),
        }
    }
}
