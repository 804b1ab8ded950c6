//! Slabs: caches of objects of one size, each in slabs of a few pages that are partial, full or empty.
//!
//! Source: Bonwick, "The Slab Allocator: An Object-Caching Kernel Memory Allocator", USENIX Summer 1994. Choices: the caches
//! are the general ones that a kernel makes for requests of any size (Linux's kmalloc: powers of two from 8 to half a
//! slab, with 96 and 192 between them); the lowest free object of the first partial slab is taken; an empty slab more
//! than `slab.keep` goes back to the pages, which binary buddies manage; what is larger than half a slab gets pages of
//! its own. Slabs have no header and no colours here.

use super::list::Sized;
use super::lists::Lists;
use super::pairs::{Pairs, Take};
use crate::alloc::policy::{Grant, Policy, Refusal, Request, Setup, Witness};
use crate::alloc::span::{Block, Span};
use crate::alloc::view::{Cache, FreeList, SHOWN, Slab as SlabView, View};
use crate::convention::{Kind, Parameter, Value};
use crate::prose::many;

/// `slab.bytes`: the size of a slab.
pub static SLAB_BYTES: Parameter = Parameter {
    name: "slab.bytes",
    about: "Bytes of a slab, rounded up to a power of two; 0 takes a sixteenth of the memory, from 64 to 4096 bytes.",
    kind: Kind::Whole(0, 1 << 22),
    default: Value::Whole(0),
};

/// `slab.keep`: how many empty slabs a cache keeps.
pub static KEEP: Parameter = Parameter {
    name: "slab.keep",
    about: "Empty slabs that a cache keeps for the next object; more go back to the pages.",
    kind: Kind::Whole(0, 1024),
    default: Value::Whole(1),
};

/// The least bytes of an object.
const LEAST_OBJECT: u64 = 8;

/// The tag's bit of a block that has pages of its own; the others are the buddies' node.
const OWN_PAGES: u32 = 1 << 31;

/// The lists of each cache: its slabs by how many of their objects are held.
const PARTIAL: usize = 0;
const FULL: usize = 1;
const EMPTY: usize = 2;
const LISTS: usize = 3;

/// A slab allocator.
#[derive(Debug, Clone)]
pub struct Slab {
    pages: Pairs,
    slab_bytes: u64,
    keep: usize,
    /// The caches, that of the smallest objects first.
    caches: Vec<OneCache>,
    /// Words of the bitmap of a slab.
    words: usize,
    slabs: Vec<OneSlab>,
    /// Numbers that no slab has now.
    spare: Vec<u32>,
    /// [`LISTS`] lists a cache.
    lists: Lists,
    /// A bit an object, set where it is free: [`Slab::words`] words a slab.
    free_objects: Vec<u64>,
    /// Bytes of objects in slabs that nobody holds.
    free_object_bytes: u64,
    /// Bytes at the ends of slabs and of the memory that no object fits into.
    unused_bytes: u64,
}

/// What the slabs of a cache have in common.
#[derive(Debug, Clone, Copy)]
struct OneCache {
    /// Bytes of an object.
    object_bytes: u64,
    /// Objects of a slab.
    capacity: u32,
    /// Bytes at the end of a slab that no object fits into.
    tail_bytes: u64,
}

#[derive(Debug, Clone, Copy)]
struct OneSlab {
    address: u64,
    /// The node of its pages.
    node: u32,
    cache: u32,
    held: u32,
}

impl Slab {
    /// The cache whose objects hold so many bytes.
    fn cache_of(&self, bytes: u64) -> Option<usize> {
        Some(self.caches.partition_point(|cache| cache.object_bytes < bytes))
            .filter(|&cache| cache < self.caches.len())
    }

    /// Bytes of all objects of a slab of a cache.
    fn objects_bytes(&self, cache: usize) -> u64 {
        let OneCache { object_bytes, capacity, .. } = self.caches[cache];
        u64::from(capacity) * object_bytes
    }

    /// The bits of a slab's objects, set where one is free.
    fn bitmap(&mut self, number: u32) -> &mut [u64] {
        &mut self.free_objects[number as usize * self.words..][..self.words]
    }

