//! Text in columns.

use crate::paint::{Paint, Style};
use crate::text::{columns, shorten};

/// Is one field: pieces of text, each in its own paint.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(crate) struct Cell {
    pieces: Vec<(String, Paint)>,
    right: bool,
}

impl Cell {
    pub(crate) fn new(text: impl Into<String>, paint: Paint) -> Self {
        Cell { pieces: vec![(text.into(), paint)], right: false }
    }

    pub(crate) fn plain(text: impl Into<String>) -> Self {
        Cell::new(text, Paint::Plain)
    }

    #[must_use]
    pub(crate) fn and(mut self, text: impl Into<String>, paint: Paint) -> Self {
        self.pieces.push((text.into(), paint));
        self
    }

    /// Appends another field's pieces.
    pub(crate) fn extend(&mut self, other: Cell) {
        self.pieces.extend(other.pieces);
    }

    #[must_use]
    pub(crate) fn right(mut self) -> Self {
        self.right = true;
        self
    }

    pub(crate) fn columns(&self) -> usize {
        self.pieces.iter().map(|(text, _)| columns(text)).sum()
    }

    /// Writes the field into `width` columns, cut where it is longer.
    fn write(&self, out: &mut String, width: usize, pad: bool, style: &Style) {
        let blanks = |used: usize| std::iter::repeat_n(' ', width.saturating_sub(used));
        let total = self.columns();
        if self.right {
            out.extend(blanks(total));
        }
        let mut used = 0;
        let mut rest = total;
        for (text, paint) in &self.pieces {
            let own = columns(text);
            let (room, last) = (width - used, rest == own);
            rest -= own;
            // A piece that leaves no column for the mark of the cut is cut itself.
            if own > room || (!last && own + columns(style.cut()) > room && own + rest > room) {
                let cut = shorten(&format!("{text}{}", if last { "" } else { "   " }), room, style.cut()).into_owned();
                used += columns(&cut);
                paint.write(out, &cut, style.colour);
                break;
            }
            paint.write(out, text, style.colour);
            used += own;
        }
        if pad && !self.right {
            out.extend(blanks(used));
        }
    }
}

/// Appends one line: fields in columns of these widths, two blanks apart.
pub(crate) fn write_line(out: &mut String, cells: &[Cell], widths: &[usize], style: &Style) {
    for (place, (cell, width)) in cells.iter().zip(widths).enumerate() {
        if place > 0 {
            out.push_str("  ");
        }
        cell.write(out, *width, place + 1 < cells.len(), style);
    }
    out.truncate(out.trim_end_matches(' ').len());
    out.push('\n');
}

/// Appends lines whose columns are as wide as their widest field, but no wider than `most`: a
/// longer field pushes the rest of its own line to the right, so that nothing is lost.
pub(crate) fn write_grid(out: &mut String, indent: &str, rows: &[Vec<Cell>], most: usize, style: &Style) {
    let count = rows.iter().map(Vec::len).max().unwrap_or(0);
    let widths: Vec<usize> = (0..count)
        .map(|column| rows.iter().filter_map(|row| row.get(column)).map(Cell::columns).filter(|width| *width <= most).max().unwrap_or(0))
        .collect();
    // A column that nothing stands in takes no room.
    let used: Vec<bool> = (0..count).map(|column| rows.iter().any(|row| row.get(column).is_some_and(|cell| cell.columns() > 0))).collect();
    for row in rows {
        out.push_str(indent);
        let cells: Vec<Cell> = row.iter().enumerate().filter(|(column, _)| used[*column]).map(|(_, cell)| cell.clone()).collect();
        let own: Vec<usize> =
            row.iter().enumerate().filter(|(column, _)| used[*column]).map(|(column, cell)| widths[column].max(cell.columns())).collect();
        write_line(out, &cells, &own, style);
    }
}

/// Returns rows of plain text in columns, each behind `indent`.
///
/// A column is as wide as its widest field; one far wider than the others pushes the rest of its row aside.
pub fn aligned(indent: &str, rows: &[Vec<String>], style: &Style) -> String {
    const WIDEST: usize = 48;
    let cells: Vec<Vec<Cell>> = rows.iter().map(|row| row.iter().map(Cell::plain).collect()).collect();
    let mut out = String::new();
    write_grid(&mut out, indent, &cells, WIDEST, style);
    out
}

#[cfg(test)]
mod tests {
    use super::*;

    const STYLE: Style = Style { width: 80, colour: false, unicode: true, language: crate::Language::English };

    fn line(cell: Cell, width: usize) -> String {
        let mut out = String::new();
        write_line(&mut out, &[cell, Cell::plain("|")], &[width, 1], &STYLE);
        out
    }

    #[test]
    fn rows_of_text_are_aligned() {
        let rows = [vec!["a".to_owned(), "1".to_owned()], vec!["bcd".to_owned(), String::new(), "end".to_owned()]];
        assert_eq!(aligned("  ", &rows, &STYLE), "  a    1\n  bcd     end\n");
    }

    #[test]
    fn fields_fill_their_columns() {
        assert_eq!(line(Cell::plain("ab"), 4), "ab    |\n");
        assert_eq!(line(Cell::plain("ab").right(), 4), "  ab  |\n");
        assert_eq!(line(Cell::plain("黑色"), 6), "黑色    |\n");
    }

    #[test]
    fn long_fields_are_cut_wherever_their_pieces_end() {
        assert_eq!(line(Cell::plain("abcdef"), 4), "abc…  |\n");
        assert_eq!(line(Cell::plain("ab").and("cdef", Paint::Red), 4), "abc…  |\n");
        assert_eq!(line(Cell::plain("abcd").and("ef", Paint::Red), 4), "abc…  |\n");
        assert_eq!(line(Cell::plain("ab").and("cd", Paint::Red), 4), "abcd  |\n");
    }
}
