//! Records as a file of CloudTrail's, or as lines.

use crate::json::Scanner;

/// The JSON of a file of records. Where one is no JSON, as a reject may be, they stand one a
/// line: `convert` reads both.
pub(super) fn document(records: &[Vec<u8>]) -> Vec<u8> {
    if !records.iter().all(|record| is_json(record)) {
        return records.iter().flat_map(|record| line(record)).collect();
    }
    let mut out = b"{\"Records\":[".to_vec();
    for (number, record) in records.iter().enumerate() {
        if number > 0 {
            out.push(b',');
        }
        out.extend_from_slice(record);
    }
    out.extend_from_slice(b"]}");
    out
}

/// A record as one line. Line breaks in JSON stand between its tokens only.
pub(super) fn line(record: &[u8]) -> Vec<u8> {
    let in_line = |&byte: &u8| match byte {
        b'\n' | b'\r' => b' ',
        byte => byte,
    };
    record.iter().map(in_line).chain([b'\n']).collect()
}

fn is_json(record: &[u8]) -> bool {
    // What is not UTF-8 is so inside a string.
    let text = String::from_utf8_lossy(record);
    let mut scanner = Scanner::new(text.as_bytes());
    scanner.skip().is_ok() && scanner.finish().is_ok()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn records_are_a_file_of_cloudtrails_and_lines_where_one_is_no_json() {
        let records = [b"{\"a\":\n1}".to_vec(), b"5".to_vec()];
        assert_eq!(document(&records), b"{\"Records\":[{\"a\":\n1},5]}");
        let records = [b"{\"a\":\n1}".to_vec(), b"{broken".to_vec()];
        assert_eq!(document(&records), b"{\"a\": 1}\n{broken\n");
    }
}