    /// Takes pages for a new slab, which is empty.
    fn grow(&mut self, cache: usize) -> Option<u32> {
        let taken = self.pages.take(0).ok()?;
        let slab = OneSlab {
            address: taken.block.address,
            node: taken.node,
            cache: u32::try_from(cache).ok()?,
            held: 0,
        };
        let number = match self.spare.pop() {
            Some(number) => {
                self.slabs[number as usize] = slab;
                number
            }
            None => {
                self.slabs.push(slab);
                self.free_objects.resize(self.slabs.len() * self.words, 0);
                u32::try_from(self.slabs.len() - 1).ok()?
            }
        };
        let OneCache { capacity, tail_bytes, .. } = self.caches[cache];
        let capacity = capacity as usize;
        for (word, bits) in self.bitmap(number).iter_mut().enumerate() {
            let objects = capacity.saturating_sub(word * 64).min(64);
            *bits = if objects == 64 { u64::MAX } else { (1 << objects) - 1 };
        }
        self.lists.push_front(cache * LISTS + EMPTY, number);
        self.free_object_bytes += self.objects_bytes(cache);
        self.unused_bytes += tail_bytes;
        Some(number)
    }

    /// Gives the pages of an empty slab back.
    fn shrink(&mut self, number: u32) {
        let OneSlab { node, cache, .. } = self.slabs[number as usize];
        let cache = cache as usize;
        self.lists.remove(cache * LISTS + EMPTY, number);
        self.free_object_bytes -= self.objects_bytes(cache);
        self.unused_bytes -= self.caches[cache].tail_bytes;
        self.pages.give(node, |_, _| {});
        self.spare.push(number);
    }

    /// Which list of its cache a slab belongs to.
    fn list_of(&self, number: u32) -> usize {
        let OneSlab { cache, held, .. } = self.slabs[number as usize];
        let cache = cache as usize;
        let list = match held {
            0 => EMPTY,
            held if held == self.caches[cache].capacity => FULL,
            _ => PARTIAL,
        };
        cache * LISTS + list
    }

    /// Changes how many objects of a slab are held; it moves to the front of the list that this makes it belong to.
    #[inline(always)]
    fn hold(&mut self, number: u32, held: u32) {
        let before = self.list_of(number);
        self.slabs[number as usize].held = held;
        let after = self.list_of(number);
        if before != after {
            self.lists.remove(before, number);
            self.lists.push_front(after, number);
        }
    }

    /// Takes the lowest free object of a slab that has one.
    #[inline(always)]
    fn take_object(&mut self, number: u32) -> Block {
        let bitmap = self.bitmap(number);
        let word = bitmap.iter().position(|&bits| bits != 0).unwrap_or(0);
        let bit = bitmap[word].trailing_zeros();
        bitmap[word] &= bitmap[word] - 1;
        let OneSlab { address, cache, held, .. } = self.slabs[number as usize];
        let size = self.caches[cache as usize].object_bytes;
        self.free_object_bytes -= size;
        self.hold(number, held + 1);
        let object = word as u64 * 64 + u64::from(bit);
        Block { address: address + object * size, size, tag: number }
    }

    /// An object of a cache: of a partial slab, else of an empty one, else of a new one.
    fn object<W: Witness>(&mut self, cache: usize, tell: &mut W) -> Result<Grant, Refusal> {
        let size = self.caches[cache].object_bytes;
        let (partial, empty) = (cache * LISTS + PARTIAL, cache * LISTS + EMPTY);
        let (number, searched, place) = if let Some(number) = self.lists.front(partial) {
            (number, 1, "its first partial slab")
        } else if let Some(number) = self.lists.front(empty) {
            (number, 2, "an empty slab, as none is partial")
        } else if let Some(number) = self.grow(cache) {
            (number, 3, "a new slab, as none is partial or empty")
        } else {
            tell.say(|| {
                let slab = many(self.slab_bytes, "byte");
                format!("The cache of {size} bytes has no free object, and no {slab} of pages are free for a new slab")
            });
            return Err(Refusal { searched: 3 });
        };
        let slab = Span::new(self.slabs[number as usize].address, self.slab_bytes);
        let block = self.take_object(number);
        tell.looked(std::iter::once(slab));
        tell.say(|| {
            let left = self.caches[cache].capacity - self.slabs[number as usize].held;
            let at = slab.address;
            let free = many(left, "object");
            format!("The cache of {size} bytes takes {place}, at {at}: its lowest free object is {}; {free} of the slab stay free", Sized(block.span()))
        });
        Ok(Grant { block, searched })
    }

