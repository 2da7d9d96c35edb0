//! `vpp init`: a folder becomes a repository of manifests.

use camino::{Utf8Path, Utf8PathBuf};

use super::Context;
use super::args::{Ci, Init as Arguments, InitFrom, Target, quoted, typed_folder};
use super::connect::{self, Apple};
use super::exit::Exit;
use super::export::{self, Gathered};
use super::failure::Failure;
use super::files;
use crate::init::{self, Pipeline, Seed};
use crate::render::escape;
use crate::render::number::{count, counted};

pub(super) async fn run(context: &Context, arguments: &Arguments) -> Result<Exit, Failure> {
    let Arguments { folder, ci, from } = arguments;
    let pipeline = match ci {
        Ci::Github => Pipeline::Github,
        Ci::Gitlab => Pipeline::Gitlab,
        Ci::None => Pipeline::None,
    };
    // What will be there in any case is looked at before Apple is asked for anything.
    let nothing = Seed::Adopted { manifests: vec![], token_env: vec![] };
    refuse(folder, &init::files(nothing, pipeline)?)?;
    export::refuse_manifests(folder)?;
    let (seed, what) = seed(context, from).await?;
    let is_sample = seed == Seed::Sample;
    let written = init::files(seed, pipeline)?;
    refuse(folder, &written)?;
    for file in &written {
        files::replace(&folder.join(&file.path), |out| out.write_all(file.text.as_bytes()))?;
    }
    context.streams.print(|out| {
        for file in &written {
            writeln!(out, "{}", escape::terminal(folder.join(&file.path).as_str()))?;
        }
        Ok(())
    })?;
    let folder_typed = typed_folder(folder);
    let world = match (&from.sandbox, is_sample) {
        (_, true) => format!(" --sandbox {}", quoted(folder.join("world.yaml").as_str())),
        (Some(world), false) => format!(" --sandbox {}", quoted(world.as_str())),
        (None, false) => String::new(),
    };
    let files = counted(count(written.len()), "file", "files");
    context.streams.hint(&format!(
        "{files}, {what}\n  vpp validate{folder_typed}\n  vpp plan{folder_typed}{world}"
    ))?;
    Ok(Exit::Done)
}

/// What to begin with, and what to say of it. Where nothing is said: what the token in `VPP_TOKEN`
/// opens, else the sample.
async fn seed(context: &Context, from: &InitFrom) -> Result<(Seed, String), Failure> {
    let InitFrom { token_env, sandbox, sample } = from;
    let has_token = context.environment.get("VPP_TOKEN").is_some();
    if *sample || (token_env.is_empty() && sandbox.is_none() && !has_token) {
        return Ok((Seed::Sample, "a sample to rehearse with. Next:".to_owned()));
    }
    let target = Target { sandbox: sandbox.clone(), ..Target::default() };
    let apple = Apple::start(&target).await?;
    let gathered = match connect::by_token(context, token_env, &apple) {
        Ok(candidates) => export::gather(context, candidates).await,
        Err(failure) => Err(failure),
    };
    apple.stop().await?;
    let Gathered { files: manifests, token_env, assets, assignments } = gathered?;
    let what = format!(
        "made from {}, {} and {}; the first plan moves nothing. Next:",
        counted(count(token_env.len()), "location", "locations"),
        counted(count(assets), "app or book", "apps and books"),
        counted(assignments, "assignment", "assignments"),
    );
    Ok((Seed::Adopted { manifests, token_env }, what))
}

/// Nothing is written where anything is in the way.
fn refuse(folder: &Utf8Path, files: &[crate::export::File]) -> Result<(), Failure> {
    let there: Vec<Utf8PathBuf> = files
        .iter()
        .map(|file| folder.join(&file.path))
        .filter(|path| path.symlink_metadata().is_ok())
        .collect();
    if there.is_empty() {
        return Ok(());
    }
    let list: Vec<String> = there.iter().map(|path| format!("\n  {path}")).collect();
    Err(anyhow::anyhow!(
        "these files are there already; nothing was written{}\nhint: move them away, or begin in an \
         empty folder and take over what you need",
        list.concat()
    )
    .into())
}
