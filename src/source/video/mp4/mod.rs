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

use super::demux::{DemuxError, Demuxer, MAX_PACKET_BYTES, Packet, Track, micros, seek_to};
use super::keys::{KeyPoint, KeyPoints, Place};

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
    /// The same from its beginning.
    all_samples: SampleTable,
    fragments: Fragments,
    /// Where fragments begin, if there are any.
    first_fragment: Option<u64>,
    defaults: Defaults,
    queued: VecDeque<Sample>,
    /// What was found on the way through the fragments.
    points: KeyPoints,
    walked: Walked,
    /// Bytes of the samples given so far, at least one for each.
    given_bytes: u64,
}

/// How far the fragments of a file were read.
#[derive(Debug, Clone, Copy, Default)]
struct Fragments {
    /// Where the next top-level box begins; `None`: there are no more.
    next: Option<u64>,
    /// Decoding time that follows the last one, in ticks.
    end_ticks: i64,
}

/// How far they were walked to find where decoding can begin.
#[derive(Debug, Clone, Copy, Default)]
struct Walked {
    fragments: Fragments,
    /// Pictures that are shown in them.
    shown: u64,
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
        let fragments = Fragments { next: first_fragment.filter(|_| fragmented), end_ticks: 0 };
        Ok(Self {
            file,
            file_bytes,
            presentation,
            defaults: Defaults::of(&moov, found.id),
            track_id: found.id,
            timescale: found.timescale,
            all_samples: found.samples.clone(),
            samples: found.samples,
            track: found.track,
            fragments,
            first_fragment: fragments.next,
            queued: VecDeque::new(),
            points: KeyPoints::default(),
            walked: Walked { fragments, shown: 0 },
            given_bytes: 0,
        })
    }

    fn next_sample(&mut self) -> Result<Option<Sample>, DemuxError> {
        if let Some(sample) = self.samples.next()? {
            return Ok(Some(sample));
        }
        while self.queued.is_empty() {
            let (mut fragments, mut queued) = (self.fragments, std::mem::take(&mut self.queued));
            let read = self.next_fragment(&mut fragments, &mut queued);
            (self.fragments, self.queued) = (fragments, queued);
            if read?.is_none() {
                return Ok(None);
            }
        }
        Ok(self.queued.pop_front())
    }

    /// Reads one more box at `fragments` and adds what it holds; where that lies, `None` at the end.
    fn next_fragment(
        &mut self,
        fragments: &mut Fragments,
        samples: &mut VecDeque<Sample>,
    ) -> Result<Option<u64>, DemuxError> {
        let Some(at) = fragments.next.take() else { return Ok(None) };
        let Some(header) = read_header(&mut self.file, at, self.file_bytes)? else {
            return Ok(None);
        };
        fragments.next = Some(header.end).filter(|end| *end < self.file_bytes);
        if &header.name == b"moof" {
            let moof = read_payload(&mut self.file, &header)?;
            let (id, start) = (self.track_id, fragments.end_ticks);
            fragments.end_ticks = fragments::read(&moof, at, id, &self.defaults, start, samples)?;
        }
        Ok(Some(at))
    }

    /// When a sample is shown, and whether.
    fn shown_at(&self, sample: &Sample) -> (i64, bool) {
        let presented = self.presentation.of(sample.ticks);
        let micros = micros(presented.ticks, 1, self.timescale.into());
        (micros, presented.shown && micros >= 0)
    }

    /// The last key point of the tables at `target` or before, and how many pictures they show.
    fn key_in_tables(&self, target: i64) -> (Option<KeyPoint>, u64) {
        let (mut found, mut shown) = (None, 0);
        for (passed, sample) in (0..).zip(all(&self.all_samples, self.file_bytes)) {
            let (micros, is_shown) = self.shown_at(&sample);
            if sample.is_sync && micros <= target {
                let place = Place { at: 0, passed, ticks: 0 };
                found = Some(KeyPoint { micros, index: shown, place });
            }
            shown += u64::from(is_shown);
        }
        (found, shown)
    }

    /// The same of the fragments, which are read as far as is needed; `before` pictures are shown
    /// by the tables. Where they make no sense they end: reading them says why.
    fn key_in_fragments(&mut self, target: i64, before: u64) -> Option<KeyPoint> {
        while !self.points.reach_beyond(target) {
            let Walked { mut fragments, mut shown } = self.walked;
            let (mut samples, start) = (VecDeque::new(), fragments.end_ticks);
            let Ok(Some(at)) = self.next_fragment(&mut fragments, &mut samples) else {
                self.walked.fragments.next = None;
                break;
            };
            for (passed, sample) in (0..).zip(&samples) {
                let (micros, is_shown) = self.shown_at(sample);
                if sample.is_sync {
                    let place = Place { at, passed, ticks: start };
                    self.points.push(KeyPoint { micros, index: before + shown, place });
                }
                shown += u64::from(is_shown);
            }
            self.walked = Walked { fragments, shown };
        }
        self.points.before(target)
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
        let (micros, shown) = self.shown_at(&sample);
        Ok(Some(Packet {
            micros,
            shown,
            is_sync: sample.is_sync,
            description: sample.description,
            data,
        }))
    }

    fn key_before(&mut self, target: i64) -> Option<KeyPoint> {
        let (in_tables, shown) = self.key_in_tables(target);
        self.key_in_fragments(target, shown).or(in_tables)
    }

    fn go_to(&mut self, point: Option<&KeyPoint>) -> Result<(), DemuxError> {
        self.queued.clear();
        self.given_bytes = 0;
        self.samples = self.all_samples.clone();
        self.fragments = Fragments { next: self.first_fragment, end_ticks: 0 };
        let Some(KeyPoint { place: Place { at, passed, ticks }, .. }) = point else {
            return Ok(());
        };
        if *at > 0 {
            self.samples.go_to_end();
            self.fragments = Fragments { next: Some(*at), end_ticks: *ticks };
        }
        for _ in 0..*passed {
            self.next_sample()?;
        }
        Ok(())
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
