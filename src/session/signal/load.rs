//! From the tables to a [`Signal`], in blocks on all cores.

use std::collections::BTreeMap;
use std::io::{self, Read};
use std::path::Path;

use rayon::iter::{IntoParallelRefIterator, ParallelIterator};

use super::order::keep_ascending;
use super::{FaceSample, FaceTrack, Problems, Sample, Shown, Signal};
use crate::dataset::parallel::thread_pool;
use crate::session::reader::{ReadError, Rows, Session, SessionFile};
use crate::session::text::UNSURE;
use crate::session::{EventRow, FaceRow, OBSERVATIONS, Row};

/// Read at once; large enough that no core waits, small enough to add little to the memory.
const BLOCK: usize = 8 << 20;

/// What one core parses at a time.
const PIECE: usize = 1 << 20;

/// Cells have six decimals, and foreign tables fewer.
const SUM_TOLERANCE: f32 = 2e-3;

pub fn signal(session: &Session) -> Result<Signal, ReadError> {
    let file = session.file(OBSERVATIONS)?;
    let path = file.path.clone();
    let mut loading = Loading::default();
    loading.table(file)?;
    let mut signal = loading.finish(&path);
    read_events(session, &mut signal);
    Ok(signal)
}

#[derive(Default)]
struct Loading {
    words: Vec<String>,
    samples: Vec<Sample>,
    numbers: Vec<f32>,
    problems: Problems,
}

/// What a piece of the table became.
#[derive(Default)]
struct Piece {
    samples: Vec<Sample>,
    numbers: Vec<f32>,
    problems: Problems,
}

impl Loading {
    fn table(&mut self, file: SessionFile) -> Result<(), ReadError> {
        let SessionFile { mut input, len, path, .. } = file;
        let path = path.as_path();
        let failed = |error: io::Error| ReadError::io(path, &error);
        let unfinished = path.extension().is_some_and(|extension| extension == "part");
        let workers = std::thread::available_parallelism().map_or(1, usize::from);
        let pool = thread_pool(workers)
            .map_err(|error| ReadError::Io { path: path.into(), reason: error.to_string() })?;

        let mut header = Vec::new();
        let mut lines_before = 1;
        let mut block = Vec::with_capacity(BLOCK.min(len as usize + 1));
        loop {
            let room = (BLOCK - block.len().min(BLOCK)).max(PIECE) as u64;
            let read = input.by_ref().take(room).read_to_end(&mut block).map_err(failed)?;
            let ended = (read as u64) < room;
            // Without an end a last line is cut, unless an editor wrote the table that way.
            let whole = if ended { block.len() } else { last_line_end(&block) };
            let mut body = &block[..whole];
            if header.is_empty() {
                let end = first_line_end(body).unwrap_or(body.len());
                header = body[..end].to_vec();
                if !header.ends_with(b"\n") {
                    header.push(b'\n');
                }
                body = &body[end..];
                let rows = Rows::<Row>::of_lines(header.clone(), path)?;
                self.words = rows.label_words().to_vec();
            }
            let mut cut = None;
            if ended && !body.is_empty() && !body.ends_with(b"\n") && unfinished {
                let end = last_line_end(body);
                cut = Some(body.len() - end);
                body = &body[..end];
            }
            self.block(body, &header, &mut lines_before, path, &pool)?;
            if let Some(bytes) = cut {
                self.problems.note(|| format!("the last line was cut after {bytes} bytes"));
                self.problems.rows += 1;
            }
            block.drain(..whole);
            if ended {
                return Ok(());
            }
        }
    }

    fn block(
        &mut self,
        body: &[u8],
        header: &[u8],
        lines_before: &mut u64,
        path: &Path,
        pool: &rayon::ThreadPool,
    ) -> Result<(), ReadError> {
        let mut pieces = Vec::new();
        let mut rest = body;
        while !rest.is_empty() {
            let most = rest.len().min(PIECE);
            let end = match last_line_end(&rest[..most]) {
                0 => first_line_end(rest).unwrap_or(rest.len()),
                end => end,
            };
            let (piece, after) = rest.split_at(end);
            pieces.push((piece, *lines_before));
            *lines_before += piece.iter().filter(|byte| **byte == b'\n').count() as u64;
            rest = after;
        }
        let words = &self.words;
        let parsed: Vec<Result<Piece, ReadError>> = pool.install(|| {
            pieces
                .par_iter()
                .map(|(lines, before)| Piece::parse(header, lines, *before, words, path))
                .collect()
        });
        for piece in parsed {
            let Piece { samples, numbers, problems } = piece?;
            self.samples.extend(samples);
            self.numbers.extend(numbers);
            self.problems.rows += problems.rows;
            for words in problems.words {
                self.problems.note(|| words);
            }
        }
        Ok(())
    }

    fn finish(mut self, path: &Path) -> Signal {
        let keep = keep_ascending(&self.samples);
        let out_of_order = keep.iter().filter(|keep| !**keep).count() as u64;
        if out_of_order > 0 {
            let name = path.file_name().unwrap_or_default().to_string_lossy().into_owned();
            self.problems.rows += out_of_order;
            self.problems.note(|| {
                format!("{name}: {out_of_order} rows whose time does not fit between the others")
            });
            let width = 2 * self.words.len();
            let mut kept = keep.iter();
            let mut index = 0;
            self.numbers.retain(|_| {
                let stays = width == 0 || keep.get(index / width).copied().unwrap_or(false);
                index += 1;
                stays
            });
            self.samples.retain(|_| kept.next().copied().unwrap_or(false));
        }
        self.samples.shrink_to_fit();
        self.numbers.shrink_to_fit();
        Signal {
            faces: tracks(&self.samples),
            words: self.words,
            samples: self.samples,
            numbers: self.numbers,
            events: Vec::new(),
            problems: self.problems,
        }
    }
}

