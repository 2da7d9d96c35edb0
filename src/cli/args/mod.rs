//! The command line as it is typed.

mod format;
mod shared;
mod value;

pub(super) use format::{
    Format, PlanFormat, PlanReport, Report, RunFormat, StatusFormat, ValidateFormat,
};
pub(super) use shared::{
    Base, Manifests, Rereading, Sharding, State, Target, quoted, typed_folder,
};
pub(super) use value::duration;

use std::time::Duration;

use camino::Utf8PathBuf;
use clap::builder::styling::{AnsiColor, Styles};
use clap::{Args, Parser, Subcommand, ValueEnum};

use value::web_address;

use crate::sandbox::Generate;

const STYLES: Styles = Styles::styled()
    .header(AnsiColor::Green.on_default().bold())
    .usage(AnsiColor::Green.on_default().bold())
    .literal(AnsiColor::Cyan.on_default().bold())
    .placeholder(AnsiColor::Cyan.on_default());

const EXIT_CODES: &str = "\
Exit codes:
    0  done (a plan with changes too)
    1  could not do it; nothing was changed
    2  only with --detailed-exitcode: there are changes
    3  manifests or inventories are invalid
    4  a guard blocks
    5  the plan is stale or for another target; nothing was changed
    6  applied in part; run `vpp apply` again to continue
    7  only with --detailed-exitcode: applied, reclaims wait for devices
   64  the command line is wrong
  130  interrupted (143: asked to end); what was in flight was followed to its end";

/// Keep Apple app and book licenses where a git repository says they belong.
#[derive(Debug, Parser)]
#[command(name = "vpp", version, styles = STYLES, after_long_help = EXIT_CODES, max_term_width = 100)]
pub(super) struct Cli {
    #[command(flatten)]
    pub(super) look: Look,
    #[command(subcommand)]
    pub(super) command: Command,
}

/// How output looks, the same for every command.
#[derive(Debug, Clone, Args)]
pub(super) struct Look {
    /// When to color.
    #[arg(long, value_enum, default_value_t, global = true, help_heading = "Output")]
    pub(super) color: ColorChoice,
    /// Print no progress and no hints on standard error; errors are still said.
    #[arg(short, long, global = true, help_heading = "Output")]
    pub(super) quiet: bool,
}

/// When to color.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, ValueEnum)]
pub(super) enum ColorChoice {
    /// At a terminal, unless `NO_COLOR` is set; `CLICOLOR_FORCE` colors everywhere.
    #[default]
    Auto,
    /// Always.
    Always,
    /// Never.
    Never,
}

#[derive(Debug, Subcommand)]
pub(super) enum Command {
    /// Begin a repository of manifests in a folder.
    Init(Init),
    /// Check manifests without any network.
    Validate(Validate),
    /// Write manifests one way: indentation, order of keys, quotes.
    Fmt(Fmt),
    /// Show exactly which licenses would move, and why.
    Plan(Plan),
    /// Show, app by app, who holds it and who would, as a unified diff.
    Diff(Diff),
    /// Make it so.
    Apply(Apply),
    /// Print a saved plan.
    Show(Show),
    /// Show licenses, tokens, owners and users as they stand at Apple.
    Status(Status),
    /// Show groups with sizes and sources, or why each member is in one.
    Groups(Groups),
    /// Have servers that own tokens sync with Apple, and wait until they have.
    Sync(Sync),
    /// Write manifests of what is at Apple, so that the first plan is empty.
    Export(Export),
    /// Claim a location for this installation, or take it over from another.
    Claim(Claim),
    /// Show what earlier runs did.
    History(History),
    /// Take in what device-management servers and Apple tell.
    Receive(Receive),
    /// Explain a diagnostic or guard, for example VPP-G104.
    Explain(Explain),
    /// Print a JSON Schema.
    Schema(Schema),
    /// Serve an Apple on this machine.
    Sandbox(Sandbox),
    /// Print a completion script for a shell.
    Completions(Completions),
    /// Write manual pages, one per command.
    #[command(hide = true)]
    Man(Man),
}

