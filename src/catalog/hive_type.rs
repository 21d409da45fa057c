//! Hive's column types, as far as merging and translating them needs.

use std::fmt;

/// Levels of nesting read; the widest column of the table has four, and reading must not
/// exhaust the stack on what somebody else put into the catalog.
const DEEPEST: u32 = 32;

/// A column type, lower-cased and without white space.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum HiveType {
    /// Anything without type arguments, or with ones that are no types: `decimal(10,2)`.
    Scalar(String),
    Array(Box<HiveType>),
    Map(Box<HiveType>, Box<HiveType>),
    Struct(Vec<(String, HiveType)>),
}

/// The narrowest type that holds both: members that only one side has are kept, those of
/// `there` first. `there` comes back as it was written when `ours` adds nothing to it.
/// `None` if the two contradict each other.
pub(super) fn merge(there: &str, ours: &str) -> Option<String> {
    if there == ours {
        return Some(there.to_owned());
    }
    let (known, wanted) = (parse(there)?, parse(ours)?);
    let merged = known.clone().merged(wanted)?;
    Some(if merged == known {
        there.to_owned()
    } else {
        merged.to_string()
    })
}

impl HiveType {
    fn merged(self, ours: HiveType) -> Option<HiveType> {
        Some(match (self, ours) {
            (HiveType::Array(there), HiveType::Array(ours)) => {
                HiveType::Array(Box::new(there.merged(*ours)?))
            }
            (HiveType::Map(key, value), HiveType::Map(our_key, our_value)) if key == our_key => {
                HiveType::Map(key, Box::new(value.merged(*our_value)?))
            }
            (HiveType::Struct(there), HiveType::Struct(mut ours)) => {
                let mut members = Vec::with_capacity(ours.len());
                for (name, known) in there {
                    match ours.iter().position(|(our_name, _)| *our_name == name) {
                        Some(at) => {
                            let (_, wanted) = ours.remove(at);
                            members.push((name, known.merged(wanted)?));
                        }
                        None => members.push((name, known)),
                    }
                }
                members.append(&mut ours);
                HiveType::Struct(members)
            }
            (HiveType::Scalar(there), HiveType::Scalar(ours)) if there == ours => {
                HiveType::Scalar(there)
            }
            _ => return None,
        })
    }
}

impl fmt::Display for HiveType {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            HiveType::Scalar(name) => f.write_str(name),
            HiveType::Array(element) => write!(f, "array<{element}>"),
            HiveType::Map(key, value) => write!(f, "map<{key},{value}>"),
            HiveType::Struct(members) => {
                f.write_str("struct<")?;
                for (i, (name, member)) in members.iter().enumerate() {
                    let comma = if i == 0 { "" } else { "," };
                    write!(f, "{comma}{name}:{member}")?;
                }
                f.write_str(">")
            }
        }
    }
}

/// Reads a type; none if it is not understood.
pub(super) fn parse(text: &str) -> Option<HiveType> {
    let text: String = text
        .chars()
        .filter(|c| !c.is_whitespace() && *c != '`')
        .map(|c| c.to_ascii_lowercase())
        .collect();
    let mut rest = text.as_str();
    let parsed = one(&mut rest, DEEPEST)?;
    rest.is_empty().then_some(parsed)
}

/// Reads one type off the front of `rest`.
fn one(rest: &mut &str, depth: u32) -> Option<HiveType> {
    let depth = depth.checked_sub(1)?;
    if take(rest, "array<") {
        let element = one(rest, depth)?;
        return take(rest, ">").then(|| HiveType::Array(Box::new(element)));
    }
    if take(rest, "map<") {
        let key = one(rest, depth)?;
        let value = take(rest, ",").then(|| one(rest, depth))??;
        return take(rest, ">").then(|| HiveType::Map(Box::new(key), Box::new(value)));
    }
    if take(rest, "struct<") {
        let mut members = Vec::new();
        loop {
            let (name, after) = rest.split_once(':')?;
            let name = name.to_owned();
            *rest = after;
            members.push((name, one(rest, depth)?));
            if !take(rest, ",") {
                break;
            }
        }
        return take(rest, ">").then_some(HiveType::Struct(members));
    }
    let mut parentheses = 0u32;
    let end = rest
        .find(|c: char| {
            match c {
                '(' => parentheses += 1,
                ')' => parentheses = parentheses.saturating_sub(1),
                _ => {}
            }
            parentheses == 0 && matches!(c, ',' | '>' | '<' | ':')
        })
        .unwrap_or(rest.len());
    let (name, after) = rest.split_at_checked(end)?;
    *rest = after;
    (!name.is_empty()).then(|| HiveType::Scalar(name.to_owned()))
}

fn take(rest: &mut &str, prefix: &str) -> bool {
    match rest.strip_prefix(prefix) {
        Some(after) => {
            *rest = after;
            true
        }
        None => false,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const OLD: &str = "struct<a:string,b:struct<c:map<string,string>>>";
    const NEW: &str = "struct<a:string,b:struct<c:map<string,string>,d:string>,e:array<string>>";

    #[test]
    fn a_struct_that_grew_takes_its_new_members_at_the_end() {
        assert_eq!(merge(OLD, NEW).as_deref(), Some(NEW));
        assert_eq!(
            merge("array<struct<x:string>>", "array<struct<y:int,x:string>>").as_deref(),
            Some("array<struct<x:string,y:int>>")
        );
    }

    #[test]
    fn an_older_program_keeps_the_wider_struct_that_is_there() {
        assert_eq!(merge(NEW, OLD).as_deref(), Some(NEW));
    }

    #[test]
    fn spelling_alone_is_no_change_and_is_kept() {
        let spelled = "STRUCT< a : string, `b`: struct<c:map<string, string>> >";
        assert_eq!(merge(spelled, OLD).as_deref(), Some(spelled));
        assert_eq!(
            merge("decimal(10, 2)", "decimal(10,2)").as_deref(),
            Some("decimal(10, 2)")
        );
    }

    #[test]
    fn types_that_contradict_each_other_do_not_merge() {
        assert_eq!(merge("int", "string"), None);
        assert_eq!(merge("struct<a:int>", "struct<a:string>"), None);
        assert_eq!(merge("array<string>", "string"), None);
        assert_eq!(merge("map<int,string>", "map<string,string>"), None);
    }

    #[test]
    fn what_is_no_type_does_not_merge_and_does_not_exhaust_the_stack() {
        for broken in [
            "",
            "struct<",
            "struct<a>",
            "struct<a:>",
            "array<string",
            "map<string>",
            "string>",
            "array<string>x",
        ] {
            assert_eq!(merge(broken, "string"), None, "{broken}");
        }
        let deep = "array<".repeat(20_000);
        assert_eq!(merge(&deep, "string"), None);
    }
}
