//! All members of a roster at one moment, told as what changed since the moment before.
//!
//! Frames follow one another in a reel (see `reel`). The first of a reel is a key: before it nobody was there.
//!
//! ```text
//! ┌──────────┬────────┬──────┬──────┬─────────┬────────┐     every list is its length and its entries, every number a
//! │ time     │ labels │ gone │ born │ changed │ folded │     varint; ± marks zigzag; a slot is told as ± its distance
//! └──────────┴────────┴──────┴──────┴─────────┴────────┘     from the slot before it in the same list
//!
//! time      ± milliseconds since the frame before; of a key since 1970
//! labels    texts that this reel did not have yet: length group, length detail; they are numbered from 0
//! gone      ± slot
//! born      ± slot, ± id since the one born last, ± time − its birth, label, mask, ± value − its label's, for each bit
//!           of the mask; whoever had the slot is gone
//! changed   ± slot, mask, the label where the bit above all columns is set, ± value − the one before, for each bit
//! folded    label, how many, ± sum: lives that no kept frame holds, by the group of that label
//!
//! what a label's values are: those that a member with this label was born with last, at first zeros
//! ```
//!
//! ```text
//! key at 0 ms, one column, slot 0: id 7, born at -5 ms, label ("g", "d"), value 4
//!     →   0 | 1  1 g  1 d | 0 | 1  0 14 10 0 1 8 | 0 | 0
//! then at 1000 ms the value 5   →   208 15 | 0 | 0 | 0 | 1  0 1 2 | 0        (2000 = 208 15 as a varint)
//! ```
//!
//! Limits: 262,144 slots, 63 columns, texts of 65,535 bytes.

use std::collections::HashMap;
use std::sync::Arc;

use super::Torn;
use super::varint::{self, Cursor, unzigzag, zigzag};
use crate::{Key, Member, TimeMs, Visit};

/// Slots of a roster.
pub(crate) const MAX_SLOTS: usize = 1 << 18;
/// Columns of a roster.
pub(crate) const MAX_COLUMNS: usize = 63;
/// Bytes of a text.
const MAX_TEXT: usize = 0xffff;

/// One place of a roster.
#[derive(Clone, Copy, Debug, Default)]
struct Place {
    /// Who has it.
    key: Option<Key>,
    label: u32,
    /// The caller's mark of the label's text.
    stamp: u64,
    /// The frame that named it last.
    named: u64,
}

/// Writes frames, one after another.
#[derive(Debug)]
pub(crate) struct Encoder {
    width: usize,
    places: Vec<Place>,
    /// `width` values a place.
    values: Vec<i64>,
    labels: HashMap<(Box<str>, Box<str>), u32>,
    /// `width` values a label.
    born_with: Vec<i64>,
    last_id: u64,
    last_time: TimeMs,
    frames: u64,
    lists: Lists,
}

/// The lists of a frame as they grow.
#[derive(Debug, Default)]
struct Lists {
    labels: List,
    gone: List,
    born: List,
    changed: List,
}

#[derive(Debug, Default)]
struct List {
    count: u128,
    bytes: Vec<u8>,
    last_slot: i64,
}

impl List {
    fn clear(&mut self) {
        self.count = 0;
        self.bytes.clear();
        self.last_slot = 0;
    }

    fn enter(&mut self, slot: usize) {
        self.count += 1;
        let slot = i64::try_from(slot).unwrap_or(i64::MAX);
        self.number(slot - self.last_slot);
        self.last_slot = slot;
    }

    fn number(&mut self, n: i64) {
        varint::put(&mut self.bytes, zigzag(n).into());
    }

    fn write(&self, out: &mut Vec<u8>) {
        varint::put(out, self.count);
        out.extend_from_slice(&self.bytes);
    }
}

impl Encoder {
    /// For rosters of `width` columns.
    pub(crate) fn new(width: usize) -> Encoder {
        Encoder {
            width,
            places: Vec::new(),
            values: Vec::new(),
            labels: HashMap::new(),
            born_with: Vec::new(),
            last_id: 0,
            last_time: 0,
            frames: 0,
            lists: Lists::default(),
        }
    }

    /// Begins a reel: the next frame is a key.
    pub(crate) fn begin(&mut self) {
        let Encoder { width, lists, .. } = self;
        *self = Encoder { lists: std::mem::take(lists), ..Encoder::new(*width) };
    }

