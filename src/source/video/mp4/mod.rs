//! MP4 and QuickTime (ISO/IEC 14496-12): tables of samples, fragments, edit lists.

mod boxes;
mod edits;
mod fragments;
mod samples;
mod track;

use std::collections::VecDeque;
use std::fs::File;
use std::io::{BufReader, Read, Seek, SeekFrom};

use boxes::{Boxes, Header, read_header};
use edits::Presentation;
use fragments::Defaults;
use samples::SampleTable;

use super::demux::{DemuxError, Demuxer, MAX_PACKET_BYTES, Packet, Track, micros};

/// Tables of three hours of video take a few megabytes.
const MAX_TABLES_BYTES: u64 = 256 << 20;

/// A file.
pub struct Mp4 {
    file: BufReader<File>,
    file_bytes: u64,
    track: Track,
    track_id: u32,
    timescale: u32,
    presentation: Presentation,
    samples: SampleTable,
    /// Where the next top-level box begins, if the file is in fragments.
    next_fragment: Option<u64>,
    defaults: Defaults,
    /// Decoding time that follows the last fragment, in ticks.
    fragment_end: i64,
    queued: VecDeque<Sample>,
    /// Bytes of the samples given so far, at least one for each.
    given_bytes: u64,
}

/// Where a coded picture lies and when it is shown.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
struct Sample {
    offset: u64,
    bytes: u64,
    /// Composition time in ticks of the track.
    ticks: i64,
    is_sync: bool,
    description: usize,
}

/// Whether a file that begins so is one of this kind.
pub fn looks_like(head: &[u8]) -> bool {
    const FIRST: [&[u8]; 7] = [b"ftyp", b"moov", b"mdat", b"free", b"skip", b"wide", b"pnot"];
    head.get(4..8).is_some_and(|name| FIRST.contains(&name))
}

impl Mp4 {
    /// Reads everything but the pictures.
    ///
    /// # Errors
    /// [`DemuxError`].
    pub fn open(mut file: BufReader<File>) -> Result<Self, DemuxError> {
        let file_bytes = file.seek(SeekFrom::End(0))?;
        let (mut at, mut first_fragment, mut moov) = (0, None, None);
        while at < file_bytes {
            let Some(header) = read_header(&mut file, at, file_bytes)? else { break };
            match &header.name {
                b"moov" if moov.is_none() => moov = Some(read_payload(&mut file, &header)?),
                b"moof" => {
                    first_fragment.get_or_insert(at);
                    // Whatever else there is comes with the fragments.
                    if moov.is_some() {
                        break;
                    }
                }
                _ => {}
            }
            at = header.end;
        }
        let moov = moov.ok_or_else(|| {
            DemuxError::damaged("its index is missing, as if recording had been cut off")
        })?;
        let found = track::find(&moov)?;
        let fragmented = Boxes::new(&moov).any(|(name, _)| &name == b"mvex");
        let mut presentation = Presentation::new(&found, fragmented)?;
        presentation.begin_with_a_picture(all(&found.samples, file_bytes).map(|s| s.ticks));
        Ok(Self {
            file,
            file_bytes,
            presentation,
            defaults: Defaults::of(&moov, found.id),
            track_id: found.id,
            timescale: found.timescale,
            samples: found.samples,
            track: found.track,
            next_fragment: first_fragment.filter(|_| fragmented),
            fragment_end: 0,
            queued: VecDeque::new(),
            given_bytes: 0,
        })
    }

    fn next_sample(&mut self) -> Result<Option<Sample>, DemuxError> {
        if let Some(sample) = self.samples.next()? {
            return Ok(Some(sample));
        }
        while self.queued.is_empty() {
            let Some(at) = self.next_fragment else { return Ok(None) };
            let Some(header) = read_header(&mut self.file, at, self.file_bytes)? else {
                self.next_fragment = None;
                return Ok(None);
            };
            self.next_fragment = Some(header.end).filter(|end| *end < self.file_bytes);
            if &header.name == b"moof" {
                let moof = read_payload(&mut self.file, &header)?;
                let queued = &mut self.queued;
                let (id, start) = (self.track_id, self.fragment_end);
                self.fragment_end = fragments::read(&moof, at, id, &self.defaults, start, queued)?;
            }
        }
        Ok(self.queued.pop_front())
    }
}

impl Demuxer for Mp4 {
    fn track(&self) -> &Track {
        &self.track
    }

    fn next_packet(&mut self) -> Result<Option<Packet>, DemuxError> {
        let Some(sample) = self.next_sample()? else { return Ok(None) };
        let end = sample.offset.checked_add(sample.bytes);
        if end.is_none_or(|end| end > self.file_bytes) {
            return Err(DemuxError::Truncated);
        }
        // Tables may claim the same bytes again and again, billions of times.
        self.given_bytes = self.given_bytes.saturating_add(sample.bytes.max(1));
        if self.given_bytes / 2 > self.file_bytes {
            return Err(DemuxError::damaged("it claims more pictures than it holds"));
        }
        if sample.bytes > MAX_PACKET_BYTES {
            return Err(DemuxError::damaged("a picture of absurd size"));
        }
        let mut data = vec![0; sample.bytes as usize];
        seek_to(&mut self.file, sample.offset)?;
        self.file.read_exact(&mut data)?;
        let presented = self.presentation.of(sample.ticks);
        Ok(Some(Packet {
            micros: micros(presented.ticks, 1, self.timescale.into()),
            shown: presented.shown,
            is_sync: sample.is_sync,
            description: sample.description,
            data,
        }))
    }

    fn skip_to(&mut self, target: i64) -> u64 {
        if self.next_fragment.is_some() {
            return 0;
        }
        // Of the samples that can be decoded alone, the last that is shown in time; of those
        // before it, the ones that are shown count.
        let (mut best, mut passed, mut shown) = (None, 0_u64, 0_u64);
        for sample in all(&self.samples, self.file_bytes) {
            let presented = self.presentation.of(sample.ticks);
            let at = micros(presented.ticks, 1, self.timescale.into());
            if sample.is_sync && at <= target {
                best = Some((passed, shown));
            }
            passed += 1;
            shown += u64::from(presented.shown);
        }
        let Some((passed, shown)) = best else { return 0 };
        for _ in 0..passed {
            if self.samples.next().is_err() {
                break;
            }
        }
        shown
    }
}

/// The samples that are left, but no more than a file of that size can hold: tables may claim the
/// same bytes again and again, billions of times.
fn all(table: &SampleTable, file_bytes: u64) -> impl Iterator<Item = Sample> + use<> {
    let (mut table, mut bytes) = (table.clone(), 0_u64);
    std::iter::from_fn(move || {
        let sample = table.next().ok()??;
        bytes = bytes.saturating_add(sample.bytes.max(1));
        (bytes / 2 <= file_bytes).then_some(sample)
    })
}

/// Keeps what is in the buffer when the target lies within it.
fn seek_to(file: &mut BufReader<File>, offset: u64) -> Result<(), DemuxError> {
    let here = file.stream_position()?;
    Ok(file.seek_relative(offset.wrapping_sub(here) as i64)?)
}

fn read_payload(file: &mut BufReader<File>, header: &Header) -> Result<Vec<u8>, DemuxError> {
    let bytes = header.end - header.payload;
    if bytes > MAX_TABLES_BYTES {
        return Err(DemuxError::damaged("an index of absurd size"));
    }
    file.seek(SeekFrom::Start(header.payload))?;
    let mut payload = vec![0; bytes as usize];
    file.read_exact(&mut payload)?;
    Ok(payload)
}
