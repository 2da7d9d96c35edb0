use std::collections::VecDeque;
use std::io::{self, BufRead, BufReader, Read, Write as _};
use std::process::{self, Command, ExitStatus, Stdio};
use std::sync::mpsc::{self, Receiver, RecvTimeoutError};
use std::sync::{Arc, Condvar, Mutex, MutexGuard, PoisonError};
use std::thread;
use std::time::{Duration, Instant};

use camino::Utf8Path;

use crate::inventory::printable;

/// How much of standard error is kept: its last lines, each cut.
const LAST_LINES: usize = 12;
const LONGEST_LINE: u64 = 300;

/// How often a child that has closed its output is looked at.
const GLANCE: Duration = Duration::from_millis(5);

/// How long the last words of a child that has ended are waited for.
const LAST_WORDS: Duration = Duration::from_millis(500);

/// How much of standard output is on its way at once: so many pieces of so many bytes.
const PIECES: usize = 8;
const PIECE: usize = 1 << 16;

/// A running program with its own process group and a time to be done by.
pub(crate) struct Child {
    process: process::Child,
    output: Option<Output>,
    errors: Arc<Shared<Errors>>,
    deadline: Instant,
}

/// What to start.
pub(crate) struct Start<'a> {
    /// Where it runs.
    pub(crate) folder: &'a Utf8Path,
    pub(crate) program: &'a str,
    pub(crate) arguments: &'a [String],
    pub(crate) variables: &'a [(&'a str, &'a str)],
    /// What it reads on standard input; nothing at all where it is `None`.
    pub(crate) input: Option<Vec<u8>>,
    pub(crate) timeout: Duration,
}

/// How a program ended.
pub(crate) enum End {
    /// With success.
    Done,
    /// With something else, or it was killed because its output was no good.
    Failed { status: ExitStatus, errors: Vec<String> },
    /// It was killed because its time was over.
    TimedOut { errors: Vec<String> },
}

#[derive(Default)]
struct Errors {
    lines: VecDeque<String>,
    closed: bool,
}

struct Shared<T> {
    value: Mutex<T>,
    changed: Condvar,
}

impl<T> Shared<T> {
    fn new(value: T) -> Arc<Self> {
        Arc::new(Self { value: Mutex::new(value), changed: Condvar::new() })
    }

    fn lock(&self) -> MutexGuard<'_, T> {
        self.value.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Waits until `done`, or the time is over, and gives the value.
    fn wait(&self, time: Duration, done: impl Fn(&T) -> bool) -> MutexGuard<'_, T> {
        let guard = self.lock();
        match self.changed.wait_timeout_while(guard, time, |value| !done(value)) {
            Ok((guard, _)) => guard,
            Err(poisoned) => poisoned.into_inner().0,
        }
    }
}

impl Child {
    /// Starts it with nothing but these variables in its environment.
    pub(crate) fn start(start: Start<'_>) -> io::Result<Self> {
        let Start { folder, program, arguments, variables, input, timeout } = start;
        let folder = if folder.as_str().is_empty() { Utf8Path::new(".") } else { folder };
        let mut command = Command::new(program);
        command
            .args(arguments)
            .current_dir(folder)
            .env_clear()
            .envs(variables.iter().copied())
            .stdin(if input.is_some() { Stdio::piped() } else { Stdio::null() })
            .stdout(Stdio::piped())
            .stderr(Stdio::piped());
        #[cfg(unix)]
        std::os::unix::process::CommandExt::process_group(&mut command, 0);
        let mut process = command.spawn()?;
        // A time nobody waits for has no end.
        let now = Instant::now();
        let deadline = now.checked_add(timeout).unwrap_or(now + Duration::from_hours(24));
        if let (Some(mut pipe), Some(input)) = (process.stdin.take(), input) {
            // A program may end, or write, before it has read everything.
            thread::spawn(move || {
                let _ = pipe.write_all(&input);
            });
        }
        let errors = Shared::new(Errors::default());
        if let Some(pipe) = process.stderr.take() {
            let errors = Arc::clone(&errors);
            thread::spawn(move || keep_last_lines(pipe, &errors));
        }
        let output = process.stdout.take().map(|pipe| Output::new(pipe, deadline));
        Ok(Self { process, output, errors, deadline })
    }

