//! What `apply` is given: a folder, or a saved plan and the checks it must pass.

use camino::{Utf8Path, Utf8PathBuf};
use jiff::{SignedDuration, Timestamp};

use super::apply::short;
use super::args::Apply as Arguments;
use super::choose::Chosen;
use super::exit::Exit;
use super::failure::Failure;
use super::remainder;
use super::show;
use crate::diagnostic::At;
use crate::manifest::Manifests;
use crate::plan::Plan;
use crate::plan::served::MdmLocationPlan;

/// What `apply` is given.
pub(super) enum Subject {
    /// Manifests: whatever their plan is.
    Folder(Utf8PathBuf),
    /// Exactly this plan; where an earlier run may have done some of it, what is left of it.
    Plan { saved: Box<Plan>, folder: Utf8PathBuf, go_on: bool },
}

/// How old a saved plan may be where no policy says so.
const MAX_AGE: SignedDuration = SignedDuration::from_hours(24);

/// Looks at what is given. A plan file is checked to be whole and unedited.
pub(super) fn open(arguments: &Arguments) -> Result<Subject, Failure> {
    let (path, manifests) = (&arguments.subject, &arguments.manifests);
    let is_manifest = path.extension().is_some_and(|e| e == "yaml" || e == "yml");
    if path.is_dir() || is_manifest || !path.exists() {
        let only_with_plan = if manifests.is_some() { Some("--manifests") } else { None };
        let only_with_plan = only_with_plan.or(arguments.go_on.then_some("--continue"));
        if let Some(option) = only_with_plan {
            return Err(Failure::usage(format!(
                "{option} goes with a saved plan; a folder of manifests was given"
            )));
        }
        return Ok(Subject::Folder(path.clone()));
    }
    let saved = show::read(path)?;
    let folder = manifests.clone().unwrap_or_else(|| saved.manifests.folder.clone().into());
    Ok(Subject::Plan { saved: Box::new(saved), folder, go_on: arguments.go_on })
}

impl Subject {
    /// Folder of the manifests.
    pub(super) fn folder(&self) -> &Utf8Path {
        match self {
            Self::Folder(folder) | Self::Plan { folder, .. } => folder,
        }
    }

    /// The plan that was saved and approved.
    pub(super) fn approved(&self) -> Option<&Plan> {
        match self {
            Self::Folder(_) => None,
            Self::Plan { saved, .. } => Some(saved),
        }
    }

    /// A saved plan is for the locations it names, even where it names none; a folder is for
    /// those that are typed (`None`).
    ///
    /// # Errors
    /// Exit code 5 where the manifests do not have one of them any more, and usage errors where
    /// a shard or others are asked for: a plan is applied whole.
    pub(super) fn chosen(
        &self,
        manifests: &Manifests,
        arguments: &Arguments,
    ) -> Result<Option<Chosen>, Failure> {
        let Self::Plan { saved, .. } = self else { return Ok(None) };
        if let Some(shard) = arguments.sharding.shard {
            return Err(Failure::usage(format!(
                "a saved plan is for the locations it was made for, so --shard {shard} does not go \
                 with it\nhint: apply the folder with --shard, or make the plan with it"
            )));
        }
        let labels = &arguments.target.labels;
        let labeled = Chosen::All.labeled(manifests, labels)?;
        let typed = &arguments.target.locations;
        let by_servers = saved.mdm_locations.iter().map(|location| &location.name);
        let named: Vec<&String> =
            saved.locations.iter().map(|location| &location.name).chain(by_servers).collect();
        for &name in &named {
            if !manifests.locations.iter().any(|location| location.name.value == *name) {
                return Err(Failure::new(
                    Exit::Stale,
                    format!(
                        "the plan is for {name}, which the manifests do not have any more; \
                         nothing was changed\nhint: make and approve a new plan"
                    ),
                ));
            }
            if !typed.is_empty() && !typed.contains(name) {
                return Err(Failure::usage(format!(
                    "the plan is for {name} too, and a saved plan is applied whole\nhint: make \
                     a plan with the same --location"
                )));
            }
            if !labeled.has(name) {
                return Err(Failure::usage(format!(
                    "the plan is for {name} too, which does not have the label, and a saved plan is \
                     applied whole\nhint: make a plan with the same --label"
                )));
            }
        }
        if typed.is_empty() {
            return Ok(Some(Chosen::These(named.into_iter().cloned().collect())));
        }
        Chosen::these(manifests, typed.clone()).map(Some)
    }

