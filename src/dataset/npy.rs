//! Arrays of a NumPy archive.

use std::fs::File;
use std::io::{BufReader, Read};
use std::path::Path;

use npyz::{DType, Deserialize, NpyFile, NpyHeader, Order, TypeChar};
use zip::ZipArchive;

/// More values than labels of any set of faces have; a header may claim anything.
const MAX_VALUES: u64 = 20_000_000;

/// A header is a short line of text.
const MAX_HEADER_BYTES: u32 = 4096;

/// It nests brackets two deep; the parser calls itself for each, and a stack has an end.
const MAX_BRACKETS: usize = 32;

/// An open archive.
pub type Archive = ZipArchive<BufReader<File>>;

/// Opens an archive and reads its list of entries.
pub fn open(path: &Path) -> Result<Archive, String> {
    let file = File::open(path).map_err(|error| error.to_string())?;
    ZipArchive::new(BufReader::new(file)).map_err(|error| format!("it is no archive: {error}"))
}

/// Reads a header from the start of an entry and leaves the reader at the first value. The product
/// of the shape does not overflow.
pub fn read_header(reader: &mut impl Read) -> Result<NpyHeader, String> {
    let no_array = |error: std::io::Error| format!("it is no array: {error}");
    // The parser believes what a header claims about its own length, so that is looked at before.
    let mut start = vec![0; 10];
    reader.read_exact(&mut start).map_err(no_array)?;
    if start[6] > 1 {
        start.resize(12, 0);
        reader.read_exact(&mut start[10..]).map_err(no_array)?;
    }
    let length =
        start[8..].iter().rev().fold(0, |length: u32, byte| length << 8 | u32::from(*byte));
    if length > MAX_HEADER_BYTES {
        return Err("its header makes no sense".into());
    }
    let text_at = start.len();
    start.resize(text_at + length as usize, 0);
    reader.read_exact(&mut start[text_at..]).map_err(no_array)?;
    if start[text_at..].iter().filter(|byte| b"([{".contains(byte)).count() > MAX_BRACKETS {
        return Err("its header makes no sense".into());
    }
    let header = NpyHeader::from_reader(&start[..]).map_err(no_array)?;
    let count = header.shape().iter().try_fold(1_u64, |product, side| product.checked_mul(*side));
    if count.is_none() {
        return Err(format!("a shape of {:?} makes no sense", header.shape()));
    }
    if header.uses_pickled_array() {
        return Err("it holds Python objects; only numbers and words are read".into());
    }
    if header.order() != Order::C && header.shape().len() > 1 {
        return Err("it is stored column by column; numpy.ascontiguousarray helps".into());
    }
    Ok(header)
}

/// Letter and size of the type, if it is a simple one.
pub fn kind(header: &NpyHeader) -> Option<(TypeChar, u64)> {
    match header.dtype() {
        DType::Plain(plain) => Some((plain.type_char(), plain.size_field())),
        _ => None,
    }
}

/// An array of numbers.
#[derive(Debug, Clone, PartialEq)]
pub struct Numbers {
    /// Length of each axis.
    pub shape: Vec<u64>,
    /// Row by row.
    pub values: Vec<f64>,
}

/// The whole array `name` as numbers; `None` if there is no such array.
pub fn numbers(archive: &mut Archive, name: &str) -> Result<Option<Numbers>, String> {
    let Some(Entry { header, reader }) = small_array(archive, name)? else { return Ok(None) };
    let shape = header.shape().to_vec();
    let values = match kind(&header) {
        Some((TypeChar::Uint, 1)) => collect(header, reader, |value: u8| f64::from(value)),
        Some((TypeChar::Uint, 2)) => collect(header, reader, |value: u16| f64::from(value)),
        Some((TypeChar::Uint, 4)) => collect(header, reader, |value: u32| f64::from(value)),
        Some((TypeChar::Uint, 8)) => collect(header, reader, |value: u64| value as f64),
        Some((TypeChar::Int, 1)) => collect(header, reader, |value: i8| f64::from(value)),
        Some((TypeChar::Int, 2)) => collect(header, reader, |value: i16| f64::from(value)),
        Some((TypeChar::Int, 4)) => collect(header, reader, |value: i32| f64::from(value)),
        Some((TypeChar::Int, 8)) => collect(header, reader, |value: i64| value as f64),
        Some((TypeChar::Float, 4)) => collect(header, reader, |value: f32| f64::from(value)),
        Some((TypeChar::Float, 8)) => collect(header, reader, |value: f64| value),
        _ => Err(format!("values of type {} are no numbers", header.dtype().descr())),
    };
    values
        .map(|values| Some(Numbers { shape, values }))
        .map_err(|reason| format!("{name}: {reason}"))
}

/// The whole array `name` as words, numbers written out; `None` if there is no such array.
pub fn words(archive: &mut Archive, name: &str) -> Result<Option<Vec<String>>, String> {
    let Some(Entry { header, reader }) = small_array(archive, name)? else { return Ok(None) };
    if matches!(kind(&header), Some((TypeChar::UnicodeStr | TypeChar::ByteStr, _))) {
        return collect(header, reader, |word: String| word)
            .map(Some)
            .map_err(|reason| format!("{name}: {reason}"));
    }
    drop(reader);
    let numbers = numbers(archive, name)?;
    Ok(numbers.map(|numbers| numbers.values.iter().map(f64::to_string).collect()))
}

/// An entry whose header has been read.
struct Entry<'a> {
    header: NpyHeader,
    /// At the first value.
    reader: Box<dyn Read + 'a>,
}

/// An entry that may be held in memory as a whole.
fn small_array<'a>(archive: &'a mut Archive, name: &str) -> Result<Option<Entry<'a>>, String> {
    let Some(index) = archive.index_for_name(&format!("{name}.npy")) else { return Ok(None) };
    let entry = archive.by_index(index).map_err(|error| format!("{name}: {error}"))?;
    let bytes = entry.size();
    let mut reader = BufReader::new(entry);
    let header = read_header(&mut reader).map_err(|reason| format!("{name}: {reason}"))?;
    // As much is allocated as the header claims, so it must be there.
    let size = header.dtype().num_bytes().unwrap_or(usize::MAX) as u64;
    let claimed = header.len().checked_mul(size);
    if header.len() > MAX_VALUES || claimed.is_none_or(|claimed| claimed > bytes) {
        return Err(format!("{name}: it claims more values than it holds"));
    }
    Ok(Some(Entry { header, reader: Box::new(reader) }))
}

fn collect<T: Deserialize, V>(
    header: NpyHeader,
    reader: Box<dyn Read + '_>,
    convert: impl Fn(T) -> V,
) -> Result<Vec<V>, String> {
    let values = NpyFile::with_header(header, reader).data().map_err(|error| error.to_string())?;
    values.map(|value| value.map(&convert)).collect::<Result<_, _>>().map_err(|e| e.to_string())
}
