//! What a segment holds, and what may be done with it.

use std::fmt;

use serde::{Serialize, Serializer};

use crate::translate::Access;

/// What a segment holds.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum Kind {
    /// Instructions.
    Code,
    /// Variables whose size is known when the program begins.
    Data,
    /// What the program asks for while it runs; it grows up.
    Heap,
    /// Calls and their variables; it grows down.
    Stack,
}

impl Kind {
    /// All of them, in the order of an address space.
    pub const ALL: [Kind; 4] = [Kind::Code, Kind::Data, Kind::Heap, Kind::Stack];

    /// What it is called, in tables and in sentences.
    pub fn name(self) -> &'static str {
        match self {
            Kind::Code => "code",
            Kind::Data => "data",
            Kind::Heap => "heap",
            Kind::Stack => "stack",
        }
    }

    /// The kind of a name.
    pub fn parse(name: &str) -> Option<Kind> {
        Kind::ALL.into_iter().find(|kind| kind.name() == name)
    }

    /// What programs do with it unless they say otherwise: code is fetched, all else is read.
    pub fn usual_access(self) -> Access {
        if self == Kind::Code { Access::Execute } else { Access::Read }
    }

    /// What programs may do with it: code is read and executed, all else is read and written.
    pub fn usual_protection(self) -> Protection {
        let code = self == Kind::Code;
        Protection { read: true, write: !code, execute: code }
    }
}

impl fmt::Display for Kind {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.name())
    }
}

/// What may be done with a segment. In JSON and in sentences three letters, `-` for what is forbidden: `r-x`.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Protection {
    /// It may be read.
    pub read: bool,
    /// It may be written.
    pub write: bool,
    /// It may be executed.
    pub execute: bool,
}

impl Protection {
    /// Everything is allowed: a table without protection.
    pub const ALL: Protection = Protection { read: true, write: true, execute: true };

    /// Reads letters such as `rw`, `r-x` or `rwx`; `None` where another letter is, or none.
    pub fn parse(letters: &str) -> Option<Protection> {
        let known = letters.chars().all(|letter| "rwx-".contains(letter));
        let named = |letter| letters.contains(letter);
        let found = Protection { read: named('r'), write: named('w'), execute: named('x') };
        (known && (found.read || found.write || found.execute)).then_some(found)
    }

    /// Whether an access is allowed.
    pub fn allows(self, access: Access) -> bool {
        match access {
            Access::Read => self.read,
            Access::Write => self.write,
            Access::Execute => self.execute,
        }
    }
}

impl fmt::Display for Protection {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let letter = |allowed: bool, letter| if allowed { letter } else { '-' };
        let (read, write) = (letter(self.read, 'r'), letter(self.write, 'w'));
        write!(f, "{read}{write}{}", letter(self.execute, 'x'))
    }
}

impl Serialize for Protection {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_str(self)
    }
}