    /// How many frames this reel has.
    pub(crate) fn frames(&self) -> u64 {
        self.frames
    }

    /// When its last frame was.
    pub(crate) fn last_time(&self) -> TimeMs {
        self.last_time
    }

    /// Writes the next frame at the end of `out`. `visit` hands over every member; `folded` are lives that no frame holds,
    /// by group. A member that does not fit the limits is left out, and false is told.
    pub(crate) fn encode(
        &mut self,
        time: TimeMs,
        visit: &Visit<'_>,
        folded: &[(Arc<str>, u64, i64)],
        out: &mut Vec<u8>,
    ) -> bool {
        let Lists { labels, gone, born, changed } = &mut self.lists;
        [labels, gone, born, changed].into_iter().for_each(List::clear);
        self.frames += 1;
        let mut is_whole = true;
        visit(&mut |member| is_whole &= self.meet(time, &member));
        for slot in 0..self.places.len() {
            if self.places[slot].key.is_some() && self.places[slot].named != self.frames {
                self.places[slot].key = None;
                self.lists.gone.enter(slot);
            }
        }
        let mut folds = List::default();
        for (group, lives, sum) in folded {
            let label = self.label(group, "");
            folds.count += 1;
            varint::put(&mut folds.bytes, label.into());
            varint::put(&mut folds.bytes, (*lives).into());
            folds.number(*sum);
        }
        varint::put(out, zigzag(time.wrapping_sub(self.last_time)).into());
        self.last_time = time;
        let Lists { labels, gone, born, changed } = &self.lists;
        [labels, gone, born, changed, &folds].into_iter().for_each(|list| list.write(out));
        is_whole
    }

    /// Takes one member in; false where it does not fit.
    fn meet(&mut self, time: TimeMs, member: &Member<'_>) -> bool {
        let slot = member.slot as usize;
        if slot >= MAX_SLOTS || member.values.len() != self.width {
            return false;
        }
        if slot >= self.places.len() {
            self.places.resize(slot + 1, Place::default());
            self.values.resize((slot + 1) * self.width, 0);
        }
        let place = self.places[slot];
        self.places[slot].named = self.frames;
        if place.key != Some(member.key) {
            self.bear(time, slot, member);
        } else if place.stamp != member.stamp
            || member.values != &self.values[slot * self.width..][..self.width]
        {
            self.change(slot, member, place);
        }
        true
    }

    fn bear(&mut self, time: TimeMs, slot: usize, member: &Member<'_>) {
        let label = self.label(member.group, member.detail);
        let place = &mut self.places[slot];
        (place.key, place.label, place.stamp) = (Some(member.key), label, member.stamp);
        let list = &mut self.lists.born;
        list.enter(slot);
        list.number(member.key.id.wrapping_sub(self.last_id).cast_signed());
        self.last_id = member.key.id;
        list.number(time.wrapping_sub(member.key.born_ms));
        varint::put(&mut list.bytes, label.into());
        let before = &mut self.born_with[label as usize * self.width..][..self.width];
        put_differences(list, before, member.values, 0, None);
        self.values[slot * self.width..][..self.width].copy_from_slice(member.values);
    }

    fn change(&mut self, slot: usize, member: &Member<'_>, place: Place) {
        let mut label = place.label;
        if place.stamp != member.stamp {
            label = self.label(member.group, member.detail);
            (self.places[slot].label, self.places[slot].stamp) = (label, member.stamp);
        }
        let before = &mut self.values[slot * self.width..][..self.width];
        let is_renamed = label != place.label;
        if !is_renamed && *before == *member.values {
            return;
        }
        let list = &mut self.lists.changed;
        list.enter(slot);
        let bit = if is_renamed { 1 << self.width } else { 0 };
        put_differences(list, before, member.values, bit, is_renamed.then_some(label));
    }

