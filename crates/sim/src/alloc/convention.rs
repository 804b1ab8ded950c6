//! The conventions of the allocation machines: what every policy reads.

use super::error::Error;
use super::registry;
use crate::convention::{Kind, Parameter, Preset, Value, Vocabulary};

/// `block.header`: what a block begins with.
pub static HEADER: Parameter = Parameter {
    name: "block.header",
    about: "Bytes that a block keeps before the address that the program gets; added after the size is aligned.",
    kind: Kind::Whole(0, 4096),
    default: Value::Whole(0),
};

/// `block.align`: what sizes are rounded up to.
pub static ALIGN: Parameter = Parameter {
    name: "block.align",
    about: "The power of two to a multiple of which the size asked for is rounded up, before the header is added.",
    kind: Kind::Whole(1, 1 << 20),
    default: Value::Whole(1),
};

/// `block.minimum`: the smallest block.
pub static MINIMUM: Parameter = Parameter {
    name: "block.minimum",
    about: "The fewest bytes of a block with its header, and of what a split leaves: less stays with the block.",
    kind: Kind::Whole(1, 1 << 20),
    default: Value::Whole(1),
};

/// `compaction.when`: what makes a policy that can move blocks slide them together.
pub static COMPACTION: Parameter = Parameter {
    name: "compaction.when",
    about: "When blocks are slid together: `never` but on request, `on-failure` of a request that the free bytes \
            would hold, `on-threshold` after a free.",
    kind: Kind::Word(&["never", "on-failure", "on-threshold"]),
    default: Value::Word("never"),
};

/// `compaction.threshold`: the fragmentation beyond which `on-threshold` compacts.
pub static THRESHOLD: Parameter = Parameter {
    name: "compaction.threshold",
    about: "External fragmentation, 1 − largest hole / free bytes, beyond which `on-threshold` slides blocks \
            together.",
    kind: Kind::Ratio(0.0, 1.0),
    default: Value::Ratio(0.5),
};

/// The parameters and presets of the allocation policies.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Allocation;

impl Vocabulary for Allocation {
    const SHARED: &'static [&'static Parameter] = &[&HEADER, &ALIGN, &MINIMUM];
    const PRESETS: &'static [Preset] = PRESETS;
    const EXAMPLE: &'static str = "block.header=4";

    fn parameters() -> impl Iterator<Item = &'static Parameter> {
        registry::parameters()
    }
}

/// The conventions of books and programs whose free lists people hold in their hands.
const PRESETS: &[Preset] = &[
    Preset {
        name: "ostep",
        source: "Arpaci-Dusseau: Operating Systems, Three Easy Pieces; malloc.py of its homework without -C",
        values: &[
            ("list.coalesce", Value::Word("none")),
            ("list.neighbours", Value::Word("list")),
            ("best.tie", Value::Word("first")),
            ("worst.tie", Value::Word("first")),
        ],
    },
    Preset {
        name: "silberschatz",
        source: "Silberschatz, Galvin, Gagne: Operating System Concepts, section Contiguous Memory Allocation",
        values: &[
            ("list.order", Value::Word("address")),
            ("list.coalesce", Value::Word("immediate")),
        ],
    },
];

/// The values that somebody chose for the allocation policies.
pub type Convention = crate::convention::Convention<Allocation>;

/// How a size asked for becomes the size of a block.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Rules {
    /// [`HEADER`], in bytes.
    pub header: u64,
    /// [`ALIGN`], in bytes.
    pub align: u64,
    /// [`MINIMUM`], in bytes.
    pub minimum: u64,
}

impl Rules {
    /// The rules of a convention.
    ///
    /// # Errors
    /// [`Error::Align`] where the alignment is no power of two.
    pub fn of(convention: &Convention) -> Result<Rules, Error> {
        let align = convention.whole(&ALIGN);
        if !align.is_power_of_two() {
            return Err(Error::Align { align, nearest: align.next_power_of_two() });
        }
        let (header, minimum) = (convention.whole(&HEADER), convention.whole(&MINIMUM));
        Ok(Rules { header, align, minimum })
    }

    /// What makes a block larger than its request: "aligned to 8, with a header of 4".
    pub(crate) fn why(self) -> String {
        let align = (self.align > 1).then(|| format!("aligned to {}", self.align));
        let header = (self.header > 0).then(|| format!("with a header of {}", self.header));
        let minimum = (self.minimum > 1).then(|| format!("at least {}", self.minimum));
        let parts: Vec<String> = [align, header, minimum].into_iter().flatten().collect();
        parts.join(", ")
    }

    /// The least bytes of a block for a request of `size`: the size is aligned, then the header added.
    #[inline(always)]
    pub fn raw_bytes(self, size: u64) -> u64 {
        let aligned = (size + (self.align - 1)) & !(self.align - 1);
        (aligned + self.header).max(self.minimum)
    }
}
