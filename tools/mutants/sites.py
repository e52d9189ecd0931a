"""Where a Solidity source can be changed, and into what."""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import NamedTuple

TOKEN = re.compile(
    r"""(?P<blank>\s+|//[^\n]*|/\*.*?\*/)
    |(?P<text>(?:unicode|hex)?"(?:\\.|[^"\\])*"|'(?:\\.|[^'\\])*')
    |(?P<number>0x[0-9a-fA-F]+|\d[\d_]*(?:\.\d+)?(?:e\d+)?)
    |(?P<word>[A-Za-z_$][\w$]*)
    |(?P<sign>:=|=>|->|<<=|>>=|>>|<<|<=|>=|==|!=|&&|\|\||\+\+|--|\+=|-=|\*=|/=|%=|\|=|&=|\^=|.)""",
    re.VERBOSE | re.DOTALL,
)
OPERATORS = {
    "<": ("<=", ">="), "<=": ("<", ">"), ">": (">=", "<="), ">=": (">", "<"), "==": ("!=",), "!=": ("==",),
    "&&": ("||",), "||": ("&&",), "!": ("",), "+": ("-",), "-": ("+",), "*": ("/",), "/": ("*",),
    "%": ("*",), "<<": (">>",), ">>": ("<<",), "&": ("|",), "|": ("&",), "^": ("|",), "++": ("--",),
    "--": ("++",), "+=": ("-=", "="), "-=": ("+=", "="), "|=": ("&=", "="), "&=": ("|=", "="),
}  # fmt: skip
WORDS = {
    "true": "false", "false": "true", "min": "max", "max": "min", "nonReentrant": "", "onlyIssuer": "",
}  # fmt: skip
# Of inline assembly.
INSTRUCTIONS = {
    "add": "sub", "sub": "add", "lt": "gt", "gt": "lt", "and": "or", "or": "and", "shl": "shr", "shr": "shl",
    "mul": "div", "eq": "xor", "iszero": "not",
}  # fmt: skip
# What begins with these declares; without it the rest does not compile.
DECLARING = {"import", "pragma", "using", "error", "event", "struct", "type", "enum", "mapping", "let"}
DECLARATION = re.compile(
    r"[\w.\[\]]+(?:\s+(?:memory|storage|calldata|constant|immutable|internal|private))*\s+\w+\s*[=;]"
)


class Token(NamedTuple):
    """A word of the source and where it stands."""

    kind: str
    text: str
    start: int

    @property
    def end(self) -> int:
        return self.start + len(self.text)


class Change(NamedTuple):
    """`new` in place of what stands from `start` to `end`."""

    kind: str
    start: int
    end: int
    new: str

    def of(self, source: str) -> str:
        """The changed source."""
        return source[: self.start] + self.new + source[self.end :]


def tokens(source: str) -> list[Token]:
    """The source's words, without blanks and comments."""
    found = (Token(str(match.lastgroup), match[0], match.start()) for match in TOKEN.finditer(source))
    return [token for token in found if token.kind != "blank"]


def code_lines(source: str) -> list[int]:
    """Lines, from 0, that hold code: what a mutant is drawn from. Imports and closing braces are none."""
    lines = source.split("\n")
    numbers = sorted({source.count("\n", 0, token.start) for token in tokens(source)})
    return [
        number
        for number in numbers
        if not lines[number].startswith(("import ", "pragma ", "} from", "using "))
        and re.search(r"\w", lines[number])
    ]


def changes(source: str) -> dict[int, list[Change]]:
    """What can be changed, by the line where it begins."""
    words = tokens(source)
    assembly = _assembly(words)
    found = [
        change
        for at, token in enumerate(words)
        for change in (*_of_token(token, in_assembly=at in assembly), *_of_statement(source, words, at))
    ]
    found += _of_instructions(source, words, assembly)
    by_line: dict[int, list[Change]] = {}
    for change in found:
        by_line.setdefault(source.count("\n", 0, change.start), []).append(change)
    return by_line


