//! Text with placeholders.
//!
//! A placeholder stands between `<` and `>`; `events.txt` explains which there are. What
//! one gives depends only on its own text and the [`Scene`], so that the same placeholder
//! twice in a record is the same value, and nothing has to be remembered.

use super::random::{Random, mix, name_hash};

/// What placeholders are filled from.
#[derive(Debug, Clone, Copy)]
pub(super) struct Scene<'a> {
    pub(super) account: &'a str,
    pub(super) region: &'a str,
    /// The event's day, `YYYY-MM-DD`.
    pub(super) day: &'a str,
    /// Seconds since that day began.
    pub(super) second: u32,
    /// When the caller's session began, in the same count.
    pub(super) login: u32,
    /// Seeds of what belongs to the account, and to the lane.
    pub(super) account_seed: u64,
    pub(super) lane_seed: u64,
    /// Seed of this record, and of the caller's session.
    pub(super) record_seed: u64,
    pub(super) session_seed: u64,
}

/// Whose seed a template draws from.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Owner {
    Record,
    Session,
}

/// A text cut at its placeholders.
#[derive(Debug, Clone, Default)]
pub(super) struct Template {
    pieces: Vec<Piece>,
}

#[derive(Debug, Clone)]
enum Piece {
    Text(String),
    Slot { slot: Slot, key: u64, owner: Owner },
}

#[derive(Debug, Clone)]
enum Slot {
    Account,
    Region,
    Time,
    Login,
    Uuid,
    Characters {
        alphabet: &'static [u8],
        length: usize,
    },
    Number {
        low: u64,
        high: u64,
    },
    OneOf(Vec<String>),
    Pool {
        index: usize,
        size: u64,
    },
}

const HEX: &[u8] = b"0123456789abcdef";
const DIGITS: &[u8] = b"0123456789";
const BASE32: &[u8] = b"ABCDEFGHIJKLMNOPQRSTUVWXYZ234567";
const BASE64: &[u8] = b"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";

/// Things that exist in an account or a lane, drawn on again and again.
#[derive(Debug, Clone, Default)]
pub(super) struct Pools {
    pools: Vec<Pool>,
}

#[derive(Debug, Clone)]
struct Pool {
    name: String,
    size: u64,
    of_lane: bool,
    /// How its members are written; the n-th member uses the n-th, counted round.
    forms: Vec<Template>,
}

impl Pools {
    /// Adds the pool `name` of `size` members. A dotted name is a second property of the
    /// members of the pool before the dot.
    pub(super) fn add(&mut self, name: &str, size: u64, of_lane: bool, forms: &str) {
        let forms = forms
            .split_whitespace()
            .map(|form| Template::parse(form, Owner::Record, self))
            .collect();
        self.pools.push(Pool {
            name: name.to_owned(),
            size,
            of_lane,
            forms,
        });
    }

    fn find(&self, name: &str) -> Option<Slot> {
        let index = self.pools.iter().position(|pool| pool.name == name)?;
        let size = self.pools.get(index)?.size;
        Some(Slot::Pool { index, size })
    }

    fn render(&self, index: usize, member: u64, scene: &Scene<'_>, out: &mut String) {
        let Some(pool) = self.pools.get(index) else {
            return;
        };
        let owner = if pool.of_lane {
            scene.lane_seed
        } else {
            scene.account_seed
        };
        let seed = mix(mix(owner, name_hash(&pool.name)), member);
        let scene = Scene {
            record_seed: seed,
            session_seed: seed,
            ..*scene
        };
        let forms = pool.forms.len().max(1);
        if let Some(form) = pool.forms.get(member as usize % forms) {
            form.render(&scene, self, out);
        }
    }
}

impl Template {
    /// Cuts `text`. What stands between `<` and `>` and is no placeholder stays as text.
    pub(super) fn parse(text: &str, owner: Owner, pools: &Pools) -> Self {
        let mut template = Self::default();
        let mut rest = text;
        while let Some((before, after)) = rest.split_once('<') {
            template.push_text(before);
            match after.split_once('>') {
                Some((name, behind)) => {
                    match Slot::parse(name, pools) {
                        Some(slot) => template.pieces.push(Piece::Slot {
                            slot,
                            key: member_key(name),
                            owner,
                        }),
                        None => template.push_text(&format!("<{name}>")),
                    }
                    rest = behind;
                }
                None => {
                    template.push_text("<");
                    rest = after;
                }
            }
        }
        template.push_text(rest);
        template
    }

    /// Puts `other` behind what is here.
    pub(super) fn append(&mut self, other: &Self) {
        for piece in &other.pieces {
            match piece {
                Piece::Text(text) => self.push_text(text),
                slot => self.pieces.push(slot.clone()),
            }
        }
    }

