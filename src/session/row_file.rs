//! A table that grows at its end, row by row, and stays readable whatever happens on the way.

use std::fmt;
use std::fs::{self, File, OpenOptions};
use std::io::{self, Read, Seek, SeekFrom, Write};
use std::path::{Path, PathBuf};

use super::atomic::ignoring_unsupported;

/// What a [`RowFile`] writes to: a file, or in tests one that runs out of space.
pub trait Storage: fmt::Debug + Send {
    /// Writes some of `bytes` at the end; how many.
    fn append(&mut self, bytes: &[u8]) -> io::Result<usize>;

    /// Shortens it to `len` bytes.
    fn cut(&mut self, len: u64) -> io::Result<()>;

    /// Waits until the content is on the disk.
    fn sync(&mut self) -> io::Result<()>;

    /// The file behind it.
    fn file(&mut self) -> &mut File;
}

impl Storage for File {
    fn append(&mut self, bytes: &[u8]) -> io::Result<usize> {
        self.write(bytes)
    }

    fn cut(&mut self, len: u64) -> io::Result<()> {
        self.set_len(len)?;
        self.seek(SeekFrom::Start(len)).map(drop)
    }

    fn sync(&mut self) -> io::Result<()> {
        self.sync_data()
    }

    fn file(&mut self) -> &mut File {
        self
    }
}

/// Makes a new file. It is not opened for appending, as a file of that kind can't be shortened
/// on Windows.
pub fn create_storage(path: &Path) -> io::Result<Box<dyn Storage>> {
    let file = OpenOptions::new().read(true).write(true).create_new(true).open(path)?;
    Ok(Box::new(file))
}

/// A table being written. Rows wait in memory until [`Self::flush`].
#[derive(Debug)]
pub struct RowFile {
    path: PathBuf,
    storage: Box<dyn Storage>,
    pending: Vec<u8>,
    /// Ends of the pending lines in `pending`.
    line_ends: Vec<usize>,
    bytes_on_disk: u64,
    /// The line of column names included.
    lines_on_disk: u64,
    synced: bool,
}

/// Where the file of a [`RowFile`] is now.
#[derive(Debug, PartialEq, Eq)]
pub enum Whereabouts {
    /// Under its path.
    Here,
    /// Under another path, or on a drive that is not there.
    Moved,
    /// Under no path; its content goes when it is closed.
    Deleted,
}

impl RowFile {
    /// Takes over an empty file that was made at `path`.
    pub fn new(path: PathBuf, storage: Box<dyn Storage>) -> Self {
        Self {
            path,
            storage,
            pending: Vec::new(),
            line_ends: Vec::new(),
            bytes_on_disk: 0,
            lines_on_disk: 0,
            synced: true,
        }
    }

    /// Where it was made.
    pub fn path(&self) -> &Path {
        &self.path
    }

    /// Adds the line that `write` appends.
    pub fn push(&mut self, write: impl FnOnce(&mut Vec<u8>) -> csv::Result<()>) -> io::Result<()> {
        let start = self.pending.len();
        write(&mut self.pending).inspect_err(|_| self.pending.truncate(start))?;
        self.line_ends.push(self.pending.len());
        Ok(())
    }

    /// Bytes that wait in memory.
    pub fn pending_bytes(&self) -> usize {
        self.pending.len()
    }

    /// Bytes that the system has taken.
    pub fn bytes_on_disk(&self) -> u64 {
        self.bytes_on_disk
    }

    /// Whole rows that the system has taken.
    pub fn rows_on_disk(&self) -> u64 {
        self.lines_on_disk.saturating_sub(1)
    }

    /// Whole rows, those in memory included.
    pub fn rows(&self) -> u64 {
        (self.lines_on_disk + self.line_ends.len() as u64).saturating_sub(1)
    }

