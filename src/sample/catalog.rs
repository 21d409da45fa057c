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

    /// The cases whose records go into a folder.
    pub(super) fn of(&self, folder: Folder) -> impl Iterator<Item = &Case> {
        self.cases.iter().filter(move |case| case.folder == folder)
    }

    fn add_event(&mut self, event: &Block<'_>, members: &[Member<'_>], callers: &[Block<'_>]) {
        let [_, _, _, weight, by, flags @ ..] = event.words.as_slice() else {
            return;
        };
        let weight = weight.parse::<u64>().unwrap_or(0);
        for (percent, outcome) in outcomes(event) {
            let by = by.split(',').filter_map(|name| {
                let caller = callers
                    .iter()
                    .find(|caller| caller.words.get(1) == Some(&name))?;
                Some(ByCaller::new(event, &outcome, caller, members, &self.pools))
            });
            self.cases.push(Case {
                weight: weight * percent,
                folder: match flags {
                    _ if flags.contains(&"insight") => Folder::Insight,
                    _ if flags.contains(&"network") => Folder::NetworkActivity,
                    _ => Folder::Events,
                },
                is_global: flags.contains(&"global"),
                by: by.collect(),
            });
        }
    }
}

impl ByCaller {
    /// Puts the members together. The outcome's value of one goes before the event's, then
    /// comes the caller's, then the usual.
    fn new(
        event: &Block<'_>,
        outcome: &[(&str, String)],
        caller: &Block<'_>,
        members: &[Member<'_>],
        pools: &Pools,
    ) -> Self {
        let mut head = Template::default();
        let mut tail = Template::default();
        for (index, &(name, usual)) in members.iter().enumerate() {
            let of_outcome = outcome.iter().find(|(member, _)| *member == name);
            let (text, owner) = match (of_outcome, event.line(name), caller.line(name)) {
                (Some((_, value)), ..) => (value.as_str(), Owner::Record),
                (None, Some(value), _) => (value, Owner::Record),
                (None, None, Some(value)) => (value, Owner::Session),
                (None, None, None) => (usual, Owner::Record),
            };
            if text == "-" {
                continue;
            }
            let part = if index < members.len() / 2 {
                &mut head
            } else {
                &mut tail
            };
            part.push_text(&format!(",\"{name}\":"));
            part.append(&Template::parse(&event.fill(text), owner, pools));
        }
        head.trim_comma();
        Self {
            caller: name_hash(caller.words.get(1).unwrap_or(&"")),
            head,
            tail,
        }
    }
}

impl Block<'_> {
    fn line(&self, name: &str) -> Option<&str> {
        let line = self.lines.iter().find(|(line, _)| *line == name);
        line.map(|(_, value)| *value)
    }

    /// Fills the placeholders that stand for words of this `event` line.
    fn fill(&self, text: &str) -> String {
        let word = |index: usize| self.words.get(index).copied().unwrap_or_default();
        let service = word(1).split('.').next().unwrap_or_default();
        let is_read = self.words.contains(&"read");
        text.replace("<source>", word(1))
            .replace("<service>", service)
            .replace("<name>", word(2))
            .replace("<read>", if is_read { "true" } else { "false" })
    }
}

/// Success and each error of an event: how many of a hundred end so, and the members that
/// the outcome sets.
fn outcomes(event: &Block<'_>) -> Vec<(u64, Vec<(&'static str, String)>)> {
    let errors = event.lines.iter().filter(|(name, _)| *name == "error");
    let mut outcomes: Vec<_> = errors
        .map(|(_, error)| {
            let (percent, error) = split_word(error);
            let (code, message) = split_word(error);
            let members = vec![
                ("errorCode", format!("\"{code}\"")),
                ("errorMessage", format!("\"{message}\"")),
                ("responseElements", "null".to_owned()),
            ];
            (percent.parse().unwrap_or(0), members)
        })
        .collect();
    let failed: u64 = outcomes.iter().map(|(percent, _)| percent).sum();
    outcomes.insert(0, (100_u64.saturating_sub(failed), Vec::new()));
    outcomes
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
