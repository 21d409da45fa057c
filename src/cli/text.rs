//! Results as text, line by line; the only user of comfy-table.

use super::printable;
use comfy_table::{CellAlignment, ColumnConstraint, ContentArrangement, Table, Width, presets};
use std::fmt::Write as _;
use std::io::{IsTerminal, stdout};
use terminal_size::terminal_size_of;

/// A result for people. Every line of it is printable.
#[derive(Debug, Default)]
pub(crate) struct Text(String);

impl Text {
    /// Adds one line.
    pub(crate) fn line(&mut self, line: impl AsRef<str>) {
        self.0.push_str(&printable::line(line.as_ref()));
        self.0.push('\n');
    }

    /// Adds a line with a name and its value.
    pub(crate) fn field(&mut self, name: &str, value: impl AsRef<str>) {
        self.line(format!("{name:<12}{}", value.as_ref()));
    }

    /// Adds a line of cells with tabs between.
    pub(crate) fn tabbed(&mut self, cells: &[&str]) {
        let cells: Vec<_> = cells.iter().map(|cell| printable::line(cell)).collect();
        self.0.push_str(&cells.join("\t"));
        self.0.push('\n');
    }

    /// Adds rows in columns, the first of them the head: `left` columns to the left, numbers
    /// to the right. On a terminal they fit its width, cells of several lines if need be.
    pub(crate) fn table(&mut self, rows: &[Vec<String>], left: usize) {
        let width = stdout()
            .is_terminal()
            .then(|| terminal_size_of(stdout()))
            .flatten()
            .map(|(width, _)| width.0);
        self.0.push_str(&table(rows, left, width));
    }

    /// All of it.
    pub(crate) fn as_str(&self) -> &str {
        &self.0
    }
}

impl<T: AsRef<str>> FromIterator<T> for Text {
    fn from_iter<I: IntoIterator<Item = T>>(lines: I) -> Self {
        let mut text = Self::default();
        lines.into_iter().for_each(|line| text.line(line));
        text
    }
}

fn table(rows: &[Vec<String>], left: usize, width: Option<u16>) -> String {
    let mut table = Table::new();
    table.load_style(presets::NOTHING);
    table.set_content_arrangement(match width {
        Some(_) => ContentArrangement::Dynamic,
        None => ContentArrangement::Disabled,
    });
    if let Some(width) = width {
        table.set_width(width);
    }
    for row in rows {
        table.add_row(row.iter().map(|cell| printable::line(cell)));
    }
    for (number, column) in table.column_iter_mut().enumerate() {
        let gap = if number == 0 { 0 } else { 2 };
        column.set_padding((gap, 0));
        // Only words of the head are broken.
        let words = rows.iter().skip(1).filter_map(|row| row.get(number));
        let words = words.flat_map(|cell| cell.split_whitespace());
        let longest = words.map(|word| word.chars().count()).max().unwrap_or(1);
        let least = Width::Fixed(
            u16::try_from(longest)
                .unwrap_or(u16::MAX)
                .saturating_add(gap),
        );
        column.set_constraint(ColumnConstraint::LowerBoundary(least));
        if number >= left {
            column.set_cell_alignment(CellAlignment::Right);
        }
    }
    let mut out = String::new();
    for line in table.lines() {
        // Writing to a String does not fail.
        let _ = writeln!(out, "{}", line.trim_end());
    }
    out
}

#[cfg(test)]
mod tests {
    use super::*;

    fn rows() -> Vec<Vec<String>> {
        [
            ["account", "region", "files", "raw size"],
            ["012345678901", "us-east-1", "1,234", "12.34 MiB"],
            ["1", "x\ny", "7", "0 B"],
        ]
        .map(|row| row.map(str::to_owned).to_vec())
        .to_vec()
    }

    #[test]
    fn without_a_terminal_a_row_is_a_line_with_numbers_to_the_right() {
        assert_eq!(
            table(&rows(), 2, None),
            "account       region     files   raw size\n\
             012345678901  us-east-1  1,234  12.34 MiB\n\
             1             x\\u{a}y        7        0 B\n"
        );
    }

    #[test]
    fn on_a_narrow_terminal_values_are_broken_at_spaces_and_the_head_anywhere() {
        let text = table(&rows(), 2, Some(38));
        assert!(text.lines().all(|line| line.len() <= 38), "{text}");
        for whole in ["012345678901  us-east-1", "1,234", "12.34", "MiB"] {
            assert!(text.contains(whole), "{whole} is not in:\n{text}");
        }
    }
}