    /// Gives what waits in memory to the system, after which the death of this process can't
    /// harm it. If that fails midway, the file is cut back to its last whole line and the rest
    /// goes on waiting, so that another try may follow.
    pub fn flush(&mut self) -> io::Result<()> {
        let mut written = 0;
        let outcome = loop {
            if written == self.pending.len() {
                break Ok(());
            }
            match self.storage.append(&self.pending[written..]) {
                Ok(0) => break Err(io::Error::from(io::ErrorKind::WriteZero)),
                Ok(n) => written += n,
                Err(error) if error.kind() == io::ErrorKind::Interrupted => {}
                Err(error) => break Err(error),
            }
        };
        let whole_lines = self.line_ends.partition_point(|end| *end <= written);
        let whole_bytes = whole_lines.checked_sub(1).map_or(0, |last| self.line_ends[last]);
        // If even cutting fails, the cut line stays, and another try continues within it.
        let kept = if written > whole_bytes
            && self.storage.cut(self.bytes_on_disk + whole_bytes as u64).is_ok()
        {
            whole_bytes
        } else {
            written
        };
        self.bytes_on_disk += kept as u64;
        self.lines_on_disk += whole_lines as u64;
        self.synced &= kept == 0;
        self.pending.drain(..kept);
        self.line_ends.drain(..whole_lines);
        self.line_ends.iter_mut().for_each(|end| *end -= kept);
        outcome
    }

    /// Waits until all that was flushed is on the disk, after which a power cut can't harm it.
    pub fn sync(&mut self) -> io::Result<()> {
        if !self.synced {
            ignoring_unsupported(self.storage.sync())?;
            self.synced = true;
        }
        Ok(())
    }

    /// Keeps other processes from taking the table for one that a crash left. False: another
    /// one has it. Where the file system knows no locks, nobody is kept out.
    pub fn lock(&mut self) -> bool {
        !matches!(self.storage.file().try_lock(), Err(fs::TryLockError::WouldBlock))
    }

    /// Looks whether the path still leads to the file: on Unix, writing to a deleted file works
    /// as if nothing had happened.
    pub fn whereabouts(&mut self) -> Whereabouts {
        let there = match fs::metadata(&self.path) {
            Ok(there) => there,
            Err(error) if vanished(&error) => return self.whereabouts_without_path(),
            // Not to be seen is not gone: as long as writing works, go on.
            Err(_) => return Whereabouts::Here,
        };
        #[cfg(unix)]
        {
            use std::os::unix::fs::MetadataExt;
            let same = self
                .storage
                .file()
                .metadata()
                .is_ok_and(|own| (own.dev(), own.ino()) == (there.dev(), there.ino()));
            if !same {
                return self.whereabouts_without_path();
            }
        }
        let _ = there;
        Whereabouts::Here
    }

    fn whereabouts_without_path(&mut self) -> Whereabouts {
        #[cfg(unix)]
        {
            use std::os::unix::fs::MetadataExt;
            if self.storage.file().metadata().is_ok_and(|own| own.nlink() > 0) {
                return Whereabouts::Moved;
            }
        }
        Whereabouts::Deleted
    }

    /// Writes everything again into a new file at `path` and goes on there. Works for a deleted
    /// file too, as its content is there until it is closed.
    pub fn write_again(&mut self, path: PathBuf) -> io::Result<()> {
        let mut copy = create_storage(&path)?;
        let file = self.storage.file();
        file.seek(SeekFrom::Start(0))?;
        io::copy(&mut file.take(self.bytes_on_disk), copy.file())?;
        self.path = path;
        self.storage = copy;
        self.synced = false;
        Ok(())
    }

    /// Gives the file another name; it stays open, and locked if it was.
    pub fn rename(&mut self, path: PathBuf) -> io::Result<()> {
        fs::rename(&self.path, &path)?;
        self.path = path;
        Ok(())
    }
}

impl Drop for RowFile {
    /// Closing unlocks too, but not as long as a child that is just being started has a copy of
    /// the handle.
    fn drop(&mut self) {
        let _ = self.storage.file().unlock();
    }
}

fn vanished(error: &io::Error) -> bool {
    matches!(error.kind(), io::ErrorKind::NotFound | io::ErrorKind::NotADirectory)
}

#[cfg(test)]
pub mod tests {
    use std::sync::Arc;
    use std::sync::atomic::{AtomicU64, Ordering};

    use super::*;

    /// A disk with room for so many more bytes.
    #[derive(Debug)]
    pub struct SmallDisk {
        pub file: File,
        pub room: Arc<AtomicU64>,
        pub can_cut: bool,
    }

    impl SmallDisk {
        pub fn create(
            path: &Path,
            room: &Arc<AtomicU64>,
            can_cut: bool,
        ) -> io::Result<Box<dyn Storage>> {
            let file = OpenOptions::new().read(true).write(true).create_new(true).open(path)?;
            Ok(Box::new(Self { file, room: Arc::clone(room), can_cut }))
        }
    }