#[derive(Debug, Args)]
pub(super) struct Init {
    /// Folder to begin in; made where it is missing.
    #[arg(value_name = "FOLDER", default_value = ".")]
    pub(super) folder: Utf8PathBuf,
    /// Pipeline that validates, plans and applies.
    #[arg(long, value_enum, default_value_t)]
    pub(super) ci: Ci,
    #[command(flatten)]
    pub(super) from: InitFrom,
}

/// What the first manifests are made of.
#[derive(Debug, Args)]
#[group(multiple = false)]
pub(super) struct InitFrom {
    /// Environment variable with a content token; may be repeated, one per location.
    #[arg(long = "token-env", value_name = "NAME")]
    pub(super) token_env: Vec<String>,
    /// Adopt what a sandbox made from this world holds.
    #[arg(long, value_name = "WORLD")]
    pub(super) sandbox: Option<Utf8PathBuf>,
    /// A small school and a sandbox world to try things on, without Apple.
    #[arg(long)]
    pub(super) sample: bool,
}

/// Whose pipelines.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, ValueEnum)]
pub(super) enum Ci {
    /// GitHub Actions.
    Github,
    /// GitLab CI.
    Gitlab,
    /// None.
    #[default]
    None,
}

#[derive(Debug, Args)]
pub(super) struct Fmt {
    /// Folders of manifests, or single files.
    #[arg(value_name = "FOLDER|FILE", default_value = ".")]
    pub(super) paths: Vec<Utf8PathBuf>,
    /// Write nothing: print what would change as a unified diff, and exit with 1 if anything would.
    #[arg(long)]
    pub(super) check: bool,
    /// Format standard input to standard output.
    #[arg(long, conflicts_with = "paths")]
    pub(super) stdin: bool,
}

#[derive(Debug, Args)]
pub(super) struct Diff {
    #[command(flatten)]
    pub(super) manifests: Manifests,
    #[command(flatten)]
    pub(super) sharding: Sharding,
    /// Only this app or book, by its manifest's name or its adamId; may be repeated.
    #[arg(long = "app", value_name = "NAME")]
    pub(super) apps: Vec<String>,
    /// Exit with 2 when there are differences.
    #[arg(long, help_heading = "Output")]
    pub(super) detailed_exitcode: bool,
    #[command(flatten)]
    pub(super) target: Target,
    #[command(flatten)]
    pub(super) state: State,
    #[command(flatten)]
    pub(super) rereading: Rereading,
}

#[derive(Debug, Args)]
pub(super) struct Validate {
    #[command(flatten)]
    pub(super) manifests: Manifests,
    /// How to print the result.
    #[arg(long, value_enum, default_value_t, help_heading = "Output")]
    pub(super) format: ValidateFormat,
    /// Print the result in another format into a file too; may be repeated.
    #[arg(long = "report", value_name = "FORMAT=FILE", help_heading = "Output")]
    pub(super) reports: Vec<Report<ValidateFormat>>,
}

/// How a plan is printed.
#[derive(Debug, Clone, Args)]
#[command(next_help_heading = "Output")]
pub(super) struct PlanOutput {
    /// How to print the plan.
    #[arg(long, value_enum, default_value_t)]
    pub(super) format: PlanFormat,
    /// Print the plan in another format into a file too; may be repeated. `github` alone needs no
    /// file: its annotations go to standard error.
    #[arg(long = "report", value_name = "FORMAT=FILE")]
    pub(super) reports: Vec<PlanReport>,
    /// List every holder.
    #[arg(long)]
    pub(super) detail: bool,
    /// Name some holders as examples in markdown, which is mailed and indexed where it is posted.
    #[arg(long)]
    pub(super) show_holders: bool,
    /// Link files in markdown and html below this address, the manifests' folder in a web view of
    /// the repository.
    #[arg(long, value_name = "URL", value_parser = web_address)]
    pub(super) link_base: Option<String>,
}

