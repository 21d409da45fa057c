//! The flattened columns: paths into the record that have a top-level column each.

/// The default columns, chosen by how often published detection rules refer to them.
const DEFAULT: &str = include_str!("flattened.tsv");

/// Where a column is most likely to be met.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Example {
    /// The service, as in `eventSource` before `.amazonaws.com`; `*` for any.
    pub service: &'static str,
    /// The event's name; `-` for none in particular.
    pub event: &'static str,
}

/// Where a default column is most likely to be met; none for other columns.
pub fn example(column: &str) -> Option<Example> {
    let of_column = |line: &&str| line.split('\t').next() == Some(column);
    let mut fields = DEFAULT.lines().skip(1).find(of_column)?.split('\t').skip(3);
    Some(Example {
        service: fields.next()?,
        event: fields.next()?,
    })
}

/// The column of the resources' ARNs, which stands before those.
const RESOURCES_ARN: &str = "resources_arn\tarray<string>\tresources[].ARN";

/// Columns that partition the table, which no column of a file may be named like.
const PARTITION_COLUMNS: [&str; 3] = ["account", "region", "date"];

/// One column and the path that fills it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct FlattenedColumn {
    /// The column's name, which the path determines.
    pub name: String,
    /// The path as written, e.g. `requestParameters.ipPermissions.items[].fromPort`.
    pub path: String,
    /// Whether the column is `array<string>`, which it is when its path has `[]`.
    pub is_list: bool,
}

/// Why a line of a columns file, or a column, cannot be used.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum ColumnsError {
    /// A line of a columns file is wrong.
    #[error("line {line}: {what}")]
    Line {
        /// The line's number, from 1.
        line: usize,
        /// What is wrong, and what to write instead.
        what: String,
    },
    /// A column clashes with one that the table has.
    #[error("column `{name}`: {what}")]
    Column {
        /// The column's name.
        name: String,
        /// What is wrong, and what to do.
        what: String,
    },
}

/// The columns that every table has.
pub(crate) fn default_columns() -> Result<Vec<FlattenedColumn>, ColumnsError> {
    let mut columns = parse_columns_file(RESOURCES_ARN)?;
    columns.extend(parse_columns_file(DEFAULT)?);
    Ok(columns)
}

/// Reads the lines of a columns file: `name`, `type` and `path`, separated by tabs; what
/// follows a third tab is ignored, and so are empty lines, lines that begin with `#`, and a
/// header line `name type path` or `column type path`.
pub fn parse_columns_file(text: &str) -> Result<Vec<FlattenedColumn>, ColumnsError> {
    let mut columns: Vec<FlattenedColumn> = Vec::new();
    for (number, line) in (1..).zip(text.trim_start_matches('\u{feff}').lines()) {
        let line = line.trim_end();
        if line.is_empty() || line.starts_with('#') || (columns.is_empty() && is_header(line)) {
            continue;
        }
        columns.push(parse_line(line).map_err(|what| ColumnsError::Line { line: number, what })?);
    }
    Ok(columns)
}

fn is_header(line: &str) -> bool {
    let fields: Vec<&str> = line.split('\t').take(3).collect();
    matches!(fields[..], ["name" | "column", "type", "path"])
}

fn parse_line(line: &str) -> Result<FlattenedColumn, String> {
    let mut fields = line.split('\t').map(str::trim);
    let (Some(name), Some(ty), Some(path)) = (fields.next(), fields.next(), fields.next()) else {
        return Err("write the column's name, type and path, separated by tabs".to_owned());
    };
    let column = FlattenedColumn::new(path)?;
    if name != column.name {
        return Err(format!(
            "the column of path `{path}` is named `{}`, not `{name}`",
            column.name
        ));
    }
    if ty != column.glue_type() {
        return Err(format!(
            "the type of path `{path}` is `{}`, not `{ty}`: a path with `[]` is `array<string>`, any other is `string`",
            column.glue_type()
        ));
    }
    Ok(column)
}

