//! A large text taken apart in parts, on all threads.

use rayon::prelude::*;

use crate::json::Scanner;

use super::allowance::Allowance;
use super::cells::{Cell, MAX_TEXT};
use super::object_rows::RowEntry;
use super::objects::narrow;
use super::reject_reason::RejectEntry;
use super::shred::{Shredder, Walk};

/// Bytes of a part.
pub(super) const PART_BYTES: usize = 8 << 20;

/// How CloudTrail's files begin and end.
const BEGIN: &str = "{\"Records\":[";
const END: &str = "]}";

/// How one record ends and the next begins, if it begins as CloudTrail's do.
const BETWEEN: &str = "},{\"eventVersion\":";

/// One part: records with commas between them.
#[derive(Debug, Clone, Copy)]
struct Part {
    start: usize,
    /// Where the comma before the next part stands, or the end of the list.
    end: usize,
}

/// The records of a document, if it is large and has CloudTrail's own form; else, and if anything is wrong
/// with it, none: then they are to be taken apart one after another, which tells.
///
/// Where a part begins is guessed. It is right if the part before it ends there, and it does the same
/// with each record as one walk would: what that knows of earlier records only says where to look first.
pub(super) fn shred_in_parts<'d>(walk: &Walk<'d>, part_bytes: usize) -> Option<Shredder<'d>> {
    let parts = parts(&walk.document.text, part_bytes)?;
    // Half is for when they are put together.
    let heap = walk.heap.saturating_sub(walk.taken as u64) / 2 / parts.len() as u64;
    let shredded: Option<Vec<Shredder<'d>>> = parts
        .into_par_iter()
        .map(|part| shred_part(walk, part, heap))
        .collect();
    let mut shredded = shredded?.into_iter();
    let mut whole = shredded.next()?;
    let rest = shredded.as_slice();
    let total = |of: fn(&Shredder<'d>) -> usize| rest.iter().map(of).sum::<usize>();
    let arena = total(|part| part.arena.len());
    if whole.arena.len() + arena > MAX_TEXT {
        return None;
    }
    whole.arena.reserve_exact(arena);
    whole.cells.reserve_exact(total(|part| part.cells.len()));
    whole.rows.reserve_exact(total(|part| part.rows.len()));
    for part in shredded {
        whole.append(part);
    }
    Some(whole)
}

/// The parts of a text, two at least.
fn parts(text: &str, part_bytes: usize) -> Option<Vec<Part>> {
    let count = text.len() / part_bytes;
    if count < 2 || !text.starts_with(BEGIN) || !text.ends_with(END) {
        return None;
    }
    let mut parts = Vec::with_capacity(count);
    let mut start = BEGIN.len();
    for number in 1..count {
        let from = text.floor_char_boundary(start.max(number * part_bytes));
        let Some(found) = text[from..].find(BETWEEN) else {
            break;
        };
        let end = from + found + 1;
        parts.push(Part { start, end });
        start = end + 1;
    }
    let end = text.len() - END.len();
    parts.push(Part { start, end });
    (parts.len() > 1).then_some(parts)
}

fn shred_part<'d>(walk: &Walk<'d>, part: Part, heap: u64) -> Option<Shredder<'d>> {
    let mut shredder = Shredder::new(walk, Allowance::new(heap, 0), part.end - part.start);
    let text = walk.document.text.as_bytes();
    // In the list of the outermost object.
    let mut scanner = Scanner::at(text, part.start).within(2);
    loop {
        shredder.record(&mut scanner).ok()?;
        if scanner.position() == part.end {
            return Some(shredder);
        }
        if scanner.position() > part.end || !scanner.next_element(&mut false).ok()? {
            return None;
        }
    }
}

impl Shredder<'_> {
    /// Adds what the next part holds.
    fn append(&mut self, part: Self) {
        let (cells, arena) = (narrow(self.cells.len()), narrow(self.arena.len()));
        let region = part.region.map(|cell| cell.in_moved_arena(arena));
        self.arena.push_str(&part.arena);
        let text = |cell: Cell| cell.bytes(self.text, &self.arena);
        if self.rows.is_empty() {
            self.region = region;
        } else if !part.rows.is_empty() && self.region.map(text) != region.map(text) {
            self.region = None;
        }
        let moved = part.cells.iter().map(|cell| cell.in_moved_arena(arena));
        self.cells.extend(moved);
        self.rows.extend(part.rows.into_iter().map(|row| RowEntry {
            index: self.count + row.index,
            cells: (cells + row.cells.0, cells + row.cells.1),
            ..row
        }));
        let rejects = part.rejects.into_iter().map(|reject| RejectEntry {
            index: self.count + reject.index,
            cells: (cells + reject.cells.0, reject.cells.1),
            ..reject
        });
        self.rejects.extend(rejects);
        self.count += part.count;
        self.has_wrapper |= part.has_wrapper;
        self.has_hollow |= part.has_hollow;
    }
}

#[cfg(test)]
mod tests {
    use jiff::Timestamp;
    use proptest::prelude::*;

    use super::*;
    use crate::cloudtrail::{Document, Limits, for_each_record, read_document};
    use crate::table::Schema;

    const LIMITS: Limits = Limits {
        uncompressed: 1 << 20,
        heap: 1 << 22,
    };

