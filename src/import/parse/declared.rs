//! What a log itself states about its metric in comments and config lines.

use crate::log::{Direction, direction_in_sentence, has_word, normalize_name, parse_direction};

/// What a `# key: value` line, or the config line of a JSON log, may call the metric and its direction.
const METRIC_KEYS: &str = "metric metric_name metricname primary_metric core_metric objective";
const DIRECTION_KEYS: &str = "metric_direction direction best_direction bestdirection optimize optimization_direction \
     goal mode";

/// What the file itself states about its score.
#[derive(Clone, Debug, Default)]
pub(crate) struct DeclaredMetric {
    pub(crate) name: Option<String>,
    pub(crate) direction: Option<Direction>,
    /// A direction in words that are not known.
    pub(crate) unknown_direction: Option<String>,
}

impl DeclaredMetric {
    /// Reads a key and its value: `metric: val_bpb (lower is better)`.
    pub(crate) fn read(&mut self, key: &str, value: &str) {
        let (key, value) = (normalize_name(key), value.trim());
        if value.is_empty() {
            return;
        }
        if has_word(METRIC_KEYS, &key) {
            let (name, rest) = value.split_at(value.find(['(', ',']).unwrap_or(value.len()));
            self.name = Some(name.trim().to_owned());
            self.direction = parse_direction(rest).or(self.direction);
        } else if has_word(DIRECTION_KEYS, &key) {
            let direction = parse_direction(value);
            let is_unknown = direction.is_none() && key.contains("direction");
            self.unknown_direction = is_unknown.then(|| format!("{key}: {value}"));
            self.direction = direction.or(self.direction);
        }
    }

    /// Reads a comment: `# metric_direction: lower`, `# loss, lower is better`.
    pub(crate) fn read_comment(&mut self, comment: &str) {
        let comment = comment.trim_start_matches('#');
        if let Some((key, value)) = comment.split_once([':', '=']) {
            self.read(key, value);
        }
        self.direction = self.direction.or(direction_in_sentence(comment));
    }
}