impl Piece {
    fn parse(
        header: &[u8],
        lines: &[u8],
        lines_before: u64,
        words: &[String],
        path: &Path,
    ) -> Result<Self, ReadError> {
        let mut text = Vec::with_capacity(header.len() + lines.len() + 1);
        text.extend_from_slice(header);
        text.extend_from_slice(lines);
        let mut piece = Self::default();
        for row in Rows::<Row>::of_lines(text, path)? {
            let taken = match row {
                Ok(row) => piece.take(&row, words).map_err(|reason| {
                    let name = path.file_name().unwrap_or_default().to_string_lossy();
                    format!("{name}, frame {}: {reason}", row.frame)
                }),
                Err(error) => Err(error.after_lines(lines_before - 1).short()),
            };
            if let Err(reason) = taken {
                piece.problems.rows += 1;
                piece.problems.note(|| reason);
            }
        }
        Ok(piece)
    }

    fn take(&mut self, row: &Row, words: &[String]) -> Result<(), String> {
        let face = row.face.as_ref().map(|face| face_sample(face, words)).transpose()?;
        let (posterior, smoothed) = match &row.face {
            Some(face) => (&face.posterior[..], &face.smoothed[..]),
            None => (&[][..], &[][..]),
        };
        check_posterior("p_", posterior)?;
        check_posterior("smoothed_", smoothed)?;
        for numbers in [posterior, smoothed] {
            let whole = numbers.len() == words.len() && numbers.iter().all(Option::is_some);
            let cells = numbers.iter().map(|number| number.unwrap_or(f32::NAN));
            match whole {
                true => self.numbers.extend(cells),
                false => self.numbers.extend(std::iter::repeat_n(f32::NAN, words.len())),
            }
        }
        self.samples.push(Sample { time: row.time, frame: row.frame, face });
        Ok(())
    }
}

fn face_sample(face: &FaceRow, words: &[String]) -> Result<FaceSample, String> {
    let shown = match face.emotion.as_str() {
        "" => Shown::Missing,
        UNSURE => Shown::Unsure,
        word => match words.iter().position(|known| known == word) {
            Some(class) => Shown::Class(u16::try_from(class).map_err(|_| "too many classes")?),
            None => return Err(format!("“{word}” is no class of this table")),
        },
    };
    let within = |name: &str, number: Option<f32>, low: f32| match number {
        Some(number) if !(low..=1.0).contains(&number) => {
            Err(format!("{name} is {number}, which is not between {low} and 1"))
        }
        number => Ok(number),
    };
    let four =
        |numbers: [Option<f32>; 4]| Some([numbers[0]?, numbers[1]?, numbers[2]?, numbers[3]?]);
    let three = |numbers: [Option<f32>; 3]| Some([numbers[0]?, numbers[1]?, numbers[2]?]);
    let conditions =
        four([face.quality_size, face.quality_light, face.quality_sharpness, face.quality_turn]);
    let id = face.id.unwrap_or(0);
    Ok(FaceSample {
        id: u32::try_from(id).map_err(|_| format!("face_id {id} is too large"))?,
        shown,
        hint: face.hint,
        valence: within("valence", face.valence, -1.0)?,
        arousal: within("arousal", face.arousal, -1.0)?,
        quality: within("quality", face.quality, 0.0)?,
        conditions: conditions
            .map(|all| all.map(|one| (one.clamp(0.0, 1.0) * 255.0).round() as u8)),
        confidence: within("confidence", face.confidence, 0.0)?,
        bbox: four([face.bbox_x, face.bbox_y, face.bbox_w, face.bbox_h]),
        pose_deg: three([face.pitch_deg, face.yaw_deg, face.roll_deg]),
    })
}

/// A digit that was damaged mostly breaks the sum.
fn check_posterior(prefix: &str, numbers: &[Option<f32>]) -> Result<(), String> {
    let mut sum = 0.0;
    for number in numbers {
        let Some(number) = number else { return Ok(()) };
        if !(0.0..=1.0).contains(number) {
            return Err(format!("a {prefix} cell is {number}, which is not between 0 and 1"));
        }
        sum += number;
    }
    if !numbers.is_empty() && (sum - 1.0).abs() > SUM_TOLERANCE {
        return Err(format!("the {prefix} cells sum to {sum:.3}, not to 1"));
    }
    Ok(())
}

fn tracks(samples: &[Sample]) -> Vec<FaceTrack> {
    let mut tracks = BTreeMap::new();
    for sample in samples {
        let Some(face) = sample.face else { continue };
        let track = tracks.entry(face.id).or_insert(FaceTrack {
            id: face.id,
            first: sample.time,
            last: sample.time,
            samples: 0,
        });
        track.last = sample.time;
        track.samples += 1;
    }
    tracks.into_values().collect()
}

pub fn read_events(session: &Session, signal: &mut Signal) {
    let rows = match session.events() {
        Ok(rows) => rows,
        Err(error) => return signal.problems.note(|| error.to_string()),
    };
    for row in rows {
        match row {
            Ok(row) => signal.events.push(row),
            Err(error) => {
                signal.problems.events += 1;
                signal.problems.note(|| error.short());
            }
        }
    }
    // A gap is written when it ends and stands at its start.
    signal.events.sort_by_key(|EventRow { time, .. }| *time);
}

/// Where the last whole line ends; 0 if there is none.
fn last_line_end(bytes: &[u8]) -> usize {
    bytes.iter().rposition(|byte| *byte == b'\n').map_or(0, |at| at + 1)
}

fn first_line_end(bytes: &[u8]) -> Option<usize> {
    bytes.iter().position(|byte| *byte == b'\n').map(|at| at + 1)
}
