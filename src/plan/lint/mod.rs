//! What must hold of every plan, one function and one test each: run before a plan is applied,
//! when a plan file is read, and as the oracle of the property tests.

mod carried;
mod changes;
mod licenses;
mod seats;
mod totals;

#[cfg(test)]
mod tests;

use std::fmt;

use super::Plan;

/// One thing of a plan that does not fit the rest.
#[derive(Debug, Clone, PartialEq, Eq)]
#[must_use]
pub struct LintFinding {
    /// Name of the invariant, for example `summary-adds-up`.
    pub lint: &'static str,
    /// What does not fit, with the numbers.
    pub message: String,
}

impl fmt::Display for LintFinding {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{} ({})", self.message, self.lint)
    }
}

/// One invariant.
#[derive(Debug)]
pub struct Lint {
    /// Its name.
    pub name: &'static str,
    /// What must hold.
    pub about: &'static str,
    check: fn(&Plan, &mut Vec<String>),
}

/// Every invariant.
pub static LINTS: &[Lint] = &[
    totals::SUMMARY,
    totals::FINGERPRINT,
    totals::FLAGS,
    totals::UNCHANGED,
    changes::PLACE,
    changes::ORDER,
    changes::HOLDERS,
    changes::TWICE,
    changes::BOTH_WAYS,
    changes::BOOKS,
    changes::FOREIGN,
    changes::INSTALL,
    licenses::ROWS,
    licenses::ENOUGH,
    licenses::SHORT,
    licenses::LATER,
    licenses::PEOPLE,
    licenses::CLAIM,
    carried::UNDER_WAY,
    seats::PEOPLE,
    seats::ROWS,
    seats::ENOUGH,
];

/// Holds the plan against itself.
pub fn lint(plan: &Plan) -> Vec<LintFinding> {
    let mut findings = vec![];
    for Lint { name, about: _, check } in LINTS {
        let mut messages = vec![];
        check(plan, &mut messages);
        findings.extend(messages.into_iter().map(|message| LintFinding { lint: name, message }));
    }
    findings
}
