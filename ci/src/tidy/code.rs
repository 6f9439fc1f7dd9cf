//! Tells code from comments and literals, so that a check of code is not misled by prose.
//!
//! It knows as much of Rust's grammar as that takes and no more.

/// Returns `source` with every comment and every string and character literal blanked out.
///
/// Line breaks stay, so that line numbers are those of `source`.
pub(super) fn code_only(source: &str) -> String {
    let mut blanker = Blanker {
        rest: source,
        code: String::with_capacity(source.len()),
    };
    while let Some(next) = blanker.rest.chars().next() {
        blanker.step(next);
    }
    blanker.code
}

struct Blanker<'a> {
    rest: &'a str,
    code: String,
}

impl Blanker<'_> {
    fn step(&mut self, next: char) {
        if self.rest.starts_with("//") {
            self.blank(self.rest.find('\n').unwrap_or(self.rest.len()));
        } else if self.rest.starts_with("/*") {
            self.blank(block_comment_length(self.rest));
        } else if next == '"' {
            self.blank(string_length(self.rest));
        } else if let Some(length) = char_literal_length(self.rest) {
            self.blank(length);
        } else if next.is_alphanumeric() || next == '_' {
            self.word();
        } else {
            self.keep(next.len_utf8());
        }
    }

    /// Keeps a word, and blanks the raw string that it may be the prefix of.
    fn word(&mut self) {
        let is_word = |character: char| character.is_alphanumeric() || character == '_';
        let length = self
            .rest
            .find(|character| !is_word(character))
            .unwrap_or(self.rest.len());
        let word = &self.rest[..length];
        let raw = matches!(word, "r" | "br" | "cr");
        self.keep(length);
        if raw && let Some(length) = raw_string_length(self.rest) {
            self.blank(length);
        }
    }

    fn keep(&mut self, length: usize) {
        let (kept, rest) = self.rest.split_at(length);
        self.code.push_str(kept);
        self.rest = rest;
    }

    fn blank(&mut self, length: usize) {
        let (blanked, rest) = self.rest.split_at(length);
        self.code.extend(
            blanked
                .chars()
                .map(|each| if each == '\n' { '\n' } else { ' ' }),
        );
        self.rest = rest;
    }
}

/// Returns the bytes up to the end of a block comment; block comments nest.
fn block_comment_length(text: &str) -> usize {
    let mut depth = 0_usize;
    let mut at = 0;
    while at < text.len() {
        let rest = &text.as_bytes()[at..];
        if rest.starts_with(b"/*") {
            depth += 1;
            at += 2;
        } else if rest.starts_with(b"*/") {
            depth -= 1;
            at += 2;
            if depth == 0 {
                return at;
            }
        } else {
            at += 1;
        }
    }
    text.len()
}

/// Returns the bytes of the literal that begins with the quote at the start of `text`.
fn string_length(text: &str) -> usize {
    let mut escaped = false;
    for (at, byte) in text.bytes().enumerate().skip(1) {
        match byte {
            _ if escaped => escaped = false,
            b'\\' => escaped = true,
            b'"' => return at + 1,
            _ => {}
        }
    }
    text.len()
}

/// Returns the bytes of a raw string without its prefix, or `None` when there is none.
fn raw_string_length(text: &str) -> Option<usize> {
    let hashes = text.len() - text.trim_start_matches('#').len();
    let body = text[hashes..].strip_prefix('"')?;
    let end = format!("\"{}", &text[..hashes]);
    Some(
        body.find(&end)
            .map_or(text.len(), |at| hashes + 1 + at + end.len()),
    )
}

/// Returns the bytes of a character literal, or `None` for a lifetime or anything else.
fn char_literal_length(text: &str) -> Option<usize> {
    let body = text.strip_prefix('\'')?;
    let length = if let Some(escape) = body.strip_prefix('\\') {
        // The character after the backslash may itself be a quote.
        let skipped = escape.chars().next()?.len_utf8();
        1 + skipped + escape[skipped..].find('\'')?
    } else {
        body.chars().next()?.len_utf8()
    };
    body[length..].starts_with('\'').then_some(length + 2)
}
