//! The manifest room from outside.

mod cases;
mod discovery;
mod folder;
mod limits;
mod meaning;
mod schema;
mod secrets;
mod texts;
mod yaml;