    /// Pages of its own for what no cache holds.
    fn own_pages<W: Witness>(&mut self, bytes: u64, tell: &mut W) -> Result<Grant, Refusal> {
        let order = self.pages.order_of(bytes).ok_or(Refusal { searched: 0 })?;
        let size = self.pages.size(order);
        match self.pages.take(order) {
            Ok(taken) => {
                tell.looked(std::iter::once(taken.from));
                tell.say(|| format!("No cache has objects so large: pages of its own, {}, of the free {}; the other halves stay free", Sized(taken.block), Sized(taken.from)));
                let Span { address, size } = taken.block;
                Ok(Grant {
                    block: Block { address, size, tag: taken.node | OWN_PAGES },
                    searched: taken.looked,
                })
            }
            Err(searched) => {
                tell.say(|| {
                    format!(
                        "No cache has objects so large, and no {} of pages are free in one piece",
                        many(size, "byte")
                    )
                });
                Err(Refusal { searched })
            }
        }
    }

    fn is_free(&self, number: u32, object: u32) -> bool {
        let word = self.free_objects[number as usize * self.words + object as usize / 64];
        word >> (object % 64) & 1 == 1
    }

    fn views(&self, cache: usize, list: usize) -> Vec<SlabView> {
        let objects = 0..self.caches[cache].capacity;
        let view = |number: u32| SlabView {
            address: self.slabs[number as usize].address,
            size: self.slab_bytes,
            held: objects.clone().map(|object| !self.is_free(number, object)).collect(),
        };
        self.lists.iter(cache * LISTS + list).take(SHOWN).map(view).collect()
    }

    /// The free objects of a cache, slab by slab, those of partial slabs first.
    fn free_of(&self, cache: usize) -> Vec<Span> {
        let OneCache { object_bytes, capacity, .. } = self.caches[cache];
        let lists = cache * LISTS;
        let slabs = self.lists.iter(lists + PARTIAL).chain(self.lists.iter(lists + EMPTY));
        let objects = |number: u32| {
            let address = self.slabs[number as usize].address;
            (0..capacity).filter(move |&object| self.is_free(number, object)).map(move |object| {
                Span::new(address + u64::from(object) * object_bytes, object_bytes)
            })
        };
        slabs.flat_map(objects).collect()
    }
}

/// The caches for slabs of so many bytes: of objects of 8, 16, 32, 64, 96, 128, 192, 256, … up to half a slab.
fn caches(slab_bytes: u64) -> Vec<OneCache> {
    let most = slab_bytes / 2;
    let powers = std::iter::successors(Some(LEAST_OBJECT), |size| Some(size * 2));
    let mut sizes: Vec<u64> = powers.take_while(|&size| size <= most).chain([96, 192]).collect();
    sizes.retain(|&size| size <= most);
    sizes.sort_unstable();
    let cache = |object_bytes| OneCache {
        object_bytes,
        capacity: u32::try_from(slab_bytes / object_bytes).unwrap_or(u32::MAX),
        tail_bytes: slab_bytes % object_bytes,
    };
    sizes.into_iter().map(cache).collect()
}

/// The number of the object that lies at an offset of its slab: both are below 2^32, and so the division is a short one.
fn object_at(offset: u64, object_bytes: u64) -> u32 {
    match (u32::try_from(offset), u32::try_from(object_bytes)) {
        (Ok(offset), Ok(object_bytes)) => offset / object_bytes,
        _ => 0,
    }
}

