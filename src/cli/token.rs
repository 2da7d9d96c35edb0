//! From where a manifest says a token is, to the token.

use camino::Utf8Path;
use secrecy::SecretString;
use std::process::{Command, Stdio};

use super::environment::Environment;
use crate::manifest::kind::TokenSource;

/// Reads the token's text, late and only here.
///
/// # Errors
/// Where it is not to be had; the message says what to set and never holds the token.
pub(super) fn read(
    source: &TokenSource,
    folder: &Utf8Path,
    environment: &Environment,
    allow_exec: bool,
) -> anyhow::Result<SecretString> {
    match source {
        TokenSource::Env(name) => environment.get(name).map(SecretString::from).ok_or_else(|| {
            anyhow::anyhow!(
                "environment variable {name} is not set; set it to the text of the content token \
                 (.vpptoken) downloaded from Apple, or try `--sandbox WORLD`"
            )
        }),
        TokenSource::File(path) => {
            let path = folder.join(path);
            fs_err::read_to_string(&path)
                .map(SecretString::from)
                .map_err(|error| anyhow::anyhow!("cannot read the token file: {error}"))
        }
        TokenSource::Command(argv) => {
            anyhow::ensure!(
                allow_exec,
                "the token comes from the program `{}`, and --no-exec forbids to run it",
                argv.first().map_or("", String::as_str)
            );
            run(argv, folder)
        }
    }
}

fn run(argv: &[String], folder: &Utf8Path) -> anyhow::Result<SecretString> {
    let Some((program, arguments)) = argv.split_first() else {
        anyhow::bail!("the token's command is empty");
    };
    let output = Command::new(program)
        .args(arguments)
        .current_dir(folder)
        .stdin(Stdio::null())
        .stderr(Stdio::inherit())
        .output()
        .map_err(|error| anyhow::anyhow!("cannot run `{program}` for the token: {error}"))?;
    anyhow::ensure!(
        output.status.success(),
        "`{program}` was to print the token and ended with {}",
        output.status
    );
    let text = String::from_utf8(output.stdout)
        .map_err(|_| anyhow::anyhow!("`{program}` printed something that is not a token"))?;
    Ok(SecretString::from(text))
}
