//! A NumPy archive (`.npz`): an array of pictures with their labels or votes.
//!
//! | array | shape | |
//! |---|---|---|
//! | `images` | `[N, H, W]` or `[N, H, W, 3]` | bytes, grey or RGB |
//! | `votes` | `[N, K]` | votes for the classes; in the order of FER+ if `classes` is missing |
//! | `majority` | `[N]` | index of the class most agree on, -1 for none; counted if missing |
//! | `labels` | `[N]` | words, or indices into `classes`, if there are no votes |
//! | `classes` | `[K]` | names |
//! | `split`, `group` | `[N]` | words or numbers, may be missing |

use std::io::{self, BufReader, Read};
use std::ops::ControlFlow;
use std::path::Path;

use npyz::TypeChar;

use super::labels::{self, Numbering};
use super::picture::Content;
use super::{DatasetError, DatasetOptions, Example, Listing, PictureError, Place, Store, Truth};
use super::{npy, votes};

/// What FER+ asked people for, in its order; the last two are no expressions.
const FER_PLUS: [&str; 10] = [
    "neutral",
    "happiness",
    "surprise",
    "sadness",
    "anger",
    "disgust",
    "fear",
    "contempt",
    "unknown",
    "not a face",
];
const FER_PLUS_CLASSES: usize = 8;

const MAX_SIDE: u64 = 4096;

const IMAGES: &str = "images.npy";

/// Pictures of an archive.
#[derive(Debug)]
pub struct Pictures {
    /// Width and height in pixels.
    size: (u32, u32),
    /// 1 or 3.
    channels: usize,
}

/// Lists the examples of the archive at `path`.
pub fn list(path: &Path, options: DatasetOptions) -> Result<Listing, DatasetError> {
    let failed = |reason: String| DatasetError::archive(path, reason);
    let mut archive = npy::open(path).map_err(failed)?;
    let (count, pictures) = look_at_images(&mut archive).map_err(failed)?;
    let mut words = |name: &str| match npy::words(&mut archive, name).map_err(failed)? {
        Some(words) if words.len() != count && name != "classes" => {
            Err(failed(format!("images has {count} entries and {name} has {}", words.len())))
        }
        other => Ok(other),
    };
    let (splits, groups, names) = (words("split")?, words("group")?, words("classes")?);
    let label_words = words("labels")?;
    let mut listing = Listing::new(Store::Archive(pictures));
    let votes = npy::numbers(&mut archive, "votes").map_err(failed)?;
    let truths = match (votes, label_words) {
        (Some(votes), _) => {
            let majority = npy::numbers(&mut archive, "majority").map_err(failed)?;
            let majority = majority.map(|majority| majority.values);
            from_votes(&mut listing, count, &votes, majority, names).map_err(failed)?
        }
        (None, Some(labels)) => from_labels(&mut listing, path, &labels, names, options)?,
        (None, None) => return Err(failed("it holds neither labels nor votes".into())),
    };
    let name = path.file_name().unwrap_or_default().to_string_lossy();
    listing.examples = truths
        .into_iter()
        .enumerate()
        .map(|(i, truth)| Example {
            origin: format!("{name}#{i}"),
            group: groups.as_ref().map(|groups| groups[i].clone()),
            split: splits.as_ref().map(|splits| splits[i].clone()),
            truth,
            place: Place::Entry(i as u64),
        })
        .collect();
    Ok(listing)
}

fn look_at_images(archive: &mut npy::Archive) -> Result<(usize, Pictures), String> {
    let Some(index) = archive.index_for_name(IMAGES) else {
        return Err("it holds no array called images".into());
    };
    let mut entry = archive.by_index(index).map_err(|error| format!("images: {error}"))?;
    let bytes = entry.size();
    let header = npy::read_header(&mut entry).map_err(|reason| format!("images: {reason}"))?;
    let (count, height, width, channels) = match header.shape() {
        [count, height, width] => (*count, *height, *width, 1),
        [count, height, width, channels @ (1 | 3)] => (*count, *height, *width, *channels),
        shape => return Err(format!("images: a shape of {shape:?} is none of pictures")),
    };
    if npy::kind(&header) != Some((TypeChar::Uint, 1)) {
        let kind = header.dtype().descr();
        return Err(format!("images: values are of type {kind}, and must be bytes (uint8)"));
    }
    let sides = 1..=MAX_SIDE;
    if !sides.contains(&width) || !sides.contains(&height) {
        return Err(format!("images: {width}x{height} pixels are not within 1 to {MAX_SIDE}"));
    }
    if header.len() > bytes {
        return Err("images: it claims more pictures than it holds".into());
    }
    let size = (width as u32, height as u32);
    Ok((count as usize, Pictures { size, channels: channels as usize }))
}

