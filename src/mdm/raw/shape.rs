//! Bytes from a device to a property list, as far as they are one.

use std::io::Cursor;

use plist::{Dictionary, Value};

/// Longer answers are none: a list of a few apps has a few kilobytes.
const LONGEST: usize = 8 << 20;

/// How deep a property list may go. It is dropped level by level on the stack.
const DEEPEST: usize = 32;

/// The dictionary a device sent; `None` where it is none.
///
/// Devices write plain XML. Comments, sections, entities and attributes are refused before the parser
/// sees them, so that the depth that was counted is the depth there is.
pub(in crate::mdm) fn read(bytes: &[u8]) -> Option<Dictionary> {
    if bytes.len() > LONGEST || !is_plain(bytes) {
        return None;
    }
    Value::from_reader_xml(Cursor::new(bytes)).ok()?.into_dictionary()
}

/// Whether there are only plain tags, not too deep, behind one XML declaration and one document type.
fn is_plain(bytes: &[u8]) -> bool {
    let (mut depth, mut declarations, mut types, mut roots) = (0_usize, 0, 0, 0);
    let mut rest = bytes;
    while let Some(start) = rest.iter().position(|byte| *byte == b'<') {
        let tag = rest.get(start + 1..).unwrap_or_default();
        let Some(end) = tag.iter().position(|byte| *byte == b'>') else { return false };
        let (inside, after) = (tag.get(..end).unwrap_or_default(), tag.get(end + 1..));
        rest = after.unwrap_or_default();
        match inside {
            [b'?', b'x', b'm', b'l', b' ', ..] if depth == 0 => declarations += 1,
            [b'!', b'D', b'O', b'C', b'T', b'Y', b'P', b'E', b' ', more @ ..] => {
                if depth > 0 || more.contains(&b'[') {
                    return false;
                }
                types += 1;
            }
            [b'p', b'l', b'i', b's', b't', b' ', ..] | b"plist" if depth == 0 => roots += 1,
            [b'/', name @ ..] if is_name(name) => depth = depth.saturating_sub(1),
            [name @ .., b'/'] if is_name(name) => {}
            name if is_name(name) => depth += 1,
            _ => return false,
        }
        if depth > DEEPEST || declarations > 1 || types > 1 || roots > 1 {
            return false;
        }
    }
    true
}

fn is_name(name: &[u8]) -> bool {
    !name.is_empty() && name.iter().all(u8::is_ascii_alphabetic)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_hides_depth_is_no_answer() {
        let nested = |opening: &str, times: usize| {
            format!("<plist version=\"1.0\"><dict><key>a</key>{}", opening.repeat(times))
        };
        for hostile in [
            nested("<array>", 1_000_000),
            nested("<array><!--</array>-->", 100_000),
            nested("<array><![CDATA[</array>]]>", 100_000),
            nested("<array a=\"</array>\">", 100_000),
            nested("<array><?x </array>?>", 100_000),
            nested("<array><!DOCTYPE a </array>>", 100_000),
            nested("<plist </array>", 100_000),
        ] {
            assert_eq!(read(hostile.as_bytes()), None);
        }
        let plain = "<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n<!DOCTYPE plist PUBLIC \"-//Apple//DTD PLIST 1.0//EN\" \
                     \"http://www.apple.com/DTDs/PropertyList-1.0.dtd\">\n<plist version=\"1.0\"><dict><key>a</key><true/></dict></plist>\n";
        assert_eq!(read(plain.as_bytes()).unwrap().get("a"), Some(&Value::Boolean(true)));
        assert_eq!(read(b"<plist version=\"1.0\"><array/></plist>"), None);
        assert_eq!(read(b"bplist00"), None);
    }
}