    /// The number of a label, which is announced in this frame if it is new.
    fn label(&mut self, group: &str, detail: &str) -> u32 {
        let (group, detail) = (cut(group), cut(detail));
        let key = (Box::from(group), Box::from(detail));
        if let Some(label) = self.labels.get(&key) {
            return *label;
        }
        let label = u32::try_from(self.labels.len()).unwrap_or(u32::MAX);
        self.labels.insert(key, label);
        self.born_with.resize(self.born_with.len() + self.width, 0);
        let list = &mut self.lists.labels;
        list.count += 1;
        for text in [group, detail] {
            varint::put(&mut list.bytes, text.len() as u128);
            list.bytes.extend_from_slice(text.as_bytes());
        }
        label
    }
}

/// Writes a mask, a label where there is one, and what differs; `before` becomes `after`.
fn put_differences(
    list: &mut List,
    before: &mut [i64],
    after: &[i64],
    bit: u128,
    label: Option<u32>,
) {
    let differs = before.iter().zip(after).enumerate();
    let mask = differs.fold(bit, |mask, (column, (a, b))| mask | u128::from(a != b) << column);
    varint::put(&mut list.bytes, mask);
    label.into_iter().for_each(|label| varint::put(&mut list.bytes, label.into()));
    for (before, after) in before.iter_mut().zip(after).filter(|(before, after)| before != after) {
        list.number(after.wrapping_sub(*before));
        *before = *after;
    }
}

/// A text to the longest that is kept, at a character's end.
fn cut(text: &str) -> &str {
    let mut end = text.len().min(MAX_TEXT);
    while !text.is_char_boundary(end) {
        end -= 1;
    }
    &text[..end]
}

/// Reads frames, one after another.
#[derive(Debug)]
pub(crate) struct Decoder {
    width: usize,
    places: Vec<Option<Seat>>,
    values: Vec<i64>,
    labels: Vec<Label>,
    born_with: Vec<i64>,
    last_id: u64,
    /// When the frame is.
    pub(crate) time: TimeMs,
    /// Lives that no frame holds: label, how many, sum.
    pub(crate) folded: Vec<(u32, u64, i64)>,
    /// Who came with this frame, by slot.
    pub(crate) born: Vec<u32>,
    /// Who went with this frame: slot and key.
    pub(crate) gone: Vec<(u32, Key)>,
}

/// Who has a place.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Seat {
    /// Who it is.
    pub(crate) key: Key,
    /// The number of its label.
    pub(crate) label: u32,
}

/// What a label says.
#[derive(Clone, Debug)]
pub(crate) struct Label {
    /// What short lives are counted by.
    pub(crate) group: Arc<str>,
    /// The rest.
    pub(crate) detail: Arc<str>,
}

impl Decoder {
    /// For rosters of `width` columns.
    pub(crate) fn new(width: usize) -> Decoder {
        Decoder {
            width,
            places: Vec::new(),
            values: Vec::new(),
            labels: Vec::new(),
            born_with: Vec::new(),
            last_id: 0,
            time: 0,
            folded: Vec::new(),
            born: Vec::new(),
            gone: Vec::new(),
        }
    }

    /// Everyone that is there: slot, who, and their values.
    pub(crate) fn seats(&self) -> impl Iterator<Item = (u32, Seat, &[i64])> {
        let rows = self.places.iter().zip(self.values.chunks_exact(self.width.max(1)));
        (0..).zip(rows).filter_map(|(slot, (seat, values))| Some((slot, (*seat)?, values)))
    }

    /// Who has a slot, with the values.
    pub(crate) fn seat(&self, slot: u32) -> Option<(Seat, &[i64])> {
        let seat = (*self.places.get(slot as usize)?)?;
        Some((seat, self.values.get(slot as usize * self.width..)?.get(..self.width)?))
    }

    /// What a label says.
    pub(crate) fn label(&self, label: u32) -> Option<&Label> {
        self.labels.get(label as usize)
    }

    /// When the next frame at the front of `cursor` is.
    pub(crate) fn peek(&self, cursor: &Cursor<'_>) -> Result<TimeMs, Torn> {
        Ok(self.time.wrapping_add(unzigzag(cursor.clone().varint64()?)))
    }

