//! A table (CSV): one row a picture.
//!
//! | columns | |
//! |---|---|
//! | `path`, `label` | a file beside the table, and its class |
//! | `path`, then a column of votes for each class | such as `fer2013new.csv` of FER+ |
//! | `emotion`, `pixels` | `fer2013.csv`: grey values of a square, numbered as FER2013 |
//! | `group`, `split` | may be missing |
//!
//! The first line names the columns, in any order. Paths are relative to the table.

use std::fs::File;
use std::io::{BufRead, BufReader};
use std::ops::ControlFlow;
use std::path::Path;

use csv::{ByteRecord, Position, Reader, ReaderBuilder};

use super::labels::{self, Numbering};
use super::picture::Content;
use super::votes;
use super::{DatasetError, DatasetOptions, Example, Listing, PictureError, Place, Store, Truth};

const PATH: &[&str] = &["path", "file", "filename", "filepath", "image", "imagename", "imagepath"];
const LABEL: &[&str] = &["label", "emotion", "class", "expression"];
const PIXELS: &[&str] = &["pixels"];
const GROUP: &[&str] = &["group", "person", "subject", "participant", "identity"];
const SPLIT: &[&str] = &["split", "usage", "set", "subset", "partition"];
/// Columns of votes that stand for no expression.
const NO_CLASS: &[&str] = &["unknown", "nf", "notaface", "noface", "other", "uncertain"];

/// A table that holds its pixels itself.
#[derive(Debug)]
pub struct PixelTable {
    delimiter: u8,
    column: usize,
}

/// Which column is what.
struct Columns {
    picture: usize,
    holds_pixels: bool,
    label: Option<usize>,
    /// Columns of votes with their names, if there is no label.
    votes: Vec<(usize, String)>,
    /// Columns of votes for no class.
    other_votes: Vec<usize>,
    group: Option<usize>,
    split: Option<usize>,
}

/// Lists the rows of the table at `path`. Rows that say too little are named.
pub fn list(path: &Path, options: DatasetOptions) -> Result<Listing, DatasetError> {
    let delimiter = find_delimiter(path)?;
    let mut reader = open(path, delimiter)?;
    let header = reader.byte_headers().map_err(|error| table_error(path, &error))?;
    let columns = Columns::find(header).map_err(|reason| DatasetError::table(path, reason))?;
    let store = match columns.holds_pixels {
        true => Store::PixelTable(PixelTable { delimiter, column: columns.picture }),
        false => Store::Files,
    };
    let mut listing = Listing::new(store);
    let mut labels: Vec<Option<String>> = Vec::new();
    let mut record = ByteRecord::new();
    let name = path.file_name().unwrap_or_default().to_string_lossy().into_owned();
    let folder = path.parent().unwrap_or(Path::new(""));
    loop {
        match reader.read_byte_record(&mut record) {
            Ok(true) => {}
            Ok(false) => break,
            Err(error) => return Err(table_error(path, &error)),
        }
        let position = record.position().cloned().unwrap_or_else(Position::new);
        let line = format!("{name} line {}", position.line());
        match columns.read(&record, &mut listing) {
            Err(reason) => listing.reject(line, reason),
            Ok((picture, label, truth)) => {
                labels.push(label);
                let (origin, place) = if columns.holds_pixels {
                    (line, Place::Row(Box::new(position)))
                } else {
                    let file = folder.join(picture);
                    (file.display().to_string(), Place::File(file))
                };
                let cell = |column: Option<usize>| {
                    column.map(|column| text(&record, column)).filter(|cell| !cell.is_empty())
                };
                listing.examples.push(Example {
                    origin,
                    group: cell(columns.group),
                    split: cell(columns.split),
                    truth,
                    place,
                });
            }
        }
    }
    if columns.label.is_some() {
        resolve_labels(&mut listing, path, &labels, columns.holds_pixels, options)?;
    }
    Ok(listing)
}

/// Labels become classes when all are known, as only then it is known whether they are numbers.
fn resolve_labels(
    listing: &mut Listing,
    path: &Path,
    labels: &[Option<String>],
    holds_pixels: bool,
    options: DatasetOptions,
) -> Result<(), DatasetError> {
    let labels = labels.iter().flatten();
    let are_numbers = labels.clone().all(|label| labels::is_number(label));
    // Columns emotion and pixels are the mark of FER2013 and its numbers.
    let fer2013 = holds_pixels.then_some(Numbering::Fer2013);
    let numbering = options.numbering.or(fer2013);
    if are_numbers && numbering.is_none() && !listing.examples.is_empty() {
        let mut found: Vec<&str> = labels.map(String::as_str).collect();
        found.sort_unstable();
        found.dedup();
        found.truncate(8);
        return Err(DatasetError::Numbers { path: path.to_owned(), found: found.join(", ") });
    }
    let numbering = numbering.filter(|_| are_numbers);
    for (example, label) in listing.examples.iter_mut().zip(labels) {
        let class = listing.classes.index_of(&Numbering::resolve(numbering, label));
        example.truth = Truth::Class(class);
    }
    Ok(())
}

