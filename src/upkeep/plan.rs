//! Which files are merged with which.

use super::listing::{Partitions, StandingFile};
use crate::commit::How;
use crate::ledger::ReplacedFile;
use jiff::civil::Date;

/// Files that a claim replaces, at most: it names each.
const FILES_OF_A_CLAIM: usize = 1000;

/// Files of a partition that become one.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Group {
    pub(super) date: Date,
    /// In the order of their claims.
    pub(super) files: Vec<StandingFile>,
}

impl Group {
    /// The files, as a claim names them.
    pub(super) fn inputs(&self) -> Vec<ReplacedFile> {
        self.files.iter().map(|file| file.file.clone()).collect()
    }

    /// Bytes of the files.
    pub(super) fn bytes(&self) -> u64 {
        self.files.iter().map(|file| file.file.bytes).sum()
    }

    /// Rows of the files.
    pub(super) fn rows(&self) -> u64 {
        self.files.iter().map(|file| file.file.rows).sum()
    }
}

/// How much may be made one at a time.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Limits {
    /// Bytes of a new file, about.
    pub(super) largest: u64,
    pub(super) how: How,
    /// Bytes that are taken at a time.
    pub(super) memory: u64,
}

impl Limits {
    /// Whether a group's files and one more can be made new ones at a time: what becomes one file
    /// always can.
    fn allow(&self, group: &Group, more: &ReplacedFile) -> bool {
        let files = group.files.len() as u64 + 1;
        let (rows, bytes) = (group.rows() + more.rows, group.bytes() + more.bytes);
        bytes <= self.largest
            || self.how == How::MERGE && self.how.memory(files, rows, bytes) <= self.memory
    }
}

/// Groups of files that become files of at most `largest` bytes, about, claim by claim.
///
/// A partition that fits becomes one file. In a larger one, files of half that size and more stay
/// as they are, and others are merged, as many at a time as the memory allows; so what is merged
/// once is left when the same is asked again.
pub(super) fn plan(partitions: Partitions, limits: Limits) -> Vec<Vec<Group>> {
    let largest = limits.largest;
    let groups = partitions.into_iter().flat_map(|(date, mut files)| {
        let all: u64 = files.iter().map(|file| file.file.bytes).sum();
        if all > largest {
            files.retain(|file| file.file.bytes < largest / 2);
        }
        let mut groups = groups(date, files, limits);
        groups.retain(|group| group.files.len() > 1);
        groups
    });
    claims(groups, largest)
}

/// Groups of all files, claim by claim, of at most `largest` bytes where no file is larger.
pub(super) fn plan_all(partitions: Partitions, limits: Limits) -> Vec<Vec<Group>> {
    let partitions = partitions.into_iter();
    claims(
        partitions.flat_map(|(date, files)| groups(date, files, limits)),
        limits.largest,
    )
}

fn groups(date: Date, mut files: Vec<StandingFile>, limits: Limits) -> Vec<Group> {
    files.sort_by_key(|file| file.name.number);
    let mut groups: Vec<Group> = Vec::new();
    for file in files {
        match groups.last_mut() {
            Some(group) if limits.allow(group, &file.file) => group.files.push(file),
            _ => groups.push(Group {
                date,
                files: vec![file],
            }),
        }
    }
    groups
}

