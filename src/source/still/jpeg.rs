//! Whether a JPEG file is all there. Decoders fill up what is missing with grey and say nothing.

/// Whether `file` breaks off before its end marker. `false` for what is no JPEG.
pub fn is_cut_off(file: &[u8]) -> bool {
    if !file.starts_with(&[0xff, 0xd8]) {
        return false;
    }
    let mut at = 2;
    loop {
        // To the next marker: 0xff, then neither a stuffed zero, nor filling, nor a restart.
        let Some(marker) = file[at..]
            .windows(2)
            .position(|pair| pair[0] == 0xff && !matches!(pair[1], 0x00 | 0xff | 0xd0..=0xd7))
        else {
            return true;
        };
        let (code, after) = (file[at + marker + 1], at + marker + 2);
        match code {
            0xd9 => return false,
            // Markers without a segment.
            0x01 | 0xd8 => at = after,
            _ => {
                let Some(length) = file.get(after..after + 2) else { return true };
                let length = usize::from(u16::from_be_bytes([length[0], length[1]]));
                at = after + length.max(2);
                if at >= file.len() {
                    return true;
                }
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// A file of segments as they come: an application segment with an end marker in it (a
    /// thumbnail), a scan with a stuffed zero and a restart, the end.
    const FILE: &[u8] = &[
        0xff, 0xd8, // start
        0xff, 0xe1, 0x00, 0x06, 0xff, 0xd9, 0x11, 0x22, // application
        0xff, 0xda, 0x00, 0x03, 0x00, 0x12, 0xff, 0x00, 0x34, 0xff, 0xd0, 0x56, // scan
        0xff, 0xd9, 0x00, // end and something behind it
    ];

    #[test]
    fn a_whole_file_is_whole_and_any_beginning_of_it_is_not() {
        assert!(!is_cut_off(FILE));
        let end = FILE.len() - 1;
        assert!(!is_cut_off(&FILE[..end]));
        for length in 2..end {
            assert!(is_cut_off(&FILE[..length]), "{length} bytes");
        }
    }

    #[test]
    fn what_is_no_jpeg_is_left_to_others() {
        assert!(!is_cut_off(b""));
        assert!(!is_cut_off(b"\x89PNG"));
    }
}
