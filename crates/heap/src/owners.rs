//! Whose memory is: each stack belongs to its innermost function, or file, that is not part of how programs allocate.

use std::collections::HashMap;

use crate::names::{Named, Names};
use crate::outline::Outline;
use crate::tree::NodeId;

/// Most owners that are told by name; what others hold is the last one's.
const NAMED_MAX: usize = 7;

/// What owns.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum OwnedBy {
    /// Functions.
    Function,
    /// Files with code.
    Module,
}

/// Somebody who holds memory.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Owner {
    /// The function; of a file, an empty name; without either, all that is not told by name.
    pub function: String,
    /// The function's source file, where lines are known.
    pub file: Option<String>,
    /// The file with its code.
    pub module: String,
    /// Bytes that it holds in all.
    pub bytes: u64,
    /// Blocks that it holds in all.
    pub blocks: u64,
}

/// The owners of all that lives in a program, the largest first; the last one stands for all others.
#[derive(Clone, Debug)]
pub struct Owners {
    image: u32,
    list: Vec<Owner>,
    /// By the number of a stack.
    of_node: Vec<u8>,
}

impl Owners {
    /// The owners, the largest first; the last one stands for all others.
    pub fn list(&self) -> &[Owner] {
        &self.list
    }

    /// Whose a stack is, in the program of that number ([`crate::Session::image`]): a place in the list.
    #[inline]
    pub(crate) fn of(&self, image: u32, node: NodeId) -> usize {
        let others = self.list.len() - 1;
        match self.of_node.get(node.index()) {
            Some(owner) if image == self.image => usize::from(*owner).min(others),
            _ => others,
        }
    }
}

/// What makes two owners one.
fn key(named: &Named, by: OwnedBy) -> (String, String) {
    match by {
        OwnedBy::Function => (named.function.clone(), named.module.clone()),
        OwnedBy::Module => (String::new(), named.module.clone()),
    }
}

impl Outline {
    /// Whose everything is that counts.
    pub fn owners(&self, names: &mut Names, by: OwnedBy) -> Owners {
        names.turn_to(self.image());
        let (mut places, mut all, mut of_stack) = (HashMap::new(), Vec::<Owner>::new(), Vec::new());
        for (place, node, count) in self.counted() {
            let named = self.own_name(place, names);
            let owner = *places.entry(key(&named, by)).or_insert_with_key(|(function, module)| {
                let file = named.file.clone().filter(|_| by == OwnedBy::Function);
                let (function, module) = (function.clone(), module.clone());
                all.push(Owner { function, file, module, ..Owner::default() });
                all.len() - 1
            });
            all[owner].bytes += count.value;
            all[owner].blocks += count.blocks;
            of_stack.push((node, owner));
        }
        let mut order: Vec<usize> = (0..all.len()).collect();
        order.sort_by_key(|&owner| (std::cmp::Reverse(all[owner].bytes), owner));
        let mut rank = vec![NAMED_MAX; all.len()];
        order.iter().take(NAMED_MAX).enumerate().for_each(|(at, &owner)| rank[owner] = at);
        let named = order.len().min(NAMED_MAX);
        let mut list: Vec<Owner> = order[..named].iter().map(|&owner| all[owner].clone()).collect();
        let rest = order[named..].iter().map(|&owner| &all[owner]);
        let (bytes, blocks) =
            rest.fold((0, 0), |sum, owner| (sum.0 + owner.bytes, sum.1 + owner.blocks));
        list.push(Owner { bytes, blocks, ..Owner::default() });
        let stacks = of_stack.iter().map(|(node, _)| node.index() + 1).max().unwrap_or(0);
        let mut of_node = vec![u8::MAX; stacks];
        for (node, owner) in of_stack {
            of_node[node.index()] = u8::try_from(rank[owner]).unwrap_or(u8::MAX);
        }
        Owners { image: self.image(), list, of_node }
    }
}
