//! How accounts are projected.

/// How Athena learns the values of the `account` partition key.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum AccountProjection {
    /// All known accounts are listed in the table: any query works.
    #[default]
    Enum,
    /// Each query names the accounts it reads (`account = …` or `IN`, 1,000 at most).
    Injected,
}
