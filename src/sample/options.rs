//! What to generate, and what was generated.

use std::collections::BTreeMap;

use jiff::civil::Date;

/// How much of what to generate. The same options always give the same bytes.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct SampleOptions {
    /// Everything random follows from it.
    pub seed: u64,
    /// Uncompressed JSON to aim for, in bytes, over the whole sample; met within a tenth
    /// unless the lanes are so many that one event each is more.
    pub uncompressed_bytes: u64,
    /// Accounts, the first of which is always 012345678901.
    pub accounts: u32,
    /// Regions of every account, `us-east-1` first; at most [`SampleOptions::MAX_REGIONS`].
    pub regions: u32,
    /// Days on which events happen. Files may be delivered on the day after the last.
    pub days: u32,
    /// The first of these days, UTC.
    pub first_day: Date,
    /// The shape of an organisation: `uncompressed_bytes` falls on one lane in ten, and every other
    /// lane sees 1 to 20 events a day, delivered in files of 1 to 3 events, whatever
    /// `uncompressed_bytes` says. Otherwise activity falls off from account to account and from
    /// region to region.
    pub tiny_lanes: bool,
}

impl SampleOptions {
    /// Regions that the generator knows; more are not made.
    pub const MAX_REGIONS: u32 = 20;
}

impl Default for SampleOptions {
    /// A quick sample: 10 MB, three accounts, three regions, four days of May 2024.
    fn default() -> Self {
        Self {
            seed: 1,
            uncompressed_bytes: 10_000_000,
            accounts: 3,
            regions: 3,
            days: 4,
            first_day: jiff::civil::date(2024, 5, 1),
            tiny_lanes: false,
        }
    }
}

/// What a sample holds, counted while it was made: what a right conversion must find.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Truth {
    /// Raw objects that hold events.
    pub objects: u64,
    /// Digest files, which a converter leaves aside.
    pub digests: u64,
    /// Records in the raw objects.
    pub records: u64,
    /// Records that repeat another of their lane: the same event again, byte for byte or
    /// with its members in another order.
    pub duplicates: u64,
    /// Records without the duplicates.
    pub rows: u64,
    /// Uncompressed size of the raw objects, in bytes.
    pub uncompressed_bytes: u64,
    /// Size of the raw objects as delivered, in bytes.
    pub delivered_bytes: u64,
    /// Rows by account, region of the key, and UTC date of the event.
    pub partitions: BTreeMap<(String, String, Date), u64>,
}
