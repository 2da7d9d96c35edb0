use std::collections::HashMap;
use std::io::{self, BufReader, Read};

use camino::{Utf8Path, Utf8PathBuf};
use csv::{ErrorKind, ReaderBuilder, StringRecord};
use jiff::Timestamp;
use zip::ZipArchive;
use zip::result::ZipError;

use super::Fault;
use crate::inventory::codes;
use crate::inventory::shown::shown;
use crate::inventory::source::path::{self, Refusal};
use crate::inventory::source::quotes::{BadQuote, Strict};

/// Most bytes one file of a set may have, unpacked: a small zip can hold a large nothing.
const MOST: u64 = 1 << 30;

/// The files of a set.
pub(super) struct Files {
    place: Place,
    /// When the oldest file that was read was last written.
    written: Option<Timestamp>,
}

enum Place {
    Folder { root: Utf8PathBuf, path: Utf8PathBuf },
    Zip(Box<ZipArchive<BufReader<fs_err::File>>>),
}

/// One record with the names of its columns.
pub(super) struct Record<'r> {
    names: &'r HashMap<String, usize>,
    values: &'r StringRecord,
    pub(super) line: u64,
}

impl<'r> Record<'r> {
    /// The value of a column; empty where there is none.
    pub(super) fn get(&self, column: &str) -> &'r str {
        let place = self.names.get(column).copied();
        place.and_then(|place| self.values.get(place)).unwrap_or_default().trim()
    }
}

impl Files {
    pub(super) fn open(folder: &Utf8Path, path: &Utf8Path) -> Result<Self, Fault> {
        let is_folder = folder.join(path).is_dir();
        if is_folder {
            let place = Place::Folder { root: folder.to_owned(), path: path.to_owned() };
            return Ok(Self { place, written: None });
        }
        let file = path::confine(folder, path).map_err(refused)?;
        let file = fs_err::File::open(file).map_err(|error| unreadable(&path::reason(&error)))?;
        let written = written(&file);
        let archive = ZipArchive::new(BufReader::new(file))
            .map_err(|error| unreadable(&format!("it is neither a folder nor a zip ({error})")))?;
        Ok(Self { place: Place::Zip(Box::new(archive)), written })
    }

    /// How old the set is.
    pub(super) fn written(&self) -> Option<Timestamp> {
        self.written
    }

