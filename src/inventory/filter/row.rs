use cel::ExecutionError;
use cel::common::traits::{Container, Indexer, Iterable, Iterator as CelIterator, Sizer};
use cel::common::types::{CelInt, CelString, MAP_TYPE, Type};
use cel::common::value::{CowVal, Val};

use crate::inventory::table::{Column, Table};

/// The columns of a table as expressions name them.
#[derive(Debug)]
pub(super) struct Shape<'t> {
    names: Vec<CelString<'t>>,
    columns: Vec<&'t Column>,
}

impl<'t> Shape<'t> {
    pub(super) fn of(table: &'t Table) -> Self {
        let columns: Vec<&Column> = table.columns().iter().collect();
        let names = columns.iter().map(|column| CelString::from(column.name())).collect();
        Self { names, columns }
    }
}

/// One row as CEL sees it: a map of strings that copies nothing. Unlike CEL's own map it has an
/// order, that of the header, so that an expression over all columns gives the same every time.
#[derive(Debug, Clone, Copy)]
pub(super) struct Row<'t> {
    shape: &'t Shape<'t>,
    row: usize,
}

impl<'t> Row<'t> {
    pub(super) fn new(shape: &'t Shape<'t>, row: usize) -> Self {
        Self { shape, row }
    }

    fn find(&self, column: &str) -> Option<&'t str> {
        let column = self.shape.columns.iter().find(|known| known.name() == column)?;
        Some(column.value(self.row))
    }
}

fn name(key: &dyn Val) -> Result<&str, ExecutionError> {
    key.downcast_ref::<CelString<'_>>().map(CelString::inner).ok_or_else(|| {
        ExecutionError::UnexpectedType {
            got: key.get_type().name().to_owned(),
            want: "the name of a column".to_owned(),
        }
    })
}

impl Val for Row<'_> {
    fn get_type(&self) -> &Type {
        &MAP_TYPE
    }

    fn cel_type() -> &'static Type {
        &MAP_TYPE
    }

    fn as_container(&self) -> Option<&dyn Container> {
        Some(self)
    }

    fn as_indexer<'b, 'v>(&'b self) -> Option<&'b (dyn Indexer + 'v)>
    where
        Self: 'v,
    {
        Some(self)
    }

    fn as_iterable<'b, 'v>(&'b self) -> Option<&'b (dyn Iterable + 'v)>
    where
        Self: 'v,
    {
        Some(self)
    }

    fn as_sizer(&self) -> Option<&dyn Sizer> {
        Some(self)
    }

    fn clone_as_boxed<'v>(&self) -> Box<dyn Val + 'v>
    where
        Self: 'v,
    {
        Box::new(*self)
    }
}

impl Container for Row<'_> {
    fn contains(&self, key: &dyn Val) -> Result<bool, ExecutionError> {
        Ok(self.find(name(key)?).is_some())
    }
}

impl Indexer for Row<'_> {
    fn get<'b, 'v>(&'b self, key: &dyn Val) -> Result<CowVal<'b, 'v>, ExecutionError>
    where
        Self: 'v,
    {
        let name = name(key)?;
        let value = self.find(name).ok_or_else(|| ExecutionError::no_such_key(name))?;
        Ok(CowVal::owned(CelString::from(value)))
    }

    fn steal<'v>(self: Box<Self>, key: &dyn Val) -> Result<Box<dyn Val + 'v>, ExecutionError>
    where
        Self: 'v,
    {
        self.get(key).map(CowVal::into_owned)
    }
}

impl Iterable for Row<'_> {
    fn iter<'b, 'v>(&'b self) -> Box<dyn CelIterator<'b, 'v> + 'b>
    where
        Self: 'v,
    {
        Box::new(Names(self.shape.names.iter()))
    }
}

impl Sizer for Row<'_> {
    fn size(&self) -> CelInt {
        CelInt::from(i64::try_from(self.shape.names.len()).unwrap_or(i64::MAX))
    }
}

struct Names<'b, 't>(std::slice::Iter<'b, CelString<'t>>);

impl<'b, 'v, 't: 'v> CelIterator<'b, 'v> for Names<'b, 't> {
    fn next(&mut self) -> Option<&'b (dyn Val + 'v)> {
        let name: &'b (dyn Val + 'v) = self.0.next()?;
        Some(name)
    }
}
