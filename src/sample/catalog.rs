//! `events.txt`, read: every kind of event, ready to be written.

use super::random::name_hash;
use super::template::{Owner, Pools, Scene, Template};

const EVENTS: &str = include_str!("events.txt");

/// The events of one outcome (success, or one of the errors) of one kind.
#[derive(Debug)]
pub(super) struct Case {
    /// How often it happens, against the others.
    pub(super) weight: u64,
    /// The folder that its records are delivered into.
    pub(super) folder: Folder,
    /// Whether it belongs to a global service, which is recorded in `us-east-1`.
    pub(super) is_global: bool,
    /// The same event by each caller that does such a thing.
    pub(super) by: Vec<ByCaller>,
    #[cfg(test)]
    pub(super) name: String,
}

/// A record's template, for one caller.
#[derive(Debug)]
pub(super) struct ByCaller {
    /// Sets the sessions of this caller apart from those of others.
    pub(super) caller: u64,
    /// The first members, without the opening brace, and the others with their comma.
    head: Template,
    tail: Template,
}

impl ByCaller {
    /// Writes the record and says at which byte its members may be parted in two lists: the
    /// comma there separates two of them.
    pub(super) fn render(&self, scene: &Scene<'_>, pools: &Pools, out: &mut String) -> usize {
        let start = out.len();
        out.push('{');
        self.head.render(scene, pools, out);
        let comma = out.len() - start;
        self.tail.render(scene, pools, out);
        out.push('}');
        comma
    }
}

/// Where in an account's tree events are delivered.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Folder {
    Events,
    Insight,
    NetworkActivity,
}

impl Folder {
    pub(super) fn name(self) -> &'static str {
        match self {
            Self::Events => "CloudTrail",
            Self::Insight => "CloudTrail-Insight",
            Self::NetworkActivity => "CloudTrail-NetworkActivity",
        }
    }
}

/// All that `events.txt` says.
#[derive(Debug, Default)]
pub(super) struct Catalog {
    pub(super) cases: Vec<Case>,
    pub(super) pools: Pools,
}

/// A member of a record and the text of its value; `-` stands for no such member.
type Member<'a> = (&'a str, &'a str);

/// A block of the file: its first line, and the indented lines under it.
struct Block<'a> {
    words: Vec<&'a str>,
    lines: Vec<Member<'a>>,
}

impl Catalog {
    /// Reads the file. Being part of the program, it is not checked here but in the tests:
    /// a line that makes no sense is passed over.
    pub(super) fn load() -> Self {
        let mut catalog = Self::default();
        let mut members: Vec<Member<'_>> = Vec::new();
        let mut callers: Vec<Block<'_>> = Vec::new();
        for block in blocks(EVENTS) {
            match *block.words.as_slice() {
                ["pools", scope] => {
                    for (name, definition) in block.lines {
                        let (size, forms) = split_word(definition);
                        let size = size.parse().unwrap_or(1);
                        catalog.pools.add(name, size, scope == "lane", forms);
                    }
                }
                ["record"] => members = block.lines,
                ["caller", _] => callers.push(block),
                ["event", ..] => catalog.add_event(&block, &members, &callers),
                _ => {}
            }
        }
        catalog
    }

    fn add_event(&mut self, event: &Block<'_>, members: &[Member<'_>], callers: &[Block<'_>]) {
        let [_, source, name, weight, by, flags @ ..] = event.words.as_slice() else {
            return;
        };
        let weight = weight.parse::<u64>().unwrap_or(0) * 100;
        let read_only = if flags.contains(&"read") { "true" } else { "false" };
        let mut outcomes = vec![(100, Vec::new())];
        for (_, error) in event.lines.iter().filter(|(key, _)| *key == "error") {
            let (percent, error) = split_word(error);
            let (code, message) = split_word(error);
            let percent = percent.parse::<u64>().unwrap_or(0);
            if let Some((success, _)) = outcomes.first_mut() {
                *success -= percent.min(*success);
            }
            outcomes.push((
                percent,
                vec![
                    ("errorCode", format!("\"{code}\"")),
                    ("errorMessage", format!("\"{message}\"")),
                    ("responseElements", "null".to_owned()),
                ],
            ));
        }
        for (percent, outcome) in outcomes {
            let by = by
                .split(',')
                .filter_map(|caller| callers.iter().find(|block| block.words.get(1) == Some(&caller)))
                .map(|caller| {
                    let value = |key: &str, default: &str| -> (String, Owner) {
                        let of = |lines: &[Member<'_>]| {
                            let line = lines.iter().find(|(name, _)| *name == key);
                            line.map(|(_, value)| (*value).to_owned())
                        };
                        if let Some((_, value)) = outcome.iter().find(|(name, _)| *name == key) {
                            return (value.clone(), Owner::Record);
                        }
                        match (of(&event.lines), of(&caller.lines)) {
                            (Some(value), _) => (value, Owner::Record),
                            (None, Some(value)) => (value, Owner::Session),
                            (None, None) => (default.to_owned(), Owner::Record),
                        }
                    };
                    let mut parts = [Template::default(), Template::default()];
                    for (index, (key, default)) in members.iter().enumerate() {
                        let (text, owner) = value(key, default);
                        if text == "-" {
                            continue;
                        }
                        let text = text
                            .replace("<source>", source)
                            .replace("<service>", source.split('.').next().unwrap_or(source))
                            .replace("<name>", name)
                            .replace("<read>", read_only);
                        let part = &mut parts[usize::from(index > members.len() / 2)];
                        part.push_text(&format!(",\"{key}\":"));
                        part.append(&Template::parse(&text, owner, &self.pools));
                    }
                    let [mut head, tail] = parts;
                    head.trim_comma();
                    ByCaller {
                        caller: name_hash(caller.words.get(1).unwrap_or(&"")),
                        head,
                        tail,
                    }
                })
                .collect();
            self.cases.push(Case {
                weight: weight * percent / 100,
                folder: match flags {
                    _ if flags.contains(&"insight") => Folder::Insight,
                    _ if flags.contains(&"network") => Folder::NetworkActivity,
                    _ => Folder::Events,
                },
                is_global: flags.contains(&"global"),
                by,
                #[cfg(test)]
                name: format!("{source} {name}"),
            });
        }
    }
}

fn blocks(text: &str) -> Vec<Block<'_>> {
    let mut blocks: Vec<Block<'_>> = Vec::new();
    for line in text.lines() {
        let content = line.trim();
        if content.is_empty() || content.starts_with('#') {
            continue;
        }
        match blocks.last_mut() {
            Some(block) if line.starts_with(' ') => block.lines.push(split_word(content)),
            _ => blocks.push(Block {
                words: content.split_whitespace().collect(),
                lines: Vec::new(),
            }),
        }
    }
    blocks
}

/// The first word, and what follows it.
fn split_word(text: &str) -> (&str, &str) {
    let (word, rest) = text.split_once(' ').unwrap_or((text, ""));
    (word, rest.trim_start())
}
