//! From frames a second to frames each ten seconds, and each minute: the last of each stretch stays, and lives that no
//! frame holds any more are counted by their group.

use std::collections::{BTreeMap, HashMap, HashSet};
use std::sync::Arc;

use rusqlite::{OptionalExtension, Transaction, params};

use super::{Folds, REEL_BYTES, Reel};
use crate::codec::frame::{Decoder, Encoder};
use crate::codec::reel;
use crate::codec::varint::Cursor;
use crate::error::Fault;
use crate::moment::hour_of;
use crate::{Key, Member, TimeMs};

/// How old an hour is when it gets so thin: milliseconds of age, milliseconds between frames.
const TIERS: [(i64, i64); 2] = [(86_400_000, 60_000), (3_600_000, 10_000)];

/// Makes the oldest hour that is due thinner; whether there was one.
pub(crate) fn thin(tx: &Transaction<'_>, now: TimeMs) -> Result<bool, Fault> {
    let mut find = tx.prepare_cached(
        "SELECT roster, hour FROM reel WHERE step_ms < ?1 AND hour < ?2 ORDER BY hour LIMIT 1",
    )?;
    for (age_ms, step_ms) in TIERS {
        let before = hour_of(now.saturating_sub(age_ms));
        let due = find.query_row(params![step_ms, before], |row| Ok((row.get(0)?, row.get(1)?)));
        if let Some((roster, hour)) = due.optional()? {
            thin_hour(tx, roster, hour, step_ms)?;
            return Ok(true);
        }
    }
    Ok(false)
}

fn thin_hour(tx: &Transaction<'_>, roster: i64, hour: i64, step_ms: i64) -> Result<(), Fault> {
    let sql = "SELECT columns FROM roster WHERE id = ?1";
    let columns: String = tx.prepare_cached(sql)?.query_row([roster], |row| row.get(0))?;
    let width = columns.split('\n').count();
    let mut list = tx.prepare_cached(
        "SELECT id FROM reel WHERE roster = ?1 AND hour = ?2 AND step_ms < ?3 ORDER BY id",
    )?;
    let ids = list.query_map(params![roster, hour, step_ms], |row| row.get(0))?;
    let ids = ids.collect::<Result<Vec<i64>, _>>()?;
    let mut thinner = Thinner::new(tx, roster, width, step_ms);
    for &id in &ids {
        let sql = "SELECT data FROM reel WHERE id = ?1";
        let data: Vec<u8> = tx.prepare_cached(sql)?.query_row([id], |row| row.get(0))?;
        thinner.wind(&reel::unpack(&data)?)?;
    }
    thinner.finish()?;
    for id in ids {
        tx.prepare_cached("DELETE FROM reel WHERE id = ?1")?.execute([id])?;
    }
    Ok(())
}

/// Reads frames and writes fewer.
struct Thinner<'a> {
    tx: &'a Transaction<'a>,
    step_ms: i64,
    decoder: Decoder,
    /// Tells apart the labels of different reels, which are numbered alike.
    reel_number: u64,
    width: usize,
    /// Whether the decoder holds a frame that is neither kept nor passed over yet.
    is_open: bool,
    shorts: Shorts,
    encoder: Encoder,
    out: Reel,
}

/// Those who have been in no kept frame so far.
#[derive(Debug, Default)]
struct Shorts {
    /// By slot and key: their group, and the most they had in the first column.
    pending: HashMap<(u32, Key), (Arc<str>, i64)>,
    /// Who was in the kept frame before.
    kept: HashSet<Key>,
    /// Those who went.
    folded: BTreeMap<Arc<str>, (u64, i64)>,
}

impl Shorts {
    fn fold(&mut self, group: Arc<str>, lives: u64, sum: i64) {
        let fold = self.folded.entry(group).or_default();
        *fold = (fold.0.saturating_add(lives), fold.1.saturating_add(sum));
    }

