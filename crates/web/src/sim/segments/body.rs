//! What `POST /api/v1/sim/segments` takes and answers, described. The engine makes the answer; a test holds the one to the
//! other.
#![expect(dead_code, reason = "describes what the engine writes and `segments` reads")]

use utoipa::ToSchema;

use super::super::walks::WalkDocument;

/// A question about segments: of processes in memory without `table`, of addresses with it. It is read member by member,
/// so that a refusal names the member; this is its description.
#[derive(ToSchema)]
#[schema(as = SegmentsQuestion)]
pub(crate) struct QuestionBody {
    /// Physical memory in bytes; 1024 for processes where nothing is said, and without bound for a table.
    #[schema(example = 1024)]
    memory_bytes: Option<u64>,
    /// The swap area in bytes; as large as it need be where nothing is said.
    swap_bytes: Option<u64>,
    /// `first`, `next`, `best` or `worst` fit; `first` where nothing is said.
    fit: Option<String>,
    /// Sizes of segments that arrive one after the other, each of a process of its own: a text, or a list of numbers.
    #[schema(value_type = Option<String>, example = "100,200,150,300,50")]
    sizes: Option<String>,
    /// What the processes do instead, an event a line: `arrive p1 code=100 heap=50`, `grow p1 heap 20`, `access p1 heap 30
    /// write`, `swap-out p1`, `swap-in p1`, `compact`, `end p1`.
    script: Option<String>,
    /// A segment table, `number:base/limit` of each segment; then, between slashes, `code`, `data`, `heap` or `stack`, letters of
    /// `rwx`, `down`, `expand-down`, `shared`, `absent`. Of paged segments, the frame of each page stands for the base, as in `5+-+7`.
    table: Option<String>,
    /// The addresses: `segment:offset`, `stack:-20`, or one number whose top bits are the segment; `/w` after it writes, `/x` fetches.
    translate: Option<String>,
    /// The bits of the segment number, on top of an address.
    segment_bits: Option<u32>,
    /// The bits of the offset below them.
    offset_bits: Option<u32>,
    /// The page size in bytes, where the segments are paged.
    page_bytes: Option<u64>,
}

/// What was asked for: the life of processes, or translations.
#[derive(ToSchema)]
#[schema(as = SegmentsAnswer)]
#[serde(untagged)]
pub(crate) enum AnswerBody {
    /// Of processes in memory.
    Life(LifeBody),
    /// Of a segment table.
    Translations(TranslationsBody),
}

/// How processes lived as segments in memory.
#[derive(ToSchema)]
#[schema(as = Segments)]
pub(crate) struct LifeBody {
    /// Version of this document's shape.
    schema_version: u32,
    /// Physical memory in bytes.
    memory_bytes: u64,
    /// The swap area in bytes; null where it is as large as it need be.
    swap_bytes: Option<u64>,
    /// `first`, `next`, `best` or `worst`.
    fit: String,
    /// Every segment that ever asked for memory, in order of arrival, and where it is at the end.
    placements: Vec<PlacementBody>,
    /// Processes that arrived, refused ones too.
    arrivals: u64,
    /// Of those, the ones that were refused.
    arrivals_refused: u64,
    /// Segments that grew where they were.
    grown_in_place: u64,
    /// Segments that were moved to grow.
    grown_by_move: u64,
    /// Segments that could not grow.
    growths_refused: u64,
    /// Accesses.
    accesses: u64,
    /// Of those, the ones that trapped.
    traps: u64,
    /// Processes that went to the swap area.
    swap_outs: u64,
    /// Processes that came back.
    swap_ins: u64,
    /// Processes that could not go or come back.
    swaps_refused: u64,
    /// Processes that ended.
    ends: u64,
    /// Compactions.
    compactions: u64,
    /// The bytes that growth and compaction moved.
    moved_bytes: u64,
    /// The segments in memory at the end, lowest first.
    segments: Vec<ResidentBody>,
    /// The holes between them.
    holes: Vec<HoleBody>,
    /// The segments in the swap area at the end, in order of arrival.
    swap: Vec<SwappedBody>,
    /// The free bytes of memory at the end.
    free_bytes: u64,
    /// The bytes of the largest hole at the end.
    largest_hole_bytes: u64,
    /// Every step.
    steps: Vec<StepBody>,
}

/// A segment, and where it is at the end.
#[derive(ToSchema)]
#[schema(as = SegmentPlacement)]
struct PlacementBody {
    /// Its number, from 0 in order of arrival.
    segment: u32,
    /// Its owner.
    process: String,
    /// `code`, `data`, `heap` or `stack`.
    kind: String,
    /// Its lowest byte; null where it is not in memory.
    base: Option<u64>,
    /// Its size in bytes.
    limit: u64,
    /// Whether its process was refused when it arrived.
    refused: bool,
    /// `memory`, `swap`, `ended` or `refused`.
    state: String,
}