    /// Its standard output, once. Reading fails when the program's time is over.
    pub(crate) fn output(&mut self) -> Option<Output> {
        self.output.take()
    }

    /// Waits for its end, or brings it about where nothing more is wanted of it.
    pub(crate) fn end(mut self, kill: bool) -> End {
        let mut late = Instant::now() >= self.deadline;
        if kill {
            self.kill();
        }
        let status = loop {
            match self.process.try_wait() {
                Ok(Some(status)) => break Some(status),
                Ok(None) if Instant::now() < self.deadline => thread::sleep(GLANCE),
                Ok(None) | Err(_) => {
                    late = true;
                    self.kill();
                    break self.process.wait().ok();
                }
            }
        };
        match status {
            Some(status) if status.success() && !late => End::Done,
            Some(status) if !late => End::Failed { status, errors: self.last_words() },
            Some(_) | None => {
                // Its children may go on although it has ended.
                self.kill();
                End::TimedOut { errors: self.last_words() }
            }
        }
    }

    fn kill(&mut self) {
        Group::of(&self.process).kill();
        // Where there are no process groups; nothing to be done where it has ended already.
        let _ = self.process.kill();
    }

    fn last_words(&self) -> Vec<String> {
        let errors = self.errors.wait(LAST_WORDS, |errors| errors.closed);
        errors.lines.iter().cloned().collect()
    }
}

/// A program's standard output, as far as it comes in time.
///
/// A thread of its own reads the pipe: a process that left the group can keep the pipe open for
/// as long as it likes, and then only that thread waits for it.
pub(crate) struct Output {
    pieces: Receiver<io::Result<Vec<u8>>>,
    piece: io::Cursor<Vec<u8>>,
    deadline: Instant,
}

impl Output {
    fn new(mut pipe: impl Read + Send + 'static, deadline: Instant) -> Self {
        let (sender, pieces) = mpsc::sync_channel(PIECES);
        thread::spawn(move || {
            loop {
                let mut piece = vec![0; PIECE];
                let read = pipe.read(&mut piece).map(|count| {
                    piece.truncate(count);
                    piece
                });
                let last = read.as_ref().map_or(true, Vec::is_empty);
                if sender.send(read).is_err() || last {
                    break;
                }
            }
        });
        Self { pieces, piece: io::Cursor::default(), deadline }
    }
}

impl Read for Output {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        let count = self.piece.read(buffer)?;
        if count > 0 || buffer.is_empty() {
            return Ok(count);
        }
        let left = self.deadline.saturating_duration_since(Instant::now());
        match self.pieces.recv_timeout(left) {
            Ok(piece) => {
                self.piece = io::Cursor::new(piece?);
                self.piece.read(buffer)
            }
            Err(RecvTimeoutError::Timeout) => Err(io::ErrorKind::TimedOut.into()),
            // The end has been read before.
            Err(RecvTimeoutError::Disconnected) => Ok(0),
        }
    }
}

/// The processes a program and its children run in.
#[derive(Clone, Copy)]
struct Group {
    #[cfg(unix)]
    leader: rustix::process::Pid,
}

impl Group {
    #[cfg(unix)]
    fn of(process: &process::Child) -> Self {
        Self { leader: rustix::process::Pid::from_child(process) }
    }

    #[cfg(not(unix))]
    fn of(_: &process::Child) -> Self {
        Self {}
    }

    #[cfg(unix)]
    fn kill(self) {
        // Fails only where the whole group has ended.
        let _ = rustix::process::kill_process_group(self.leader, rustix::process::Signal::KILL);
    }

    #[cfg(not(unix))]
    fn kill(self) {}
}

/// Reads to the end, so that the program never blocks, and keeps the last lines.
fn keep_last_lines(pipe: impl Read, errors: &Shared<Errors>) {
    let mut pipe = BufReader::new(pipe);
    let mut line = vec![];
    loop {
        line.clear();
        match (&mut pipe).take(LONGEST_LINE).read_until(b'\n', &mut line) {
            Ok(0) | Err(_) => break,
            Ok(_) => {}
        }
        let text = printable(String::from_utf8_lossy(&line).trim_end());
        if text.is_empty() {
            continue;
        }
        let mut errors = errors.lock();
        if errors.lines.len() == LAST_LINES {
            errors.lines.pop_front();
        }
        errors.lines.push_back(text);
    }
    errors.lock().closed = true;
    errors.changed.notify_all();
}