    fn document(text: &str) -> Document {
        read_document(text.as_bytes(), LIMITS).unwrap()
    }

    fn walk<'d>(schema: &'d Schema, document: &'d Document) -> Walk<'d> {
        Walk {
            schema,
            document,
            latest: Timestamp::MAX,
            heap: LIMITS.heap,
            taken: 0,
        }
    }

    /// Everything that becomes of it. Equal values may be had from different places.
    fn all_of(shredder: &Shredder<'_>) -> String {
        let text = |cell: &Cell| cell.text(shredder.text, &shredder.arena);
        let cells = shredder.cells.iter().map(|cell| (cell.slot, text(cell)));
        format!(
            "{:?}",
            (
                cells.collect::<Vec<_>>(),
                (&shredder.rows, &shredder.rejects, shredder.count),
                shredder.region.as_ref().map(text),
                (shredder.has_wrapper, shredder.has_hollow),
            )
        )
    }

    fn at_once<'d>(walk: &Walk<'d>) -> Shredder<'d> {
        let mut shredder =
            Shredder::new(walk, Allowance::new(walk.heap, 0), walk.document.text.len());
        let counted = for_each_record(walk.document, |scanner| shredder.record(scanner));
        counted.unwrap();
        shredder
    }

    fn record(number: usize) -> String {
        let region = if number == 7 {
            "eu-west-1"
        } else {
            "us-east-1"
        };
        format!(
            r#"{{"eventVersion":"1.08","eventTime":"2024-05-01T00:00:0{}Z","eventName":"\u0041{number}","awsRegion":"{region}"}}"#,
            number % 10,
        )
    }

    fn file(records: &[String]) -> String {
        format!("{{\"Records\":[{}]}}", records.join(","))
    }

    #[test]
    fn a_file_in_parts_is_what_it_is_at_once() {
        let schema = Schema::new(&[]).unwrap();
        for records in [2, 3, 6, 7, 8, 20] {
            let records: Vec<String> = (0..records).map(record).collect();
            let document = document(&file(&records));
            let walk = walk(&schema, &document);
            let parts = shred_in_parts(&walk, 100).unwrap();
            assert_eq!(all_of(&parts), all_of(&at_once(&walk)));
            assert_eq!(parts.rows.len(), records.len());
            assert_eq!(parts.region.is_some(), records.len() < 8);
        }
    }

    #[test]
    fn a_guess_that_is_no_beginning_of_a_record_is_found_out() {
        let schema = Schema::new(&[]).unwrap();
        let whole = record(1);
        let nested = whole.replace("\"1.08\"", &format!("[{whole},{whole}]"));
        let document = document(&file(&vec![nested; 5]));
        assert!(shred_in_parts(&walk(&schema, &document), 120).is_none());
    }

    #[test]
    fn within_a_text_nothing_looks_like_a_beginning() {
        let schema = Schema::new(&[]).unwrap();
        let text = record(1).replace("1.08", &BETWEEN.replace('"', "\\\""));
        let document = document(&file(&vec![text; 5]));
        let walk = walk(&schema, &document);
        let parts = shred_in_parts(&walk, 120).unwrap();
        assert_eq!(all_of(&parts), all_of(&at_once(&walk)));
    }

    #[test]
    fn another_form_and_damage_are_left_to_the_walk() {
        let schema = Schema::new(&[]).unwrap();
        let records: Vec<String> = (0..9).map(record).collect();
        let whole = file(&records);
        let (head, tail) = whole.split_at(whole.len() / 2);
        for text in [
            records.join("\n"),
            format!("[{}]", records.join(",")),
            format!("{}\n", file(&records)),
            whole.replacen("[", "[ ", 1).replacen("},{", "} ,{", 9),
            format!("{head}\u{1}{tail}"),
            whole.replacen("},{", "}]},{", 5),
            whole.replacen("},{", "},,{", 5),
        ] {
            let mut document = document(&file(&records));
            document.text = text;
            assert!(shred_in_parts(&walk(&schema, &document), 100).is_none());
        }
    }

    proptest! {
        #[test]
        fn whatever_stands_in_the_list_becomes_the_same_or_is_left(
            pieces in prop::collection::vec(
                prop_oneof![
                    (0..12_usize).prop_map(record),
                    Just("{\"eventVersion\":1}".to_owned()),
                    Just("{\"eventVersion\":\"é€𝄞é€𝄞é€𝄞é€𝄞\"}".to_owned()),
                    Just("[{},{\"eventVersion\":2}]".to_owned()),
                    Just("{\"eventVersion\":[{\"a\":{}},{\"eventVersion\":{}}],\"eventTime\":\"2024-05-01T00:00:00Z\"}".to_owned()),
                    Just("\"},{\\\"eventVersion\\\":\"".to_owned()),
                    Just("7".to_owned()),
                ],
                1..12,
            ),
            part_bytes in 20..200_usize,
        ) {
            let schema = Schema::new(&[]).unwrap();
            let document = document(&file(&pieces));
            let walk = walk(&schema, &document);
            if let Some(parts) = shred_in_parts(&walk, part_bytes) {
                prop_assert_eq!(all_of(&parts), all_of(&at_once(&walk)));
            }
        }
    }
}
