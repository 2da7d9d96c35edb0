use std::collections::BTreeSet;
use std::sync::LazyLock;

use cel::common::ast::{
    CallExpr, ComprehensionExpr, EntryExpr, Expr, IdedExpr, LiteralValue, operators,
};

/// The variable filters see.
pub(super) const ROW: &str = "row";

/// What an expression reads.
#[derive(Debug, Default, Clone, PartialEq, Eq)]
pub(super) struct Reads {
    /// Columns it needs.
    pub(super) columns: BTreeSet<String>,
    /// Columns it asks for without needing them: `has(row.x)`, `"x" in row`.
    pub(super) tested: BTreeSet<String>,
    /// Whether it uses `row` in another way.
    pub(super) whole: bool,
    /// Names that mean nothing here, in the order they are written.
    pub(super) unbound: Vec<String>,
}

impl Reads {
    pub(super) fn of(expression: &IdedExpr) -> Self {
        let mut walk = Walk { reads: Self::default(), bound: vec![] };
        walk.expression(expression);
        walk.reads
    }
}

struct Walk<'e> {
    reads: Reads,
    /// Variables of the macros around (`exists(x, …)`), which hide other names.
    bound: Vec<&'e str>,
}

impl<'e> Walk<'e> {
    fn expression(&mut self, expression: &'e IdedExpr) {
        match &expression.expr {
            Expr::Unspecified | Expr::Literal(_) => {}
            Expr::Ident(name) => self.name(name),
            Expr::Select(select) if self.is_row(&select.operand) => {
                let columns =
                    if select.test { &mut self.reads.tested } else { &mut self.reads.columns };
                columns.insert(select.field.clone());
            }
            Expr::Select(select) => self.expression(&select.operand),
            Expr::Call(call) => self.call(call),
            Expr::Comprehension(comprehension) => self.comprehension(comprehension),
            Expr::List(list) => list.elements.iter().for_each(|element| self.expression(element)),
            Expr::Map(map) => self.entries(map.entries.iter().map(|entry| &entry.expr)),
            Expr::Struct(fields) => {
                self.entries(fields.entries.iter().map(|entry| &entry.expr));
            }
        }
    }

    fn entries(&mut self, entries: impl Iterator<Item = &'e EntryExpr>) {
        for entry in entries {
            match entry {
                EntryExpr::StructField(field) => self.expression(&field.value),
                EntryExpr::MapEntry(entry) => {
                    self.expression(&entry.key);
                    self.expression(&entry.value);
                }
            }
        }
    }

    fn call(&mut self, call: &'e CallExpr) {
        match (call.func_name.as_str(), call.args.as_slice()) {
            (operators::INDEX, [row, column]) if self.is_row(row) => {
                if let Some(column) = text(column) {
                    self.reads.columns.insert(column.to_owned());
                    return;
                }
            }
            (operators::IN, [column, row]) if self.is_row(row) => {
                if let Some(column) = text(column) {
                    self.reads.tested.insert(column.to_owned());
                    return;
                }
            }
            _ => {}
        }
        if let Some(target) = &call.target {
            // `optional.of(…)`: the name before the dot is part of the function's.
            let namespace = matches!(&target.expr, Expr::Ident(name) if name == "optional");
            if !namespace {
                self.expression(target);
            }
        }
        call.args.iter().for_each(|argument| self.expression(argument));
    }

    fn comprehension(&mut self, comprehension: &'e ComprehensionExpr) {
        let ComprehensionExpr {
            iter_range,
            iter_var,
            iter_var2,
            accu_var,
            accu_init,
            loop_cond,
            loop_step,
            result,
        } = comprehension;
        self.expression(iter_range);
        self.expression(accu_init);
        let outside = self.bound.len();
        self.bound.extend([iter_var.as_str(), accu_var.as_str()]);
        self.bound.extend(iter_var2.as_deref());
        for part in [loop_cond, loop_step, result] {
            self.expression(part);
        }
        self.bound.truncate(outside);
    }

    fn name(&mut self, name: &str) {
        if self.bound.contains(&name) || is_type(name) {
            return;
        }
        if name == ROW {
            self.reads.whole = true;
        } else if !self.reads.unbound.iter().any(|known| known == name) {
            self.reads.unbound.push(name.to_owned());
        }
    }

    fn is_row(&self, expression: &IdedExpr) -> bool {
        matches!(&expression.expr, Expr::Ident(name) if name == ROW && !self.bound.contains(&ROW))
    }
}

/// Whether the name is one of CEL's types, as in `type(x) == string`.
fn is_type(name: &str) -> bool {
    static STANDARD: LazyLock<cel::Env> = LazyLock::new(cel::Env::stdlib);
    STANDARD.types().find_type(name).is_some()
}

fn text(expression: &IdedExpr) -> Option<&str> {
    if let Expr::Literal(LiteralValue::String(text)) = &expression.expr {
        Some(text.inner())
    } else {
        None
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn reads(text: &str) -> Reads {
        Reads::of(cel::Program::compile(text).unwrap().expression())
    }

    fn columns(text: &str) -> Vec<String> {
        let reads = reads(text);
        assert!(!reads.whole && reads.unbound.is_empty(), "{text}: {reads:?}");
        reads.columns.into_iter().collect()
    }

    #[test]
    fn columns_are_found_however_they_are_written() {
        assert_eq!(columns(r#"row.a == "1" && row["b"] != row.c"#), ["a", "b", "c"]);
        assert_eq!(
            columns(r#"row.a.startsWith("x") ? row.b == "" : !(row.c in ["y"])"#),
            ["a", "b", "c"]
        );
        assert_eq!(columns(r#"["x", row.a].exists(v, v == row.b)"#), ["a", "b"]);
        assert_eq!(columns(r#"{"k": row.a}.k == "1" && type(row.b) == string"#), ["a", "b"]);
        assert_eq!(columns("true"), Vec::<String>::new());
    }

    #[test]
    fn tests_for_presence_are_told_apart() {
        let reads = reads(r#"has(row.a) && "b" in row && row.c == "d""#);
        assert_eq!(reads.tested.iter().collect::<Vec<_>>(), ["a", "b"]);
        assert_eq!(reads.columns.iter().collect::<Vec<_>>(), ["c"]);
        assert!(!reads.whole);
    }

    #[test]
    fn other_uses_of_row_read_all_of_it() {
        for text in ["row.exists(k, k == 'a')", "size(row) > 1", "row['a' + 'b'] == ''"] {
            assert!(reads(text).whole, "{text}");
        }
    }

    #[test]
    fn a_macro_can_hide_row_and_a_name_of_nothing_is_found() {
        assert!(!reads("['a'].exists(row, row == 'a')").whole);
        assert!(reads("[{'a': 1}].exists(row, row.a == 1)").columns.is_empty());
        assert_eq!(reads("grade == '7' || grade == row.b").unbound, ["grade"]);
        assert!(reads("optional.of(row.a).hasValue()").unbound.is_empty());
    }
}
