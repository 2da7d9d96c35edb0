use super::fields::{Field, Fields};
use super::report::Report;
use super::{time, value};
use crate::diagnostic::{At, Diagnostic};
use crate::manifest::codes;
use crate::manifest::kind::{
    Allowance, Breaker, Freeze, Limit, Limits, Policy, Protection, Share, StockGuard, TokenExpiry,
};
use crate::yaml::{Meaning, Node, Style, Value, meaning};

pub(super) fn read(
    report: &mut Report,
    fields: &mut Fields<'_, '_>,
    name: Option<At<String>>,
) -> Option<Policy> {
    let limits = fields.optional(report, "limits").and_then(|field| limits(report, field));
    let protect = items(report, fields, "protect", protection);
    let freeze = items(report, fields, "freeze", freeze);
    let stock = fields.optional(report, "stock").and_then(|field| stock(report, field));
    let token_expiry = fields.optional(report, "tokenExpiry");
    let token_expiry = token_expiry.and_then(|field| token_expiry_of(report, field));
    let wanted = "a duration from `1m` to `365d`, for example `24h`";
    let max_plan_age = fields
        .optional(report, "maxPlanAge")
        .and_then(|field| time::duration(report, field, 60, 365 * 86_400, wanted));
    let allow = items(report, fields, "allow", allowance);
    let breaker = fields.optional(report, "run").and_then(|field| run(report, field));
    Some(Policy {
        name: name?,
        limits: limits.unwrap_or_default(),
        protect,
        freeze,
        stock,
        token_expiry,
        max_plan_age,
        allow,
        breaker: breaker.unwrap_or_default(),
    })
}

