//! The sections of an ELF file for a small processor: 32 bits, little-endian.
//!
//! Source: Tool Interface Standard, ELF 1.2.

/// Is one section.
pub struct Section {
    pub name: String,
    pub size: u32,
}

/// Reads the table of sections; `None` if the octets are no such file.
pub fn sections(octets: &[u8]) -> Option<Vec<Section>> {
    octets.starts_with(b"\x7fELF\x01\x01").then_some(())?;
    let word = |at: usize| Some(u32::from_le_bytes(octets.get(at..at + 4)?.try_into().ok()?));
    let half = |at: usize| Some(usize::from(u16::from_le_bytes(octets.get(at..at + 2)?.try_into().ok()?)));
    let (table, size, count, names) = (word(32)? as usize, half(46)?, half(48)?, half(50)?);
    let names = word(table + size * names + 16)? as usize;
    let section = |number: usize| {
        let head = table + size * number;
        let name = octets.get(names + word(head)? as usize..)?;
        let length = name.iter().position(|octet| *octet == 0)?;
        Some(Section { name: String::from_utf8_lossy(&name[..length]).into_owned(), size: word(head + 20)? })
    };
    (0..count).map(section).collect()
}