/// A segment in memory.
#[derive(ToSchema)]
#[schema(as = ResidentSegment)]
struct ResidentBody {
    /// Its number, from 0 in order of arrival.
    segment: u32,
    /// Its owner.
    process: String,
    /// `code`, `data`, `heap` or `stack`.
    kind: String,
    /// Its lowest byte.
    base: u64,
    /// Its size in bytes.
    limit: u64,
}

/// A segment in the swap area.
#[derive(ToSchema)]
#[schema(as = SwappedSegment)]
struct SwappedBody {
    /// Its number, from 0 in order of arrival.
    segment: u32,
    /// Its owner.
    process: String,
    /// `code`, `data`, `heap` or `stack`.
    kind: String,
    /// Its size in bytes.
    limit: u64,
}

/// Free bytes with nothing free beside them.
#[derive(ToSchema)]
#[schema(as = Hole)]
struct HoleBody {
    /// The first byte.
    base: u64,
    /// How many there are.
    size_bytes: u64,
}

/// Memory and the swap area after a step.
#[derive(ToSchema)]
#[schema(as = SegmentMap)]
struct MapBody {
    /// The segments in memory, lowest first.
    segments: Vec<ResidentBody>,
    /// The holes between them.
    holes: Vec<HoleBody>,
    /// The segments in the swap area, in order of arrival.
    swap: Vec<SwappedBody>,
    /// The free bytes of memory.
    free_bytes: u64,
    /// The bytes of the largest hole.
    largest_hole_bytes: u64,
}

/// A search for a hole.
#[derive(ToSchema)]
#[schema(as = HoleSearch)]
struct SearchBody {
    /// The segment that is to be placed.
    segment: u32,
    /// What it holds.
    kind: String,
    /// The bytes that are looked for.
    size_bytes: u64,
    /// The holes that were looked at, in that order.
    looked: Vec<HoleBody>,
    /// The one that was taken, as it was then; null where none is large enough.
    chosen: Option<HoleBody>,
    /// What is left of it.
    left_bytes: Option<u64>,
}

/// A segment that was moved.
#[derive(ToSchema)]
#[schema(as = SegmentMove)]
struct MoveBody {
    /// The segment.
    segment: u32,
    /// Its lowest byte before.
    from: u64,
    /// Its lowest byte after.
    to: u64,
    /// The bytes that were copied.
    size_bytes: u64,
}

/// One event and all that it caused.
#[derive(ToSchema)]
#[schema(as = SegmentStep)]
struct StepBody {
    /// Its number, from 1.
    index: u64,
    /// The event as a script writes it.
    event: String,
    /// Whose event it is; null for a compaction.
    process: Option<String>,
    /// `arrive`, `grow`, `access`, `swap-out`, `swap-in`, `end` or `compact`.
    action: String,
    /// `done`, `refused`, `trap` or `nothing`.
    outcome: String,
    /// The searches for holes.
    searches: Vec<SearchBody>,
    /// What was moved within memory.
    moves: Vec<MoveBody>,
    /// The bytes of those moves.
    moved_bytes: u64,
    /// The segment table of the process that makes an access; absent for every other event.
    table: Option<Vec<EntryBody>>,
    /// The translation of an access.
    translation: Option<TranslationBody>,
    /// Memory and swap area afterwards.
    map: MapBody,
    /// What happened and why, in sentences.
    explain: String,
}

/// What a segment table did with addresses.
#[derive(ToSchema)]
#[schema(as = SegmentTranslations)]
pub(crate) struct TranslationsBody {
    /// Version of this document's shape.
    schema_version: u32,
    /// The bits of the segment number; absent where no bits were given.
    segment_bits: Option<u32>,
    /// The bits of the offset; absent where no bits were given.
    offset_bits: Option<u32>,
    /// Physical memory in bytes, where that was given.
    memory_bytes: Option<u64>,
    /// The page size in bytes, where the segments are paged.
    page_bytes: Option<u64>,
    /// The segment table.
    table: Vec<EntryBody>,
    /// The addresses in order.
    translations: Vec<TranslationBody>,
}

/// An entry of a segment table.
#[derive(ToSchema)]
#[schema(as = SegmentEntry)]
struct EntryBody {
    /// Its number, by which addresses name it.
    number: u64,
    /// What it holds, where that was said.
    kind: Option<String>,
    /// The physical address that is added to; absent where the segment is paged.
    base: Option<u64>,
    /// The frame of each page, null for one that is not in memory; absent where the segment is in one piece.
    frames: Option<Vec<Option<u64>>>,
    /// Its limit in bytes: its size, or the highest offset that is not valid where it expands down.
    limit: u64,
    /// `up`, `down` or `expand_down`.
    growth: String,
    /// Three letters, `-` for what is forbidden: `r-x`.
    protection: String,
    /// Whether others may have the same memory.
    shared: bool,
    /// Whether it is in memory.
    present: bool,
}