#[derive(Debug, Args)]
pub(super) struct Plan {
    #[command(flatten)]
    pub(super) manifests: Manifests,
    #[command(flatten)]
    pub(super) target: Target,
    #[command(flatten)]
    pub(super) state: State,
    #[command(flatten)]
    pub(super) rereading: Rereading,
    #[command(flatten)]
    pub(super) base: Base,
    #[command(flatten)]
    pub(super) sharding: Sharding,
    /// Save the plan in this file for `vpp show` and `vpp apply`.
    #[arg(long, value_name = "FILE", help_heading = "Output")]
    pub(super) out: Option<Utf8PathBuf>,
    #[command(flatten)]
    pub(super) output: PlanOutput,
    /// Exit with 2 when there are changes.
    #[arg(long, help_heading = "Output")]
    pub(super) detailed_exitcode: bool,
}

#[derive(Debug, Args)]
pub(super) struct Apply {
    /// Folder of the manifests, or a plan saved by `vpp plan --out`: then exactly that plan.
    #[arg(value_name = "FOLDER|PLAN", default_value = ".")]
    pub(super) subject: Utf8PathBuf,
    /// Folder of the manifests a saved plan was made from, if it is not where the plan says.
    #[arg(long, value_name = "FOLDER")]
    pub(super) manifests: Option<Utf8PathBuf>,
    /// Do not ask.
    #[arg(long)]
    pub(super) auto_approve: bool,
    /// Apply only if the plan has this fingerprint (12 digits or all of them).
    #[arg(long, value_name = "FINGERPRINT")]
    pub(super) expect: Option<String>,
    /// Go on with a saved plan that was applied in part: what is left must be part of it.
    #[arg(long = "continue")]
    pub(super) go_on: bool,
    /// How to print the result; json is a stream of JSON lines.
    #[arg(long, value_enum, default_value_t, help_heading = "Output")]
    pub(super) format: Format,
    /// Print the result in another format into a file too; may be repeated. `audit` adds a line of
    /// JSON for each request that changed something.
    #[arg(long = "report", value_name = "FORMAT=FILE", help_heading = "Output")]
    pub(super) reports: Vec<Report<RunFormat>>,
    /// List every holder.
    #[arg(long, help_heading = "Output")]
    pub(super) detail: bool,
    /// Wait for devices as long as this, for example 30m: without it a run ends when nobody
    /// answers any more.
    #[arg(long, value_name = "TIME", value_parser = duration)]
    pub(super) wait: Option<std::time::Duration>,
    /// Exit with 7 when reclaims wait for devices.
    #[arg(long, help_heading = "Output")]
    pub(super) detailed_exitcode: bool,
    #[command(flatten)]
    pub(super) target: Target,
    #[command(flatten)]
    pub(super) state: State,
    #[command(flatten)]
    pub(super) rereading: Rereading,
    #[command(flatten)]
    pub(super) sharding: Sharding,
}

#[derive(Debug, Args)]
pub(super) struct Show {
    /// A plan saved by `vpp plan --out`; with --diff the newer one.
    #[arg(value_name = "PLAN")]
    pub(super) plan: Utf8PathBuf,
    /// Show only what changed since this older plan.
    #[arg(long, value_name = "OLD")]
    pub(super) diff: Option<Utf8PathBuf>,
    #[command(flatten)]
    pub(super) output: PlanOutput,
}

#[derive(Debug, Args)]
pub(super) struct Status {
    #[command(flatten)]
    pub(super) manifests: Manifests,
    /// List people with their terms status and, where they have not accepted, the invitation link.
    #[arg(long)]
    pub(super) invitations: bool,
    /// Show how far licenses are that come back by uninstalling, from the memory of earlier runs
    /// alone: Apple is not asked.
    #[arg(long, conflicts_with = "invitations")]
    pub(super) reclaims: bool,
    /// List reclaims one by one.
    #[arg(long, requires = "reclaims")]
    pub(super) detail: bool,
    /// Only reclaims of this app, by its manifest's name or its adamId; may be repeated.
    #[arg(long = "app", value_name = "NAME", requires = "reclaims")]
    pub(super) apps: Vec<String>,
    /// How to print it.
    #[arg(long, value_enum, default_value_t, help_heading = "Output")]
    pub(super) format: StatusFormat,
    #[command(flatten)]
    pub(super) target: Target,
    #[command(flatten)]
    pub(super) state: State,
    #[command(flatten)]
    pub(super) rereading: Rereading,
    #[command(flatten)]
    pub(super) sharding: Sharding,
}