fn from_votes(
    listing: &mut Listing,
    count: usize,
    npy::Numbers { shape, values }: &npy::Numbers,
    majority: Option<Vec<f64>>,
    names: Option<Vec<String>>,
) -> Result<Vec<Truth>, String> {
    let columns = match &shape[..] {
        [rows, columns] if *rows == count as u64 && *columns > 0 => *columns as usize,
        _ => return Err(format!("votes has shape {shape:?}; it needs {count} rows")),
    };
    let (names, classes): (Vec<String>, usize) = match names {
        Some(names) if names.len() <= columns => {
            let classes = names.len();
            (names, classes)
        }
        None if columns == FER_PLUS.len() || columns == FER_PLUS_CLASSES => {
            (FER_PLUS.map(str::to_owned).into(), FER_PLUS_CLASSES)
        }
        _ => return Err(format!("votes has {columns} columns, and classes does not name them")),
    };
    if majority.as_ref().is_some_and(|majority| majority.len() != count) {
        return Err(format!("images has {count} entries and majority another number"));
    }
    if values.iter().any(|votes| !votes.is_finite() || *votes < 0.0) {
        return Err("votes has a value that is no number of votes".into());
    }
    let index: Vec<usize> =
        names[..classes].iter().map(|name| listing.classes.index_of(name)).collect();
    let distinct = index.iter().max().map_or(0, |last| last + 1);
    let truths = values.chunks_exact(columns).enumerate().map(|(row, counts)| {
        let counts: Vec<f32> = counts.iter().map(|votes| *votes as f32).collect();
        let chosen = match &majority {
            Some(majority) => Some(majority[row]).filter(|class| *class >= 0.0).map(|c| c as usize),
            None => votes::majority(&counts[..classes], &counts[classes..]),
        };
        let mut votes = vec![0.0; distinct].into_boxed_slice();
        for (class, count) in index.iter().zip(&counts) {
            votes[*class] += count;
        }
        Truth::Votes { votes, majority: chosen.and_then(|class| index.get(class).copied()) }
    });
    Ok(truths.collect())
}

fn from_labels(
    listing: &mut Listing,
    path: &Path,
    labels: &[String],
    names: Option<Vec<String>>,
    options: DatasetOptions,
) -> Result<Vec<Truth>, DatasetError> {
    let are_numbers = labels.iter().all(|label| labels::is_number(label));
    if let (true, Some(names)) = (are_numbers, names) {
        let class = |label: &String| {
            let name = label.parse().ok().and_then(|index: usize| names.get(index));
            let name = name.ok_or_else(|| {
                DatasetError::archive(path, format!("label {label} is not among the classes"))
            })?;
            Ok(Truth::Class(listing.classes.index_of(name)))
        };
        return labels.iter().map(class).collect();
    }
    if are_numbers && options.numbering.is_none() {
        let mut found: Vec<&str> = labels.iter().map(String::as_str).collect();
        found.sort_unstable();
        found.dedup();
        found.truncate(8);
        return Err(DatasetError::Numbers { path: path.to_owned(), found: found.join(", ") });
    }
    let class = |label: &String| {
        Truth::Class(listing.classes.index_of(&Numbering::resolve(options.numbering, label)))
    };
    Ok(labels.iter().map(class).collect())
}

impl Pictures {
    /// Unpacks the pictures of `wanted` (index of the example, number in the archive; ascending)
    /// from front to back; what lies between is skipped. From a damaged place on the pictures are
    /// missing.
    pub(super) fn each(
        &self,
        path: &Path,
        wanted: impl Iterator<Item = (usize, u64)>,
        hand_on: &mut impl FnMut(usize, Content) -> ControlFlow<()>,
    ) -> Result<ControlFlow<()>, DatasetError> {
        let failed = |reason: String| DatasetError::archive(path, reason);
        let mut archive = npy::open(path).map_err(failed)?;
        let entry = archive.by_name(IMAGES).map_err(|error| failed(error.to_string()))?;
        let mut reader = BufReader::with_capacity(1 << 16, entry);
        npy::read_header(&mut reader).map_err(failed)?;
        let bytes = self.size.0 as usize * self.size.1 as usize * self.channels;
        let mut next = 0;
        let mut damage = None;
        for (example, entry) in wanted {
            let content = match &damage {
                Some(error) => Content::Missing(PictureError::clone(error)),
                None => match read_picture(&mut reader, entry - next, bytes) {
                    Ok(pixels) => {
                        Content::Pixels { size: self.size, channels: self.channels, pixels }
                    }
                    Err(error) => {
                        let error = damage.insert(PictureError::Damaged {
                            reason: format!("the archive is, from here on: {error}"),
                        });
                        Content::Missing(error.clone())
                    }
                },
            };
            next = entry + 1;
            if hand_on(example, content).is_break() {
                return Ok(ControlFlow::Break(()));
            }
        }
        Ok(ControlFlow::Continue(()))
    }
}

/// The picture `skip` pictures further on.
fn read_picture(reader: &mut impl Read, skip: u64, bytes: usize) -> io::Result<Vec<u8>> {
    let distance = skip * bytes as u64;
    if io::copy(&mut reader.by_ref().take(distance), &mut io::sink())? < distance {
        return Err(io::ErrorKind::UnexpectedEof.into());
    }
    let mut pixels = vec![0; bytes];
    reader.read_exact(&mut pixels)?;
    Ok(pixels)
}
