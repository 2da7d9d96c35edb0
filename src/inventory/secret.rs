//! From where a manifest says a secret is, to the secret.

use std::process::{Command, Stdio};

use camino::Utf8Path;
use secrecy::SecretString;
use zeroize::Zeroizing;

use super::ask::Trouble;
use super::load::Environment;
use super::shown::shown;
use crate::manifest::kind::TokenSource;

/// Reads a secret's text, late. `what` names it in messages, which never hold it.
pub(super) fn read(
    source: &TokenSource,
    what: &str,
    folder: &Utf8Path,
    environment: &Environment,
) -> Result<SecretString, Trouble> {
    let trouble = |why: String| Trouble::Secret(format!("{what} is not to be had: {why}"));
    let text = match source {
        TokenSource::Env(name) => {
            let value = environment.vars.get(name).filter(|value| !value.trim().is_empty());
            let unset = || trouble(format!("environment variable {} is not set", shown(name)));
            Zeroizing::new(value.ok_or_else(unset)?.clone())
        }
        TokenSource::File(path) => {
            let text = fs_err::read_to_string(folder.join(path));
            Zeroizing::new(text.map_err(|error| trouble(error.to_string()))?)
        }
        TokenSource::Command(argv) => {
            let (program, arguments) =
                argv.split_first().ok_or_else(|| trouble("the command is empty".to_owned()))?;
            if !environment.allow_exec {
                let why =
                    format!("it comes from {}, and --no-exec forbids to run it", shown(program));
                return Err(trouble(why));
            }
            let output = Command::new(program)
                .args(arguments)
                .current_dir(if folder.as_str().is_empty() { Utf8Path::new(".") } else { folder })
                .stdin(Stdio::null())
                .stderr(Stdio::inherit())
                .output()
                .map_err(|error| trouble(format!("cannot run {}: {error}", shown(program))))?;
            if !output.status.success() {
                let why = format!("{} ended with {}", shown(program), output.status);
                return Err(trouble(why));
            }
            let text = String::from_utf8(output.stdout);
            Zeroizing::new(text.map_err(|_| trouble("it is not text".to_owned()))?)
        }
    };
    if text.trim().is_empty() {
        return Err(trouble("it is empty".to_owned()));
    }
    Ok(SecretString::from(text.trim()))
}