impl Policy for Slab {
    const NAME: &'static str = "slab";
    const TITLE: &'static str = "Slab";
    const ABOUT: &'static str = "Caches of objects of one size, in slabs that are partial, full or empty, over pages (Bonwick, USENIX 1994).";
    const PARAMETERS: &'static [&'static Parameter] = &[&SLAB_BYTES, &KEEP];

    fn new(setup: &Setup<'_>) -> Slab {
        let asked = match setup.convention.whole(&SLAB_BYTES) {
            0 => (setup.memory.size / 16).clamp(64, 4096),
            bytes => bytes.max(64),
        };
        let slab_bytes = asked.next_power_of_two();
        let pages = Pairs::new(setup.memory, slab_bytes, Take::Lowest);
        let caches = caches(slab_bytes);
        let unused_bytes = setup.memory.size - pages.bytes();
        Slab {
            slab_bytes,
            keep: usize::try_from(setup.convention.whole(&KEEP)).unwrap_or(usize::MAX),
            slabs: Vec::new(),
            spare: Vec::new(),
            lists: Lists::new(caches.len() * LISTS),
            caches,
            words: usize::try_from((slab_bytes / LEAST_OBJECT).div_ceil(64)).unwrap_or(1),
            free_objects: Vec::new(),
            free_object_bytes: 0,
            unused_bytes,
            pages,
        }
    }

    fn allocate<W: Witness>(&mut self, request: Request, tell: &mut W) -> Result<Grant, Refusal> {
        match self.cache_of(request.bytes) {
            Some(cache) => self.object(cache, tell),
            None => self.own_pages(request.bytes, tell),
        }
    }

    fn free<W: Witness>(&mut self, block: Block, tell: &mut W) {
        if block.tag & OWN_PAGES != 0 {
            let mut joined = None;
            self.pages.give(block.tag & !OWN_PAGES, |_, whole| joined = Some(whole));
            if let Some(whole) = joined {
                tell.merged(whole);
            }
            tell.say(|| "Its pages go back to the buddies".to_owned());
            return;
        }
        let number = block.tag;
        let OneSlab { address, cache, held, .. } = self.slabs[number as usize];
        let object = object_at(block.address - address, block.size);
        self.bitmap(number)[object as usize / 64] |= 1 << (object % 64);
        self.free_object_bytes += block.size;
        self.hold(number, held - 1);
        let empty = cache as usize * LISTS + EMPTY;
        tell.say(|| {
            let left = many(held - 1, "object");
            format!("The slab at {address} of the cache of {} bytes holds {left} more", block.size)
        });
        if held == 1 && self.lists.iter(empty).nth(self.keep).is_some() {
            self.shrink(number);
            tell.say(|| {
                let kept = many(self.keep as u64, "empty slab");
                format!("The cache keeps {kept}, so the pages of this one go back")
            });
        }
    }

    fn free_bytes(&self) -> u64 {
        self.pages.free_bytes() + self.free_object_bytes
    }

    fn overhead_bytes(&self) -> u64 {
        self.unused_bytes
    }

    fn largest_hole(&self) -> u64 {
        let free = |&cache: &usize| {
            let lists = cache * LISTS;
            !self.lists.is_empty(lists + PARTIAL) || !self.lists.is_empty(lists + EMPTY)
        };
        let object = (0..self.caches.len()).rev().find(free);
        let object = object.map_or(0, |cache| self.caches[cache].object_bytes);
        self.pages.largest().max(object)
    }

    fn holes(&self) -> impl Iterator<Item = Span> {
        let objects = (0..self.caches.len()).flat_map(|cache| self.free_of(cache));
        objects.chain(self.pages.orders().flat_map(|order| self.pages.of_order(order)))
    }

    fn view(&self) -> View {
        let caches =
            self.caches.iter().enumerate().map(|(cache, &OneCache { object_bytes, .. })| Cache {
                name: format!("objects of {object_bytes}"),
                object_bytes,
                partial: self.views(cache, PARTIAL),
                full: self.views(cache, FULL),
                empty: self.views(cache, EMPTY),
            });
        let used = |cache: &Cache| {
            !(cache.partial.is_empty() && cache.full.is_empty() && cache.empty.is_empty())
        };
        let lists = self.pages.orders().map(|order| {
            let blocks = self.pages.of_order(order);
            let name = format!("pages of {}", self.pages.size(order));
            FreeList::new(name, blocks.len(), blocks.into_iter())
        });
        View { lists: lists.collect(), caches: caches.filter(used).collect(), ..View::default() }
    }
}
