//! Plan in, text out.