    /// Takes in what a frame told.
    fn follow(&mut self, decoder: &Decoder) {
        for gone in &decoder.gone {
            if let Some((group, most)) = self.pending.remove(gone) {
                self.fold(group, 1, most);
            }
        }
        for &slot in &decoder.born {
            if let Some((seat, values)) = decoder.seat(slot)
                && !self.kept.contains(&seat.key)
                && let Some(label) = decoder.label(seat.label)
            {
                let first = values.first().copied().unwrap_or(0);
                let fresh = (Arc::clone(&label.group), first);
                self.pending.entry((slot, seat.key)).or_insert(fresh);
            }
        }
        for ((slot, _), (_, most)) in &mut self.pending {
            let first = decoder.seat(*slot).and_then(|(_, values)| values.first().copied());
            *most = first.map_or(*most, |first| first.max(*most));
        }
        for &(label, lives, sum) in &decoder.folded {
            if let Some(label) = decoder.label(label) {
                self.fold(Arc::clone(&label.group), lives, sum);
            }
        }
    }

    /// Counts those as gone who are not in the first frame of another reel.
    fn cross(&mut self, decoder: &Decoder) {
        let stays =
            |slot: u32, key: Key| decoder.seat(slot).is_some_and(|(seat, _)| seat.key == key);
        let gone: Vec<_> = self.pending.extract_if(|&(slot, key), _| !stays(slot, key)).collect();
        for (_, (group, most)) in gone {
            self.fold(group, 1, most);
        }
    }

    /// Begins anew after a kept frame; gives who went before it.
    fn keep(&mut self, decoder: &Decoder) -> Folds {
        self.pending.clear();
        self.kept.clear();
        self.kept.extend(decoder.seats().map(|(_, seat, _)| seat.key));
        let folded = std::mem::take(&mut self.folded);
        folded.into_iter().map(|(group, (lives, sum))| (group, lives, sum)).collect()
    }
}

impl<'a> Thinner<'a> {
    fn new(tx: &'a Transaction<'a>, roster: i64, width: usize, step_ms: i64) -> Thinner<'a> {
        let out = Reel { roster, step_ms, first_ms: 0, last_ms: 0, frames: 0, bytes: Vec::new() };
        Thinner {
            tx,
            step_ms,
            decoder: Decoder::new(width),
            reel_number: 0,
            width,
            is_open: false,
            shorts: Shorts::default(),
            encoder: Encoder::new(width),
            out,
        }
    }

    /// Reads all frames of a reel.
    fn wind(&mut self, frames: &[u8]) -> Result<(), Fault> {
        let mut cursor = Cursor::new(frames);
        let mut fresh = Some(Decoder::new(self.width));
        while cursor.left() > 0 {
            let next = fresh.as_ref().unwrap_or(&self.decoder).peek(&cursor)?;
            let is_other =
                |then: TimeMs| next.div_euclid(self.step_ms) != then.div_euclid(self.step_ms);
            if self.is_open && (is_other(self.decoder.time) || next < self.decoder.time) {
                self.keep()?;
            }
            let crosses = fresh.is_some();
            if let Some(fresh) = fresh.take() {
                self.decoder = fresh;
                self.reel_number += 1;
            }
            self.decoder.apply(&mut cursor)?;
            if crosses {
                self.shorts.cross(&self.decoder);
            }
            self.shorts.follow(&self.decoder);
            self.is_open = true;
        }
        Ok(())
    }

    /// Writes the frame that the decoder holds.
    fn keep(&mut self) -> Result<(), Fault> {
        self.is_open = false;
        let time = self.decoder.time;
        if self.out.frames > 0 && (self.out.bytes.len() >= REEL_BYTES || time < self.out.last_ms) {
            self.out.write(self.tx)?;
            self.encoder.begin();
            (self.out.frames, self.out.bytes) = (0, Vec::new());
        }
        if self.out.frames == 0 {
            self.out.first_ms = time;
        }
        let folded = self.shorts.keep(&self.decoder);
        let (decoder, reel_number) = (&self.decoder, self.reel_number);
        let visit = |each: &mut dyn FnMut(Member<'_>)| {
            for (slot, seat, values) in decoder.seats() {
                let Some(label) = decoder.label(seat.label) else { continue };
                let stamp = reel_number << 32 | u64::from(seat.label);
                let (group, detail) = (&*label.group, &*label.detail);
                each(Member { slot, key: seat.key, stamp, group, detail, values });
            }
        };
        self.encoder.encode(time, &visit, &folded, &mut self.out.bytes);
        self.out.frames += 1;
        self.out.last_ms = time;
        Ok(())
    }

    fn finish(mut self) -> Result<(), Fault> {
        if self.is_open {
            self.keep()?;
        }
        if self.out.frames > 0 {
            self.out.write(self.tx)?;
        }
        Ok(())
    }
}
