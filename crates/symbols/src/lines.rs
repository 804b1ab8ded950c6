//! DWARF: inlined functions, source files and lines.

use std::path::Path;

use addr2line::Context;
use gimli::{Dwarf, EndianArcSlice, RunTimeEndian, SectionId};

use crate::Symbol;
use crate::debug_file::Opened;

/// Bytes of a file that several parts of the reader hold on to.
type Bytes = EndianArcSlice<RunTimeEndian>;

/// Most inlined functions of one address.
const MAX_INLINED: usize = 256;

/// The lines of a file.
pub(crate) struct Lines {
    context: Context<Bytes>,
}

impl std::fmt::Debug for Lines {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Lines").finish_non_exhaustive()
    }
}

impl Lines {
    /// Reads what a file tells of its lines.
    pub(crate) fn read(opened: &Opened, debug_directory: &Path) -> Option<Lines> {
        if !opened.has_lines() {
            return None;
        }
        let mut dwarf = Dwarf::load(|id| part(opened, id)).ok()?;
        if let Some(supplement) = opened.supplement(debug_directory) {
            dwarf.load_sup(|id| part(&supplement, id)).ok()?;
        }
        Some(Lines { context: Context::from_dwarf(dwarf).ok()? })
    }

    /// The functions at an address, the innermost first.
    pub(crate) fn at(&self, address: u64) -> Vec<Symbol> {
        let mut found = Vec::new();
        // What was split into files of its own (.dwo) stands on the developer's machine, if anywhere.
        let Ok(mut frames) = self.context.find_frames(address).skip_all_loads() else {
            return found;
        };
        while let Ok(Some(frame)) = frames.next() {
            let function = frame
                .function
                .as_ref()
                .and_then(|function| Some(function.demangle().ok()?.into_owned()));
            let location = frame.location.as_ref();
            found.push(Symbol {
                function: function.unwrap_or_default(),
                file: location.and_then(|location| location.file).map(str::to_owned),
                line: location.and_then(|location| location.line),
                inlined: true,
            });
            if found.len() == MAX_INLINED {
                break;
            }
        }
        if let Some(outermost) = found.last_mut() {
            outermost.inlined = false;
        }
        found
    }
}

/// What is read of a file; where variables are and which macros there were is of no use here.
fn part(opened: &Opened, id: SectionId) -> Result<Bytes, gimli::Error> {
    let is_little = opened.with(|file| file.is_little()).unwrap_or(true);
    let endian = if is_little { RunTimeEndian::Little } else { RunTimeEndian::Big };
    let is_needed = !matches!(
        id,
        SectionId::DebugLoc
            | SectionId::DebugLocLists
            | SectionId::DebugMacinfo
            | SectionId::DebugMacro
    );
    let bytes = is_needed.then(|| opened.section(id.name())).flatten().unwrap_or_default();
    Ok(EndianArcSlice::new(bytes, endian))
}