/// A translation, or where it ended.
#[derive(ToSchema)]
#[schema(as = SegmentTranslation)]
struct TranslationBody {
    /// Its number among the addresses, from 1.
    index: u64,
    /// The segment that the address names.
    segment: u64,
    /// The kind that named the segment, where the number is implicit.
    kind: Option<String>,
    /// The offset in bytes; negative below the base of a segment that grows down.
    offset: i64,
    /// `read`, `write` or `execute`.
    access: String,
    /// The physical address; null after a trap.
    physical: Option<u64>,
    /// `no_segment`, `not_present`, `limit`, `protection` or `page`; null where every check holds.
    trap: Option<String>,
    /// After `limit`, how many bytes the offset is past the last valid one.
    excess_bytes: Option<u64>,
    /// The address as one number, where its bits are known.
    virtual_address: Option<u64>,
    /// The bits of that address.
    bits: Option<BitsBody>,
    /// Which entry of the table it is, from 0.
    row: Option<u64>,
    /// What was checked, up to the first that did not hold.
    checked: Vec<CheckBody>,
    /// The comparison with the limit.
    compare: Option<CompareBody>,
    /// The addition that gave the physical address.
    add: Option<SumBody>,
    /// The walk through the page table, where the segment is paged.
    walk: Option<WalkDocument>,
    /// All of it in sentences.
    explain: String,
}

/// The bits of an address as binary digits.
#[derive(ToSchema)]
#[schema(as = SegmentAddressBits)]
struct BitsBody {
    /// The bits of the segment number.
    segment: String,
    /// The bits of the offset.
    offset: String,
}

/// One thing that was checked.
#[derive(ToSchema)]
#[schema(as = SegmentCheck)]
struct CheckBody {
    /// What must hold.
    what: String,
    /// Whether it does.
    holds: bool,
}

/// A comparison, as it was made.
#[derive(ToSchema)]
#[schema(as = SegmentCompare)]
struct CompareBody {
    /// What stands left: the offset, or its distance below the base.
    left: i64,
    /// `<`, `<=` or `>`.
    relation: String,
    /// What stands right: the limit, or the end of the segment.
    right: i64,
    /// Whether it holds.
    holds: bool,
}

/// An addition.
#[derive(ToSchema)]
#[schema(as = SegmentSum)]
struct SumBody {
    /// The base, or the address of the frame.
    base: u64,
    /// What is added; negative in a segment that grows down.
    addend: i64,
    /// What it makes.
    sum: u64,
}

#[cfg(test)]
mod tests {
    use serde_json::{Map, Value, json};

    use super::super::answer;
    use crate::router::description;

    /// Every member of `value` is described, and every member that is described as always there is there.
    fn agrees(value: &Value, schema: &Value, schemas: &Map<String, Value>, place: &str) {
        let name = schema["$ref"].as_str().and_then(|path| path.rsplit('/').next());
        let one_of = schema["oneOf"].as_array().into_iter().flatten();
        match (value, name) {
            (_, Some(name)) => agrees(value, &schemas[name], schemas, name),
            (Value::Null, _) => {}
            (Value::Array(list), _) => {
                list.iter().for_each(|item| agrees(item, &schema["items"], schemas, place));
            }
            (Value::Object(members), _) if schema["properties"].is_object() => {
                for (member, value) in members {
                    let described = &schema["properties"][member];
                    assert!(described.is_object(), "{place}: `{member}` is not described");
                    agrees(value, described, schemas, &format!("{place}.{member}"));
                }
                for needed in schema["required"].as_array().into_iter().flatten() {
                    let needed = needed.as_str().unwrap();
                    assert!(members.contains_key(needed), "{place}: `{needed}` is never sent");
                }
            }
            _ => one_of
                .filter(|one| one["$ref"].is_string())
                .for_each(|one| agrees(value, one, schemas, place)),
        }
    }

    #[test]
    fn the_answers_are_as_described() {
        let description = serde_json::to_value(description()).unwrap();
        let schemas = description["components"]["schemas"].as_object().unwrap();
        let split = json!({
            "table": "0:5+6+-/3000/code/rx 1:7/1000/shared", "page_bytes": 1024, "segment_bits": 1,
            "offset_bits": 14, "translate": "1030 0:2100 1:2000 1:5/w code:3000"
        });
        let down = json!({
            "table": "0:215/59 1:188/56/down", "segment_bits": 1, "offset_bits": 6, "translate": "65,51,100"
        });
        for (body, name) in
            [(json!({}), "Segments"), (split, "SegmentTranslations"), (down, "SegmentTranslations")]
        {
            let answer = answer(body.to_string().as_bytes()).unwrap();
            let answer: Value = serde_json::from_slice(&answer).unwrap();
            agrees(&answer, &schemas[name], schemas, name);
        }
    }
}
