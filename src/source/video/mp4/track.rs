//! Finds the video track, and what it says about its pictures.

use std::time::Duration;

use super::boxes::{Boxes, be16, be32, be64};
use super::samples::SampleTable;
use crate::source::video::demux::{Codec, DemuxError, Description, Track};
use crate::source::video::picture::{Colour, Orientation, Shape};

/// The track to read.
#[derive(Debug, Default)]
pub struct Found<'a> {
    pub id: u32,
    pub timescale: u32,
    pub movie_timescale: u32,
    pub edits: Option<&'a [u8]>,
    pub samples: SampleTable,
    pub track: Track,
}

/// The first video track with pictures, from the content of `moov`.
///
/// # Errors
/// If there is none, or it makes no sense.
pub fn find(moov: &[u8]) -> Result<Found<'_>, DemuxError> {
    let movie_timescale = Boxes::find(moov, b"mvhd").and_then(timescale_and_duration);
    Boxes::new(moov)
        .filter(|(name, _)| name == b"trak")
        .find_map(|(_, trak)| read(trak))
        .map(|found| Found { movie_timescale: movie_timescale.map_or(1, |(s, _)| s), ..found })
        .ok_or_else(|| DemuxError::Unsupported("no video track".into()))
}

fn read(trak: &[u8]) -> Option<Found<'_>> {
    let mdia = Boxes::find(trak, b"mdia")?;
    if Boxes::find(mdia, b"hdlr")?.get(8..12)? != b"vide" {
        return None;
    }
    let (timescale, ticks) = timescale_and_duration(Boxes::find(mdia, b"mdhd")?)?;
    let stbl = Boxes::find_path(mdia, &[b"minf", b"stbl"])?;
    let entries = Boxes::find(stbl, b"stsd")?.get(8..)?;
    let descriptions: Vec<_> = Boxes::new(entries).filter_map(describe).collect();
    let first = descriptions.first()?;
    let samples = SampleTable::new(stbl);
    let secs = ticks as f64 / f64::from(timescale.max(1));
    let (tkhd, orientation) = (Boxes::find(trak, b"tkhd")?, orientation(trak));
    let track = Track {
        container: "mp4",
        shape: Shape { orientation, pixel_aspect: first.pixel_aspect },
        nominal_rate_hz: if secs > 0.0 { f64::from(samples.count()) / secs } else { 0.0 },
        duration: Duration::try_from_secs_f64(secs).ok().filter(|secs| !secs.is_zero()),
        descriptions: descriptions.into_iter().map(|entry| entry.description).collect(),
    };
    let id = be32(tkhd, if tkhd.first() == Some(&1) { 20 } else { 12 })?;
    let edits = Boxes::find(trak, b"edts");
    Some(Found { id, timescale, movie_timescale: 1, edits, samples, track })
}

/// From `mvhd` or `mdhd`, which agree so far.
fn timescale_and_duration(header: &[u8]) -> Option<(u32, u64)> {
    let (scale, duration) = match header.first()? {
        1 => (be32(header, 20)?, be64(header, 24)?),
        _ => (be32(header, 12)?, be32(header, 16)?.into()),
    };
    // All ones: unknown.
    let known = !matches!(duration, 0xffff_ffff | u64::MAX);
    Some((scale.max(1), if known { duration } else { 0 }))
}

fn orientation(trak: &[u8]) -> Orientation {
    let tkhd = Boxes::find(trak, b"tkhd").unwrap_or_default();
    let at = if tkhd.first() == Some(&1) { 52 } else { 40 };
    let number = |index: usize| be32(tkhd, at + index * 4).map(u32::cast_signed);
    // Rows of a matrix of three columns.
    match (number(0), number(1), number(3), number(4)) {
        (Some(a), Some(b), Some(c), Some(d)) => Orientation::from_matrix([a, b, c, d]),
        _ => Orientation::default(),
    }
}

struct Entry {
    description: Description,
    pixel_aspect: Option<(u32, u32)>,
}

/// Bytes of a visual sample entry before the boxes in it.
const ENTRY_BYTES: usize = 78;

fn describe((name, entry): ([u8; 4], &[u8])) -> Option<Entry> {
    let size = (be16(entry, 24)?.into(), be16(entry, 26)?.into());
    let inside = entry.get(ENTRY_BYTES..)?;
    let (codec, config) = match &name {
        b"avc1" | b"avc3" => (Codec::H264, Some(b"avcC")),
        b"hvc1" | b"hev1" => (Codec::Hevc, Some(b"hvcC")),
        b"vp09" => (Codec::Vp9, Some(b"vpcC")),
        b"av01" => (Codec::Av1, Some(b"av1C")),
        b"jpeg" | b"mjpg" => (Codec::Mjpeg, None),
        b"mp4v" if Boxes::find(inside, b"esds").is_some_and(is_jpeg) => (Codec::Mjpeg, None),
        other => (Codec::Other(String::from_utf8_lossy(other).trim().to_owned()), None),
    };
    let config = config.and_then(|name| Boxes::find(inside, name)).unwrap_or_default().to_vec();
    let mut colour = Boxes::find(inside, b"colr").map_or_else(Colour::default, colour);
    if codec == Codec::Vp9 && config.len() > 9 {
        // vpcC: version and flags, profile, level, depth with range, primaries, transfer, matrix.
        colour = colour.or(Colour::coded(config[9], Some(config[6] & 1 == 1)));
    }
    let pasp = Boxes::find(inside, b"pasp");
    let pixel_aspect = pasp.and_then(|pasp| Some((be32(pasp, 0)?, be32(pasp, 4)?)));
    let pixel_aspect = pixel_aspect.filter(|(w, h)| *w > 0 && *h > 0 && w != h);
    Some(Entry { description: Description { codec, config, size, colour }, pixel_aspect })
}

fn colour(colr: &[u8]) -> Colour {
    let full_range = match colr.first_chunk() {
        Some(b"nclx") => colr.get(10).map(|flags| flags & 0x80 != 0),
        Some(b"nclc") => None,
        _ => return Colour::default(),
    };
    be16(colr, 8).map_or_else(Colour::default, |matrix| Colour::coded(matrix as u8, full_range))
}

/// Whether an `esds` names JPEG (object type 0x6C of ISO/IEC 14496-1).
fn is_jpeg(esds: &[u8]) -> bool {
    // Version and flags, then descriptors: a tag, a length of one to four bytes, the content.
    let mut rest = esds.get(4..).unwrap_or_default();
    for (tag, skipped) in [(3, 3), (4, 0)] {
        let Some((&found, after)) = rest.split_first() else { return false };
        let length_bytes = after.iter().take(4).position(|byte| byte & 0x80 == 0);
        let Some(length_bytes) = length_bytes else { return false };
        if found != tag {
            return false;
        }
        rest = after.get(length_bytes + 1 + skipped..).unwrap_or_default();
    }
    rest.first() == Some(&0x6c)
}