fn items<'n, 't, T>(
    report: &mut Report,
    fields: &mut Fields<'n, 't>,
    key: &'static str,
    read: impl Fn(&mut Report, Field<'n, 't>) -> Option<T>,
) -> Vec<T> {
    let Some(field) = fields.optional(report, key) else { return Vec::new() };
    let items: &[Node<'_>] = value::list(report, field).unwrap_or_default();
    items.iter().filter_map(|item| read(report, field.item(item))).collect()
}

fn limits(report: &mut Report, field: Field<'_, '_>) -> Option<Limits> {
    let mut fields = Fields::of(report, "`limits`", field)?;
    let mut scope = |key| fields.optional(report, key).and_then(|field| limit(report, field));
    let limits = Limits { location: scope("location"), app: scope("app"), group: scope("group") };
    fields.finish(report, &[]);
    Some(limits)
}

fn limit(report: &mut Report, field: Field<'_, '_>) -> Option<Limit> {
    let mut fields = Fields::of(report, "a limit", field)?;
    let mut bound = |key| fields.optional(report, key).and_then(|field| share(report, field));
    let limit = Limit { reclaim: bound("reclaim"), assign: bound("assign") };
    fields.finish(report, &[]);
    // A limit that limits nothing is none.
    (limit != Limit::default()).then_some(limit)
}

fn share(report: &mut Report, field: Field<'_, '_>) -> Option<At<Share>> {
    let what = if field.key == "reclaim" { "`reclaim`" } else { "`assign`" };
    let mut fields = Fields::of(report, what, field)?;
    if !fields.has("share") && !fields.has("count") {
        report.add(
            Diagnostic::error(
                &codes::MISSING_KEY,
                format!("{what} has neither `share` nor `count`"),
            )
            .at(report.span(fields.anchor()), "one of the two is needed")
            .help("write for example `{ share: 10%, count: 500 }`"),
        );
    }
    let percent = fields.optional(report, "share").and_then(|field| time::percent(report, field));
    let count = fields.optional(report, "count");
    let count = count.and_then(|field| value::whole(report, field, 0, u64::MAX));
    fields.finish(report, &[]);
    Some(report.at(Share { percent, count: count.map(|count| count.value) }, field.key_place))
}

fn protection(report: &mut Report, item: Field<'_, '_>) -> Option<Protection> {
    let mut fields = Fields::of(report, "an item of `protect`", item)?;
    if !fields.has("app") && !fields.has("group") {
        report.add(
            Diagnostic::error(
                &codes::MISSING_KEY,
                "an item of `protect` has neither `app` nor `group`",
            )
            .at(report.span(fields.anchor()), "one of the two is needed")
            .help("say what is protected; nothing protects everything at once"),
        );
    }
    let app = fields.optional(report, "app").and_then(|field| subject(report, field));
    let group = fields.optional(report, "group");
    let group = group.and_then(|field| value::owned_text(report, field));
    let reason = fields.optional(report, "reason");
    let reason = reason.and_then(|field| value::text(report, field));
    let span = report.span(fields.anchor());
    fields.finish(report, &[]);
    Some(Protection { span, app, group, reason: reason.map(str::to_owned) })
}

/// A name, or an adamId, whose digits may stay bare.
fn subject(report: &mut Report, field: Field<'_, '_>) -> Option<At<String>> {
    let text = value::id(report, field)?;
    if text.trim().is_empty() {
        value::bad_value(report, field, "a name or an adamId");
        return None;
    }
    Some(report.at(text.to_owned(), field.node.place))
}

fn freeze(report: &mut Report, item: Field<'_, '_>) -> Option<Freeze> {
    let mut fields = Fields::of(report, "an item of `freeze`", item)?;
    let from_field = fields.required(report, "from", "2026-12-20");
    let from = from_field.and_then(|field| time::moment(report, field));
    let until_field = fields.required(report, "until", "2027-01-04");
    let until = until_field.and_then(|field| time::moment(report, field));
    let zone = fields.required(report, "timeZone", "Europe/Berlin");
    let zone = zone.and_then(|field| time::zone(report, field));
    let reason = fields.optional(report, "reason");
    let reason = reason.and_then(|field| value::text(report, field));
    let span = report.span(fields.anchor());
    fields.finish(report, &[]);
    let zone = zone?;
    let moment = |moment: Option<_>| moment.and_then(|moment| time::in_zone(moment, &zone));
    let (from, until) = (moment(from)?, moment(until)?);
    if until <= from {
        if let (Some(first), Some(last)) = (from_field, until_field) {
            report.add(
                Diagnostic::error(&codes::BAD_VALUE, "the freeze ends before it begins")
                    .at(report.span(last.node.place), "must be later than `from`")
                    .at(report.span(first.node.place), "begins here")
                    .help("`until` is the first moment after the freeze"),
            );
        }
        return None;
    }
    Some(Freeze { span, from, until, reason: reason.map(str::to_owned) })
}

fn stock(report: &mut Report, field: Field<'_, '_>) -> Option<At<StockGuard>> {
    let mut fields = Fields::of(report, "`stock`", field)?;
    let below = fields.required(report, "warnBelow", "20");
    let below = below.and_then(|field| match &field.node.value {
        Value::Scalar(text, Style::Plain) if meaning(text) == Meaning::Integer => {
            let count = value::whole(report, field, 0, u64::MAX)?;
            Some(Share { percent: None, count: Some(count.value) })
        }
        Value::Scalar(text, _) => {
            let percent = time::parse_percent(text);
            if percent.is_none() {
                value::bad_value(
                    report,
                    field,
                    "a number of licenses, or a percentage such as `5%`",
                );
            }
            Some(Share { percent: Some(percent?), count: None })
        }
        Value::Sequence(_) | Value::Mapping(_) | Value::Refused => {
            value::wrong_type(report, field, "a number of licenses, or a percentage such as `5%`");
            None
        }
    });
    fields.finish(report, &[]);
    Some(report.at(StockGuard { warn_below: below? }, field.key_place))
}

/// Days before a token's end where the policy names only the other number.
const WARN_DAYS: u32 = 30;
const BLOCK_DAYS: u32 = 3;

fn token_expiry_of(report: &mut Report, field: Field<'_, '_>) -> Option<At<TokenExpiry>> {
    let mut fields = Fields::of(report, "`tokenExpiry`", field)?;
    if !fields.has("warn") && !fields.has("block") {
        report.add(
            Diagnostic::error(&codes::MISSING_KEY, "`tokenExpiry` has neither `warn` nor `block`")
                .at(report.span(fields.anchor()), "one of the two is needed")
                .help("write for example `{ warn: 30d, block: 3d }`"),
        );
        fields.optional(report, "warn");
        fields.optional(report, "block");
        fields.finish(report, &[]);
        return None;
    }
    let warn_field = fields.optional(report, "warn");
    let block_field = fields.optional(report, "block");
    fields.finish(report, &[]);
    let warn = warn_field.map(|field| time::days(report, field));
    let block = block_field.map(|field| time::days(report, field));
    let (warn_days, block_days) = match (warn, block) {
        (None, None) => return None,
        (Some(warn), None) => (warn?, warn?.min(BLOCK_DAYS)),
        (None, Some(block)) => (block?.max(WARN_DAYS), block?),
        (Some(warn), Some(block)) => (warn?, block?),
    };
    if let (Some(warn), Some(block), true) = (warn_field, block_field, block_days > warn_days) {
        report.add(
            Diagnostic::error(&codes::BAD_VALUE, "`tokenExpiry` blocks before it warns")
                .at(report.span(block.node.place), "must not be more days than `warn`")
                .at(report.span(warn.node.place), "warns here"),
        );
        return None;
    }
    Some(report.at(TokenExpiry { warn_days, block_days }, field.key_place))
}

fn allowance(report: &mut Report, item: Field<'_, '_>) -> Option<Allowance> {
    let mut fields = Fields::of(report, "an item of `allow`", item)?;
    let span = report.span(fields.anchor());
    let guard = fields.required(report, "guard", "G101").and_then(|field| {
        let text = value::text(report, field)?;
        let is_code = text.len() == 4
            && text.starts_with('G')
            && text.bytes().skip(1).all(|byte| byte.is_ascii_digit());
        if !is_code {
            value::bad_value(report, field, "a guard's code such as `G101`");
            return None;
        }
        Some(report.at(text.to_owned(), field.node.place))
    });
    let app = fields.optional(report, "app").and_then(|field| subject(report, field));
    let bounded = fields.has("reclaimUpTo") || fields.has("assignUpTo");
    let mut bound = |key| {
        let field = fields.optional(report, key);
        field.and_then(|field| value::whole(report, field, 0, u64::MAX))
    };
    let (reclaim_up_to, assign_up_to) = (bound("reclaimUpTo"), bound("assignUpTo"));
    let until = fields.optional(report, "until");
    let has_until = fields.has("until");
    let until = until.and_then(|field| time::date(report, field));
    let reason = fields.required(report, "reason", "\"approved in the summer review\"");
    let reason = reason.and_then(|field| value::owned_text(report, field));
    if !bounded {
        report.add(
            Diagnostic::error(&codes::UNBOUNDED, "the allowance has no bound")
                .at(span, "neither `reclaimUpTo` nor `assignUpTo`")
                .help("add `reclaimUpTo:` or `assignUpTo:` with a number of licenses"),
        );
    }
    if !has_until {
        report.add(
            Diagnostic::error(&codes::UNBOUNDED, "the allowance has no `until`")
                .at(span, "would hold for ever")
                .help("add `until:` with its last day, for example `2026-12-01`"),
        );
    }
    fields.finish(report, &[]);
    Some(Allowance {
        span,
        guard: guard?,
        app,
        reclaim_up_to,
        assign_up_to,
        until: until?,
        reason: reason?,
    })
}

fn run(report: &mut Report, field: Field<'_, '_>) -> Option<Breaker> {
    let mut fields = Fields::of(report, "`run`", field)?;
    let most = u64::from(u32::MAX);
    let mut breaker = Breaker::default();
    let canary = fields.optional(report, "canary");
    let canary = canary.and_then(|field| value::whole(report, field, 1, 1_000));
    if let Some(canary) = canary.and_then(|canary| u32::try_from(canary.value).ok()) {
        breaker.canary = canary;
    }
    if let Some(field) = fields.optional(report, "stop")
        && let Some(mut stop) = Fields::of(report, "`stop`", field)
    {
        let share = stop.optional(report, "errorShare");
        if let Some(percent) = share.and_then(|field| time::percent(report, field)) {
            breaker.error_percent = percent;
        }
        let row = stop.optional(report, "inARow");
        let row = row.and_then(|field| value::whole(report, field, 1, most));
        if let Some(row) = row.and_then(|row| u32::try_from(row.value).ok()) {
            breaker.errors_in_a_row = row;
        }
        stop.finish(report, &[]);
    }
    fields.finish(report, &[]);
    Some(breaker)
}
