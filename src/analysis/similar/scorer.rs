//! How much texts have in common with a query: BM25, divided by the score of the query against itself, so 0 to 1.
//!
//! Texts are added one by one and not kept: a text costs a few bytes, and four more for each term it shares with the query.

use std::collections::HashMap;

use foldhash::fast::FixedState;

use super::tokens::for_each_token;

/// How fast repetitions of a term stop counting, and how much long texts are discounted.
const K1: f64 = 1.6;
const B: f64 = 0.75;

/// Compares texts with a query.
#[derive(Default)]
pub struct Scorer {
    /// The distinct terms of the query, by number.
    terms: HashMap<String, u16, FixedState>,
    /// The query as a text.
    query: Vec<Count>,
    query_len: u32,
    /// In how many texts each term occurs.
    frequencies: Vec<u32>,
    texts: f64,
    /// The mean number of tokens in a text.
    mean_len: f64,
    candidates: Vec<Candidate>,
    counts: Vec<Count>,
    /// The counts of the text that is being added.
    current: Vec<u16>,
}

/// How often a text has a term.
#[derive(Clone, Copy)]
struct Count {
    term: u16,
    count: u16,
}

/// A text that may be found.
struct Candidate {
    len: u32,
    /// Where its counts end; they start at the end of those before.
    end: u32,
}

impl Scorer {
    pub fn new(query: &str) -> Self {
        let mut scorer = Self::default();
        for_each_token(query, |token| {
            let next = u16::try_from(scorer.terms.len()).unwrap_or(u16::MAX);
            let is_new = !scorer.terms.contains_key(token.text);
            if is_new && next < u16::MAX {
                scorer.terms.insert(token.text.to_owned(), next);
            }
        });
        scorer.frequencies = vec![0; scorer.terms.len()];
        scorer.current = vec![0; scorer.terms.len()];
        scorer.query_len = scorer.count_terms(query);
        scorer.query = scorer.take_counts();
        scorer
    }

    /// Whether the query has no term: then nothing has anything in common with it.
    pub fn is_empty(&self) -> bool {
        self.terms.is_empty()
    }

    /// Whether the query has this token.
    pub fn has_term(&self, token: &str) -> bool {
        self.terms.contains_key(token)
    }

    /// Adds a text, and returns whether it has as many tokens as the query and each of its terms. Every text tells how
    /// rare terms are; only a candidate can be found.
    pub fn add(&mut self, text: &str, is_candidate: bool) -> bool {
        let len = self.count_terms(text);
        self.texts += 1.0;
        self.mean_len += (f64::from(len) - self.mean_len) / self.texts;
        let found = self.take_counts();
        for count in &found {
            self.frequencies[usize::from(count.term)] += 1;
        }
        if is_candidate {
            self.counts.extend_from_slice(&found);
            let end = u32::try_from(self.counts.len()).unwrap_or(u32::MAX);
            self.candidates.push(Candidate { len, end });
        }
        len == self.query_len && found.len() == self.terms.len()
    }

    /// The score of each candidate, in the order in which they were added.
    pub fn scores(&self) -> Vec<f64> {
        let weights: Vec<f64> = self.frequencies.iter().map(|&n| self.weight(n)).collect();
        let whole = self.score(&self.query, self.query_len, &weights);
        let mut scores = Vec::with_capacity(self.candidates.len());
        let mut start = 0;
        for candidate in &self.candidates {
            let end = candidate.end as usize;
            let score = self.score(&self.counts[start..end], candidate.len, &weights);
            scores.push(if score > 0.0 {
                (score / whole).min(1.0)
            } else {
                0.0
            });
            start = end;
        }
        scores
    }

    /// How much a term tells that occurs in this many texts.
    fn weight(&self, frequency: u32) -> f64 {
        let frequency = f64::from(frequency);
        (1.0 + (self.texts - frequency + 0.5) / (frequency + 0.5)).ln()
    }

    fn score(&self, counts: &[Count], len: u32, weights: &[f64]) -> f64 {
        let damping = K1 * (1.0 - B + B * f64::from(len) / self.mean_len);
        let mut score = 0.0;
        for Count { term, count } in counts {
            let count = f64::from(*count);
            score += weights[usize::from(*term)] * count * (K1 + 1.0) / (count + damping);
        }
        score
    }

    /// Counts the query's terms in a text, and returns the number of its tokens.
    fn count_terms(&mut self, text: &str) -> u32 {
        let mut len: u32 = 0;
        for_each_token(text, |token| {
            len = len.saturating_add(1);
            if let Some(&term) = self.terms.get(token.text) {
                let count = &mut self.current[usize::from(term)];
                *count = count.saturating_add(1);
            }
        });
        len
    }

    /// The counts of the current text, which are reset.
    fn take_counts(&mut self) -> Vec<Count> {
        let mut counts = Vec::new();
        for (term, count) in (0..).zip(&mut self.current) {
            if *count > 0 {
                let count = std::mem::take(count);
                counts.push(Count { term, count });
            }
        }
        counts
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn scores(query: &str, texts: &[&str]) -> Vec<f64> {
        let mut scorer = Scorer::new(query);
        for text in texts {
            scorer.add(text, true);
        }
        scorer.scores()
    }

    #[test]
    fn a_score_is_that_of_bm25_relative_to_the_query_itself() {
        let found = scores("alpha beta", &["alpha beta", "alpha gamma delta", "gamma"]);
        let weight = |n: f64| (1.0 + (3.0 - n + 0.5) / (n + 0.5)).ln();
        let gain = |len: f64| 2.6 / (1.0 + 1.6 * (0.25 + 0.75 * len / 2.0));
        let whole = (weight(2.0) + weight(1.0)) * gain(2.0);
        let expected = [1.0, weight(2.0) * gain(3.0) / whole, 0.0];
        for (found, expected) in found.iter().zip(expected) {
            assert!((found - expected).abs() < 1e-12, "{found} {expected}");
        }
    }
}
