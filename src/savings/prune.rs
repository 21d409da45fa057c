//! Which rows of a row group may match the filters of a scan.

use std::collections::{HashMap, HashSet};
use std::ops::Range;

use parquet::bloom_filter::Sbbf;
use parquet::file::page_index::column_index::ColumnIndexMetaData;
use parquet::file::statistics::Statistics;

use super::filter::{Filter, Test};

/// Rows of a row group, as ranges in ascending order that do not touch.
pub(super) type Rows = Vec<Range<u64>>;

/// What can be asked of a row group besides its footer, by column.
#[derive(Debug, Default)]
pub(super) struct Lookups {
    pub(super) blooms: HashMap<String, Sbbf>,
    /// Every value that the column has.
    pub(super) dictionaries: HashMap<String, HashSet<Vec<u8>>>,
}

/// What is known of the values in a row group or a page.
#[derive(Debug, Clone, Copy, Default)]
pub(super) struct Known<'a> {
    pub(super) min: Option<&'a [u8]>,
    pub(super) max: Option<&'a [u8]>,
    pub(super) nulls: Option<u64>,
    pub(super) values: u64,
}

impl<'a> Known<'a> {
    /// What the statistics of a chunk of `values` values say.
    pub(super) fn of_chunk(statistics: Option<&'a Statistics>, values: u64) -> Self {
        // The order of other types is not that of their bytes.
        let texts = statistics.filter(|s| matches!(s, Statistics::ByteArray(_)));
        Self {
            min: texts.and_then(Statistics::min_bytes_opt),
            max: texts.and_then(Statistics::max_bytes_opt),
            nulls: statistics.and_then(Statistics::null_count_opt),
            values,
        }
    }

    /// What the column index says of page `page` of `values` values.
    pub(super) fn of_page(index: &'a ColumnIndexMetaData, page: usize, values: u64) -> Self {
        let nulls = index
            .null_count(page)
            .and_then(|nulls| u64::try_from(nulls).ok());
        let (min, max) = match index {
            ColumnIndexMetaData::BYTE_ARRAY(index) => {
                (index.min_value(page), index.max_value(page))
            }
            _ => (None, None),
        };
        Self {
            min,
            max,
            nulls: if index.is_null_page(page) {
                Some(values)
            } else {
                nulls
            },
            values,
        }
    }

    /// One value, that of a partition.
    pub(super) fn exactly(value: &'a str) -> Self {
        Self {
            min: Some(value.as_bytes()),
            max: Some(value.as_bytes()),
            nulls: Some(0),
            values: 1,
        }
    }

    /// Whether some value may pass one of the tests.
    pub(super) fn may_pass(&self, any: &[Test]) -> bool {
        any.iter().any(|test| match test {
            Test::IsNull => self.nulls != Some(0),
            _ if self.nulls.is_some_and(|nulls| nulls >= self.values) => false,
            Test::IsNotNull => true,
            Test::Equals(value) => self.may_hold(Some(value), Some(value)),
            Test::Between(low, high) => self.may_hold(low.as_deref(), high.as_deref()),
        })
    }

    fn may_hold(&self, low: Option<&str>, high: Option<&str>) -> bool {
        let above = self
            .min
            .zip(high)
            .is_some_and(|(min, high)| min > high.as_bytes());
        let below = self
            .max
            .zip(low)
            .is_some_and(|(max, low)| max < low.as_bytes());
        !above && !below
    }
}

impl Lookups {
    /// Whether the bloom filters leave rows that pass all filters.
    pub(super) fn blooms_leave(&self, filters: &[Filter]) -> bool {
        filters.iter().all(|filter| {
            let bloom = self.blooms.get(&filter.column);
            bloom.is_none_or(|bloom| may_hold(filter, |value| bloom.check(value)))
        })
    }

    /// Whether the dictionaries leave rows that pass all filters.
    pub(super) fn dictionaries_leave(&self, filters: &[Filter]) -> bool {
        filters.iter().all(|filter| {
            let values = self.dictionaries.get(&filter.column);
            values.is_none_or(|values| may_hold(filter, |value| values.contains(value.as_bytes())))
        })
    }
}

/// Whether one of a filter's tests may pass, where `holds` knows which values there are.
fn may_hold(filter: &Filter, holds: impl Fn(&str) -> bool) -> bool {
    filter.any.iter().any(|test| match test {
        Test::Equals(value) => holds(value),
        _ => true,
    })
}

/// The rows that are in both.
pub(super) fn both(left: &Rows, right: &Rows) -> Rows {
    let mut rows = Rows::new();
    for a in left {
        for b in right {
            let range = a.start.max(b.start)..a.end.min(b.end);
            if !range.is_empty() {
                rows.push(range);
            }
        }
    }
    rows
}

/// Whether a range of rows has one of `rows`.
pub(super) fn touches(range: &Range<u64>, rows: &Rows) -> bool {
    rows.iter()
        .any(|r| r.start < range.end && range.start < r.end)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn known<'a>(min: &'a str, max: &'a str, nulls: u64) -> Known<'a> {
        Known {
            min: Some(min.as_bytes()),
            max: Some(max.as_bytes()),
            nulls: Some(nulls),
            values: 10,
        }
    }

    fn equals(value: &str) -> Test {
        Test::Equals(value.into())
    }

    #[test]
    fn a_value_outside_least_and_greatest_cannot_be_there() {
        let known = known("b", "d", 0);
        for (value, may) in [
            ("a", false),
            ("b", true),
            ("c", true),
            ("d", true),
            ("e", false),
        ] {
            assert_eq!(known.may_pass(&[equals(value)]), may, "{value}");
        }
        assert!(known.may_pass(&[equals("a"), equals("c")]));
        assert!(!known.may_pass(&[Test::Between(Some("d1".into()), None)]));
        assert!(!known.may_pass(&[Test::Between(None, Some("a".into()))]));
    }

    #[test]
    fn nulls_alone_pass_only_what_asks_for_null() {
        let nulls = Known {
            nulls: Some(10),
            values: 10,
            ..Known::default()
        };
        assert!(!nulls.may_pass(&[Test::IsNotNull]));
        assert!(!nulls.may_pass(&[equals("a")]));
        assert!(nulls.may_pass(&[Test::IsNull]));
        assert!(!known("a", "b", 0).may_pass(&[Test::IsNull]));
    }

    #[test]
    fn where_nothing_is_known_everything_may_be() {
        let known = Known {
            values: 10,
            ..Known::default()
        };
        for test in [
            equals("a"),
            Test::IsNull,
            Test::IsNotNull,
            Test::Between(None, Some("a".into())),
        ] {
            assert!(known.may_pass(&[test]));
        }
    }

    #[test]
    fn rows_in_both_are_the_overlaps() {
        let one = |range: Range<u64>| Rows::from([range]);
        let two = vec![0..10, 20..30];
        assert_eq!(both(&two, &one(5..25)), [5..10, 20..25]);
        assert!(both(&one(0..5), &one(5..9)).is_empty());
        assert!(touches(&(4..6), &one(5..9)));
        assert!(!touches(&(0..5), &one(5..9)));
    }
}
