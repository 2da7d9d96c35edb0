//! The `vpp` binary.

use std::process::ExitCode;

fn main() -> ExitCode {
    vpp::cli::main(std::env::args_os())
}
