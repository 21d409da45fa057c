//! The scanner itself, and what it tells of a value.

use super::error::JsonError;
use super::quoted_key::QuotedKey;
use super::span::Span;

/// Levels of nesting accepted; the limit that `serde_json` has too, so that whatever this
/// scanner accepts other readers of the same JSON text accept as well.
pub const MAX_DEPTH: u32 = 127;

/// The type of a JSON value.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Kind {
    /// `{…}`
    Object,
    /// `[…]`
    Array,
    /// `"…"`
    String,
    /// A number literal.
    Number,
    /// `true` or `false`
    Bool,
    /// `null`
    Null,
}

/// A scanned string: its span is what stands between the quotes.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct StringToken {
    /// The bytes between the quotes, escapes as delivered.
    pub span: Span,
    /// Whether the span holds a backslash, so that [`unescape`](super::unescape) changes it.
    pub escaped: bool,
}

/// A position in a JSON text. Every method either moves past what it names or fails.
#[derive(Debug, Clone)]
pub struct Scanner<'a> {
    text: &'a [u8],
    at: usize,
    depth: u32,
}

type Result<T> = std::result::Result<T, JsonError>;

impl<'a> Scanner<'a> {
    /// A scanner at the start of `text`. Spans are 32 bits wide: a text of 4 GiB or more
    /// fails at its first token.
    pub fn new(text: &'a [u8]) -> Self {
        Self::at(text, 0)
    }

    /// A scanner that starts at byte `at` of `text`.
    pub fn at(text: &'a [u8], at: usize) -> Self {
        Self { text, at, depth: 0 }
    }

    /// The scanner as if `levels` objects or arrays stood around the text.
    pub fn within(self, levels: u32) -> Self {
        Self {
            depth: self.depth + levels,
            ..self
        }
    }

    /// The byte offset of the next unread byte.
    pub fn position(&self) -> usize {
        self.at
    }

    /// The kind of the next value, which stays unread.
    #[inline]
    pub fn peek(&mut self) -> Result<Kind> {
        self.skip_whitespace();
        match self.text.get(self.at) {
            Some(b'"') => Ok(Kind::String),
            Some(b'{') => Ok(Kind::Object),
            Some(b'[') => Ok(Kind::Array),
            Some(b't' | b'f') => Ok(Kind::Bool),
            Some(b'n') => Ok(Kind::Null),
            Some(b'-' | b'0'..=b'9') => Ok(Kind::Number),
            Some(_) => self.fail("expected a value"),
            None => self.fail("the text ends where a value is expected"),
        }
    }

    /// Whether only white space is left.
    pub fn is_at_end(&mut self) -> bool {
        self.skip_whitespace();
        self.at == self.text.len()
    }

    /// Fails unless only white space is left.
    pub fn finish(&mut self) -> Result<()> {
        if self.is_at_end() {
            Ok(())
        } else {
            self.fail("text after the end of the value")
        }
    }

    /// Passes one whole value of any kind.
    pub fn skip(&mut self) -> Result<Span> {
        let kind = self.peek()?;
        let start = self.at;
        match kind {
            Kind::Object | Kind::Array => self.skip_nested()?,
            Kind::String => {
                self.string()?;
            }
            Kind::Number => self.number()?,
            Kind::Bool if self.text[start] == b't' => self.literal(b"true")?,
            Kind::Bool => self.literal(b"false")?,
            Kind::Null => self.literal(b"null")?,
        }
        self.span(start, self.at)
    }

    /// Passes an object or array however deep it is, by its strings and brackets alone.
    pub fn skip_brackets(&mut self) -> Result<Span> {
        self.skip_whitespace();
        let start = self.at;
        let mut open: usize = 0;
        loop {
            match self.text.get(self.at) {
                Some(b'"') => {
                    self.string()?;
                    continue;
                }
                Some(b'{' | b'[') => open += 1,
                Some(b'}' | b']') => open = open.saturating_sub(1),
                Some(_) => {}
                None => return self.fail("the text ends inside an object or array"),
            }
            self.at += 1;
            if open == 0 {
                return self.span(start, self.at);
            }
        }
    }

