//! From where a manifest says a token is, to the token.

use camino::Utf8Path;
use secrecy::SecretString;
use std::process::{Command, Stdio};

use super::environment::Environment;
use crate::manifest::kind::TokenSource;

/// Reads a content token's text, late and only here.
///
/// # Errors
/// Where it is not to be had; the message says what to set and never holds the token.
pub(super) fn read(
    source: &TokenSource,
    folder: &Utf8Path,
    environment: &Environment,
    allow_exec: bool,
) -> anyhow::Result<SecretString> {
    let wanted = "the text of the content token (.vpptoken) downloaded from Apple, or try \
                  `--sandbox WORLD`";
    let of = Wanted { name: "the token", value: wanted };
    from(source, folder, environment, allow_exec, of)
}

/// Reads another secret, such as the key of a server, late and only here.
///
/// # Errors
/// Where it is not to be had; the message says what to set and never holds the secret.
pub(super) fn secret(
    source: &TokenSource,
    folder: &Utf8Path,
    environment: &Environment,
    allow_exec: bool,
    name: &str,
) -> anyhow::Result<SecretString> {
    from(source, folder, environment, allow_exec, Wanted { name, value: name })
}

/// What is looked for, for messages.
#[derive(Clone, Copy)]
struct Wanted<'a> {
    name: &'a str,
    value: &'a str,
}

fn from(
    source: &TokenSource,
    folder: &Utf8Path,
    environment: &Environment,
    allow_exec: bool,
    Wanted { name: what, value }: Wanted<'_>,
) -> anyhow::Result<SecretString> {
    match source {
        TokenSource::Env(name) => environment.get(name).map(SecretString::from).ok_or_else(|| {
            anyhow::anyhow!("environment variable {name} is not set; set it to {value}")
        }),
        TokenSource::File(path) => {
            let path = folder.join(path);
            fs_err::read_to_string(&path)
                .map(SecretString::from)
                .map_err(|error| anyhow::anyhow!("cannot read {what} from its file: {error}"))
        }
        TokenSource::Command(argv) => {
            anyhow::ensure!(
                allow_exec,
                "{what} comes from the program `{}`, and --no-exec forbids to run it",
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
