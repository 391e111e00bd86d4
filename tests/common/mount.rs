//! File systems that are small or read-only.

use std::path::{Path, PathBuf};
use std::process::Command;

/// A file system of its own, gone when dropped; `None` where mounting is not allowed.
pub struct Mount(PathBuf);

impl Mount {
    /// A tmpfs over the folder `at`, with the options of `mount`.
    pub fn new(at: &Path, options: &str) -> Option<Self> {
        let mount = Command::new("mount")
            .args(["-t", "tmpfs", "-o", options, "mien-test"])
            .arg(at)
            .output();
        match mount {
            Ok(output) if output.status.success() => Some(Self(at.to_owned())),
            _ => {
                eprintln!("SKIPPED: a file system can't be mounted here (needs root on Linux)");
                None
            }
        }
    }

    /// With other options.
    pub fn remount(&self, options: &str) {
        let status = Command::new("mount").args(["-o", options]).arg(&self.0).status().unwrap();
        assert!(status.success());
    }
}

impl Drop for Mount {
    fn drop(&mut self) {
        let _ = Command::new("umount").arg("-l").arg(&self.0).status();
    }
}
