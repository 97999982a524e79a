//! How long calls take, counted in buckets that are about a tenth of their value wide.

use std::sync::atomic::{AtomicU64, Ordering::Relaxed};
use std::time::Duration;

/// Number of buckets: the last one is for 15.7 s and more.
pub const BUCKETS: usize = 176;

/// Durations by bucket.
#[repr(C)]
#[derive(Debug)]
pub struct Histogram {
    /// The sum of all, in nanoseconds.
    pub nanoseconds: AtomicU64,
    /// How many durations fell into each bucket.
    pub counts: [AtomicU64; BUCKETS],
}

impl Histogram {
    /// Counts a duration.
    pub fn add(&self, duration: Duration) {
        let nanoseconds = u64::try_from(duration.as_nanos()).unwrap_or(u64::MAX);
        self.nanoseconds.fetch_add(nanoseconds, Relaxed);
        self.counts[bucket(nanoseconds / 1000)].fetch_add(1, Relaxed);
    }

    /// How many durations were counted.
    pub fn count(&self) -> u64 {
        self.counts.iter().map(|count| count.load(Relaxed)).fold(0, u64::wrapping_add)
    }

    /// The upper bound, in microseconds, of a share of all durations; 0 if there is none.
    pub fn quantile(&self, share: f64) -> u64 {
        quantile(self.counts.iter().map(|count| count.load(Relaxed)).enumerate(), share)
    }
}

/// The same of buckets by their numbers, in order.
pub fn quantile(buckets: impl Iterator<Item = (usize, u64)> + Clone, share: f64) -> u64 {
    let count = buckets.clone().map(|(_, count)| count).fold(0, u64::wrapping_add);
    let rank = (count as f64 * share).ceil() as u64;
    let mut seen = 0_u64;
    for (bucket, count) in buckets {
        seen = seen.saturating_add(count);
        if seen >= rank.max(1) {
            return bound(bucket.min(BUCKETS - 1));
        }
    }
    0
}

/// The bucket of a number of microseconds: one for each of the first eight, then eight for each
/// power of two.
fn bucket(microseconds: u64) -> usize {
    let Some(power @ 3..) = microseconds.checked_ilog2() else {
        return microseconds as usize;
    };
    let eighth = (microseconds >> (power - 3)) & 7;
    (8 * (power as usize - 2) + eighth as usize).min(BUCKETS - 1)
}

/// The first number of microseconds above a bucket.
fn bound(bucket: usize) -> u64 {
    let next = bucket as u64 + 1;
    if next < 8 { next } else { (8 + next % 8) << (next / 8 - 1) }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn buckets_follow_each_other() {
        let mut last = 0;
        for number in 0..100_000 {
            let bucket = bucket(number);
            assert!(bucket == last || bucket == last + 1, "{number}");
            assert!(number < bound(bucket), "{number}");
            // A bucket is at most an eighth of its value wide.
            assert!(number < 8 || bound(bucket) - number <= number / 8 + 1, "{number}");
            last = bucket;
        }
        assert_eq!(bucket(15_728_639), BUCKETS - 2);
        assert_eq!(bucket(15_728_640), BUCKETS - 1);
        assert_eq!(bucket(u64::MAX), BUCKETS - 1);
    }

    #[test]
    fn quantiles() {
        let histogram =
            Histogram { nanoseconds: 0.into(), counts: std::array::from_fn(|_| 0.into()) };
        assert_eq!(histogram.quantile(0.99), 0);
        for number in 1..=1000 {
            histogram.add(Duration::from_micros(number));
        }
        assert_eq!(histogram.count(), 1000);
        assert_eq!(histogram.nanoseconds.load(Relaxed), 500_500_000);
        assert_eq!(histogram.quantile(0.5), 512); // 500 is in 480 to 511
        assert_eq!(histogram.quantile(0.99), 1024);
        assert_eq!(histogram.quantile(0.0), 2);
    }
}
