use std::thread;

use cel::Program;
use cel::common::ast::{EntryExpr, Expr, IdedExpr};

/// Longest filter, in bytes: two thousand serial numbers in a list.
const LONGEST: usize = 32 << 10;

/// Stack CEL's parser gets, in bytes, twice what the worst text of that length needs. Only what
/// is used of it becomes memory.
const STACK: usize = 64 << 20;

/// Deepest expression. Evaluation calls itself for every level. Long chains of `||` and `&&` are balanced trees, lists are flat.
const DEEPEST: usize = 64;

/// Deepest nesting of `all`, `exists`, `map` and `filter`: each multiplies the work.
const DEEPEST_MACROS: usize = 2;

/// Why a text is no filter.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum NoFilter {
    /// It is not CEL.
    #[error("it is not CEL")]
    NotCel,
    /// It is too long.
    #[error("it has more than {LONGEST} bytes")]
    Long,
    /// It is a chain such as `1 + 1 + 1`, or nested, without end.
    #[error("it is nested, or chained, more than {DEEPEST} levels deep")]
    Deep,
    /// Macros in macros in macros.
    #[error("it nests `all`, `exists`, `map` or `filter` more than {DEEPEST_MACROS} deep")]
    Macros,
    /// The system gave no thread to parse it on.
    #[error("the system gave no thread to parse it on")]
    NoThread,
}

/// Compiles a filter.
///
/// A pull request supplies filters, and CEL's parser and interpreter call themselves for every
/// bracket and every link of a chain: sixteen brackets overflow the stack of a usual thread in a
/// debug build, and a stack that overflows takes the whole program with it. So the parser runs
/// on a thread with room, and what is too deep to evaluate is refused, and dropped, there.
pub(super) fn compile(text: &str) -> Result<Program, NoFilter> {
    if text.len() > LONGEST {
        return Err(NoFilter::Long);
    }
    thread::scope(|scope| {
        let parser = thread::Builder::new().stack_size(STACK).spawn_scoped(scope, || {
            let program = Program::compile(text).map_err(|_| NoFilter::NotCel)?;
            check(program.expression()).map(|()| program)
        });
        // A parser that panics has no answer either.
        parser.map_or(Err(NoFilter::NoThread), |parser| {
            parser.join().unwrap_or(Err(NoFilter::NotCel))
        })
    })
}

/// Whether an expression can be evaluated; does not call itself.
fn check(expression: &IdedExpr) -> Result<(), NoFilter> {
    let mut open = vec![(expression, 1, 0)];
    while let Some((next, depth, macros)) = open.pop() {
        if depth > DEEPEST {
            return Err(NoFilter::Deep);
        }
        if macros > DEEPEST_MACROS {
            return Err(NoFilter::Macros);
        }
        let mut add = |part, macros| open.push((part, depth + 1, macros));
        match &next.expr {
            Expr::Unspecified | Expr::Ident(_) | Expr::Literal(_) => {}
            Expr::Select(select) => add(&select.operand, macros),
            Expr::Call(call) => {
                call.target.iter().for_each(|target| add(target, macros));
                call.args.iter().for_each(|argument| add(argument, macros));
            }
            Expr::List(list) => list.elements.iter().for_each(|element| add(element, macros)),
            Expr::Comprehension(parts) => {
                add(&parts.iter_range, macros);
                for part in [&parts.accu_init, &parts.loop_cond, &parts.loop_step, &parts.result] {
                    add(part, macros + 1);
                }
            }
            Expr::Map(map) => {
                map.entries.iter().for_each(|entry| entry_parts(&entry.expr, |p| add(p, macros)));
            }
            Expr::Struct(fields) => {
                fields
                    .entries
                    .iter()
                    .for_each(|entry| entry_parts(&entry.expr, |p| add(p, macros)));
            }
        }
    }
    Ok(())
}

fn entry_parts<'e>(entry: &'e EntryExpr, mut add: impl FnMut(&'e IdedExpr)) {
    match entry {
        EntryExpr::StructField(field) => add(&field.value),
        EntryExpr::MapEntry(entry) => {
            add(&entry.key);
            add(&entry.value);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn refusal(text: &str) -> Option<NoFilter> {
        compile(text).err()
    }

    #[test]
    fn what_would_overflow_a_stack_is_refused() {
        for text in [
            format!("1{} == 1", " + 1".repeat(8000)),
            format!("row{} == 1", ".a".repeat(16_000)),
            format!("row{} == 1", "['a']".repeat(6000)),
            format!("1{} == 1", " + 1".repeat(DEEPEST)),
        ] {
            assert_eq!(refusal(&text), Some(NoFilter::Deep), "{}", &text[..20]);
        }
        for text in ["(", "[", "{1:", "-(", "true ? true : ("] {
            let found = refusal(&text.repeat(LONGEST / text.len()));
            assert_eq!(found, Some(NoFilter::NotCel), "{text}");
        }
        assert_eq!(refusal(&" ".repeat(LONGEST + 1)), Some(NoFilter::Long));
    }

    #[test]
    fn macros_in_macros_are_bounded() {
        let nested =
            |depth: usize| format!("{}true{}", "[1].all(v, ".repeat(depth), ")".repeat(depth));
        assert_eq!(refusal(&nested(2)), None);
        assert_eq!(refusal(&nested(3)), Some(NoFilter::Macros));
    }

    #[test]
    fn long_lists_and_long_alternatives_are_fine() {
        let serials: Vec<String> = (0..2000).map(|n| format!("\"S{n:09}\"")).collect();
        assert_eq!(refusal(&format!("row.serial in [{}]", serials.join(","))), None);
        let either: Vec<String> = (0..1500).map(|n| format!("row.g == \"{n}\"")).collect();
        assert_eq!(refusal(&either.join(" || ")), None);
        assert_eq!(refusal(&either.join(" && ")), None);
    }
}
