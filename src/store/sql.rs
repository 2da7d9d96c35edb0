//! What both databases have in common: statements with values, carried out in one transaction.

use async_trait::async_trait;

use super::StoreError;

/// A value as both databases know it. Moments are nanoseconds since 1970.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum Value {
    Null,
    Int(i64),
    Text(String),
    Bytes(Vec<u8>),
}

/// A row of an answer.
pub(super) type Row = Vec<Value>;

/// One statement, carried out once for each list of values.
///
/// Parameters are written `$1`, `$2`, … and must appear for the first time in this order: SQLite
/// numbers them as they come.
#[derive(Debug)]
pub(super) struct Step {
    pub(super) sql: &'static str,
    pub(super) each: Vec<Vec<Value>>,
}

impl Step {
    /// A statement that is carried out once.
    pub(super) fn once(sql: &'static str, values: Vec<Value>) -> Self {
        Self { sql, each: vec![values] }
    }

    /// A statement that is carried out for each of these.
    pub(super) fn each(sql: &'static str, each: Vec<Vec<Value>>) -> Self {
        Self { sql, each }
    }
}

/// A database.
#[async_trait]
pub(super) trait Database: Send + Sync + std::fmt::Debug {
    /// Where it is, for messages, without any password.
    fn place(&self) -> String;

    /// Carries out steps in one transaction that survives a crash of the machine, and returns what
    /// they answered, all rows together.
    async fn write(&self, steps: Vec<Step>) -> Result<Vec<Row>, StoreError>;

    /// Asks one question.
    async fn read(&self, step: Step) -> Result<Vec<Row>, StoreError>;
}

/// What the newest table definitions are numbered.
pub(super) const VERSION: u32 = 1;
