//! Which field of a JSON text a position is in.

/// How much of a key is shown.
const KEY_SHOWN_MAX: usize = 64;

/// A step from a value to a part of it.
#[derive(Clone, PartialEq, Eq, Debug)]
pub(super) enum Step {
    /// To the member of an object.
    Key(String),
    /// To an element of a list.
    Element(usize),
}

/// What is open at a position.
enum Open {
    Object { key: Option<String>, wants_key: bool },
    List { at: usize },
}

/// The way to the value that `text` is in when it is read up to the end. `text` is JSON as far as it goes.
pub(super) fn path_at_end(text: &str) -> Vec<Step> {
    let mut open = Vec::new();
    let mut letters = text.char_indices();
    while let Some((at, letter)) = letters.next() {
        match letter {
            '{' => open.push(Open::Object { key: None, wants_key: true }),
            '[' => open.push(Open::List { at: 0 }),
            '}' | ']' => drop(open.pop()),
            ',' => match open.last_mut() {
                Some(Open::Object { wants_key, .. }) => *wants_key = true,
                Some(Open::List { at }) => *at += 1,
                None => {}
            },
            '"' => {
                let end = end_of_string(&mut letters).unwrap_or(text.len());
                if let Some(Open::Object { key, wants_key: wants_key @ true }) = open.last_mut() {
                    *key = text.get(at + 1..end).map(ToOwned::to_owned);
                    *wants_key = false;
                }
            }
            _ => {}
        }
    }
    let step = |open| match open {
        Open::Object { key, .. } => key.map(Step::Key),
        Open::List { at } => Some(Step::Element(at)),
    };
    open.into_iter().filter_map(step).collect()
}

/// Goes on behind the closing quote; where that stands.
fn end_of_string(letters: &mut std::str::CharIndices<'_>) -> Option<usize> {
    while let Some((at, letter)) = letters.next() {
        match letter {
            '\\' => drop(letters.next()),
            '"' => return Some(at),
            _ => {}
        }
    }
    None
}

/// The way as it is written in error messages: `application.consents[1].given_at`.
pub(super) fn written(path: &[Step]) -> String {
    let part = |(nth, step): (usize, &Step)| match step {
        Step::Element(at) => format!("[{at}]"),
        Step::Key(key) => {
            let key: String = key.escape_debug().take(KEY_SHOWN_MAX).collect();
            if nth == 0 { key } else { format!(".{key}") }
        }
    };
    path.iter().enumerate().map(part).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_way_leads_to_the_value_that_is_open() {
        for (text, path) in [
            ("", ""),
            ("{", ""),
            (r#"{"a""#, "a"),
            (r#"{"a": 1"#, "a"),
            (r#"{"a": {"b": "x"#, "a.b"),
            (r#"{"a": {"b": 1}"#, "a"),
            (r#"{"a": {"b": 1}, "c": ["#, "c[0]"),
            (r#"{"a": [1, {"b": [2]}, "x"#, "a[2]"),
            (r#"{"a": [1, {"b": [2, 3"#, "a[1].b[1]"),
            (r#"{"a, \"{[": "}]\\", "b": "#, "b"),
            (r#"{"ký tự": "đ"#, "ký tự"),
            ("}}]]", ""),
        ] {
            assert_eq!(written(&path_at_end(text)), path, "{text}");
        }
    }

    #[test]
    fn a_key_cannot_play_tricks_with_the_terminal() {
        assert_eq!(written(&[Step::Key("\u{1b}[2J".to_owned())]), "\\u{1b}[2J");
        assert_eq!(written(&[Step::Key("x".repeat(500))]).len(), 64);
    }
}
