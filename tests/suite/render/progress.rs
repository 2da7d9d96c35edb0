//! How far a run is: plain lines for logs, a live line for terminals.

use std::io::{self, Write};
use std::sync::{Arc, Mutex};

use indicatif::{ProgressDrawTarget, TermLike};
use vpp::render::Shape;
use vpp::render::progress::Progress;

#[derive(Debug, Clone, Default)]
struct Screen(Arc<Mutex<Vec<u8>>>);

impl Screen {
    fn text(&self) -> String {
        String::from_utf8(self.0.lock().unwrap().clone()).unwrap()
    }
}

impl Write for Screen {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        self.0.lock().unwrap().extend_from_slice(bytes);
        Ok(bytes.len())
    }

    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}

impl TermLike for Screen {
    fn width(&self) -> u16 {
        80
    }

    fn move_cursor_up(&self, _: usize) -> io::Result<()> {
        Ok(())
    }

    fn move_cursor_down(&self, _: usize) -> io::Result<()> {
        Ok(())
    }

    fn move_cursor_right(&self, _: usize) -> io::Result<()> {
        Ok(())
    }

    fn move_cursor_left(&self, _: usize) -> io::Result<()> {
        Ok(())
    }

    fn write_line(&self, text: &str) -> io::Result<()> {
        self.clone().write_all(format!("{text}\n").as_bytes())
    }

    fn write_str(&self, text: &str) -> io::Result<()> {
        self.clone().write_all(text.as_bytes())
    }

    fn clear_line(&self) -> io::Result<()> {
        Ok(())
    }

    fn flush(&self) -> io::Result<()> {
        Ok(())
    }
}

#[test]
fn plain_lines_are_few_and_escaped() {
    let screen = Screen::default();
    let progress = Progress::plain(&Shape::default(), Box::new(screen.clone()));
    progress.phase("read north\u{1b}[2J", 1_000);
    for _ in 0..1_000 {
        progress.advance(1);
    }
    progress.message("token ends\nsoon");
    progress.phase("settle", None);
    progress.advance(3);
    progress.finish();
    progress.finish();
    drop(progress);
    assert_eq!(
        screen.text().lines().collect::<Vec<_>>(),
        [
            "read north\\u{1b}[2J (1,000)",
            "read north\\u{1b}[2J: 100 of 1,000 (10 %)",
            "read north\\u{1b}[2J: 200 of 1,000 (20 %)",
            "read north\\u{1b}[2J: 300 of 1,000 (30 %)",
            "read north\\u{1b}[2J: 400 of 1,000 (40 %)",
            "read north\\u{1b}[2J: 500 of 1,000 (50 %)",
            "read north\\u{1b}[2J: 600 of 1,000 (60 %)",
            "read north\\u{1b}[2J: 700 of 1,000 (70 %)",
            "read north\\u{1b}[2J: 800 of 1,000 (80 %)",
            "read north\\u{1b}[2J: 900 of 1,000 (90 %)",
            "token ends\\nsoon",
            "read north\\u{1b}[2J: done, 1,000 of 1,000 (100 %)",
            "settle",
            "settle: done, 3",
        ]
    );
}

#[test]
fn the_live_line_shows_the_phase_and_how_far_it_is() {
    let screen = Screen::default();
    let target = ProgressDrawTarget::term_like_with_hz(Box::new(screen.clone()), 255);
    let progress = Progress::live_on(&Shape { ascii: true, ..Shape::default() }, target);
    progress.phase("read \u{202e}x", 40);
    progress.message("something to know");
    for _ in 0..40 {
        progress.advance(1);
    }
    assert_eq!(progress.suspend(|| 7), 7);
    progress.finish();
    let text = screen.text();
    assert!(text.contains("read \\u{202e}x"), "{text}");
    assert!(text.contains("/40"), "{text}");
    assert!(text.contains("something to know"), "{text}");
}

#[test]
fn silence_takes_everything() {
    let progress = Progress::silent();
    progress.phase("read", u64::MAX);
    progress.advance(u64::MAX);
    progress.advance(u64::MAX);
    progress.message("x");
    progress.finish();
}

#[test]
fn no_number_is_too_large_for_a_phase() {
    let screen = Screen::default();
    let progress = Progress::plain(&Shape::default(), Box::new(screen.clone()));
    for total in [Some(0), Some(u64::MAX), None] {
        progress.phase("p", total);
        progress.advance(u64::MAX);
        progress.advance(u64::MAX);
    }
    drop(progress);
    assert!(screen.text().ends_with("p: done, 18,446,744,073,709,551,615\n"));
}
