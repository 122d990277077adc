//! Suggestions for a misspelled word.

/// `did you mean 'keep'?` if one of the words is similar, else the list of the words.
pub fn nearest<'a>(text: &str, words: impl Iterator<Item = &'a str>) -> String {
    let words: Vec<&str> = words.collect();
    let mut best = ("", 0.8);
    for &word in &words {
        let similarity = strsim::jaro_winkler(text, word);
        if similarity > best.1 {
            best = (word, similarity);
        }
    }
    if best.0.is_empty() {
        format!("there are: {}", words.join(" "))
    } else {
        format!("did you mean '{}'?", best.0)
    }
}
