//! GitHub's expressions, as far as the workflows use them. What is not known panics.

use serde_json::Value;

/// The contexts (`github`, `steps`, …) and how the job goes.
pub(super) struct Scope<'a> {
    pub(super) contexts: &'a Value,
    pub(super) failed: bool,
}

impl Scope<'_> {
    /// A text with `${{ … }}` in it.
    pub(super) fn fill(&self, text: &str) -> String {
        let mut filled = String::new();
        let mut rest = text;
        while let Some((before, after)) = rest.split_once("${{") {
            let (inner, after) = after.split_once("}}").unwrap();
            filled.push_str(before);
            filled.push_str(&words(&self.value(inner)));
            rest = after;
        }
        filled + rest
    }

    /// Whether a step or job with this `if` runs.
    pub(super) fn runs(&self, condition: Option<&str>) -> bool {
        let Some(condition) = condition else { return !self.failed };
        let inner = condition.trim().trim_start_matches("${{").trim_end_matches("}}");
        let says_when = ["always()", "cancelled()", "failure()", "success()"];
        let implied = !says_when.iter().any(|function| inner.contains(function));
        truth(&self.value(inner)) && !(implied && self.failed)
    }

    fn value(&self, text: &str) -> Value {
        let text = text.trim();
        if let Some((left, right)) = text.split_once("||") {
            let left = self.value(left);
            return if truth(&left) { left } else { self.value(right) };
        }
        if let Some((left, right)) = text.split_once("&&") {
            let left = self.value(left);
            return if truth(&left) { self.value(right) } else { left };
        }
        for (sign, wanted) in [("==", true), ("!=", false)] {
            if let Some((left, right)) = text.split_once(sign) {
                return Value::Bool(
                    (words(&self.value(left)) == words(&self.value(right))) == wanted,
                );
            }
        }
        if let Some(inner) = text.strip_prefix('!') {
            return Value::Bool(!truth(&self.value(inner)));
        }
        if let Some(inner) = text.strip_prefix('\'').and_then(|text| text.strip_suffix('\'')) {
            return Value::String(inner.to_owned());
        }
        match text {
            "always()" => Value::Bool(true),
            "cancelled()" => Value::Bool(false),
            _ => self.context(text),
        }
    }

    fn context(&self, path: &str) -> Value {
        let plain = |c: char| c.is_ascii_alphanumeric() || "._-".contains(c);
        assert!(path.chars().all(plain), "an expression that is not played here: `{path}`");
        let mut names = path.split('.');
        let first = names.next().unwrap();
        let start = self.contexts.get(first);
        let start = start.unwrap_or_else(|| panic!("no context `{first}` in `{path}`"));
        names.fold(start.clone(), |value, name| value.get(name).cloned().unwrap_or(Value::Null))
    }
}

fn truth(value: &Value) -> bool {
    !(value.is_null() || *value == Value::Bool(false) || *value == "" || *value == 0)
}

pub(super) fn words(value: &Value) -> String {
    match value {
        Value::Null => String::new(),
        Value::String(text) => text.clone(),
        other => other.to_string(),
    }
}

#[test]
fn expressions_are_worth_what_github_says() {
    let contexts = serde_json::json!({ "vars": { "A": "x" }, "github": { "run_attempt": 2 } });
    let scope = Scope { contexts: &contexts, failed: false };
    assert_eq!(scope.fill("<${{ vars.B || 'no' }}|${{ vars.A }}>"), "<no|x>");
    let attempt = "${{ github.run_attempt != '1' && '--continue' || '' }}";
    assert_eq!(scope.fill(attempt), "--continue");
    assert!(scope.runs(Some("${{ !cancelled() && vars.A == 'x' }}")));
    let failed = Scope { contexts: &contexts, failed: true };
    assert!(!failed.runs(None) && !failed.runs(Some("vars.A == 'x'")));
    assert!(failed.runs(Some("${{ always() }}")));
}