#[derive(Debug, Args)]
#[command(args_conflicts_with_subcommands = true)]
pub(super) struct History {
    #[command(subcommand)]
    pub(super) action: Option<HistoryAction>,
    /// Folder of the manifests.
    #[arg(value_name = "FOLDER", default_value = ".")]
    pub(super) folder: Utf8PathBuf,
    /// Show so many runs at most.
    #[arg(long, value_name = "N", default_value_t = 20)]
    pub(super) most: u32,
    /// How to print it.
    #[arg(long, value_enum, default_value_t, help_heading = "Output")]
    pub(super) format: StatusFormat,
    #[command(flatten)]
    pub(super) state: State,
}

#[derive(Debug, Subcommand)]
pub(super) enum HistoryAction {
    /// Show one run whole, with everything it sent.
    Show(HistoryShow),
}

#[derive(Debug, Args)]
pub(super) struct HistoryShow {
    /// The run's id, or how it begins.
    #[arg(value_name = "RUN")]
    pub(super) run: String,
    /// Folder of the manifests.
    #[arg(value_name = "FOLDER", default_value = ".")]
    pub(super) folder: Utf8PathBuf,
    /// How to print it.
    #[arg(long, value_enum, default_value_t, help_heading = "Output")]
    pub(super) format: Format,
    #[command(flatten)]
    pub(super) state: State,
}

#[derive(Debug, Args)]
#[command(args_conflicts_with_subcommands = true)]
pub(super) struct Groups {
    #[command(subcommand)]
    pub(super) show: Option<GroupsCommand>,
    #[command(flatten)]
    pub(super) list: GroupsList,
}

/// What of groups is shown, where it is not the list.
#[derive(Debug, Subcommand)]
pub(super) enum GroupsCommand {
    /// Show the members of one group and why each is in it.
    Show(GroupsShow),
}

/// All groups.
#[derive(Debug, Args)]
pub(super) struct GroupsList {
    #[command(flatten)]
    pub(super) manifests: Manifests,
    /// How to print it.
    #[arg(long, value_enum, default_value_t, help_heading = "Output")]
    pub(super) format: StatusFormat,
    /// Do not run programs that manifests name (inventories and secrets).
    #[arg(long)]
    pub(super) no_exec: bool,
}

/// One group.
#[derive(Debug, Args)]
pub(super) struct GroupsShow {
    /// Name of the group.
    pub(super) name: String,
    #[command(flatten)]
    pub(super) list: GroupsList,
}

#[derive(Debug, Args)]
pub(super) struct Sync {
    #[command(flatten)]
    pub(super) manifests: Manifests,
    /// How long to wait; 10 minutes if not said.
    #[arg(long, value_name = "TIME", value_parser = duration)]
    pub(super) wait: Option<Duration>,
    #[command(flatten)]
    pub(super) target: Target,
}

#[derive(Debug, Args)]
pub(super) struct Export {
    /// Folder the manifests are written into; it must not hold any yet.
    #[arg(value_name = "FOLDER")]
    pub(super) into: Utf8PathBuf,
    /// Take the locations from these manifests instead of from tokens.
    #[arg(long, value_name = "FOLDER", conflicts_with = "token_env")]
    pub(super) from: Option<Utf8PathBuf>,
    /// Environment variable with a content token; may be repeated, one per location.
    #[arg(long = "token-env", value_name = "NAME")]
    pub(super) token_env: Vec<String>,
    #[command(flatten)]
    pub(super) target: Target,
}

#[derive(Debug, Args)]
pub(super) struct Claim {
    /// Name of the location.
    pub(super) location: String,
    #[command(flatten)]
    pub(super) manifests: Manifests,
    /// Take it from this owner id: the one that `vpp status` shows.
    #[arg(long, value_name = "OWNER-ID")]
    pub(super) from_owner: Option<String>,
    /// Do not ask.
    #[arg(long)]
    pub(super) auto_approve: bool,
    #[command(flatten)]
    pub(super) target: Target,
}

