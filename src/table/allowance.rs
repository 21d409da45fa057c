//! What one object may take on the heap while it is taken apart.

/// Bytes that may still be taken. Vectors ask for room before they grow; one that is denied
/// does not grow, and the object is given up once its record is passed. So looking for the
/// end costs nothing where there is room.
#[derive(Debug)]
pub(super) struct Allowance {
    spare: usize,
    exhausted: bool,
}

/// The least number of bytes that a vector grows by.
const STEP: usize = 1024;

impl Allowance {
    /// Of `heap` bytes, `taken` are gone.
    pub(super) fn new(heap: u64, taken: usize) -> Self {
        let heap = usize::try_from(heap).unwrap_or(usize::MAX);
        Self {
            spare: heap.saturating_sub(taken),
            exhausted: taken > heap,
        }
    }

    /// Whether something was denied: what has been taken apart is not complete.
    pub(super) fn is_exhausted(&self) -> bool {
        self.exhausted
    }

    /// Whether `bytes` are left.
    pub(super) fn has(&self, bytes: usize) -> bool {
        bytes <= self.spare
    }

    /// Whether `bytes` are left for a while; denies them if not.
    pub(super) fn lends(&mut self, bytes: usize) -> bool {
        self.exhausted |= !self.has(bytes);
        !self.exhausted
    }

    /// Counts `bytes` that will be taken later; denies them if so many are not left.
    pub(super) fn reserve(&mut self, bytes: usize) {
        if self.lends(bytes) {
            self.spare -= bytes;
        }
    }

    /// Makes room for `expected` elements, or for as many as a quarter of what is left holds.
    pub(super) fn presize<T>(&mut self, vector: &mut Vec<T>, expected: usize) {
        let expected = expected.min(self.spare / 4 / size_of::<T>());
        self.spare -= expected * size_of::<T>();
        vector.reserve_exact(expected);
    }

    /// Adds an element if there is, or may be made, room for it.
    #[inline]
    pub(super) fn push<T>(&mut self, vector: &mut Vec<T>, element: T) {
        if vector.len() < vector.capacity() || self.grow(vector) {
            vector.push(element);
        }
    }

    /// Appends a text if there is, or may be made, room for it.
    pub(super) fn push_str(&mut self, text: &mut String, more: &str) {
        let free = text.capacity() - text.len();
        if free < more.len() {
            let Some(extra) = self.take(text.capacity(), more.len() - free, 1) else {
                return;
            };
            text.reserve_exact(free + extra);
        }
        text.push_str(more);
    }

    #[cold]
    fn grow<T>(&mut self, vector: &mut Vec<T>) -> bool {
        let Some(extra) = self.take(vector.capacity(), 1, size_of::<T>()) else {
            return false;
        };
        vector.reserve_exact(extra);
        true
    }

    /// How many elements of `size` bytes a full vector of `capacity` may have besides: as many
    /// again, or what is left, but `least`.
    fn take(&mut self, capacity: usize, least: usize, size: usize) -> Option<usize> {
        let wanted = capacity.max(STEP / size).max(least);
        let extra = wanted.min(self.spare / size);
        if extra < least || self.exhausted {
            self.exhausted = true;
            return None;
        }
        self.spare -= extra * size;
        Some(extra)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn vectors_grow_within_the_allowance_and_tell_when_it_ends() {
        let mut allowance = Allowance::new(6_000, 1_000);
        let mut numbers: Vec<u64> = Vec::new();
        let mut text = String::new();
        for number in 0..200 {
            allowance.push(&mut numbers, number);
            allowance.push_str(&mut text, "0123456789");
        }
        assert!(!allowance.is_exhausted());
        assert_eq!((numbers.len(), text.len()), (200, 2_000));
        for number in 0..1_000 {
            allowance.push(&mut numbers, number);
        }
        assert!(allowance.is_exhausted());
        assert!(numbers.capacity() * 8 + text.capacity() <= 5_000);
    }

    #[test]
    fn nothing_is_sized_beforehand_beyond_the_allowance() {
        let mut allowance = Allowance::new(4_096, 96);
        let mut numbers: Vec<u64> = Vec::new();
        allowance.presize(&mut numbers, 1 << 40);
        assert_eq!(numbers.capacity(), 125);
        assert!(allowance.lends(3_000) && !allowance.lends(3_001));
        assert!(Allowance::new(10, 11).is_exhausted());
    }

    #[test]
    fn what_is_taken_later_is_gone_now() {
        let mut allowance = Allowance::new(1_000, 0);
        allowance.reserve(600);
        assert!(!allowance.is_exhausted() && allowance.has(400) && !allowance.has(401));
        allowance.reserve(401);
        assert!(allowance.is_exhausted());
    }
}
