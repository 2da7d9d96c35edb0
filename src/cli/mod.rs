//! Arguments in, calls out, one file per command.