    /// Passes a string.
    #[inline]
    pub fn string(&mut self) -> Result<StringToken> {
        self.skip_whitespace();
        if self.text.get(self.at) != Some(&b'"') {
            return self.fail("expected a string");
        }
        self.at += 1;
        let start = self.at;
        let mut escaped = false;
        loop {
            self.skip_plain();
            match self.text.get(self.at) {
                Some(b'"') => break,
                Some(b'\\') => {
                    escaped = true;
                    self.escape()?;
                }
                Some(0..0x20) => return self.fail("a control character in a string"),
                Some(_) => self.at += 1,
                None => return self.fail("the text ends inside a string"),
            }
        }
        let span = self.span(start, self.at)?;
        self.at += 1;
        Ok(StringToken { span, escaped })
    }

    /// Passes `{`. Then call [`Scanner::next_key`] until it gives `None`.
    #[inline]
    pub fn enter_object(&mut self) -> Result<()> {
        self.enter(b'{', "expected an object")
    }

    /// Passes `[`. Then call [`Scanner::next_element`] until it gives `false`.
    #[inline]
    pub fn enter_array(&mut self) -> Result<()> {
        self.enter(b'[', "expected an array")
    }

    /// Passes the next member's key and colon, or the closing brace, giving `None`.
    /// `first` must be true for the first call in an object; it is then cleared.
    #[inline]
    pub fn next_key(&mut self, first: &mut bool) -> Result<Option<StringToken>> {
        if !self.next_item(first, b'}')? {
            return Ok(None);
        }
        let key = self.string()?;
        self.skip_whitespace();
        if self.text.get(self.at) != Some(&b':') {
            return self.fail("expected a colon after a key");
        }
        self.at += 1;
        Ok(Some(key))
    }

    /// Passes the next member's key and colon if they are those of `key` and stand as they
    /// usually do, without white space and escapes; else moves nowhere and gives `false`.
    /// `first` as for [`Scanner::next_key`].
    #[inline]
    pub fn pass_key(&mut self, first: &mut bool, key: &QuotedKey) -> bool {
        let comma = usize::from(!*first);
        if comma == 1 && self.text.get(self.at) != Some(&b',') {
            return false;
        }
        let rest = self.text.get(self.at + comma..).unwrap_or_default();
        if !key.begins(rest) {
            return false;
        }
        self.at += comma + key.len();
        *first = false;
        true
    }

    /// Passes a string if it is `known`, which stood between the quotes of a string without
    /// escapes; else moves nowhere and gives `false`.
    #[inline]
    pub fn pass_string(&mut self, known: &[u8]) -> bool {
        let rest = self.text.get(self.at..).unwrap_or_default();
        let Some(inside) = rest.strip_prefix(b"\"") else {
            return false;
        };
        if !inside.starts_with(known) || inside.get(known.len()) != Some(&b'"') {
            return false;
        }
        self.at += known.len() + 2;
        true
    }

    /// Moves to the next element of an array, or passes the closing bracket and gives
    /// `false`. `first` as for [`Scanner::next_key`].
    #[inline]
    pub fn next_element(&mut self, first: &mut bool) -> Result<bool> {
        self.next_item(first, b']')
    }

    #[inline]
    fn enter(&mut self, open: u8, what: &'static str) -> Result<()> {
        self.skip_whitespace();
        if self.text.get(self.at) != Some(&open) {
            return self.fail(what);
        }
        if self.depth >= MAX_DEPTH {
            return self.fail("nested too deeply");
        }
        self.depth += 1;
        self.at += 1;
        Ok(())
    }

    #[inline]
    fn next_item(&mut self, first: &mut bool, close: u8) -> Result<bool> {
        self.skip_whitespace();
        let was_first = std::mem::take(first);
        match self.text.get(self.at) {
            Some(&byte) if byte == close => {
                self.at += 1;
                self.depth = self.depth.saturating_sub(1);
                Ok(false)
            }
            Some(b',') if !was_first => {
                self.at += 1;
                self.skip_whitespace();
                Ok(true)
            }
            Some(_) if was_first => Ok(true),
            Some(_) => self.fail("expected a comma or the end of the list"),
            None => self.fail("the text ends inside an object or array"),
        }
    }

