//! Fragments: samples that are described piece by piece, as recorders and streams write them.

use std::collections::VecDeque;

use super::super::demux::DemuxError;
use super::Sample;
use super::boxes::{Boxes, be32, be64};

/// What holds for the samples of a track unless a fragment says otherwise (`trex`).
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Defaults {
    description: u32,
    duration: u32,
    bytes: u32,
    flags: u32,
}

impl Defaults {
    /// Those of one track, from the content of `moov`.
    pub fn of(moov: &[u8], track_id: u32) -> Self {
        let mvex = Boxes::find(moov, b"mvex").unwrap_or_default();
        let trex = Boxes::new(mvex)
            .find(|(name, trex)| name == b"trex" && be32(trex, 4) == Some(track_id));
        let Some((_, trex)) = trex else { return Self { description: 1, ..Self::default() } };
        let number = |at| be32(trex, at).unwrap_or(0);
        Self { description: number(8), duration: number(12), bytes: number(16), flags: number(20) }
    }
}

/// More samples in one fragment are no fragment: a second of video has a hundred.
const MAX_SAMPLES: usize = 1 << 20;

/// `sample_is_non_sync_sample`.
const NOT_SYNC: u32 = 0x1_0000;

/// Adds the samples of one track in a `moof` that begins at `moof_at` in the file. `start` is the
/// decoding time where the fragment before ended; the result is where this one does.
///
/// # Errors
/// If the fragment makes no sense.
pub fn read(
    moof: &[u8],
    moof_at: u64,
    track_id: u32,
    defaults: &Defaults,
    start: i64,
    samples: &mut VecDeque<Sample>,
) -> Result<i64, DemuxError> {
    let mut ticks = start;
    for (_, traf) in Boxes::new(moof).filter(|(name, _)| name == b"traf") {
        let tfhd = Boxes::find(traf, b"tfhd").unwrap_or_default();
        if be32(tfhd, 4) != Some(track_id) {
            continue;
        }
        read_track(traf, tfhd, moof_at, defaults, &mut ticks, samples)
            .ok_or_else(|| DemuxError::damaged("a fragment makes no sense"))?;
    }
    Ok(ticks)
}

fn read_track(
    traf: &[u8],
    tfhd: &[u8],
    moof_at: u64,
    defaults: &Defaults,
    ticks: &mut i64,
    samples: &mut VecDeque<Sample>,
) -> Option<()> {
    let flags = be32(tfhd, 0)? & 0xff_ffff;
    let mut at = 8;
    let (mut base, mut of) = (moof_at, *defaults);
    if flags & 0x1 != 0 {
        base = be64(tfhd, at)?;
        at += 8;
    }
    for (flag, field) in [
        (0x2, &mut of.description),
        (0x8, &mut of.duration),
        (0x10, &mut of.bytes),
        (0x20, &mut of.flags),
    ] {
        if flags & flag != 0 {
            *field = be32(tfhd, at)?;
            at += 4;
        }
    }
    if let Some(tfdt) = Boxes::find(traf, b"tfdt") {
        *ticks = match tfdt.first()? {
            1 => i64::try_from(be64(tfdt, 4)?).ok()?,
            _ => be32(tfdt, 4)?.into(),
        };
    }
    // A run without an offset follows the one before it.
    let mut offset = base;
    for (_, trun) in Boxes::new(traf).filter(|(name, _)| name == b"trun") {
        read_run(trun, base, &of, &mut offset, ticks, samples)?;
    }
    Some(())
}

fn read_run(
    trun: &[u8],
    base: u64,
    of: &Defaults,
    offset: &mut u64,
    ticks: &mut i64,
    samples: &mut VecDeque<Sample>,
) -> Option<()> {
    let flags = be32(trun, 0)? & 0xff_ffff;
    let count = be32(trun, 4)?;
    let mut at = 8;
    let mut next = |wanted: bool, otherwise: u32| {
        if !wanted {
            return Some(otherwise);
        }
        let number = be32(trun, at)?;
        at += 4;
        Some(number)
    };
    if flags & 0x1 != 0 {
        *offset = base.checked_add_signed(next(true, 0)?.cast_signed().into())?;
    }
    let first_flags = next(flags & 0x4 != 0, of.flags)?;
    for index in 0..count {
        if samples.len() >= MAX_SAMPLES {
            return None;
        }
        let duration = next(flags & 0x100 != 0, of.duration)?;
        let bytes = next(flags & 0x200 != 0, of.bytes)?;
        let usual = if index == 0 { first_flags } else { of.flags };
        let sample_flags = next(flags & 0x400 != 0, usual)?;
        // Signed in version 1; in version 0 no recorder writes more than half the range.
        let shift = next(flags & 0x800 != 0, 0)?.cast_signed();
        samples.push_back(Sample {
            offset: *offset,
            bytes: bytes.into(),
            ticks: ticks.checked_add(shift.into())?,
            is_sync: sample_flags & NOT_SYNC == 0,
            description: of.description.saturating_sub(1) as usize,
        });
        *offset = offset.checked_add(bytes.into())?;
        *ticks = ticks.checked_add(duration.into())?;
    }
    Some(())
}