    impl Storage for SmallDisk {
        fn append(&mut self, bytes: &[u8]) -> io::Result<usize> {
            let room = self.room.load(Ordering::Relaxed);
            if room == 0 {
                return Err(io::Error::from(io::ErrorKind::StorageFull));
            }
            let fits = bytes.len().min(room as usize);
            self.room.store(room - fits as u64, Ordering::Relaxed);
            self.file.append(&bytes[..fits])
        }

        fn cut(&mut self, len: u64) -> io::Result<()> {
            if self.can_cut {
                self.file.cut(len)
            } else {
                Err(io::ErrorKind::ReadOnlyFilesystem.into())
            }
        }

        fn sync(&mut self) -> io::Result<()> {
            self.file.sync()
        }

        fn file(&mut self) -> &mut File {
            &mut self.file
        }
    }

    fn push_line(rows: &mut RowFile, line: &str) {
        rows.push(|out| {
            out.extend_from_slice(line.as_bytes());
            Ok(())
        })
        .unwrap();
    }

    #[test]
    fn a_full_disk_keeps_whole_lines_and_another_try_completes_them() {
        // Room ends at every place of the three lines, and cutting works or does not.
        let lines = ["a,b\n", "1,22\n", "333,4\n"];
        let whole: String = lines.concat();
        for room in 0..whole.len() {
            for can_cut in [true, false] {
                let dir = tempfile::tempdir().unwrap();
                let path = dir.path().join("t.csv");
                let room_left = Arc::new(AtomicU64::new(room as u64));
                let disk = SmallDisk::create(&path, &room_left, can_cut).unwrap();
                let mut rows = RowFile::new(path.clone(), disk);
                for line in lines {
                    push_line(&mut rows, line);
                }
                assert_eq!(rows.rows(), 2);

                let error = rows.flush().unwrap_err();
                assert_eq!(error.kind(), io::ErrorKind::StorageFull);
                let on_disk = fs::read_to_string(&path).unwrap();
                let whole_lines = whole[..room].matches('\n').count();
                assert_eq!(rows.rows_on_disk(), whole_lines.saturating_sub(1) as u64);
                assert_eq!(rows.rows(), 2);
                if can_cut {
                    assert_eq!(on_disk, lines[..whole_lines].concat());
                } else {
                    assert_eq!(on_disk, whole[..room]);
                }

                room_left.store(1000, Ordering::Relaxed);
                rows.flush().unwrap();
                assert_eq!(fs::read_to_string(&path).unwrap(), whole);
                assert_eq!((rows.rows_on_disk(), rows.bytes_on_disk()), (2, whole.len() as u64));
            }
        }
    }

    #[test]
    fn a_line_that_can_t_be_made_leaves_no_trace() {
        let dir = tempfile::tempdir().unwrap();
        let path = dir.path().join("t.csv");
        let mut rows = RowFile::new(path.clone(), create_storage(&path).unwrap());
        push_line(&mut rows, "a,b\n");
        let failed = rows.push(|out| {
            out.extend_from_slice(b"1,");
            Err(csv::Error::from(io::Error::from(io::ErrorKind::OutOfMemory)))
        });
        assert!(failed.is_err());
        push_line(&mut rows, "1,2\n");
        rows.flush().unwrap();
        assert_eq!(fs::read_to_string(&path).unwrap(), "a,b\n1,2\n");
    }

    #[cfg(unix)]
    #[test]
    fn a_file_that_went_away_is_noticed() {
        let dir = tempfile::tempdir().unwrap();
        let path = dir.path().join("t.csv");
        let mut rows = RowFile::new(path.clone(), create_storage(&path).unwrap());
        assert_eq!(rows.whereabouts(), Whereabouts::Here);
        fs::rename(&path, dir.path().join("elsewhere.csv")).unwrap();
        assert_eq!(rows.whereabouts(), Whereabouts::Moved);
        // Another file of the same name does not deceive it.
        fs::write(&path, "").unwrap();
        assert_eq!(rows.whereabouts(), Whereabouts::Moved);
        fs::remove_file(dir.path().join("elsewhere.csv")).unwrap();
        assert_eq!(rows.whereabouts(), Whereabouts::Deleted);
    }
}