    /// Passes an object or array without recursion: one bit a level says which it is.
    fn skip_nested(&mut self) -> Result<()> {
        let mut is_object: u128 = 0;
        let mut open: u32 = 0;
        let mut first;
        loop {
            match self.peek()? {
                Kind::Object => {
                    self.enter_object()?;
                    is_object = is_object << 1 | 1;
                    open += 1;
                    first = true;
                }
                Kind::Array => {
                    self.enter_array()?;
                    is_object <<= 1;
                    open += 1;
                    first = true;
                }
                _ => {
                    self.skip()?;
                    first = false;
                }
            }
            loop {
                let more = if is_object & 1 == 1 {
                    self.next_key(&mut first)?.is_some()
                } else {
                    self.next_element(&mut first)?
                };
                if more {
                    break;
                }
                is_object >>= 1;
                open -= 1;
                if open == 0 {
                    return Ok(());
                }
            }
        }
    }

    /// Moves over bytes that need no look: eight at a time, stopping at or a little before
    /// a quote, a backslash or a control character.
    #[inline]
    fn skip_plain(&mut self) {
        const ONES: u64 = u64::MAX / 255;
        const HIGHS: u64 = ONES << 7;
        let has_zero = |word: u64| word.wrapping_sub(ONES) & !word & HIGHS;
        while let Some(chunk) = self.text[self.at..].first_chunk::<8>() {
            let word = u64::from_le_bytes(*chunk);
            let quote = has_zero(word ^ (ONES * u64::from(b'"')));
            let backslash = has_zero(word ^ (ONES * u64::from(b'\\')));
            let control = word.wrapping_sub(ONES * 0x20) & !word & HIGHS;
            let stop = quote | backslash | control;
            if stop != 0 {
                // The lowest set bit is exact; higher ones may be carries.
                self.at += (stop.trailing_zeros() / 8) as usize;
                return;
            }
            self.at += 8;
        }
    }

    fn escape(&mut self) -> Result<()> {
        match self.text.get(self.at + 1) {
            Some(b'"' | b'\\' | b'/' | b'b' | b'f' | b'n' | b'r' | b't') => self.at += 2,
            Some(b'u') => match self.text.get(self.at + 2..self.at + 6) {
                Some(digits) if digits.iter().all(u8::is_ascii_hexdigit) => self.at += 6,
                _ => return self.fail("\\u without four hexadecimal digits"),
            },
            _ => return self.fail("an unknown escape in a string"),
        }
        Ok(())
    }

    fn number(&mut self) -> Result<()> {
        if self.text.get(self.at) == Some(&b'-') {
            self.at += 1;
        }
        match self.text.get(self.at) {
            Some(b'0') => self.at += 1,
            Some(b'1'..=b'9') => self.digits()?,
            _ => return self.fail("a number without digits"),
        }
        if self.text.get(self.at) == Some(&b'.') {
            self.at += 1;
            self.digits()?;
        }
        if let Some(b'e' | b'E') = self.text.get(self.at) {
            self.at += 1;
            if let Some(b'+' | b'-') = self.text.get(self.at) {
                self.at += 1;
            }
            self.digits()?;
        }
        Ok(())
    }

    fn digits(&mut self) -> Result<()> {
        let start = self.at;
        while self.text.get(self.at).is_some_and(u8::is_ascii_digit) {
            self.at += 1;
        }
        if self.at == start {
            return self.fail("a number without digits");
        }
        Ok(())
    }

    fn literal(&mut self, word: &[u8]) -> Result<()> {
        if !self.text[self.at..].starts_with(word) {
            return self.fail("expected a value");
        }
        self.at += word.len();
        Ok(())
    }

    #[inline]
    fn skip_whitespace(&mut self) {
        while let Some(b' ' | b'\n' | b'\r' | b'\t') = self.text.get(self.at) {
            self.at += 1;
        }
    }

    fn span(&self, start: usize, end: usize) -> Result<Span> {
        match (u32::try_from(start), u32::try_from(end)) {
            (Ok(start), Ok(end)) => Ok(Span { start, end }),
            _ => self.fail("the text is larger than 4 GiB"),
        }
    }

    #[cold]
    fn fail<T>(&self, what: &'static str) -> Result<T> {
        Err(JsonError { what, at: self.at })
    }
}