    /// Whether the plan made now is the one that was saved.
    ///
    /// # Errors
    /// Exit code 5 with the first reason why not: another location, other manifests, too old, or
    /// overtaken where the plan reaches.
    pub(super) fn check(
        &self,
        now: &Plan,
        max_age: Option<&At<SignedDuration>>,
        at: Timestamp,
    ) -> Result<(), Failure> {
        let Self::Plan { saved, go_on, .. } = self else { return Ok(()) };
        let stale = |message: String| Err(Failure::new(Exit::Stale, message));
        for location in &saved.locations {
            let current = now.locations.iter().find(|other| other.name == location.name);
            let uid = current.and_then(|current| current.uid.as_deref());
            if let (Some(planned), Some(uid)) = (location.uid.as_deref(), uid)
                && planned != uid
            {
                return stale(format!(
                    "the plan is for another library: it was made for {} with uId {planned}, and \
                     the token opens {uid}; nothing was changed",
                    location.name
                ));
            }
        }
        for location in &saved.mdm_locations {
            let current = now.mdm_locations.iter().find(|other| other.name == location.name);
            let id = |plan: &MdmLocationPlan| Some(plan.token.as_ref()?.id.clone());
            if let (Some(planned), Some(token)) = (id(location), current.and_then(id))
                && planned != token
            {
                return stale(format!(
                    "the plan is for another token: it was made for {} with {planned}, and its \
                     server has {token}; nothing was changed",
                    location.name
                ));
            }
        }
        if saved.manifests.digest != now.manifests.digest {
            return stale(
                "the manifests or inventories have changed since the plan was made; nothing was \
                 changed\nhint: make and approve a new plan"
                    .to_owned(),
            );
        }
        let max_age = max_age.map_or(MAX_AGE, |max| max.value);
        let age = at.duration_since(saved.created_at);
        if age > max_age {
            return stale(format!(
                "the plan is {} old, and plans older than {} are not applied; nothing was changed\n\
                 hint: make and approve a new plan",
                words(age),
                words(max_age)
            ));
        }
        if !now.complete {
            return Ok(());
        }
        if saved.fingerprint == now.fingerprint {
            return Ok(());
        }
        if !go_on {
            return stale(format!(
                "what Apple holds has moved since the plan was made, where the plan reaches: the \
                 plan is {}, today's would be {}; nothing was changed\nhint: make and approve a \
                 new plan, or, where it was applied in part, add --continue",
                short(saved),
                short(now)
            ));
        }
        match remainder::beyond(now, saved) {
            None => Ok(()),
            Some(effect) => stale(format!(
                "this is not what is left of the plan: {effect} is not part of it; nothing was \
                 changed\nhint: make and approve a new plan"
            )),
        }
    }
}

/// Whether the plan has the fingerprint that was approved.
pub(super) fn expect(plan: &Plan, expected: &str) -> Result<(), Failure> {
    let digits = |text: &str| text.trim_start_matches("vpp1:").replace('-', "");
    let (is, wanted) = (digits(&plan.fingerprint), digits(expected.trim()));
    let plain = wanted.len() >= 12 && wanted.bytes().all(|byte| byte.is_ascii_hexdigit());
    if !plain {
        return Err(Failure::usage(format!(
            "`{expected}` is no fingerprint: it takes at least 12 hexadecimal digits, for example \
             {}",
            short(plan)
        )));
    }
    if is.starts_with(&wanted.to_ascii_lowercase()) {
        return Ok(());
    }
    Err(Failure::new(
        Exit::Stale,
        format!(
            "the plan is {}, and {expected} was approved; nothing was changed\nhint: look at the \
             plan again and approve it",
            short(plan)
        ),
    ))
}

fn words(age: SignedDuration) -> String {
    let minutes = age.as_mins();
    match minutes {
        ..120 => format!("{minutes} min"),
        120..2880 => format!("{} h", minutes / 60),
        2880.. => format!("{} days", minutes / 1440),
    }
}
