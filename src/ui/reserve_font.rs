//! A font of the system with Chinese signs. Mien ships none: it would double the program.

use std::path::{Path, PathBuf};
use std::{env, fs};

use ab_glyph::{Font, FontRef};

use crate::interaction::{Language, Strategies};

/// What is read of it.
#[derive(Clone, PartialEq)]
pub struct ReserveFont {
    /// The file.
    pub bytes: Vec<u8>,
    /// Which of its fonts.
    pub index: u32,
}

impl std::fmt::Debug for ReserveFont {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "ReserveFont({} bytes, {})", self.bytes.len(), self.index)
    }
}

/// Parts of the names of files, the best first: simplified Chinese, upright, no serifs.
const NAMES: [&str; 12] = [
    "notosanssc",
    "notosanscjksc",
    "notosanscjk",
    "sourcehansanssc",
    "sourcehansanscn",
    "pingfang",
    "hiraginosansgb",
    "msyh",
    "wqymicrohei",
    "wqyzenhei",
    "droidsansfallback",
    "simhei",
];

/// Folders within folders, no deeper than distributions put them.
const DEEPEST: usize = 4;

/// Looks for one that has all signs of the prompts; reads files, so not in the window's thread.
pub fn find() -> Option<ReserveFont> {
    let home = env::var_os("HOME").map(PathBuf::from);
    let of_home = [".local/share/fonts", ".fonts", "Library/Fonts"];
    let mut folders: Vec<PathBuf> =
        home.iter().flat_map(|home| of_home.map(|folder| home.join(folder))).collect();
    folders.extend(
        ["/usr/share/fonts", "/usr/local/share/fonts", "/System/Library/Fonts", "/Library/Fonts"]
            .map(PathBuf::from),
    );
    folders.extend(env::var_os("WINDIR").map(|dir| PathBuf::from(dir).join("Fonts")));
    find_in(&folders)
}

fn find_in(folders: &[PathBuf]) -> Option<ReserveFont> {
    let mut found = Vec::new();
    folders.iter().for_each(|folder| candidates(folder, 0, &mut found));
    found.sort();
    found.into_iter().find_map(|(_, path)| read(&path))
}

fn candidates(folder: &Path, depth: usize, found: &mut Vec<(usize, PathBuf)>) {
    let Ok(entries) = fs::read_dir(folder) else { return };
    for path in entries.flatten().map(|entry| entry.path()) {
        if depth < DEEPEST && path.is_dir() {
            candidates(&path, depth + 1, found);
            continue;
        }
        let name = path.file_stem().map(|stem| stem.to_string_lossy().to_lowercase());
        let name = name.unwrap_or_default().replace(['-', '_', ' '], "");
        let bold = ["bold", "black", "light", "thin", "medium"];
        if bold.iter().any(|weight| name.contains(weight)) {
            continue;
        }
        if let Some(rank) = NAMES.iter().position(|known| name.starts_with(known)) {
            found.push((rank, path));
        }
    }
}

/// The first font of the file that has all signs.
fn read(path: &Path) -> Option<ReserveFont> {
    let bytes = fs::read(path).ok()?;
    let needed = signs();
    let index = (0..8).find(|index| {
        FontRef::try_from_slice_and_index(&bytes, *index)
            .is_ok_and(|font| needed.chars().all(|sign| font.glyph_id(sign).0 != 0))
    })?;
    Some(ReserveFont { bytes, index })
}

/// All that the built-in prompts say in Chinese; Latin signs have a font of their own.
fn signs() -> String {
    let strategies = Strategies::builtin();
    let messages = strategies.list.iter().flat_map(|strategy| &strategy.messages);
    messages
        .flat_map(|message| message.text(Language::Zh).chars())
        .filter(|c| !c.is_ascii())
        .collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_file_without_chinese_signs_is_passed_over_whatever_its_name() {
        let dir = tempfile::tempdir().unwrap();
        let deep = dir.path().join("truetype/noto");
        fs::create_dir_all(&deep).unwrap();
        fs::write(deep.join("NotoSansCJK-Regular.ttc"), notosans::REGULAR_TTF).unwrap();
        fs::write(deep.join("wqy-microhei.ttc"), b"no font").unwrap();
        assert_eq!(find_in(&[dir.path().to_owned(), dir.path().join("none")]), None);
        assert!(signs().contains('\u{4f11}') && !signs().is_ascii());
    }

    #[test]
    fn one_that_is_found_has_every_sign() {
        // Most machines that build this have none; where there is one, it must fit.
        if let Some(font) = find() {
            let font = FontRef::try_from_slice_and_index(&font.bytes, font.index).unwrap();
            assert!(signs().chars().all(|sign| font.glyph_id(sign).0 != 0));
        }
    }
}