#[derive(Debug, Args)]
pub(super) struct Receive {
    #[command(flatten)]
    pub(super) manifests: Manifests,
    /// Address to listen on, without TLS: that is the business of the proxy in front of it.
    #[arg(long, value_name = "ADDRESS", default_value = "127.0.0.1:8710")]
    pub(super) listen: std::net::SocketAddr,
    /// Take events of this Mdm in; may be repeated; of every Mdm with a `webhookKey` if not said.
    #[arg(long = "mdm", value_name = "NAME")]
    pub(super) mdms: Vec<String>,
    /// Tell Apple first to send this location's notifications here; may be repeated.
    #[arg(long, value_name = "LOCATION")]
    pub(super) subscribe: Vec<String>,
    /// Do not run programs that manifests name (for secrets).
    #[arg(long)]
    pub(super) no_exec: bool,
    #[command(flatten)]
    pub(super) state: State,
}

#[derive(Debug, Args)]
pub(super) struct Explain {
    /// The code, with or without `VPP-`; all codes are listed without one.
    pub(super) code: Option<String>,
}

#[derive(Debug, Args)]
pub(super) struct Schema {
    /// Which one.
    #[arg(value_enum, default_value_t)]
    pub(super) subject: SchemaSubject,
}

#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, ValueEnum)]
pub(super) enum SchemaSubject {
    /// Manifests, for editors.
    #[default]
    Manifest,
    /// A saved plan.
    Plan,
    /// What a run reports at its end.
    Result,
    /// One line of what `apply --format json` streams.
    Events,
    /// What `history` prints.
    History,
    /// One line of what `apply --report audit=FILE` adds to a file.
    Audit,
    /// A sandbox's seed.
    World,
}

#[derive(Debug, Args)]
pub(super) struct Sandbox {
    /// The seed: a document of kind World.
    #[arg(value_name = "WORLD", required_unless_present = "generate")]
    pub(super) world: Option<Utf8PathBuf>,
    /// Make the world from a few numbers, for example devices=1000000,apps=40,each=10.
    #[arg(long, value_name = "NUMBERS", conflicts_with = "world")]
    pub(super) generate: Option<Generate>,
    /// Address to serve on; loopback only.
    #[arg(long, default_value = "127.0.0.1:8700")]
    pub(super) listen: std::net::SocketAddr,
    /// Keep everything in this file between runs.
    #[arg(long, value_name = "FILE")]
    pub(super) state: Option<Utf8PathBuf>,
    /// Wait so long before each answer, for example 50ms.
    #[arg(long, value_parser = duration, default_value = "0ms")]
    pub(super) latency: Duration,
    /// How long an event takes before it is worked on.
    #[arg(long, value_parser = duration, default_value = "1s")]
    pub(super) event_delay: Duration,
    /// Records a page.
    #[arg(long, value_name = "N")]
    pub(super) page_size: Option<usize>,
    /// Throttle, fail, lose replies and move pages, reproducibly.
    #[arg(long, value_name = "SEED")]
    pub(super) chaos: Option<u64>,
}

#[derive(Debug, Args)]
pub(super) struct Completions {
    /// The shell.
    #[arg(required_unless_present = "out")]
    pub(super) shell: Option<clap_complete::Shell>,
    /// Write a script for every shell (or the given one) into this folder, under its usual name.
    #[arg(long, value_name = "DIR")]
    pub(super) out: Option<Utf8PathBuf>,
}

#[derive(Debug, Args)]
pub(super) struct Man {
    /// Folder the pages are written into; without it the page of `vpp` itself is printed.
    #[arg(long, value_name = "DIR")]
    pub(super) out: Option<Utf8PathBuf>,
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_to_type_next_repeats_which_apple_and_quotes_it() {
        let typed =
            ["vpp", "plan", "--sandbox", "my world.yaml", "--chaos", "7", "--location", "a"];
        let Command::Plan(plan) = Cli::try_parse_from(typed).unwrap().command else { panic!() };
        assert_eq!(plan.target.typed(), " --location a --sandbox 'my world.yaml' --chaos 7");
        assert_eq!(typed_folder(&plan.manifests.folder), "");
        assert_eq!(typed_folder("it's".into()), r" 'it'\''s'");
    }

    #[test]
    fn the_command_line_agrees_with_itself() {
        <Cli as clap::CommandFactory>::command().debug_assert();
    }
}
