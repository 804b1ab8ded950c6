//! Records come back as they were written, and no words make the reader panic.

use proptest::collection::vec;
use proptest::prelude::*;
use ramscope_events::record::{
    Frequent, MAX_BUILD_ID_BYTES, MAX_FRESH, MAX_TEXT_BYTES, MAX_WORDS, Record, decode,
    decode_frequent,
};
use ramscope_events::{Delta, Loss, Via};

const TICKS: u64 = (1 << 56) - 1;
const LOW_48: u64 = (1 << 48) - 1;

fn written(record: &Record<'_>) -> Vec<u64> {
    let mut words = vec![0; record.words()];
    record.encode(words.as_mut_slice());
    words
}

fn comes_back(record: &Record<'_>) {
    let mut words = written(record);
    let length = words.len();
    assert!(length <= MAX_WORDS);
    words.extend([u64::MAX; 3]);
    assert_eq!(decode(&words), Ok((Some(*record), length)));
    let frequent = decode_frequent(&words).map(|(frequent, length)| {
        let record = match frequent {
            Frequent::Alloc(ticks, address, size, via, stack) => {
                Record::Alloc { ticks, address, size, via, stack }
            }
            Frequent::Free(ticks, address) => Record::Free { ticks, address, moving: false },
        };
        (record, length)
    });
    let is_frequent = matches!(record, Record::Alloc { .. } | Record::Free { moving: false, .. });
    assert_eq!(frequent, is_frequent.then_some((*record, length)), "both readers read the same");
    assert!(decode(&words[..length - 1]).is_err(), "a cut record is found");
}

#[test]
fn the_worked_example_of_the_drawing_is_what_is_written() {
    let stack = Delta { keep: 2, fresh: &[0xabc] };
    let record = Record::Alloc { ticks: 7, address: 0x5000, size: 24, via: Via::Malloc, stack };
    assert_eq!(written(&record), [0x0701, 0x0001_0000_0000_5000, 0x0002_0000_0000_0018, 0xabc]);
}

proptest! {
    #[test]
    fn every_record_comes_back_as_it_was(
        ticks in 0..=TICKS,
        numbers in any::<[u64; 3]>(),
        small in any::<u32>(),
        keep in 0..=16_384_usize,
        fresh in vec(any::<u64>(), 0..MAX_FRESH),
        name in vec(any::<u8>(), 0..MAX_TEXT_BYTES),
        build_id in vec(any::<u8>(), 0..MAX_BUILD_ID_BYTES),
        via in 0..7_usize,
        moving in any::<bool>(),
    ) {
        let [address, size, bias] = numbers;
        let (low_address, low_size) = (address & LOW_48, size & LOW_48);
        let stack = Delta { keep, fresh: &fresh };
        let via = [
            Via::Malloc, Via::Calloc, Via::Realloc, Via::Aligned, Via::Mmap, Via::Mremap, Via::Sbrk,
        ][via];
        for record in [
            Record::Alloc { ticks, address: low_address, size: low_size, via, stack },
            Record::Map { ticks, address: low_address, size: low_size, via, stack },
            Record::Stack { ticks, stack },
            Record::Free { ticks, address, moving },
            Record::Kept { ticks, address },
            Record::Unmap { ticks, address, size },
            Record::Module {
                ticks, start: address, end: size, bias, build_id: &build_id, path: &name,
            },
            Record::ModuleGone { ticks, start: address, end: size },
            Record::ThreadStart { ticks, tid: small, name: &name },
            Record::ThreadEnd { ticks },
            Record::Begin { ticks, pid: small, program: &name },
            Record::Lost { ticks, events: size, why: Loss::Signal },
        ] {
            comes_back(&record);
        }
    }

    #[test]
    fn no_words_make_the_reader_panic_or_read_beyond_them(words in vec(any::<u64>(), 0..40)) {
        if let Ok((_, length)) = decode(&words) {
            assert!(length > 0 && length <= words.len());
        }
    }
}
