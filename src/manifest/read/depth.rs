//! How deep a condition's tree can be, told by its characters alone: the parser goes down one call
//! for each level, and whoever evaluates the condition does so too.

/// How deep brackets may stand in each other. The parser takes up to a fifth of a megabyte of stack
/// for each, and whoever evaluates the condition may have two megabytes.
const DEEPEST: usize = 8;

/// How many operators may hang on each other (`a + b + c`, `a.b.c`): the tree is as deep. Terms
/// joined with `&&`, `||` and commas do not count together.
const LONGEST_CHAIN: usize = 200;

/// Whether the tree is shallow enough.
///
/// # Errors
/// The byte at which it is not, and why.
pub(super) fn check(source: &str) -> Result<(), (usize, String)> {
    // The length of the chain in each open bracket.
    let mut chains = vec![0_usize];
    let mut at = 0;
    while let Some(rest) = source.get(at..)
        && let Some(c) = rest.chars().next()
    {
        let length = match c {
            '"' | '\'' => {
                let is_raw = source.get(..at).is_some_and(|before| before.ends_with(['r', 'R']));
                text(rest, c, is_raw)
            }
            '/' if rest.starts_with("//") => rest.find('\n').unwrap_or(rest.len()),
            c if c.is_alphanumeric() || c == '_' => word(rest),
            c => c.len_utf8(),
        };
        match c {
            '(' | '[' | '{' => {
                add(&mut chains);
                chains.push(0);
                if chains.len() > DEEPEST + 1 {
                    return Err((at, format!("more than {DEEPEST} brackets in each other")));
                }
            }
            ')' | ']' | '}' if chains.len() > 1 => {
                chains.pop();
            }
            '&' | '|' | ',' | ':' => {
                chains.last_mut().into_iter().for_each(|chain| *chain = 0);
            }
            // Of `==`, `!=`, `<=` and `>=` one character counts.
            '+' | '-' | '*' | '/' | '%' | '.' | '<' | '>' | '=' | '!' | '?'
                if !rest.get(1..).is_some_and(|after| after.starts_with('=')) =>
            {
                add(&mut chains);
            }
            'i' if length == 2 && rest.starts_with("in") => add(&mut chains),
            _ => {}
        }
        if chains.iter().sum::<usize>() > LONGEST_CHAIN {
            return Err((at, format!("more than {LONGEST_CHAIN} operators in a row")));
        }
        at += length;
    }
    Ok(())
}

fn add(chains: &mut [usize]) {
    chains.last_mut().into_iter().for_each(|chain| *chain += 1);
}

fn word(rest: &str) -> usize {
    rest.find(|c: char| !c.is_alphanumeric() && c != '_').unwrap_or(rest.len())
}

/// The length of a text in quotes, of which there are four kinds; of a quote that opens nothing,
/// one.
fn text(rest: &str, quote: char, is_raw: bool) -> usize {
    let triple: String = [quote; 3].iter().collect();
    let (open, close) =
        if rest.starts_with(&triple) { (3, triple) } else { (1, quote.to_string()) };
    let mut at = open;
    while let Some(inside) = rest.get(at..)
        && let Some(c) = inside.chars().next()
    {
        if inside.starts_with(&close) {
            return at + close.len();
        }
        if c == '\n' && open == 1 {
            break;
        }
        at += c.len_utf8();
        if c == '\\' && !is_raw {
            at += rest.get(at..).and_then(|after| after.chars().next()).map_or(0, char::len_utf8);
        }
    }
    1
}

#[cfg(test)]
mod tests {
    use super::check;

    #[test]
    fn what_people_write_is_shallow() {
        for source in [
            r#"row.grade == "7" && (row.family == "iPad" || !(row.model.matches("^(a|b)((((((((((")))"#,
            &format!("row.serial in [{}\"\"]", "\"DMPXK1A2HJ0M\", ".repeat(250)),
            &"row.s == \"A1\" || ".repeat(250),
            "row.a == 'it\\'s (((((((((('",
            "row.a == 1 // ((((((((((\n && true",
        ] {
            assert_eq!(check(source), Ok(()), "{source}");
        }
    }

    #[test]
    fn depth_is_seen_however_it_is_hidden() {
        let deep = "(".repeat(9);
        for source in [
            deep.clone(),
            format!("r'\\' + {deep}"),
            format!("\"unclosed\n{deep}\""),
            format!("\"unclosed {deep}"),
            format!("\"\"\" \" \"\"\" {deep} \""),
            format!("'a' // '\n {deep} '"),
            "[{(".repeat(3),
            "1+".repeat(201),
            "a in ".repeat(201),
            "row".to_owned() + &".a".repeat(201),
            format!("{}({}", "1+".repeat(100), "1+".repeat(101)),
        ] {
            assert!(check(&source).is_err(), "{source}");
        }
    }
}