    pub(super) fn push_text(&mut self, text: &str) {
        if let Some(Piece::Text(last)) = self.pieces.last_mut() {
            last.push_str(text);
        } else if !text.is_empty() {
            self.pieces.push(Piece::Text(text.to_owned()));
        }
    }

    /// Drops the comma that the text begins with.
    pub(super) fn trim_comma(&mut self) {
        if let Some(Piece::Text(first)) = self.pieces.first_mut()
            && first.starts_with(',')
        {
            first.remove(0);
        }
    }

    /// Writes the text with its placeholders filled.
    pub(super) fn render(&self, scene: &Scene<'_>, pools: &Pools, out: &mut String) {
        for piece in &self.pieces {
            match piece {
                Piece::Text(text) => out.push_str(text),
                Piece::Slot { slot, key, owner } => {
                    let seed = match owner {
                        Owner::Record => scene.record_seed,
                        Owner::Session => scene.session_seed,
                    };
                    slot.render(mix(seed, *key), scene, pools, out);
                }
            }
        }
    }
}

/// The part of a placeholder that decides which member of a pool it names: `user.id#2` and
/// `user#2` are properties of the same user.
fn member_key(name: &str) -> u64 {
    if name.contains(':') {
        return name_hash(name);
    }
    let (pool, tag) = name.split_once('#').unwrap_or((name, ""));
    let pool = pool.split_once('.').map_or(pool, |(pool, _)| pool);
    mix(name_hash(pool), name_hash(tag))
}

impl Slot {
    fn parse(name: &str, pools: &Pools) -> Option<Self> {
        if let Some(values) = name.strip_prefix("one:") {
            let values = values.split('|').map(str::to_owned).collect();
            return Some(Self::OneOf(values));
        }
        let name = name.split_once('#').map_or(name, |(name, _)| name);
        let (kind, argument) = name.split_once(':').unwrap_or((name, ""));
        let characters = |alphabet| {
            let length = argument.parse().ok()?;
            Some(Self::Characters { alphabet, length })
        };
        match kind {
            "account" => Some(Self::Account),
            "region" => Some(Self::Region),
            "time" => Some(Self::Time),
            "login" => Some(Self::Login),
            "uuid" => Some(Self::Uuid),
            "hex" => characters(HEX),
            "digits" => characters(DIGITS),
            "base32" => characters(BASE32),
            "base64" => characters(BASE64),
            "number" => {
                let (low, high) = argument.split_once('-')?;
                let (low, high) = (low.parse().ok()?, high.parse().ok()?);
                Some(Self::Number { low, high })
            }
            _ => pools.find(kind),
        }
    }

    fn render(&self, seed: u64, scene: &Scene<'_>, pools: &Pools, out: &mut String) {
        let mut random = Random::new(seed);
        match self {
            Self::Account => out.push_str(scene.account),
            Self::Region => out.push_str(scene.region),
            Self::Time => push_time(out, scene.day, scene.second),
            Self::Login => push_time(out, scene.day, scene.login),
            Self::Uuid => push_uuid(out, &mut random),
            Self::Characters { alphabet, length } => {
                push_characters(out, &mut random, alphabet, *length);
            }
            Self::Number { low, high } => {
                out.push_str(&random.between(*low, *high).to_string());
            }
            Self::OneOf(values) => {
                let index = random.below(values.len() as u64) as usize;
                out.push_str(values.get(index).map_or("", String::as_str));
            }
            Self::Pool { index, size } => {
                // The smaller of two draws: some things are used much more than others.
                let member = random.below(*size).min(random.below(*size));
                pools.render(*index, member, scene, out);
            }
        }
    }
}

fn push_time(out: &mut String, day: &str, second: u32) {
    out.push_str(day);
    out.push('T');
    push_two_digits(out, second / 3600);
    out.push(':');
    push_two_digits(out, second / 60 % 60);
    out.push(':');
    push_two_digits(out, second % 60);
    out.push('Z');
}

fn push_two_digits(out: &mut String, number: u32) {
    for digit in [number / 10 % 10, number % 10] {
        out.extend(char::from_digit(digit, 10));
    }
}

fn push_characters(out: &mut String, random: &mut Random, alphabet: &[u8], length: usize) {
    let mut bits = 0;
    for index in 0..length {
        // Eight characters a draw: the shortest alphabet bias is of no matter here.
        if index % 8 == 0 {
            bits = random.next();
        }
        let character = alphabet.get(bits as usize % 256 % alphabet.len().max(1));
        out.extend(character.map(|&byte| char::from(byte)));
        bits >>= 8;
    }
}

fn push_uuid(out: &mut String, random: &mut Random) {
    for (group, length) in [8, 4, 3, 3, 12].into_iter().enumerate() {
        out.push_str(match group {
            0 => "",
            2 => "-4",
            3 => "-8",
            _ => "-",
        });
        push_characters(out, random, HEX, length);
    }
}
