//! The tables that say where each sample lies and when it is shown, walked without unfolding them:
//! a file of a hundred bytes may claim four billion samples.

use std::sync::Arc;

use super::super::demux::DemuxError;
use super::Sample;
use super::boxes::{Boxes, be32, be64};

/// The sample table of one track, and how far it was walked.
#[derive(Debug, Clone, Default)]
pub struct SampleTable {
    tables: Arc<Tables>,
    /// Samples given so far.
    sample: u32,
    decoding_ticks: i64,
    /// Entry of `stts`, and samples of it given so far.
    duration: Run,
    /// Of `ctts`.
    offset: Run,
    /// Entry of `stss`.
    sync: usize,
    /// Entry of `stsc`.
    chunk_run: usize,
    chunk: u32,
    /// Samples of the chunk given so far, and where the next one lies in it.
    in_chunk: (u32, u64),
}

#[derive(Debug, Clone, Copy, Default)]
struct Run {
    entry: usize,
    used: u32,
}

#[derive(Debug, Default)]
struct Tables {
    count: u32,
    /// Size of every sample; 0: they differ.
    size: u32,
    sizes: Vec<u8>,
    durations: Vec<u8>,
    offsets: Vec<u8>,
    /// `None`: every sample can be decoded alone.
    syncs: Option<Vec<u8>>,
    chunk_runs: Vec<u8>,
    chunks: Vec<u8>,
    long_chunks: bool,
}

impl SampleTable {
    /// From the content of `stbl`. Tables that are missing are empty: a file in fragments has none.
    pub fn new(stbl: &[u8]) -> Self {
        // Each table: version and flags, a count, entries.
        let entries = |name| Boxes::find(stbl, name).and_then(|table| table.get(8..));
        let owned = |name| entries(name).unwrap_or_default().to_vec();
        let stsz = Boxes::find(stbl, b"stsz").unwrap_or_default();
        let size = be32(stsz, 4).unwrap_or(0);
        let count = be32(stsz, 8).unwrap_or(0);
        let sizes = stsz.get(12..).unwrap_or_default().to_vec();
        let listed = (sizes.len() / 4) as u32;
        let long_chunks = entries(b"stco").is_none();
        let tables = Tables {
            count: if size == 0 { count.min(listed) } else { count },
            size,
            sizes,
            durations: owned(b"stts"),
            offsets: owned(b"ctts"),
            syncs: entries(b"stss").map(<[u8]>::to_vec),
            chunk_runs: owned(b"stsc"),
            chunks: if long_chunks { owned(b"co64") } else { owned(b"stco") },
            long_chunks,
        };
        Self { tables: Arc::new(tables), chunk: 1, ..Self::default() }
    }

    /// How many samples there are said to be.
    pub fn count(&self) -> u32 {
        self.tables.count
    }

    /// Passes over all that is left.
    pub fn go_to_end(&mut self) {
        self.sample = self.tables.count;
    }

    /// The next sample; `None` at the end.
    ///
    /// # Errors
    /// If the tables contradict each other.
    pub fn next(&mut self) -> Result<Option<Sample>, DemuxError> {
        if self.sample >= self.tables.count {
            return Ok(None);
        }
        let sample = self
            .walk()
            .ok_or_else(|| DemuxError::damaged("its tables of pictures contradict each other"))?;
        Ok(Some(sample))
    }

    fn walk(&mut self) -> Option<Sample> {
        let tables = Arc::clone(&self.tables);
        let bytes = match tables.size {
            0 => be32(&tables.sizes, self.sample as usize * 4)?,
            size => size,
        };
        let (description, offset) = self.place(&tables, bytes)?;
        let shift = next_of_run(&tables.offsets, &mut self.offset).unwrap_or(0) as i32;
        let is_sync = match &tables.syncs {
            None => true,
            Some(syncs) => {
                // Counted from one, ascending.
                while be32(syncs, self.sync * 4).is_some_and(|sync| sync <= self.sample) {
                    self.sync += 1;
                }
                be32(syncs, self.sync * 4) == Some(self.sample + 1)
            }
        };
        let sample = Sample {
            offset,
            bytes: bytes.into(),
            ticks: self.decoding_ticks.checked_add(shift.into())?,
            is_sync,
            description: description.saturating_sub(1) as usize,
        };
        // A track whose last durations are missing can still be shown: nothing follows the last.
        let duration = next_of_run(&tables.durations, &mut self.duration).unwrap_or(0);
        self.decoding_ticks = self.decoding_ticks.checked_add(duration.into())?;
        self.sample += 1;
        Some(sample)
    }

