//! The names that a plan is made of, each written once.

use std::fmt;

use serde::{Deserialize, Serialize};

/// An enum whose variants have names that people type.
macro_rules! named {
    ($(#[$doc:meta])* $name:ident { $($(#[$variant_doc:meta])* $variant:ident = $text:literal,)* }) => {
        $(#[$doc])*
        #[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
        pub enum $name {
            $($(#[$variant_doc])* #[serde(rename = $text)] $variant,)*
        }

        impl $name {
            /// All there are, in the order in which help lists them.
            pub const ALL: &'static [$name] = &[$($name::$variant,)*];

            /// The name that people type.
            pub fn name(self) -> &'static str {
                match self { $($name::$variant => $text,)* }
            }

            /// The one that is called `name`.
            pub fn named(name: &str) -> Option<$name> {
                $name::ALL.iter().copied().find(|found| found.name() == name)
            }
        }

        impl fmt::Display for $name {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.pad(self.name())
            }
        }
    };
}

named! {
    /// The shape of a run over time.
    Pattern {
        /// All of it at once, or at the rate that is asked for, and kept to the end.
        Hold = "hold",
        /// Growing evenly for a third of the time, or at the rate that is asked for, then kept.
        Ramp = "ramp",
        /// Growing evenly and given back at once, again and again.
        Sawtooth = "sawtooth",
        /// A quarter of the size, and all of it for a fifth of each cycle.
        Spike = "spike",
        /// Even stairs.
        Staircase = "staircase",
        /// Small blocks that are remembered and never freed, at a steady slope, by functions that a heap profile can name.
        Leak = "leak",
        /// Blocks freed and allocated again at a rate, oldest first; the size stays.
        Churn = "churn",
        /// Small blocks of which every other one is freed after a third of the time: resident memory stays while live bytes fall.
        Fragment = "fragment",
    }
}

named! {
    /// What kind of memory a run takes.
    Kind {
        /// Anonymous pages of the base size, each at its first touch.
        Anon = "anon",
        /// Anonymous memory in transparent huge pages.
        Thp = "thp",
        /// Anonymous pages of the base size, put in place by the kernel without a fault each.
        Populated = "populated",
        /// Shared memory: a memfd, mapped.
        Shared = "shared",
        /// Page cache of a file that is read: clean, and the kernel may drop it.
        FileRead = "file-read",
        /// Page cache of a file that is written: dirty, until the disk has it.
        FileDirty = "file-dirty",
        /// Many small blocks from malloc.
        Malloc = "malloc",
        /// Half of it in the worker and half in its child, as copies that copy-on-write made.
        Fork = "fork",
        /// Anonymous pages beyond the limit of the run's own cgroup, so that it swaps there.
        Swap = "swap",
    }
}

named! {
    /// The order in which held memory is accessed.
    Order {
        /// From the first byte to the last, again and again.
        Sequential = "sequential",
        /// Pages by chance, each as likely as the other.
        Random = "random",
        /// Cache lines a stride apart.
        Strided = "strided",
        /// Pages by chance, a few of them very often: Zipf's law with exponent 0.99.
        Zipf = "zipf",
    }
}

impl Kind {
    /// Whether the run's memory is one mapping, which can be accessed and verified.
    pub fn is_mapped(self) -> bool {
        !matches!(self, Kind::Malloc | Kind::Fork)
    }

    /// Whether the run needs a directory for a file.
    pub fn is_file(self) -> bool {
        matches!(self, Kind::FileRead | Kind::FileDirty)
    }
}

impl Pattern {
    /// Whether the pattern is one of small blocks, which only malloc gives.
    pub fn needs_malloc(self) -> bool {
        matches!(self, Pattern::Leak | Pattern::Churn | Pattern::Fragment)
    }

    /// How many times the pattern repeats unless it is said; `None` where it does not repeat.
    pub fn default_cycles(self) -> Option<u32> {
        match self {
            Pattern::Sawtooth | Pattern::Spike => Some(3),
            Pattern::Staircase => Some(4),
            _ => None,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_name_finds_its_own_and_is_the_name_in_json() {
        for kind in Kind::ALL {
            assert_eq!(Kind::named(kind.name()), Some(*kind));
            assert_eq!(serde_json::to_value(kind).unwrap(), kind.name());
        }
        assert_eq!(Pattern::named("Hold"), None);
        assert_eq!(format!("{:>6}|", Order::Zipf), "  zipf|");
    }
}