    /// Reads the next frame off the front of `cursor`.
    pub(crate) fn apply(&mut self, cursor: &mut Cursor<'_>) -> Result<(), Torn> {
        let step = unzigzag(cursor.varint64()?);
        self.time = self.time.wrapping_add(step);
        self.born.clear();
        self.gone.clear();
        self.folded.clear();
        for _ in 0..count(cursor)? {
            let group = text(cursor)?;
            let detail = text(cursor)?;
            self.labels.push(Label { group, detail });
            self.born_with.resize(self.born_with.len() + self.width, 0);
        }
        let mut slots = Slots::default();
        for _ in 0..count(cursor)? {
            let slot = slots.next(cursor)?;
            let seat = self.places.get_mut(slot).and_then(Option::take);
            let seat = seat.ok_or(Torn("nobody has the place of one who went"))?;
            self.gone.push((number(slot), seat.key));
        }
        let mut slots = Slots::default();
        for _ in 0..count(cursor)? {
            let slot = slots.next(cursor)?;
            self.bear(slot, cursor)?;
        }
        let mut slots = Slots::default();
        for _ in 0..count(cursor)? {
            let slot = slots.next(cursor)?;
            self.change(slot, cursor)?;
        }
        for _ in 0..count(cursor)? {
            let label = self.known(cursor)?;
            let lives = cursor.varint64()?;
            self.folded.push((label, lives, unzigzag(cursor.varint64()?)));
        }
        Ok(())
    }

    fn bear(&mut self, slot: usize, cursor: &mut Cursor<'_>) -> Result<(), Torn> {
        if slot >= self.places.len() {
            self.places.resize(slot + 1, None);
            self.values.resize((slot + 1) * self.width, 0);
        }
        let id = self.last_id.wrapping_add_signed(unzigzag(cursor.varint64()?));
        self.last_id = id;
        let born_ms = self.time.wrapping_sub(unzigzag(cursor.varint64()?));
        let label = self.known(cursor)?;
        let mask = cursor.varint64()?;
        let born_with = &mut self.born_with[label as usize * self.width..][..self.width];
        take_differences(mask, born_with, cursor)?;
        self.values[slot * self.width..][..self.width].copy_from_slice(born_with);
        let seat = Seat { key: Key { id, born_ms }, label };
        if let Some(before) = self.places[slot].replace(seat) {
            self.gone.push((number(slot), before.key));
        }
        self.born.push(number(slot));
        Ok(())
    }

    fn change(&mut self, slot: usize, cursor: &mut Cursor<'_>) -> Result<(), Torn> {
        let mask = cursor.varint64()?;
        if mask >> self.width & 1 == 1 {
            let label = self.known(cursor)?;
            let seat = self.places.get_mut(slot).and_then(Option::as_mut);
            seat.ok_or(Torn("nobody has the place of one who changed"))?.label = label;
        }
        let values = self.values.get_mut(slot * self.width..).and_then(|v| v.get_mut(..self.width));
        let values = values.ok_or(Torn("nobody has the place of one who changed"))?;
        take_differences(mask & !(1 << self.width), values, cursor)
    }

    /// The number of a label that was announced.
    fn known(&self, cursor: &mut Cursor<'_>) -> Result<u32, Torn> {
        let label = cursor.varint64()?;
        match u32::try_from(label) {
            Ok(label) if (label as usize) < self.labels.len() => Ok(label),
            _ => Err(Torn("a label was never announced")),
        }
    }
}

/// Slots of a list, each told by its distance from the one before.
#[derive(Debug, Default)]
struct Slots(i64);

impl Slots {
    fn next(&mut self, cursor: &mut Cursor<'_>) -> Result<usize, Torn> {
        self.0 = self.0.wrapping_add(unzigzag(cursor.varint64()?));
        usize::try_from(self.0)
            .ok()
            .filter(|slot| *slot < MAX_SLOTS)
            .ok_or(Torn("a slot is impossible"))
    }
}

fn take_differences(mask: u64, values: &mut [i64], cursor: &mut Cursor<'_>) -> Result<(), Torn> {
    if mask >> values.len() != 0 {
        return Err(Torn("a mask has more columns than the roster"));
    }
    for (column, value) in values.iter_mut().enumerate() {
        if mask >> column & 1 == 1 {
            *value = value.wrapping_add(unzigzag(cursor.varint64()?));
        }
    }
    Ok(())
}

/// The length of a list; each entry takes a byte at least.
fn count(cursor: &mut Cursor<'_>) -> Result<usize, Torn> {
    let left = cursor.left();
    cursor.length(left)
}

