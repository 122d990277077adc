//! The headings of a Markdown page, as a parser sees them.

use pulldown_cmark::{Event, Parser, Tag};

/// The lines of a page that are headings and not part of another block, as a Markdown parser sees them.
pub(super) fn top_headings(page: &str) -> Vec<&str> {
    let (mut headings, mut depth) = (Vec::new(), 0);
    for (event, range) in Parser::new(page).into_offset_iter() {
        match event {
            Event::Start(tag) => {
                if depth == 0 && matches!(tag, Tag::Heading { .. }) {
                    headings.push(page[range].trim_end());
                }
                depth += 1;
            }
            Event::End(_) => depth -= 1,
            _ => {}
        }
    }
    headings
}
