//! The conventions of books and programs whose tables people hold in their hands.

use super::convention::Value;
pub use crate::convention::Preset;

/// Every preset.
pub const PRESETS: &[Preset] = &[
    Preset {
        name: "silberschatz",
        source: "Silberschatz, Galvin, Gagne: Operating System Concepts, chapter Virtual Memory",
        values: &[("clock.load_bit", Value::Whole(1)), ("opt.tie", Value::Word("oldest"))],
    },
    Preset {
        name: "tanenbaum",
        source: "Tanenbaum, Bos: Modern Operating Systems, chapter Memory Management",
        values: &[("clock.load_bit", Value::Whole(1)), ("opt.tie", Value::Word("oldest"))],
    },
    Preset {
        name: "stallings",
        source: "Stallings: Operating Systems, Internals and Design Principles, chapter Virtual Memory",
        values: &[
            ("clock.load_bit", Value::Whole(1)),
            ("clock.hand_after_load", Value::Word("next")),
            ("opt.tie", Value::Word("oldest")),
        ],
    },
    Preset {
        name: "ostep",
        source: "Arpaci-Dusseau: Operating Systems, Three Easy Pieces; paging-policy.py of its homework",
        values: &[
            ("frames.order", Value::Word("list")),
            ("opt.tie", Value::Word("newest")),
            ("unopt.tie", Value::Word("oldest")),
        ],
    },
    Preset {
        name: "libcachesim",
        source: "libCacheSim 0.3.5",
        values: &[
            ("clock.load_bit", Value::Whole(0)),
            ("lfu.keep_counts", Value::Word("lost")),
            ("lfu.tie", Value::Word("lru")),
            ("arc.adaptation", Value::Word("real")),
            ("car.directory", Value::Word("libcachesim")),
            ("s3fifo.warmup", Value::Word("main")),
            ("slru.segments", Value::Whole(4)),
            ("slru.remainder", Value::Word("none")),
        ],
    },
];