impl Columns {
    fn find(header: &ByteRecord) -> Result<Self, String> {
        let names: Vec<String> = (0..header.len()).map(|column| text(header, column)).collect();
        let plain: Vec<String> = names.iter().map(|name| plain(name)).collect();
        let find = |known: &[&str]| {
            known.iter().find_map(|name| plain.iter().position(|column| column == name))
        };
        let (path, pixels, label) = (find(PATH), find(PIXELS), find(LABEL));
        let (group, split) = (find(GROUP), find(SPLIT));
        let (picture, holds_pixels) = match (path, pixels) {
            (_, Some(column)) if label.is_some() => (column, true),
            (Some(column), _) => (column, false),
            _ => return Err(format!("no column is called path; there are {}", names.join(", "))),
        };
        let mut columns = Self {
            picture,
            holds_pixels,
            label,
            votes: Vec::new(),
            other_votes: Vec::new(),
            group,
            split,
        };
        if label.is_none() {
            let taken = [Some(picture), group, split];
            for (column, name) in names.into_iter().enumerate() {
                if taken.contains(&Some(column)) || name.is_empty() {
                    continue;
                }
                if NO_CLASS.contains(&plain[column].as_str()) {
                    columns.other_votes.push(column);
                } else {
                    columns.votes.push((column, name));
                }
            }
            if columns.votes.len() < 2 {
                return Err("no column is called label, and there are no columns of votes".into());
            }
        }
        Ok(columns)
    }

    /// Path or nothing, label if there is such a column, and the truth as far as it is known.
    fn read(
        &self,
        record: &ByteRecord,
        listing: &mut Listing,
    ) -> Result<(String, Option<String>, Truth), String> {
        let picture = if self.holds_pixels { String::new() } else { text(record, self.picture) };
        if picture.is_empty() && !self.holds_pixels {
            return Err("names no picture".into());
        }
        if let Some(column) = self.label {
            let label = text(record, column);
            if label.is_empty() {
                return Err("has no label".into());
            }
            // The class is found once all labels are known.
            return Ok((picture, Some(label), Truth::Class(0)));
        }
        let count = |column: usize| {
            let cell = text(record, column);
            match cell.parse::<f32>() {
                _ if cell.is_empty() => Ok(0.0),
                Ok(votes) if votes.is_finite() && votes >= 0.0 => Ok(votes),
                _ => Err(format!("'{cell}' is no number of votes")),
            }
        };
        let mut votes = Vec::new();
        let mut index = Vec::new();
        for (column, name) in &self.votes {
            votes.push(count(*column)?);
            index.push(listing.classes.index_of(name));
        }
        let others =
            self.other_votes.iter().map(|column| count(*column)).collect::<Result<Vec<_>, _>>()?;
        let majority = votes::majority(&votes, &others).map(|class| index[class]);
        let distinct = index.iter().max().map_or(0, |last| last + 1);
        let mut by_class = vec![0.0; distinct].into_boxed_slice();
        for (class, votes) in index.iter().zip(votes) {
            by_class[*class] += votes;
        }
        Ok((picture, None, Truth::Votes { votes: by_class, majority }))
    }
}

impl PixelTable {
    /// Hands on the pixels of `wanted` (index of the example, place of its row; ascending).
    pub(super) fn each<'a>(
        &self,
        path: &Path,
        wanted: impl Iterator<Item = (usize, &'a Position)>,
        hand_on: &mut impl FnMut(usize, Content) -> ControlFlow<()>,
    ) -> Result<ControlFlow<()>, DatasetError> {
        let mut reader = open(path, self.delimiter)?;
        let mut record = ByteRecord::new();
        for (example, position) in wanted {
            let content = match reader
                .seek(position.clone())
                .and_then(|()| reader.read_byte_record(&mut record))
            {
                Ok(true) => Content::Text(text(&record, self.column)),
                Ok(false) => Content::Missing(PictureError::CutOff),
                Err(error) => {
                    Content::Missing(PictureError::Unreadable { reason: error.to_string() })
                }
            };
            if hand_on(example, content).is_break() {
                return Ok(ControlFlow::Break(()));
            }
        }
        Ok(ControlFlow::Continue(()))
    }
}

fn open(path: &Path, delimiter: u8) -> Result<Reader<File>, DatasetError> {
    ReaderBuilder::new()
        .delimiter(delimiter)
        .flexible(true)
        .from_path(path)
        .map_err(|error| table_error(path, &error))
}

/// Comma, semicolon or tab: whichever the first line has most of.
fn find_delimiter(path: &Path) -> Result<u8, DatasetError> {
    let unreadable = |error| DatasetError::unreadable(path, &error);
    let mut header = Vec::new();
    let file = File::open(path).map_err(unreadable)?;
    // A line of this length is no header.
    let mut start = BufReader::new(std::io::Read::take(file, 1 << 16));
    start.read_until(b'\n', &mut header).map_err(unreadable)?;
    let count = |delimiter: &u8| header.iter().filter(|byte| *byte == delimiter).count();
    // Of equals `max_by_key` takes the last.
    Ok(*b"\t;,".iter().max_by_key(|delimiter| count(delimiter)).unwrap_or(&b','))
}

fn table_error(path: &Path, error: &csv::Error) -> DatasetError {
    DatasetError::table(path, error.to_string())
}

/// A cell without spaces around it; empty if the row is too short.
fn text(record: &ByteRecord, column: usize) -> String {
    let cell = String::from_utf8_lossy(record.get(column).unwrap_or_default());
    // Some programs mark the start of a file as UTF-8.
    cell.trim_start_matches('\u{feff}').trim().to_owned()
}

/// A column name as it is compared: lower case, letters and digits alone.
fn plain(name: &str) -> String {
    name.to_lowercase().chars().filter(|c| c.is_alphanumeric()).collect()
}
