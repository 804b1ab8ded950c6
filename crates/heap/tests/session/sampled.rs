//! Sampled sessions: what they estimate is the truth on average, and their error is what they say.

use ramscope_heap::Intake;
use ramscope_heap::event::{Event, Stack, ThreadId};

use super::inputs::start;

/// A small generator of chance (xorshift64*), so that the runs are the same each time.
struct Dice(u64);

impl Dice {
    fn next(&mut self) -> f64 {
        self.0 ^= self.0 >> 12;
        self.0 ^= self.0 << 25;
        self.0 ^= self.0 >> 27;
        (self.0.wrapping_mul(0x2545_f491_4f6c_dd1d) >> 11) as f64 / (1_u64 << 53) as f64
    }
}

#[test]
fn the_estimate_lies_around_the_truth_as_far_as_it_says() {
    let (every, sizes) = (1_u64 << 16, [40_u64, 900, 20_000, 300_000]);
    let mut within = 0;
    let mut mean = 0.0;
    let runs = 200;
    for seed in 1..=runs {
        let (mut dice, mut truth) = (Dice(seed * 7919), 0);
        let mut intake = Intake::new(start(every));
        for number in 0..4000_u64 {
            let size = sizes[usize::try_from(number % 4).unwrap()];
            truth += size;
            if dice.next() < 1.0 - (-(size as f64) / every as f64).exp() {
                let stack = Stack { keep: 0, fresh: &[0x1000] };
                let address = 0x10_0000 + number * 16;
                intake.hear(number, &Event::Alloc { thread: ThreadId(0), address, size, stack });
            }
        }
        let session = intake.session();
        let miss = session.totals().live_bytes as f64 - truth as f64;
        mean += miss / truth as f64 / f64::from(u32::try_from(runs).unwrap());
        within += u32::from(miss.abs() <= 2.0 * session.live_error_bytes());
    }
    assert!(mean.abs() < 0.003, "the estimates are off by {mean} on average");
    assert!((180..=200).contains(&within), "{within} of {runs} within two standard errors");
}