fn text(cursor: &mut Cursor<'_>) -> Result<Arc<str>, Torn> {
    let length = cursor.length(MAX_TEXT)?;
    let bytes = cursor.take(length)?;
    std::str::from_utf8(bytes).map(Arc::from).map_err(|_| Torn("a label is no text"))
}

/// A slot, which is below [`MAX_SLOTS`].
fn number(slot: usize) -> u32 {
    u32::try_from(slot).unwrap_or(u32::MAX)
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeMap;

    use proptest::prelude::*;

    use super::*;

    /// A member that owns its texts: key, detail, values.
    type Owned = (Key, String, Vec<i64>);

    fn encode(
        encoder: &mut Encoder,
        time: TimeMs,
        members: &BTreeMap<u32, Owned>,
        out: &mut Vec<u8>,
    ) {
        let visit = |each: &mut dyn FnMut(Member<'_>)| {
            for (slot, (key, detail, values)) in members {
                let stamp = detail.bytes().map(u64::from).sum();
                each(Member { slot: *slot, key: *key, stamp, group: "g", detail, values });
            }
        };
        assert!(encoder.encode(time, &visit, &[("g".into(), 3, -4)], out));
    }

    fn decoded(decoder: &Decoder) -> BTreeMap<u32, Owned> {
        let seats = decoder.seats().map(|(slot, seat, values)| {
            let detail = decoder.label(seat.label).unwrap().detail.to_string();
            (slot, (seat.key, detail, values.to_vec()))
        });
        seats.collect()
    }

    fn moments() -> impl Strategy<Value = Vec<BTreeMap<u32, Owned>>> {
        let key = (0..9_u64, -5..5_i64).prop_map(|(id, born_ms)| Key { id, born_ms });
        let value = prop_oneof![Just(0), Just(7), any::<i64>()];
        let member = (key, "[ab]{0,1}", prop::collection::vec(value, 2));
        prop::collection::vec(prop::collection::btree_map(0..12_u32, member, 0..8), 1..12)
    }

    #[test]
    fn the_worked_example_holds() {
        let mut encoder = Encoder::new(1);
        let mut frame = |time, value: i64| {
            let mut out = Vec::new();
            let visit = |each: &mut dyn FnMut(Member<'_>)| {
                let key = Key { id: 7, born_ms: -5 };
                each(Member { slot: 0, key, stamp: 0, group: "g", detail: "d", values: &[value] });
            };
            assert!(encoder.encode(time, &visit, &[], &mut out));
            out
        };
        assert_eq!(frame(0, 4), [0, 1, 1, b'g', 1, b'd', 0, 1, 0, 14, 10, 0, 1, 8, 0, 0]);
        assert_eq!(frame(1000, 5), [208, 15, 0, 0, 0, 1, 0, 1, 2, 0]);
    }

    proptest! {
        #[test]
        fn every_moment_comes_back(moments in moments(), steps in prop::collection::vec(-9..9_i64, 12)) {
            let (mut encoder, mut decoder) = (Encoder::new(2), Decoder::new(2));
            let (mut bytes, mut time) = (Vec::new(), 1_700_000_000_000);
            for (members, step) in moments.iter().zip(steps) {
                time += step;
                bytes.clear();
                encode(&mut encoder, time, members, &mut bytes);
                let mut cursor = Cursor::new(&bytes);
                prop_assert_eq!(decoder.apply(&mut cursor), Ok(()));
                prop_assert_eq!(cursor.end(), Ok(()));
                prop_assert_eq!(&decoded(&decoder), members);
                prop_assert_eq!(decoder.time, time);
                prop_assert_eq!(decoder.folded.len(), 1);
            }
        }

        #[test]
        fn noise_is_read_to_an_end(bytes in prop::collection::vec(0..9_u8, 0..60), moments in moments()) {
            let mut decoder = Decoder::new(2);
            let _ = decoder.apply(&mut Cursor::new(&bytes));
            let mut encoder = Encoder::new(2);
            let mut key = Vec::new();
            encode(&mut encoder, 0, &moments[0], &mut key);
            let mut decoder = Decoder::new(2);
            prop_assert_eq!(decoder.apply(&mut Cursor::new(&key)), Ok(()));
            let _ = decoder.apply(&mut Cursor::new(&bytes));
        }
    }
}
