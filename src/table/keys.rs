//! A table of JSON keys for lookups that ignore ASCII case.

/// Finds the index of a key among a fixed set. Most lookups cost one hash of four bytes
/// and one comparison.
#[derive(Debug, Clone, Default)]
pub(crate) struct KeyTable {
    keys: Vec<Box<str>>,
    /// One more than the index of a key, or 0; open addressing, a power of two long.
    buckets: Vec<u16>,
}

impl KeyTable {
    /// A table of `keys`, which differ by more than ASCII case.
    pub(crate) fn new<'k>(keys: impl IntoIterator<Item = &'k str>) -> Self {
        let keys: Vec<Box<str>> = keys.into_iter().map(Box::from).collect();
        let mut buckets = vec![0; (keys.len() * 8).next_power_of_two().max(8)];
        for (number, key) in (1..).zip(&keys) {
            let mut at = hash(key.as_bytes()) & (buckets.len() - 1);
            while buckets[at] != 0 {
                at = (at + 1) & (buckets.len() - 1);
            }
            buckets[at] = number;
        }
        Self { keys, buckets }
    }

    /// The index of `key`, and whether it is spelled as in the table.
    #[inline]
    pub(crate) fn find(&self, key: &[u8]) -> Option<(usize, bool)> {
        if self.keys.is_empty() {
            return None;
        }
        let mask = self.buckets.len() - 1;
        let mut at = hash(key) & mask;
        loop {
            let index = usize::from(self.buckets[at]).checked_sub(1)?;
            let candidate = self.keys[index].as_bytes();
            if candidate == key {
                return Some((index, true));
            }
            if candidate.eq_ignore_ascii_case(key) {
                return Some((index, false));
            }
            at = (at + 1) & mask;
        }
    }
}

/// The same for keys that differ only in ASCII case.
#[inline]
fn hash(key: &[u8]) -> usize {
    let byte = |at: usize| usize::from(key.get(at).copied().unwrap_or(0) | 0x20);
    let length = key.len();
    let mixed = byte(0)
        + byte(length / 2) * 0x25
        + byte(length * 3 / 4) * 0x1F3
        + byte(length.wrapping_sub(1)) * 0xB5
        + length * 0x11;
    mixed ^ (mixed >> 7)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_key_is_found_in_any_case_and_its_spelling_is_told() {
        let table = KeyTable::new(["eventID", "eventName", "a"]);
        assert_eq!(table.find(b"eventID"), Some((0, true)));
        assert_eq!(table.find(b"EVENTname"), Some((1, false)));
        assert_eq!(table.find(b"A"), Some((2, false)));
        assert_eq!(table.find(b"eventI"), None);
        assert_eq!(table.find(b""), None);
        assert_eq!(KeyTable::default().find(b"x"), None);
    }

    #[test]
    fn every_key_of_a_large_table_is_found() {
        let keys: Vec<String> = (0..3000).map(|n| format!("key-{n}-name")).collect();
        let table = KeyTable::new(keys.iter().map(String::as_str));
        for (index, key) in keys.iter().enumerate() {
            assert_eq!(table.find(key.as_bytes()), Some((index, true)));
        }
    }
}
