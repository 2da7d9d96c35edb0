use std::sync::{Arc, LazyLock};

use cel::common::types::CelBool;
use cel::{Context, Env, ExecutionError, IdedExpr, Value};

use super::reads::ROW;
use super::row::{Row, Shape};

static STANDARD: LazyLock<Arc<Env>> = LazyLock::new(|| Arc::new(Env::stdlib()));

/// What an expression says of one row instead of yes or no.
#[derive(Debug, Clone, PartialEq)]
pub(super) enum NoAnswer {
    /// It gave a value of this type.
    NotBool(String),
    /// It failed.
    Failed(ExecutionError),
}

/// Evaluates one expression for row after row.
pub(super) struct Evaluator<'e, 't> {
    expression: &'e IdedExpr,
    shape: &'t Shape<'t>,
    context: Context<'t, 't>,
}

impl<'e, 't> Evaluator<'e, 't> {
    pub(super) fn new(expression: &'e IdedExpr, shape: &'t Shape<'t>) -> Self {
        Self { expression, shape, context: Context::with_env(Arc::clone(&STANDARD)) }
    }

    pub(super) fn answer(&mut self, row: usize) -> Result<bool, NoAnswer> {
        self.context.add_variable_as_val(ROW, Box::new(Row::new(self.shape, row)));
        let value = Value::resolve_val(self.expression, &self.context).map_err(NoAnswer::Failed)?;
        match value.downcast_ref::<CelBool>() {
            Some(answer) => Ok(*answer.inner()),
            None => Err(NoAnswer::NotBool(value.get_type().name().to_owned())),
        }
    }
}