    /// Reads a file that must be there, record by record.
    pub(super) fn required(
        &mut self,
        name: &str,
        columns: &[&str],
        each: impl FnMut(Record<'_>) -> Result<(), Fault>,
    ) -> Result<Vec<String>, Fault> {
        match self.read(name, columns, each)? {
            Some(header) => Ok(header),
            None => Err(Fault::of_set(format!("there is no {name}"))),
        }
    }

    /// Reads a file record by record and gives its header; `None` where there is no such file.
    fn read(
        &mut self,
        name: &str,
        columns: &[&str],
        each: impl FnMut(Record<'_>) -> Result<(), Fault>,
    ) -> Result<Option<Vec<String>>, Fault> {
        match &mut self.place {
            Place::Folder { root, path } => {
                let file = match path::confine(root, &path.join(name)) {
                    Ok(file) => file,
                    Err(Refusal::Unreadable(_)) if !root.join(&*path).join(name).exists() => {
                        return Ok(None);
                    }
                    Err(refusal) => return Err(refused(refusal)),
                };
                let file =
                    fs_err::File::open(file).map_err(|error| unreadable(&path::reason(&error)))?;
                let written = written(&file);
                self.written = self.written.map_or(written, |oldest| Some(oldest.min(written?)));
                records(name, columns, file, each).map(Some)
            }
            Place::Zip(archive) => {
                let file = match archive.by_name(name) {
                    Ok(file) => file,
                    Err(ZipError::FileNotFound) => return Ok(None),
                    Err(error) => return Err(unreadable(&format!("{name}: {error}"))),
                };
                records(name, columns, file, each).map(Some)
            }
        }
    }
}

fn written(file: &fs_err::File) -> Option<Timestamp> {
    let modified = file.metadata().and_then(|metadata| metadata.modified()).ok()?;
    Timestamp::try_from(modified).ok()
}

fn refused(refusal: Refusal) -> Fault {
    match refusal {
        Refusal::Outside(how) => Fault {
            code: &codes::OUTSIDE,
            message: format!("it leads out of the folder of the manifests: {how}"),
            help: Some("put the roster below the folder of the manifests".to_owned()),
        },
        Refusal::Unreadable(why) => unreadable(&why),
    }
}

fn unreadable(why: &str) -> Fault {
    let help = Some("the path is relative to the folder of the manifests".to_owned());
    Fault { code: &codes::UNREADABLE, message: format!("it cannot be read: {why}"), help }
}

/// Reads CSV with a header, as strictly as an inventory of its own.
fn records(
    name: &str,
    columns: &[&str],
    file: impl Read,
    mut each: impl FnMut(Record<'_>) -> Result<(), Fault>,
) -> Result<Vec<String>, Fault> {
    let malformed = |line: u64, why: &str| Fault {
        code: &codes::MALFORMED,
        message: format!("{name}:{line}: {why}"),
        help: Some("export it again as comma-separated UTF-8".to_owned()),
    };
    let limited = Limited { inner: file, left: MOST };
    let mut reader = ReaderBuilder::new()
        .has_headers(false)
        .flexible(true)
        .from_reader(Strict::new(BufReader::new(limited)));
    let mut record = StringRecord::new();
    let mut next = |record: &mut StringRecord| {
        let read = reader.read_record(record);
        let line = reader.get_mut().next_start().unwrap_or(1);
        match read {
            Ok(true) => Ok(Some(line)),
            Ok(false) => Ok(None),
            Err(error) => Err(match error.kind() {
                ErrorKind::Io(error) => {
                    match error.get_ref().and_then(|inner| inner.downcast_ref::<BadQuote>()) {
                        Some(bad) => malformed(bad.line(), &bad.to_string()),
                        None => unreadable(&format!("{name}: {error}")),
                    }
                }
                ErrorKind::Utf8 { .. } => malformed(line, "the row is not UTF-8"),
                // The others are about writing, or about rules that are switched off here.
                ErrorKind::UnequalLengths { .. }
                | ErrorKind::Seek
                | ErrorKind::Serialize(_)
                | ErrorKind::Deserialize { .. }
                | _ => malformed(line, &error.to_string()),
            }),
        }
    };
    let Some(line) = next(&mut record)? else {
        return Err(malformed(1, "the file is empty: it needs a header line"));
    };
    let header: Vec<String> = record
        .iter()
        .map(|column| column.trim_start_matches('\u{feff}').trim().to_owned())
        .collect();
    let mut names = HashMap::new();
    for (place, column) in header.iter().enumerate() {
        if names.insert(column.clone(), place).is_some() {
            return Err(malformed(line, &format!("the header names {} twice", shown(column))));
        }
    }
    if let Some(missing) = columns.iter().find(|column| !names.contains_key(**column)) {
        return Err(malformed(line, &format!("there is no column {}", shown(missing))));
    }
    while let Some(line) = next(&mut record)? {
        if record.len() != header.len() {
            let (has, wants) = (record.len(), header.len());
            let why = format!("the row has {has} fields and the header {wants}");
            return Err(malformed(line, &why));
        }
        each(Record { names: &names, values: &record, line })?;
    }
    Ok(header)
}

/// A file that may not be longer than it may be.
struct Limited<R> {
    inner: R,
    left: u64,
}

impl<R: Read> Read for Limited<R> {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        let count = self.inner.read(buffer)?;
        let read = u64::try_from(count).unwrap_or(u64::MAX);
        self.left = self
            .left
            .checked_sub(read)
            .ok_or_else(|| io::Error::other(format!("it has more than {MOST} bytes")))?;
        Ok(count)
    }
}