    /// Description and offset of the next sample, of `bytes` bytes.
    fn place(&mut self, tables: &Tables, bytes: u32) -> Option<(u32, u64)> {
        let run = |index: usize| {
            let at = index * 12;
            let runs = &tables.chunk_runs;
            Some((be32(runs, at)?, be32(runs, at + 4)?, be32(runs, at + 8)?))
        };
        loop {
            let (_, per_chunk, description) = run(self.chunk_run)?;
            if self.in_chunk.0 < per_chunk {
                let index = self.chunk.checked_sub(1)? as usize;
                let start = match tables.long_chunks {
                    true => be64(&tables.chunks, index * 8)?,
                    false => be32(&tables.chunks, index * 4)?.into(),
                };
                let offset = start.checked_add(self.in_chunk.1)?;
                self.in_chunk = (self.in_chunk.0 + 1, self.in_chunk.1 + u64::from(bytes));
                return Some((description, offset));
            }
            self.chunk = self.chunk.checked_add(1)?;
            self.in_chunk = (0, 0);
            // Chunks that hold nothing end with the list of chunks.
            if self.chunk as usize > tables.chunks.len() {
                return None;
            }
            if run(self.chunk_run + 1).is_some_and(|(first, ..)| self.chunk >= first) {
                self.chunk_run += 1;
            }
        }
    }
}

/// The value of the next sample in a table of runs: how many samples, what each of them has.
fn next_of_run(table: &[u8], run: &mut Run) -> Option<u32> {
    loop {
        let (count, value) = (be32(table, run.entry * 8)?, be32(table, run.entry * 8 + 4)?);
        if run.used < count {
            run.used += 1;
            return Some(value);
        }
        *run = Run { entry: run.entry + 1, used: 0 };
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn table(name: &[u8; 4], numbers: &[u32]) -> Vec<u8> {
        let mut content: Vec<u8> = (numbers.len() as u32 * 4 + 12).to_be_bytes().to_vec();
        content.extend(name);
        content.extend([0; 4]);
        content.extend(numbers.iter().flat_map(|n| n.to_be_bytes()));
        content
    }

    fn all(stbl: &[u8]) -> Vec<Sample> {
        let mut table = SampleTable::new(stbl);
        std::iter::from_fn(|| table.next().unwrap()).collect()
    }

    #[test]
    fn samples_lie_in_chunks_and_are_shown_as_the_tables_say() {
        let stbl = [
            table(b"stsz", &[0, 5, 10, 20, 30, 40, 50]),
            table(b"stsc", &[2, 1, 2, 1, 3, 1, 2]),
            table(b"stco", &[3, 1000, 2000, 3000]),
            table(b"stts", &[2, 3, 100, 2, 50]),
            table(b"ctts", &[2, 1, 200, 4, (-100_i32) as u32]),
            table(b"stss", &[2, 1, 4]),
        ]
        .concat();
        let samples = all(&stbl);
        let offsets: Vec<u64> = samples.iter().map(|s| s.offset).collect();
        assert_eq!(offsets, [1000, 1010, 2000, 2030, 3000]);
        let ticks: Vec<i64> = samples.iter().map(|s| s.ticks).collect();
        assert_eq!(ticks, [200, 0, 100, 200, 250]);
        let syncs: Vec<bool> = samples.iter().map(|s| s.is_sync).collect();
        assert_eq!(syncs, [true, false, false, true, false]);
        assert_eq!(samples[4].description, 1);
    }

    #[test]
    fn four_billion_samples_cost_nothing_until_they_are_read() {
        let stbl = [
            table(b"stsz", &[1000, u32::MAX]),
            table(b"stsc", &[1, 1, u32::MAX, 1]),
            table(b"stco", &[1, 0]),
            table(b"stts", &[1, u32::MAX, u32::MAX]),
        ]
        .concat();
        let mut table = SampleTable::new(&stbl);
        assert_eq!(table.count(), u32::MAX);
        assert_eq!(table.next().unwrap().unwrap().offset, 0);
        assert_eq!(table.next().unwrap().unwrap().offset, 1000);
    }

    #[test]
    fn chunks_without_samples_are_no_endless_loop() {
        let stbl = [
            table(b"stsz", &[0, 1, 10]),
            table(b"stsc", &[1, 1, 0, 1]),
            table(b"stco", &[1, 0]),
            table(b"stts", &[1, 1, 1]),
        ]
        .concat();
        assert!(SampleTable::new(&stbl).next().is_err());
    }
}
