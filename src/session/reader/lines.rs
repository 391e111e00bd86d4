//! Cells of a table whose lines are rows.

use std::io::{self, BufRead, BufReader, Read};

use csv_core::{ReadRecordResult, Reader};

/// Longer than any row that Mien writes; what is longer is damage, and need not be kept.
const MAX_LINE_LEN: u64 = 1 << 20;

/// Reads a table line by line. A quotation mark that nothing closes ends with its line, so that
/// damage to one row harms no other.
pub struct Lines {
    input: BufReader<Box<dyn Read + Send>>,
    parser: Reader,
    line: Vec<u8>,
    /// Up to where `line` is parsed: an old Macintosh file is one line with many rows.
    parsed: usize,
    number: u64,
    bytes_read: u64,
    cells: Vec<u8>,
    /// Where each cell ends in `cells`.
    ends: Vec<usize>,
    open: bool,
}

impl Lines {
    pub fn new(input: Box<dyn Read + Send>) -> Self {
        Self {
            input: BufReader::with_capacity(64 * 1024, input),
            parser: Reader::new(),
            line: Vec::new(),
            parsed: 0,
            number: 0,
            bytes_read: 0,
            cells: vec![0; 1024],
            ends: vec![0; 64],
            open: false,
        }
    }

    /// Reads the next row that is not empty; the number of its line, from 1. `None` at the end.
    pub fn next_row(&mut self) -> io::Result<Option<u64>> {
        while is_blank(&self.line[self.parsed..]) {
            self.parsed = 0;
            if !self.read_line()? {
                self.line.clear();
                return Ok(None);
            }
        }
        self.parse();
        Ok(Some(self.number))
    }

    /// How many cells the row has.
    pub fn cells(&self) -> usize {
        self.ends.len()
    }

    /// A cell of the row, without its quotation marks.
    pub fn cell(&self, index: usize) -> &[u8] {
        let start = if index == 0 { 0 } else { self.ends[index - 1] };
        &self.cells[start..self.ends[index]]
    }

    /// Whether the row has a quotation mark that its line does not close.
    pub fn is_open(&self) -> bool {
        self.open
    }

    /// The number of the line that was read last, from 1.
    pub fn line(&self) -> u64 {
        self.number
    }

    /// Up to the end of the line that was read last.
    pub fn bytes_read(&self) -> u64 {
        self.bytes_read
    }

    /// Whether there was one.
    fn read_line(&mut self) -> io::Result<bool> {
        self.line.clear();
        let mut read = (&mut self.input).take(MAX_LINE_LEN).read_until(b'\n', &mut self.line)?;
        if read as u64 == MAX_LINE_LEN && !self.line.ends_with(b"\n") {
            read += self.input.skip_until(b'\n')?;
        }
        self.number += 1;
        self.bytes_read += read as u64;
        Ok(read > 0)
    }

    fn parse(&mut self) {
        let (mut written, mut count) = (0, 0);
        self.cells.resize(self.cells.capacity(), 0);
        self.ends.resize(self.ends.capacity(), 0);
        self.open = false;
        let mut last = false;
        loop {
            let input = if last { &[] } else { &self.line[self.parsed..] };
            let (result, read, cells, ends) =
                self.parser.read_record(input, &mut self.cells[written..], &mut self.ends[count..]);
            self.parsed += read;
            written += cells;
            count += ends;
            match result {
                ReadRecordResult::InputEmpty => {
                    // A line end that ended no row stands within quotation marks.
                    self.open = self.line.ends_with(b"\n");
                    last = true;
                }
                ReadRecordResult::OutputFull => self.cells.resize(2 * self.cells.len(), 0),
                ReadRecordResult::OutputEndsFull => self.ends.resize(2 * self.ends.len(), 0),
                ReadRecordResult::Record | ReadRecordResult::End => break,
            }
        }
        self.parser.reset();
        self.cells.truncate(written);
        self.ends.truncate(count);
    }
}

fn is_blank(line: &[u8]) -> bool {
    line.iter().all(|byte| matches!(byte, b'\r' | b'\n'))
}
