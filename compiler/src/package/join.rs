//! Puts calls and short lists that prettyplease spreads over many lines back on one line, as rustfmt would.
//!
//! Lines are all it looks at. That is enough for what prettyplease prints: it breaks only inside brackets and before the
//! dots of a chain, and it indents by four.

/// The width up to which lines are joined, that of rustfmt.
const WIDTH: usize = 100;
/// The longest struct literal on one line.
const LITERAL_WIDTH: usize = 70;

/// The code with fewer, longer lines.
pub fn join(code: &str) -> String {
    let mut lines: Vec<String> = code.lines().map(str::to_owned).collect();
    // What is joined inside lets the outside be joined, so the innermost goes first: from the end to the start.
    loop {
        let mut changed = false;
        for start in (0..lines.len()).rev() {
            changed |=
                join_brackets(&mut lines, start) || join_chain(&mut lines, start) || join_brace(&mut lines, start);
        }
        if !changed {
            break;
        }
    }
    let mut text = lines.join("\n");
    if !text.is_empty() {
        text.push('\n');
    }
    text
}

/// ```text
/// self.hop_by_status          self.hop_by_status.add(
///     .add(                       RowKind::Insert,
///         RowKind::Insert,        &input,
///         &input,             )?;
///     )?;
/// ```
///
/// A chain of one call hangs on its receiver; a chain of several is one line or stays as it is.
fn join_chain(lines: &mut Vec<String>, start: usize) -> bool {
    let depth = indent(&lines[start]);
    let is_link = |line: &String| indent(line) == depth + 4 && line.trim_start().starts_with('.');
    if lines[start].trim_start().starts_with(['.', '/', '#']) || !lines.get(start + 1).is_some_and(is_link) {
        return false;
    }
    let end = (start + 1..lines.len()).find(|&line| indent(&lines[line]) <= depth).unwrap_or(lines.len());
    let links = lines[start + 1..end].iter().filter(|line| is_link(line)).count();
    if links == 1 {
        if width(&lines[start]) + lines[start + 1].trim_start().len() > WIDTH {
            return false;
        }
        let first = lines.remove(start + 1);
        lines[start].push_str(first.trim_start());
        for line in &mut lines[start + 1..end - 1] {
            line.drain(..4);
        }
        return true;
    }
    if links != end - start - 1 || links > 4 {
        return false;
    }
    let joined: String = lines[start..end].iter().map(|line| line.trim_start()).collect();
    if depth + width(&joined) > WIDTH || joined.contains('{') {
        return false;
    }
    lines.splice(start..end, [format!("{:depth$}{joined}", "")]);
    true
}

/// ```text
/// json::Object {              json::Object { a: 1, b: 2 }
///     a: 1,
///     b: 2,
/// }
/// ```
fn join_brackets(lines: &mut Vec<String>, start: usize) -> bool {
    let depth = indent(&lines[start]);
    let opening = lines[start].trim_end();
    let (space, limit) = match opening.chars().last() {
        Some('(' | '[') => ("", WIDTH),
        Some('{') if is_literal(opening.trim_start()) => (" ", LITERAL_WIDTH),
        _ => return false,
    };
    let Some(end) = (start + 1..lines.len()).find(|&line| indent(&lines[line]) <= depth) else { return false };
    let inner = &lines[start + 1..end];
    let closing = &lines[end];
    let is_simple = |line: &String| {
        let text = line.trim_start();
        indent(line) == depth + 4 && !text.starts_with(['.', '/', '#']) && !text.contains("=>")
    };
    let are_simple = inner.iter().all(is_simple) && !inner.is_empty();
    // Every line but the last must end where a comma may stand, or it is an operand and not an element.
    let are_elements = inner.iter().rev().skip(1).all(|line| line.ends_with(','));
    if !are_simple || !are_elements || indent(closing) != depth || !closing.trim_start().starts_with([')', ']', '}']) {
        return false;
    }
    if space == " " && !inner.iter().all(|line| line.ends_with(',')) {
        return false;
    }
    let elements: Vec<&str> = inner.iter().map(|line| line.trim()).collect();
    let elements = elements.join(" ");
    let elements = elements.strip_suffix(',').unwrap_or(&elements);
    let joined = format!("{opening}{space}{elements}{space}{}", closing.trim_start());
    if width(&joined) > limit {
        return false;
    }
    lines.splice(start..=end, [joined]);
    true
}

/// A brace alone on its line, below a condition that got shorter.
fn join_brace(lines: &mut Vec<String>, start: usize) -> bool {
    let Some(next) = lines.get(start + 1) else { return false };
    let opens = next.trim_start() == "{" && indent(next) == indent(&lines[start]);
    let ends = lines[start].ends_with([';', '{', '}', ',']) || lines[start].trim_start().starts_with("//");
    if !opens || ends || width(&lines[start]) + 2 > WIDTH {
        return false;
    }
    lines[start].push_str(" {");
    lines.remove(start + 1);
    true
}

/// Whether a brace opens the literal or the pattern of a struct, not a definition, a match or a block.
fn is_literal(opening: &str) -> bool {
    let words =
        ["pub ", "struct ", "enum ", "impl", "match ", "let Self", "fn ", "if ", "for ", "else", "use ", "mod "];
    if words.iter().any(|word| opening.starts_with(word)) || opening.contains(" match ") || opening.contains("=>") {
        return false;
    }
    let before = opening.trim_end_matches('{').trim_end();
    let name = before.rsplit(|c: char| !(c.is_alphanumeric() || c == '_')).next().unwrap_or_default();
    name.starts_with(|first: char| first.is_ascii_uppercase())
}

fn indent(line: &str) -> usize {
    // A blank line ends nothing.
    if line.is_empty() { usize::MAX } else { line.len() - line.trim_start().len() }
}

fn width(line: &str) -> usize {
    line.chars().count()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_single_call_hangs_on_its_receiver() {
        let code = "\
fn run(&mut self) {
    hop_by_status
        .drain(|_, result| {
            // cell 1, line 2: a
            let a = result
                .accumulator
                .a
                .value();
            sink.write(RowKind::Insert, &a)
        })
}
";
        let expected = "\
fn run(&mut self) {
    hop_by_status.drain(|_, result| {
        // cell 1, line 2: a
        let a = result.accumulator.a.value();
        sink.write(RowKind::Insert, &a)
    })
}
";
        assert_eq!(join(code), expected);
    }

    #[test]
    fn arguments_are_joined_where_they_fit() {
        let code = "\
fn receive(
    &mut self,
    from: usize,
) -> Result<()> {
    HopKey {
        status: input.status,
    }
}
match a {
    A => 1,
    B => 2,
}
";
        let expected = "\
fn receive(&mut self, from: usize) -> Result<()> {
    HopKey { status: input.status }
}
match a {
    A => 1,
    B => 2,
}
";
        assert_eq!(join(code), expected);
    }

    #[test]
    fn a_brace_follows_its_condition() {
        assert_eq!(join("if a\n    .b()\n{\n    c();\n}\n"), "if a.b() {\n    c();\n}\n");
        assert_eq!(join("a();\n{\n    c();\n}\n"), "a();\n{\n    c();\n}\n");
    }

    #[test]
    fn what_is_too_wide_stays() {
        let code = format!("f(\n    {},\n    {},\n)\n", "a".repeat(60), "b".repeat(60));
        assert_eq!(join(&code), code);
        let chain = "a\n    .b(|c| {\n        c\n    })\n    .d()\n";
        assert_eq!(join(chain), chain);
    }
}