impl FlattenedColumn {
    /// The column of a path: its name is the path without `[]`, A–Z lowered, every character
    /// outside `a-z0-9` made `_`.
    pub fn new(path: &str) -> Result<Self, String> {
        if steps(path).any(|step| step.key.is_empty() || step.key.contains(['[', ']'])) {
            return Err(format!(
                "`{path}` is no path: write member names separated by dots, `[]` after each that is a list"
            ));
        }
        let name: String = path
            .replace("[]", "")
            .chars()
            .map(|character| match character.to_ascii_lowercase() {
                kept @ ('a'..='z' | '0'..='9') => kept,
                _ => '_',
            })
            .collect();
        if name.len() > 255 {
            return Err(format!(
                "the name of `{path}` would be longer than the 255 characters that Glue accepts"
            ));
        }
        if PARTITION_COLUMNS.contains(&name.as_str()) {
            return Err(format!(
                "`{name}` is a partition column, so no path can have that name"
            ));
        }
        Ok(Self {
            name,
            path: path.to_owned(),
            is_list: path.contains("[]"),
        })
    }

    /// `string` or `array<string>`.
    pub(crate) fn glue_type(&self) -> &'static str {
        if self.is_list {
            "array<string>"
        } else {
            "string"
        }
    }
}

/// One member on a path.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Step<'p> {
    /// The member's name.
    pub(crate) key: &'p str,
    /// How many `[]` follow it.
    pub(crate) lists: usize,
}

/// The members on a path, outermost first.
pub(crate) fn steps(path: &str) -> impl Iterator<Item = Step<'_>> {
    path.split('.').map(|part| {
        let mut key = part;
        let mut lists = 0;
        while let Some(shorter) = key.strip_suffix("[]") {
            key = shorter;
            lists += 1;
        }
        Step { key, lists }
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_default_columns_are_those_of_the_columns_file() {
        let path = concat!(env!("CARGO_MANIFEST_DIR"), "/../shared/data/columns.tsv");
        let Ok(delivered) = std::fs::read_to_string(path) else {
            println!("skipped: ../shared/data is absent");
            return;
        };
        assert_eq!(
            default_columns().unwrap()[1..],
            parse_columns_file(&delivered).unwrap()
        );
    }

    #[test]
    fn every_default_column_names_a_service_and_an_event_where_it_is_met() {
        let columns = default_columns().unwrap();
        for column in &columns[1..] {
            let example = example(&column.name).unwrap();
            let is_service = |c: char| c.is_ascii_lowercase() || c.is_ascii_digit() || c == '-';
            assert!(
                example.service == "*" || example.service.chars().all(is_service),
                "{example:?}"
            );
            let is_event = example.event.starts_with(|c: char| c.is_ascii_uppercase());
            assert!(is_event || example.event == "-", "{example:?}");
        }
        assert_eq!(example("resources_arn"), None);
    }

    #[test]
    fn a_name_is_the_path_without_brackets_lowered_with_underscores() {
        let column = FlattenedColumn::new("requestParameters.X-Amz-Acl[].É").unwrap();
        assert_eq!(column.name, "requestparameters_x_amz_acl__");
        assert!(column.is_list);
    }

    #[test]
    fn comments_empty_lines_and_a_header_are_passed_over() {
        let text = "# mine\n\nname\ttype\tpath\na_b\tstring\ta.b\t12\r\n";
        let columns = parse_columns_file(text).unwrap();
        assert_eq!(columns, [FlattenedColumn::new("a.b").unwrap()]);
    }

    #[test]
    fn a_wrong_line_is_named_with_what_to_write() {
        let cases = [
            ("a_b", "separated by tabs"),
            ("a_b\tstring\ta[].b", "`array<string>`, not `string`"),
            ("a_b\tint\ta.b", "`string`, not `int`"),
            ("x\tstring\ta.b", "named `a_b`, not `x`"),
            ("a_\tstring\ta.", "is no path"),
            ("a_b\tarray<string>\ta[0].b", "is no path"),
            ("date\tstring\tdate", "partition column"),
        ];
        for (line, expected) in cases {
            let error = parse_columns_file(&format!("# first\n{line}\n")).unwrap_err();
            let message = error.to_string();
            assert!(message.starts_with("line 2: "), "{message}");
            assert!(message.contains(expected), "{message}");
        }
    }
}
