//! The cells of a line.

pub(super) fn split_plain(line: &str, separator: char) -> Vec<String> {
    line.split(separator).map(str::to_owned).collect()
}

/// The cells of a record, and whether its last quote is left open.
pub(super) fn split_line(record: &str, separator: char) -> (Vec<String>, bool) {
    if separator == '|' {
        return (split_markdown(record), false);
    }
    if memchr::memchr(b'"', record.as_bytes()).is_none() {
        return (split_plain(record, separator), false);
    }
    let mut cells = Vec::new();
    let (mut cell, mut is_quoted, mut is_start) = (String::new(), false, true);
    let mut chars = record.chars().peekable();
    while let Some(c) = chars.next() {
        let is_first = std::mem::replace(&mut is_start, false);
        match c {
            '"' if is_quoted && chars.next_if_eq(&'"').is_some() => cell.push('"'),
            '"' if is_quoted => is_quoted = false,
            '"' if is_first => is_quoted = true,
            c if c == separator && !is_quoted => {
                cells.push(std::mem::take(&mut cell));
                is_start = true;
            }
            c => cell.push(c),
        }
    }
    cells.push(cell);
    (cells, is_quoted)
}

fn split_markdown(line: &str) -> Vec<String> {
    let line = line.trim();
    let line = line.strip_prefix('|').unwrap_or(line);
    let line = line.strip_suffix('|').unwrap_or(line);
    let line = line.replace("\\|", "\u{0}");
    let cells = line
        .split('|')
        .map(|cell| cell.trim().trim_matches(['*', '`', ' ']));
    cells.map(|cell| cell.replace('\u{0}', "|")).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn quotes_are_those_of_csv() {
        let split = |line: &str| {
            let (cells, is_open) = split_line(line, ',');
            (cells.join("|"), is_open)
        };
        assert_eq!(
            split("a,\"b,\"\"c\"\"\",d\"e"),
            ("a|b,\"c\"|d\"e".to_owned(), false)
        );
        assert_eq!(split("a,\"b,c"), ("a|b,c".to_owned(), true));
        assert_eq!(split("a,\"b\nc\",d"), ("a|b\nc|d".to_owned(), false));
        assert_eq!(split("\""), (String::new(), true));
    }
}
