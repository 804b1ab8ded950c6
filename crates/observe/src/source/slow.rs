//! The files that are read at most once a second: what changes slowly, or costs the kernel much.

use std::path::{Path, PathBuf};

use super::file::{Buffer, KernelFile, Reading};
use crate::parse::table::{Change, Table};
use crate::parse::{ParseError, buddyinfo, hugepages, node, scalar, swaps, thp, zoneinfo, zram};
use crate::snapshot::{HugePagePool, Node, Snapshot, Thp, Zram, Zswap};

/// Files of `/sys/kernel/mm/ksm` that are left out: the profit may be negative, and follows from others.
const KSM_LEFT_OUT: &str = "general_profit";

/// The slow files of one machine.
#[derive(Debug)]
pub(super) struct Slow {
    sys: PathBuf,
    swaps: KernelFile,
    buddyinfo: KernelFile,
    zoneinfo: KernelFile,
    thp_enabled: KernelFile,
    thp_defrag: KernelFile,
    zswap_enabled: KernelFile,
    zswap_max_pool: KernelFile,
    nodes_online: KernelFile,
    nodes: Vec<NodeFiles>,
    pools: Vec<PoolFiles>,
    zram: Vec<ZramFile>,
    ksm: KsmFiles,
}

/// The files of one NUMA node.
#[derive(Debug)]
struct NodeFiles {
    id: u32,
    /// What its meminfo writes before each name.
    prefix: String,
    meminfo: KernelFile,
    numastat: KernelFile,
}

/// The files of one pool of huge pages.
#[derive(Debug)]
struct PoolFiles {
    page_bytes: u64,
    total: KernelFile,
    free: KernelFile,
    reserved: KernelFile,
    surplus: KernelFile,
}

#[derive(Debug)]
struct ZramFile {
    id: u32,
    mm_stat: KernelFile,
}

/// The numeric files of `/sys/kernel/mm/ksm`.
#[derive(Debug, Default)]
struct KsmFiles {
    /// Everything in the folder, to see whether anything came or went.
    listing: Vec<String>,
    names: Vec<String>,
    files: Vec<KernelFile>,
}

impl Slow {
    pub(super) fn new(root: &Path) -> Slow {
        let (proc, sys) = (root.join("proc"), root.join("sys"));
        let once = |path: &str| KernelFile::new(sys.join(path), Reading::Once);
        Slow {
            swaps: KernelFile::new(proc.join("swaps"), Reading::ToEnd),
            buddyinfo: KernelFile::new(proc.join("buddyinfo"), Reading::ToEnd),
            zoneinfo: KernelFile::new(proc.join("zoneinfo"), Reading::ToEnd),
            thp_enabled: once("kernel/mm/transparent_hugepage/enabled"),
            thp_defrag: once("kernel/mm/transparent_hugepage/defrag"),
            zswap_enabled: once("module/zswap/parameters/enabled"),
            zswap_max_pool: once("module/zswap/parameters/max_pool_percent"),
            nodes_online: once("devices/system/node/online"),
            nodes: Vec::new(),
            pools: Vec::new(),
            zram: Vec::new(),
            ksm: KsmFiles::default(),
            sys,
        }
    }

    /// Opens what exists by now and is not open; finds nodes, pools and devices that came or went.
    pub(super) fn look(&mut self, buffer: &mut Buffer) {
        let single = [
            &mut self.swaps,
            &mut self.buddyinfo,
            &mut self.zoneinfo,
            &mut self.thp_enabled,
            &mut self.thp_defrag,
            &mut self.zswap_enabled,
            &mut self.zswap_max_pool,
            &mut self.nodes_online,
        ];
        single.into_iter().for_each(KernelFile::open_if_closed);
        self.look_for_nodes(buffer);
        self.look_for_pools();
        self.look_for_zram();
        self.ksm.look(&self.sys.join("kernel/mm/ksm"), buffer);
    }

    fn look_for_nodes(&mut self, buffer: &mut Buffer) {
        let online = self.nodes_online.read(buffer).map(node::online);
        let ids = match online {
            Some(Ok(ids)) => ids,
            Some(Err(error)) => return self.nodes_online.complain(&error),
            None => Vec::new(),
        };
        if ids.iter().eq(self.nodes.iter().map(|node| &node.id)) {
            self.nodes.iter_mut().for_each(NodeFiles::open_if_closed);
        } else {
            let folder = self.sys.join("devices/system/node");
            self.nodes = ids.into_iter().map(|id| NodeFiles::new(&folder, id)).collect();
        }
    }

    fn look_for_pools(&mut self) {
        let folder = self.sys.join("kernel/mm/hugepages");
        let mut sizes: Vec<_> = listing(&folder)
            .into_iter()
            .filter_map(|name| hugepages::page_bytes(&name).map(|bytes| (bytes, name)))
            .collect();
        sizes.sort();
        if sizes.iter().map(|(bytes, _)| bytes).eq(self.pools.iter().map(|pool| &pool.page_bytes)) {
            self.pools.iter_mut().for_each(PoolFiles::open_if_closed);
        } else {
            let pool = |(bytes, name): (u64, String)| PoolFiles::new(&folder.join(name), bytes);
            self.pools = sizes.into_iter().map(pool).collect();
        }
    }

