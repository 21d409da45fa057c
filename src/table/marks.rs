//! Positions that hold something.

use arrow::buffer::{BooleanBuffer, NullBuffer, ScalarBuffer};

const WORD: usize = u64::BITS as usize;

/// Positions that hold something, as bits, the lowest first.
#[derive(Debug, Clone, Default)]
pub(super) struct Marks {
    words: Vec<u64>,
    count: usize,
}

impl Marks {
    /// Room for this many positions.
    pub(super) fn with_capacity(positions: usize) -> Self {
        Self {
            words: Vec::with_capacity(positions.div_ceil(WORD)),
            count: 0,
        }
    }

    /// Marks a position that is not marked.
    #[inline]
    pub(super) fn mark(&mut self, at: usize) {
        let word = at / WORD;
        if self.words.len() <= word {
            self.words.resize(word + 1, 0);
        }
        self.words[word] |= 1 << (at % WORD);
        self.count += 1;
    }

    /// Whether a position is marked.
    #[inline]
    pub(super) fn has(&self, at: usize) -> bool {
        self.word(at / WORD) >> (at % WORD) & 1 == 1
    }

    /// The first position after `at` that is marked where `at` is not, or not where it is; `end`,
    /// if there is none before it.
    #[inline]
    pub(super) fn next_change(&self, at: usize, end: usize) -> usize {
        let like = if self.has(at) { u64::MAX } else { 0 };
        let mut word = at / WORD;
        let mut changes = (self.word(word) ^ like) & (u64::MAX << (at % WORD));
        while changes == 0 {
            word += 1;
            if word * WORD >= end {
                return end;
            }
            changes = self.word(word) ^ like;
        }
        end.min(word * WORD + changes.trailing_zeros() as usize)
    }

    /// The nulls among `len` positions; none if all hold something.
    pub(super) fn nulls(&self, len: usize) -> Option<NullBuffer> {
        if self.count == len {
            return None;
        }
        let mut words = self.words.clone();
        words.resize(len.div_ceil(WORD), 0);
        let bits = ScalarBuffer::from(words).into_inner();
        Some(NullBuffer::new(BooleanBuffer::new(bits, 0, len)))
    }

    #[inline]
    fn word(&self, word: usize) -> u64 {
        self.words.get(word).copied().unwrap_or_default()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn nulls_are_right_on_both_sides_of_a_word() {
        let mut marks = Marks::default();
        let marked = [0, 7, 8, 63, 64, 127];
        marked.iter().for_each(|at| marks.mark(*at));
        let nulls = marks.nulls(200).unwrap();
        let found: Vec<usize> = (0..200).filter(|at| nulls.is_valid(*at)).collect();
        assert_eq!(found, marked);
        assert!((0..200).all(|at| marks.has(at) == marked.contains(&at)));
        let mut full = Marks::default();
        (0..9).for_each(|at| full.mark(at));
        assert!(full.nulls(9).is_none());
    }

    #[test]
    fn a_change_is_found_however_far_it_is() {
        let mut marks = Marks::default();
        (3..130).for_each(|at| marks.mark(at));
        assert_eq!(marks.next_change(0, 1000), 3);
        assert_eq!(marks.next_change(3, 1000), 130);
        assert_eq!(marks.next_change(70, 100), 100);
        assert_eq!(marks.next_change(130, 1000), 1000);
    }
}
