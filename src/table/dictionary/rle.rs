//! The hybrid of run lengths and packed bits that levels and dictionary numbers are written in
//! (parquet-format, Encodings.md, "RLE / Bit-Packing Hybrid").

/// Numbers that are packed together.
const GROUP: usize = 8;

/// Groups of a packed run, at most: so its header is one byte.
const MAX_GROUPS: usize = 63;

/// Numbers of a fixed width on their way into bytes: the same bytes as `parquet`'s own writer makes.
#[derive(Debug)]
pub(super) struct Rle {
    width: u32,
    bytes: Vec<u8>,
    /// Numbers of the packed run at hand.
    packed: Vec<u32>,
    /// The number before, and how often it has come without another between. From eight times on
    /// they are a run, and not among the packed ones.
    last: u32,
    repeats: usize,
}

impl Rle {
    /// Numbers that have `width` bits at most, written after `bytes`.
    pub(super) fn after(bytes: Vec<u8>, width: u32) -> Self {
        Self {
            width,
            bytes,
            packed: Vec::with_capacity(GROUP * MAX_GROUPS),
            last: 0,
            repeats: 0,
        }
    }

    /// Adds a number `count` times.
    #[inline]
    pub(super) fn put(&mut self, number: u32, count: usize) {
        for added in 0..count {
            if self.repeats >= GROUP && self.last == number {
                self.repeats += count - added;
                return;
            }
            self.put_one(number);
        }
    }

    #[inline]
    fn put_one(&mut self, number: u32) {
        if self.last == number {
            self.repeats += 1;
        } else {
            if self.repeats >= GROUP {
                self.write_run();
            }
            (self.last, self.repeats) = (number, 1);
        }
        self.packed.push(number);
        if !self.packed.len().is_multiple_of(GROUP) {
            return;
        }
        if self.repeats >= GROUP {
            self.packed.truncate(self.packed.len() - GROUP);
            self.write_packed();
            return;
        }
        if self.packed.len() == GROUP * MAX_GROUPS {
            self.write_packed();
        }
        self.repeats = 0;
    }

    /// All of it, after the bytes that there were.
    pub(super) fn finish(mut self) -> Vec<u8> {
        let tail = self.packed.len() % GROUP;
        let is_run = self.packed.len() == tail && (tail == 0 || self.repeats == tail);
        if self.repeats > 0 && is_run {
            self.write_run();
        } else {
            let full = self.packed.len().next_multiple_of(GROUP);
            self.packed.resize(full, 0);
            self.write_packed();
        }
        self.bytes
    }

    fn write_run(&mut self) {
        let mut header = (self.repeats as u64) << 1;
        while header >= 0x80 {
            self.bytes.push(header as u8 | 0x80);
            header >>= 7;
        }
        self.bytes.push(header as u8);
        let number = self.last.to_le_bytes();
        let width = self.width.div_ceil(8) as usize;
        self.bytes.extend_from_slice(&number[..width]);
        self.packed.clear();
        self.repeats = 0;
    }

    fn write_packed(&mut self) {
        if self.packed.is_empty() {
            return;
        }
        let groups = self.packed.len() / GROUP;
        self.bytes.push((groups << 1 | 1) as u8);
        let (mut bits, mut count) = (0u64, 0);
        for number in self.packed.drain(..) {
            bits |= u64::from(number) << count;
            count += self.width;
            if count >= 32 {
                self.bytes.extend_from_slice(&(bits as u32).to_le_bytes());
                bits >>= 32;
                count -= 32;
            }
        }
        // Eight numbers are whole bytes, whatever their width.
        let rest = bits.to_le_bytes();
        self.bytes.extend_from_slice(&rest[..count as usize / 8]);
    }
}

/// The bits that numbers up to this one have.
pub(super) fn width(greatest: usize) -> u32 {
    usize::BITS - greatest.leading_zeros()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn encoded(numbers: &[(u32, usize)], width: u32) -> Vec<u8> {
        let mut rle = Rle::after(Vec::new(), width);
        for &(number, count) in numbers {
            rle.put(number, count);
        }
        rle.finish()
    }

    /// By the letter of the format.
    fn decoded(bytes: &[u8], width: u32) -> Vec<u32> {
        let (mut at, mut numbers) = (0, Vec::new());
        while at < bytes.len() {
            let (mut header, mut shift) = (0usize, 0);
            loop {
                let byte = usize::from(bytes[at]);
                at += 1;
                header |= (byte & 0x7F) << shift;
                shift += 7;
                if byte < 0x80 {
                    break;
                }
            }
            let bit = |bit: usize| u32::from(bytes[at + bit / 8] >> (bit % 8) & 1);
            let number = |from: usize| (0..width as usize).fold(0, |n, i| n | bit(from + i) << i);
            if header & 1 == 1 {
                let count = (header >> 1) * GROUP;
                numbers.extend((0..count).map(|i| number(i * width as usize)));
                at += count * width as usize / 8;
            } else {
                numbers.extend(vec![number(0); header >> 1]);
                at += width.div_ceil(8) as usize;
            }
        }
        numbers
    }

    #[test]
    fn a_run_is_its_length_and_its_number() {
        assert_eq!(encoded(&[(5, 300)], 3), [0b1101_1000, 0b100, 5]);
        assert!(encoded(&[], 3).is_empty());
        assert_eq!(encoded(&[(0, 7)], 0), [14]);
    }

    #[test]
    fn eight_numbers_are_packed_into_as_many_bytes_as_they_have_bits() {
        let numbers: Vec<(u32, usize)> = (0..8).map(|number| (number, 1)).collect();
        assert_eq!(
            encoded(&numbers, 3),
            [3, 0b1000_1000, 0b1100_0110, 0b1111_1010]
        );
    }

    proptest::proptest! {
        #[test]
        fn what_is_written_is_read(
            runs in proptest::collection::vec((0u32..1 << 17, 0usize..40), 0..200),
            width in 0u32..18,
        ) {
            let runs: Vec<(u32, usize)> =
                runs.into_iter().map(|(number, count)| (number & ((1 << width) - 1), count)).collect();
            let wanted: Vec<u32> =
                runs.iter().flat_map(|&(number, count)| vec![number; count]).collect();
            let mut found = decoded(&encoded(&runs, width), width);
            // The last group is filled up with zeros.
            proptest::prop_assert!(found.len() < wanted.len() + GROUP);
            proptest::prop_assert!(found.split_off(wanted.len()).iter().all(|&number| number == 0));
            proptest::prop_assert_eq!(found, wanted);
        }
    }
}