def _of_token(token: Token, *, in_assembly: bool) -> Iterator[Change]:
    kind, text = "operator", token.text
    instead: tuple[str, ...] = ()
    if token.kind == "number":
        kind, instead = "constant", _numbers(text)
    elif token.kind == "sign":
        instead = OPERATORS.get(text, ())
    elif token.kind == "word" and in_assembly:
        instead = (INSTRUCTIONS[text],) if text in INSTRUCTIONS else ()
    elif token.kind == "word" and text in WORDS:
        kind, instead = "word", (WORDS[text],)
    for new in instead:
        yield Change(kind, token.start, token.end, new)


def _numbers(text: str) -> tuple[str, ...]:
    """One more, one less, none."""
    if "." in text or ("e" in text and not text.startswith("0x")):
        return ("0",)
    value = int(text.replace("_", ""), 0)
    write = (lambda n: f"0x{n:0{len(text) - 2}x}") if text.startswith("0x") else str
    return tuple(write(n) for n in dict.fromkeys((value + 1, value - 1, 0)) if n >= 0 and n != value)


def _of_statement(source: str, words: list[Token], at: int) -> Iterator[Change]:
    """A condition that is turned round or always so, a statement left out."""
    token = words[at]
    if token.text == "if" and at + 1 < len(words) and words[at + 1].text == "(":
        opened, closed = words[at + 1], words[_closing(words, at + 1)]
        condition = source[opened.start : closed.end]
        for new in (f"(!{condition})", "(true)", "(false)"):
            yield Change("condition", opened.start, closed.end, new)
    before = words[at - 1].text if at else ""
    if token.kind != "word" or token.text in DECLARING or before not in (";", "{", "}", ")", "else"):
        return
    end = _semicolon(words, at)
    if end is None or DECLARATION.match(source[token.start : words[end].end]):
        return
    if token.text in ("require", "revert"):
        yield Change("requirement", token.start, words[end].end, "{}")
    elif token.text not in ("if", "for", "while", "else", "return", "function", "constructor", "assembly"):
        yield Change("statement", token.start, words[end].end, "{}")


def _semicolon(words: list[Token], at: int) -> int | None:
    """Where the statement that begins `at` ends; None where it is none that ends by itself."""
    depth = 0
    for place in range(at, len(words)):
        text = words[place].text
        depth += (text in "([{") - (text in ")]}")
        if depth < 0 or (text == "{" and words[place - 1].text in (")", "unchecked", "else")):
            return None
        if depth == 0 and text == ";":
            return place
    return None


def _closing(words: list[Token], at: int) -> int:
    """Where the bracket that opens `at` closes."""
    depth = 0
    for place in range(at, len(words)):
        depth += (words[place].text in "([{") - (words[place].text in ")]}")
        if depth == 0:
            return place
    raise ValueError(f"a bracket is not closed: {words[at]}")


def _assembly(words: list[Token]) -> set[int]:
    """Which of the words stand in inline assembly."""
    inside: set[int] = set()
    for at, token in enumerate(words):
        if token.text == "assembly":
            opened = next(place for place in range(at, len(words)) if words[place].text == "{")
            inside |= set(range(opened + 1, _closing(words, opened)))
    return inside


def _of_instructions(source: str, words: list[Token], assembly: set[int]) -> Iterator[Change]:
    """Statements of inline assembly that are left out: a call, or a value given to a name."""
    for at in sorted(assembly):
        token, following = words[at], words[at + 1]
        line_start = source.rfind("\n", 0, token.start) + 1
        if token.kind != "word" or source[line_start : token.start].strip():
            continue
        if following.text == "(" and token.text in ("mstore", "sstore", "tstore", "calldatacopy", "revert"):
            yield Change("statement", token.start, words[_closing(words, at + 1)].end, "")
        elif following.text == ":=" and words[at + 3].text == "(":
            yield Change("statement", token.start, words[_closing(words, at + 3)].end, "")