    fn look_for_zram(&mut self) {
        let folder = self.sys.join("block");
        let id = |name: &String| name.strip_prefix("zram")?.parse().ok();
        let mut ids: Vec<u32> = listing(&folder).iter().filter_map(id).collect();
        ids.sort_unstable();
        if ids.iter().eq(self.zram.iter().map(|device| &device.id)) {
            self.zram.iter_mut().for_each(|device| device.mm_stat.open_if_closed());
        } else {
            let file =
                |id| KernelFile::opened(folder.join(format!("zram{id}/mm_stat")), Reading::Once);
            self.zram = ids.into_iter().map(|id| ZramFile { id, mm_stat: file(id) }).collect();
        }
    }

    /// Reads everything into `snapshot`; returns whether its shape changed.
    pub(super) fn read(&mut self, buffer: &mut Buffer, snapshot: &mut Snapshot) -> bool {
        let mut change = self.swaps.update(buffer, &mut snapshot.swaps, |swaps, bytes| {
            let read = swaps::parse(bytes)?;
            let same = read.iter().map(|swap| &swap.name).eq(swaps.iter().map(|swap| &swap.name));
            *swaps = read;
            Ok(if same { Change::Values } else { Change::Names })
        });
        change |= self.buddyinfo.update(buffer, &mut snapshot.buddyinfo, buddyinfo::update);
        change |= self.zoneinfo.update(buffer, &mut snapshot.pcp_free_pages, |pages, bytes| {
            Ok(replaced(pages, zoneinfo::pcp_free_pages(bytes)?))
        });
        self.read_thp(buffer, &mut snapshot.thp);
        self.read_zswap(buffer, &mut snapshot.zswap);
        change |= self.read_nodes(buffer, &mut snapshot.nodes);
        change |= self.read_pools(buffer, &mut snapshot.huge_pages);
        change |= self.read_zram(buffer, &mut snapshot.zram);
        change | self.ksm.read(buffer, &mut snapshot.ksm)
    }

    /// Settings make no series, so they have no part in the shape.
    fn read_thp(&mut self, buffer: &mut Buffer, thp: &mut Option<Thp>) {
        let enabled = self.thp_enabled.read(buffer).and_then(thp::chosen);
        let Some(enabled) = enabled else {
            *thp = None;
            return;
        };
        let thp = thp.get_or_insert_default();
        assign(&mut thp.enabled, enabled);
        let defrag = self.thp_defrag.read(buffer).and_then(thp::chosen);
        assign(&mut thp.defrag, defrag.unwrap_or_default());
    }

    fn read_zswap(&mut self, buffer: &mut Buffer, zswap: &mut Option<Zswap>) {
        let enabled = self.zswap_enabled.value(buffer, |bytes| scalar::flag(bytes, "enabled"));
        let max_pool_percent = self.zswap_max_pool.number(buffer, "max_pool_percent");
        *zswap = enabled
            .zip(max_pool_percent)
            .map(|(enabled, max_pool_percent)| Zswap { enabled, max_pool_percent });
    }

    fn read_nodes(&mut self, buffer: &mut Buffer, nodes: &mut Vec<Node>) -> bool {
        let mut change = nodes.len() != self.nodes.len();
        nodes.resize_with(self.nodes.len(), Node::default);
        for (files, node) in self.nodes.iter_mut().zip(nodes) {
            change |= node.id != files.id;
            node.id = files.id;
            let prefix = &files.prefix;
            change |= files.meminfo.update(buffer, &mut node.meminfo, |table, bytes| {
                node::update_meminfo(table, bytes, prefix)
            });
            change |= files.numastat.update(buffer, &mut node.numastat, node::update_numastat);
        }
        change
    }

    fn read_pools(&mut self, buffer: &mut Buffer, pools: &mut Vec<HugePagePool>) -> bool {
        in_place(pools, self.pools.iter_mut().filter_map(|files| files.read(buffer)), |pool| {
            pool.page_bytes
        })
    }

    fn read_zram(&mut self, buffer: &mut Buffer, devices: &mut Vec<Zram>) -> bool {
        in_place(devices, self.zram.iter_mut().filter_map(|file| file.read(buffer)), |zram| zram.id)
    }
}

impl NodeFiles {
    fn new(folder: &Path, id: u32) -> NodeFiles {
        let folder = folder.join(format!("node{id}"));
        NodeFiles {
            id,
            prefix: format!("Node {id} "),
            meminfo: KernelFile::opened(folder.join("meminfo"), Reading::Once),
            numastat: KernelFile::opened(folder.join("numastat"), Reading::Once),
        }
    }

