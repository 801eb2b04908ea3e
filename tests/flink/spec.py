"""Reads the Markdown specifications under `specs/` (README.md describes their form) and writes expected blocks back.

Knows nothing of Flink: `record.py` brings the results.
"""

import dataclasses
import os
import re

EXPECTED = ("changelog", "rows", "output", "file", "error", "diagnostics")
HEADING = re.compile(r"^(#{1,6})\s+(.*?)\s*$")
FENCE = re.compile(r"^(`{3,})(\w*)[ \t]*(.*?)\s*$")
FLINK = re.compile(r"^flink:\s*(\w+)")


@dataclasses.dataclass
class Block:
    """One fenced block: `first` and `last` are the line indexes of its body, the last one excluded."""

    kind: str
    argument: str
    body: list
    first: int
    last: int


@dataclasses.dataclass
class Section:
    """What stands under one heading, without what stands under deeper headings."""

    title: str
    level: int
    line: int
    blocks: list
    flink: str = ""
    parents: list = dataclasses.field(default_factory=list)

    def expected(self):
        return [block for block in self.blocks if block.kind in EXPECTED]

    def inherited(self):
        """The blocks of the headings above that hold no expectation, then this section's own."""
        blocks = []
        for parent in self.parents:
            if not parent.expected():
                blocks += parent.blocks
        return blocks + self.blocks

    def notebook(self):
        return [block for block in self.inherited() if block.kind == "sql"]

    def files(self):
        """Name -> text of the input files."""
        return {
            block.argument: "".join(line + "\n" for line in block.body)
            for block in self.inherited()
            if block.argument and block.kind != "sql" and block.kind not in EXPECTED
        }

    def flink_says(self):
        for section in [self] + self.parents[::-1]:
            if section.flink:
                return section.flink
        return ""


class Spec:
    def __init__(self, path):
        self.path = path
        with open(path, encoding="utf-8") as file:
            self.lines = file.read().split("\n")
        self.sections = []
        self._parse()

    def _parse(self):
        section = Section("", 0, 1, [])
        self.sections.append(section)
        stack = [section]
        number = 0
        while number < len(self.lines):
            line = self.lines[number]
            heading, fence, flink = HEADING.match(line), FENCE.match(line), FLINK.match(line)
            if heading:
                level = len(heading[1])
                while stack[-1].level >= level:
                    stack.pop()
                section = Section(heading[2], level, number + 1, [], parents=list(stack))
                self.sections.append(section)
                stack.append(section)
            elif fence:
                end = number + 1
                while end < len(self.lines) and self.lines[end].rstrip() != fence[1]:
                    end += 1
                if end == len(self.lines):
                    raise SystemExit(f"{self.path}:{number + 1}: this block is not closed")
                section.blocks.append(Block(fence[2], fence[3], self.lines[number + 1 : end], number + 1, end))
                number = end
            elif flink:
                section.flink = flink[1]
            number += 1

    def cases(self):
        return [section for section in self.sections if section.expected()]

    def write(self, changes):
        """Replaces the bodies of blocks: `changes` is a list of (block, lines). Says whether the file changed."""
        lines = list(self.lines)
        for block, body in sorted(changes, key=lambda change: -change[0].first):
            lines[block.first : block.last] = body
        if lines == self.lines:
            return False
        with open(self.path, "w", encoding="utf-8") as file:
            file.write("\n".join(lines))
        return True


def find(root):
    paths = []
    for folder, _, names in os.walk(root):
        paths += [os.path.join(folder, name) for name in names if name.endswith(".md")]
    return sorted(paths)


def statements(sql):
    """Splits a cell at its semicolons, leaving those in quotes, comments and statement sets alone."""
    found, start, at, inside = [], 0, 0, False
    token = re.compile(r"--[^\n]*|/\*.*?\*/|'(?:[^']|'')*'|`[^`]*`|\bBEGIN\b|\bEND\s*;|;", re.S | re.I)
    while match := token.search(sql, at):
        at = match.end()
        word = match[0].upper()
        if word == "BEGIN":
            inside = True
        elif word == ";" and not inside or word.startswith("END") and inside:
            found.append(sql[start : match.end() - 1])
            start, inside = at, False
        elif word.startswith("END"):
            # The END of a CASE expression, and the statement's semicolon.
            found.append(sql[start : match.end() - 1])
            start = at
    found.append(sql[start:])
    bare = re.compile(r"--[^\n]*|/\*.*?\*/", re.S)
    return [text.strip() for text in found if bare.sub("", text).strip()]


def without_magic(cell):
    """The SQL of a cell: what follows its `%flink.ssql(...)`."""
    return re.sub(r"\A\s*%[\w.]+(\([^)]*\))?", "", cell)