/// Groups of several dates share a claim.
fn claims(groups: impl Iterator<Item = Group>, largest: u64) -> Vec<Vec<Group>> {
    let mut claims: Vec<Vec<Group>> = Vec::new();
    let (mut files, mut bytes) = (0, 0);
    for group in groups {
        let fits = files + group.files.len() <= FILES_OF_A_CLAIM
            && bytes + group.bytes() <= largest
            // The files of a date are made of all inputs of the date.
            && claims.last().is_some_and(|claim| claim.iter().all(|other| other.date != group.date));
        if !fits {
            claims.push(Vec::new());
            (files, bytes) = (0, 0);
        }
        files += group.files.len();
        bytes += group.bytes();
        if let Some(claim) = claims.last_mut() {
            claim.push(group);
        }
    }
    claims
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::files::FileName;
    use crate::ledger::ClaimNumber;
    use jiff::civil::date;

    fn files(sizes: &[u64]) -> Vec<StandingFile> {
        let numbered = (1_u64..).zip(sizes);
        let files = numbered.map(|(number, &bytes)| {
            let name = FileName {
                number: ClaimNumber::parse(&format!("{number:012}")).unwrap(),
                seconds: (0, 86_399),
                claim_id: "0a".to_owned(),
            };
            StandingFile {
                file: ReplacedFile {
                    date: date(2024, 5, 1),
                    name: name.to_string(),
                    rows: 1,
                    bytes,
                    sha256: None,
                },
                name,
                modified: None,
                keeps_duplicates: false,
                schema: String::new(),
            }
        });
        files.collect()
    }

    /// Memory for one file at a time.
    fn limits(largest: u64) -> Limits {
        Limits {
            largest,
            how: How::MERGE,
            memory: 0,
        }
    }

    /// The sizes of the files of each group.
    fn planned(sizes: &[u64], largest: u64) -> Vec<Vec<u64>> {
        planned_within(sizes, limits(largest))
    }

    fn planned_within(sizes: &[u64], limits: Limits) -> Vec<Vec<u64>> {
        let partitions = Partitions::from([(date(2024, 5, 1), files(sizes))]);
        let groups = plan(partitions, limits).into_iter().flatten();
        let sizes = groups.map(|group| group.files.iter().map(|file| file.file.bytes).collect());
        sizes.collect()
    }

    #[test]
    fn a_partition_that_fits_becomes_one_file_and_one_file_stays() {
        assert_eq!(planned(&[5, 1, 70, 20], 100), [[5, 1, 70, 20]]);
        assert_eq!(planned(&[100], 100), [[0; 0]; 0]);
        assert_eq!(planned(&[], 100), [[0; 0]; 0]);
    }

    #[test]
    fn of_a_larger_one_large_files_stay_and_small_ones_are_merged_in_their_order() {
        let groups = planned(&[40, 40, 60, 40, 40, 90, 10], 100);
        assert_eq!(groups, [vec![40, 40], vec![40, 40, 10]]);
    }

    #[test]
    fn small_files_are_merged_together_as_far_as_the_memory_allows() {
        let sizes = [40, 40, 60, 40, 40, 90, 10];
        let memory = How::MERGE.memory(5, 5, 170);
        let enough = Limits {
            memory,
            ..limits(100)
        };
        let groups = planned_within(&sizes, enough);
        assert_eq!(groups, [[40, 40, 40, 40, 10]]);
        let less = Limits {
            memory: memory - 1,
            ..limits(100)
        };
        let groups = planned_within(&sizes, less);
        assert_eq!(groups, [[40, 40, 40, 40]]);
    }

    #[test]
    fn what_is_merged_once_is_left_when_the_same_is_asked_again() {
        let mut sizes: Vec<u64> = (1..200).map(|n| n * 7 % 30 + 1).collect();
        for _ in 0..3 {
            let groups = planned(&sizes, 100);
            for group in &groups {
                assert!(group.iter().sum::<u64>() <= 100, "{group:?}");
                for file in group {
                    let at = sizes.iter().position(|size| size == file).unwrap();
                    sizes.remove(at);
                }
            }
            // A merged file is smaller than its files by a little.
            sizes.extend(
                groups
                    .iter()
                    .map(|group| group.iter().sum::<u64>() * 9 / 10),
            );
        }
        assert_eq!(planned(&sizes, 100), [[0; 0]; 0]);
    }

    #[test]
    fn small_partitions_share_a_claim_and_a_date_is_once_in_it() {
        let dates = [date(2024, 5, 1), date(2024, 5, 2), date(2024, 5, 3)];
        let small = dates.map(|date| (date, files(&[10, 10])));
        assert_eq!(plan(Partitions::from(small), limits(100)).len(), 1);
        let large = Partitions::from([(dates[0], files(&[40, 40, 40, 40, 40]))]);
        let claims = plan(large, limits(100));
        assert_eq!(claims.iter().map(Vec::len).collect::<Vec<_>>(), [1, 1]);
    }
}