    fn open_if_closed(&mut self) {
        self.meminfo.open_if_closed();
        self.numastat.open_if_closed();
    }
}

impl PoolFiles {
    fn new(folder: &Path, page_bytes: u64) -> PoolFiles {
        let file = |name| KernelFile::opened(folder.join(name), Reading::Once);
        PoolFiles {
            page_bytes,
            total: file("nr_hugepages"),
            free: file("free_hugepages"),
            reserved: file("resv_hugepages"),
            surplus: file("surplus_hugepages"),
        }
    }

    fn open_if_closed(&mut self) {
        let files = [&mut self.total, &mut self.free, &mut self.reserved, &mut self.surplus];
        files.into_iter().for_each(KernelFile::open_if_closed);
    }

    fn read(&mut self, buffer: &mut Buffer) -> Option<HugePagePool> {
        Some(HugePagePool {
            page_bytes: self.page_bytes,
            total: self.total.number(buffer, "nr_hugepages")?,
            free: self.free.number(buffer, "free_hugepages")?,
            reserved: self.reserved.number(buffer, "resv_hugepages")?,
            surplus: self.surplus.number(buffer, "surplus_hugepages")?,
        })
    }
}

impl ZramFile {
    fn read(&mut self, buffer: &mut Buffer) -> Option<Zram> {
        let stat = self.mm_stat.value(buffer, zram::mm_stat)?;
        Some(Zram {
            id: self.id,
            orig_data: stat.orig_data,
            compr_data: stat.compr_data,
            mem_used: stat.mem_used,
            mem_limit: stat.mem_limit,
            mem_used_max: stat.mem_used_max,
            same_pages: stat.same_pages,
        })
    }
}

impl KsmFiles {
    fn look(&mut self, folder: &Path, buffer: &mut Buffer) {
        let listing = listing(folder);
        if listing == self.listing {
            self.files.iter_mut().for_each(KernelFile::open_if_closed);
            return;
        }
        (self.names, self.files) = listing
            .iter()
            .filter(|name| *name != KSM_LEFT_OUT)
            .map(|name| (name, KernelFile::opened(folder.join(name), Reading::Once)))
            .filter_map(|(name, mut file)| {
                let bytes = file.read(buffer)?;
                scalar::number(bytes, "ksm").is_ok().then(|| (name.clone(), file))
            })
            .unzip();
        self.listing = listing;
    }

    /// Reads the numbers into `table`. One file that went away takes the others with it until the next
    /// look: they come and go together.
    fn read(&mut self, buffer: &mut Buffer, table: &mut Table) -> bool {
        let mut change = false;
        if !table.names().eq(self.names.iter().map(String::as_str)) {
            *table = Table::from_pairs(self.names.iter().map(|name| (name, 0)));
            change = true;
        }
        for (file, value) in self.files.iter_mut().zip(table.values_mut()) {
            match file.number(buffer, "/sys/kernel/mm/ksm") {
                Some(number) => *value = number,
                None => {
                    *self = KsmFiles::default();
                    *table = Table::default();
                    return true;
                }
            }
        }
        change
    }
}

impl KernelFile {
    /// The value that `parse` finds in the file, or `None` where the file is missing or odd.
    fn value<T>(
        &mut self,
        buffer: &mut Buffer,
        parse: impl FnOnce(&[u8]) -> Result<T, ParseError>,
    ) -> Option<T> {
        match parse(self.read(buffer)?) {
            Ok(value) => Some(value),
            Err(error) => {
                self.complain(&error);
                None
            }
        }
    }

    fn number(&mut self, buffer: &mut Buffer, name: &'static str) -> Option<u64> {
        self.value(buffer, |bytes| scalar::number(bytes, name))
    }
}

/// The names in a folder, sorted; none where it is missing.
fn listing(folder: &Path) -> Vec<String> {
    let entries = std::fs::read_dir(folder).into_iter().flatten().flatten();
    let mut names: Vec<String> =
        entries.filter_map(|entry| entry.file_name().into_string().ok()).collect();
    names.sort();
    names
}

/// Overwrites `list` with `values`; returns whether the keys changed.
fn in_place<T, K: PartialEq>(
    list: &mut Vec<T>,
    values: impl Iterator<Item = T>,
    key: fn(&T) -> K,
) -> bool {
    let mut change = false;
    let mut count = 0;
    for value in values {
        match list.get_mut(count) {
            Some(place) => {
                change |= key(place) != key(&value);
                *place = value;
            }
            None => {
                change = true;
                list.push(value);
            }
        }
        count += 1;
    }
    change |= list.len() > count;
    list.truncate(count);
    change
}

/// Overwrites a value that may be missing; whether it is there is its shape.
fn replaced<T>(place: &mut Option<T>, value: Option<T>) -> Change {
    let same = place.is_some() == value.is_some();
    *place = value;
    if same { Change::Values } else { Change::Names }
}

fn assign(place: &mut String, value: &str) {
    if place != value {
        value.clone_into(place);
    }
}
