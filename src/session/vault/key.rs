//! A passphrase at work: encrypts and decrypts files, piece by piece.

use std::collections::HashMap;
use std::fmt;
use std::fs::File;
use std::io::{self, Read, Seek, SeekFrom, Write};
use std::path::Path;
use std::sync::{Arc, Mutex, PoisonError};

use age::secrecy::ExposeSecret;
use age::stream::StreamReader;
use age::{DecryptError, Decryptor, Encryptor, Identity, scrypt};
use age_core::format::{FileKey, Stanza};
use sha2::{Digest, Sha256};

use super::{OWN, Passphrase, VaultError, sealed_path};

/// Scrypt with N = 2^17, r = 8, p = 1, the least that OWASP's Password Storage Cheat Sheet advises:
/// 128 MiB and about half a second. The tool `age` takes 2^18, which is all of the memory that a
/// locked session may need.
const WORK: u8 = 17;
/// Most that is done to open a file: 1 GiB.
const MOST_WORK: u8 = 20;
/// Keys of files that are remembered; three belong to a session.
const MOST_KEYS: usize = 96;
/// Read and written at once.
const PIECE: usize = 64 * 1024;

/// A passphrase, and the keys of files that it has opened: each file costs the work on the
/// passphrase once. Copies share what they remember.
#[derive(Clone)]
pub struct Key {
    passphrase: Passphrase,
    work: u8,
    known: Arc<Mutex<HashMap<Vec<u8>, FileKey>>>,
}

/// The content of an encrypted file.
pub struct Unsealed(StreamReader<File>);

impl Key {
    /// Of a passphrase.
    pub fn new(passphrase: Passphrase) -> Self {
        Self { passphrase, work: WORK, known: Arc::default() }
    }

    /// With so much less work that anybody could try all passphrases: for tests.
    #[doc(hidden)]
    #[must_use]
    pub fn with_work(mut self, log_n: u8) -> Self {
        self.work = log_n.clamp(1, MOST_WORK);
        self
    }

    #[cfg(test)]
    pub(super) fn known_files(&self) -> usize {
        self.known.lock().unwrap().len()
    }

    /// Opens a file of which nothing else is known.
    ///
    /// # Errors
    /// [`VaultError::WrongPassphrase`] with its path, also if its first lines are damaged in a way
    /// that looks the same; or why it can't be read.
    pub fn open(&self, path: &Path) -> Result<Unsealed, VaultError> {
        let failed = |error: DecryptError| VaultError::of_age(path, error);
        let file = File::open(path).map_err(VaultError::io(path))?;
        let decryptor = Decryptor::new(file).map_err(failed)?;
        let identity = Remembering(self);
        let opened = decryptor.decrypt(std::iter::once(&identity as &dyn Identity));
        opened.map(Unsealed).map_err(failed)
    }

    /// Opens a file of a locked session that the key was found to open, see [`Self::check`].
    ///
    /// # Errors
    /// [`VaultError::Damaged`], or why it can't be read.
    pub fn open_of_session(&self, path: &Path) -> Result<Unsealed, VaultError> {
        self.open(path).map_err(VaultError::of_known_key)
    }

    /// Whether it opens a locked session: whether it opens one of its files.
    ///
    /// # Errors
    /// [`VaultError::WrongPassphrase`] if it opens none, or why none can be opened.
    pub fn check(&self, folder: &Path) -> Result<(), VaultError> {
        let mut first = None;
        for name in OWN {
            let path = sealed_path(folder, name);
            if !path.is_file() {
                continue;
            }
            match self.open(&path) {
                Ok(_) => return Ok(()),
                Err(VaultError::WrongPassphrase { .. }) => {
                    first = Some(VaultError::WrongPassphrase { folder: folder.to_owned() });
                }
                Err(error) => first = first.or(Some(error)),
            }
        }
        first.map_or(Ok(()), Err)
    }

    /// Encrypts `input`; what it was written to, and the SHA-256 of the content.
    pub(super) fn seal<W: Write>(
        &self,
        mut input: impl Read,
        output: W,
    ) -> io::Result<(W, [u8; 32])> {
        let mut recipient = scrypt::Recipient::new(self.passphrase.secret());
        recipient.set_work_factor(self.work);
        let recipients = std::iter::once(&recipient as &dyn age::Recipient);
        let encryptor = Encryptor::with_recipients(recipients)
            .map_err(|error| io::Error::other(error.to_string()))?;
        let mut sealed = encryptor.wrap_output(output)?;
        let sum = copy(&mut input, &mut sealed)?;
        Ok((sealed.finish()?, sum))
    }
}

/// Copies all of it; the SHA-256 of it.
pub(super) fn copy(input: &mut dyn Read, output: &mut dyn Write) -> io::Result<[u8; 32]> {
    let (mut sum, mut piece) = (Sha256::new(), vec![0; PIECE]);
    loop {
        match input.read(&mut piece) {
            Ok(0) => break,
            Ok(n) => {
                sum.update(&piece[..n]);
                output.write_all(&piece[..n])?;
            }
            Err(error) if error.kind() == io::ErrorKind::Interrupted => {}
            Err(error) => return Err(error),
        }
    }
    zeroize::Zeroize::zeroize(&mut piece);
    Ok(sum.finalize().into())
}

impl Unsealed {
    /// How long the content is; the end of the file says so, and is checked.
    pub(crate) fn len(mut self) -> io::Result<u64> {
        // Used up by it: once at its end, the reader does not find back in every case.
        in_words(self.0.seek(SeekFrom::End(0)))
    }

    /// The byte at `at`.
    pub(crate) fn byte(mut self, at: u64) -> io::Result<u8> {
        let mut byte = [0];
        in_words(self.0.seek(SeekFrom::Start(at)))?;
        self.read_exact(&mut byte)?;
        Ok(byte[0])
    }
}

impl Read for Unsealed {
    fn read(&mut self, bytes: &mut [u8]) -> io::Result<usize> {
        in_words(self.0.read(bytes))
    }
}

fn in_words<T>(read: io::Result<T>) -> io::Result<T> {
    read.map_err(|error| match error.kind() {
        io::ErrorKind::InvalidData | io::ErrorKind::UnexpectedEof => {
            let text = "it is damaged: what follows is not as it was written";
            io::Error::new(io::ErrorKind::InvalidData, text)
        }
        _ => error,
    })
}

/// Works on the passphrase once for each file.
struct Remembering<'a>(&'a Key);

impl Identity for Remembering<'_> {
    fn unwrap_stanza(&self, stanza: &Stanza) -> Option<Result<FileKey, DecryptError>> {
        let id = [stanza.args.join(" ").as_bytes(), &stanza.body].concat();
        let known = || self.0.known.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some(key) = known().get(&id) {
            return Some(Ok(copy_of(key)));
        }
        let mut identity = scrypt::Identity::new(self.0.passphrase.secret());
        identity.set_max_work_factor(MOST_WORK);
        let found = identity.unwrap_stanza(stanza)?;
        if let Ok(key) = &found {
            let mut known = known();
            if known.len() >= MOST_KEYS {
                known.clear();
            }
            known.insert(id, copy_of(key));
        }
        Some(found)
    }
}

fn copy_of(key: &FileKey) -> FileKey {
    FileKey::init_with_mut(|copy| copy.copy_from_slice(key.expose_secret()))
}

impl fmt::Debug for Key {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Key").finish_non_exhaustive()
    }
}

impl PartialEq for Key {
    fn eq(&self, other: &Self) -> bool {
        self.passphrase == other.passphrase
    }
}
