"""Slips of the keyboard, of the pen and of malice, for configuration files: each takes a text and gives a
damaged one.
"""

from __future__ import annotations

import random

BOMB = "bomb: &a [x, x, x, x, x, x, x, x, x]\n" + "".join(
    f"bomb{i}: &b{i} [{', '.join(['*a' if i == 0 else f'*b{i - 1}'] * 9)}]\n" for i in range(12)
)
MERGES = "m: &m0 {k: 1}\n" + "".join(
    f"m{i}: &m{i} {{<<: [{', '.join([f'*m{i - 1}'] * 9)}], k{i}: 1}}\n" for i in range(1, 12)
)
NASTY = (
    "yes",
    "no",
    "true",
    "null",
    "~",
    "",
    '"6"',
    "'0.5'",
    "1_0",
    "5e-1",
    ".5",
    "0x10",
    "0o7",
    "010",
    "1:30",
    "-1",
    "0",
    "182.5",
    "1e999",
    "-1e999",
    ".nan",
    ".inf",
    "99999999999999999999",
    "9223372036854775808",
    "9" * 5000,
    "1e400000",
    "2024-13-45",
    "2024-02-30",
    "12:61:61",
    "!!int abc",
    "!!binary x",
    "!!python/object/apply:os.getcwd []",
    "! x",
    "@config.number",
    "'@config.number'",
    "'{value}'",
    "'{'",
    "'{0.a}'",
    "[]",
    "{}",
    "[1, 2]",
    "{a: 1}",
    "[[]]",
    "[true, 2]",
    "{policy: baseline}",
    "[{policy: [grid_management]}]",
    "[[policy, baseline]]",
    "=",
    "<<",
    "*nowhere",
    "&a [*a]",
    "../../escaped",
    "/abs",
    "'..'",
    "'a/b'",
    "'a\\b'",
    '"a\\0b"',
    '"\\ud800"',
    '"\\e[31mred"',
    "x" * 255,
    "y" * 400_000,
    "\u540d" * 100,
    "[" * 3000 + "]" * 3000,
    "{a: " * 3000 + "1" + "}" * 3000,
    "dispute_rate@y99",
    "dispute_rate@",
    "@",
    "`x`",
    "%x",
    "|",
    ">",
    "-",
    "? x",
    "- - -",
    "# gone",
    "'unclosed",
    "__import__('os')",
    "9**9**9**9",
    "(" * 500 + "1" + ")" * 500,
    "\u202eabc",
    "\U0001f600",
)
KEYS = (
    "policy",
    "start_day",
    "end_day",
    "seeds",
    "<<",
    "1",
    "yes",
    "null",
    "''",
    "[a, b]",
    "name",
    "design",
    "x" * 300,
    "\u952e",
    "a b",
)
ENCODINGS = ("gb18030", "utf-16", "utf-16-le", "utf-16-be", "latin-1", "utf-8-sig", "utf-32", "cut")


def _line(words: str, rng: random.Random) -> tuple[list[str], int]:
    lines = words.splitlines(keepends=True) or ["\n"]
    return lines, rng.randrange(len(lines))


def value(words: str, rng: random.Random) -> str:
    """A value after a colon is another."""
    lines, _ = _line(words, rng)
    places = [i for i, line in enumerate(lines) if ": " in line and not line.startswith("#")]
    if not places:
        return words
    i = rng.choice(places)
    starts = [j + 2 for j in range(len(lines[i]) - 1) if lines[i].startswith(": ", j)]
    start = rng.choice(starts)
    ends = [j for j in range(start, len(lines[i])) if lines[i][j] in ",}]\n#"] or [len(lines[i])]
    lines[i] = lines[i][:start] + rng.choice(NASTY) + lines[i][ends[0] :]
    return "".join(lines)


def key(words: str, rng: random.Random) -> str:
    """A key is misspelt, or another."""
    lines, _ = _line(words, rng)
    places = [i for i, line in enumerate(lines) if ":" in line]
    if not places:
        return words
    i = rng.choice(places)
    head, _, tail = lines[i].partition(":")
    blank = head[: len(head) - len(head.lstrip(" -{"))]
    word = head[len(blank) :]
    new = rng.choice(KEYS) if rng.random() < 0.5 or len(word) < 2 else word[:-2] + word[-1:] + word[-2:-1]
    lines[i] = f"{blank}{new}:{tail}"
    return "".join(lines)


def extra(words: str, rng: random.Random) -> str:
    """A line too many, at the top level."""
    return words.rstrip("\n") + f"\n{rng.choice(KEYS)}: {rng.choice(NASTY)}\n"


def lost(words: str, rng: random.Random) -> str:
    """A line is lost."""
    lines, i = _line(words, rng)
    return "".join(lines[:i] + lines[i + 1 :])


def doubled(words: str, rng: random.Random) -> str:
    """A line stands twice."""
    lines, i = _line(words, rng)
    return "".join(lines[: i + 1] + lines[i:])


def moved(words: str, rng: random.Random) -> str:
    """A line is indented otherwise."""
    lines, i = _line(words, rng)
    lines[i] = rng.choice((" ", "  ", "\t", "    ")) + (lines[i].lstrip() if rng.random() < 0.5 else lines[i])
    return "".join(lines)


def letter(words: str, rng: random.Random) -> str:
    """A character is lost, doubled or another."""
    i = rng.randrange(max(len(words), 1))
    return (
        words[:i]
        + rng.choice(("", words[i : i + 1] * 2, *"\t\0@`%&*!{}[]:#,'\"|>-?\x1b\ufeff\u2028"))
        + words[i + 1 :]
    )


def ended(words: str, rng: random.Random) -> str:
    """The file ends early."""
    return words[: rng.randrange(len(words) + 1)]


def bombed(words: str, rng: random.Random) -> str:
    """Something that grows without end when it is read."""
    bomb = rng.choice(
        (
            BOMB,
            MERGES,
            "deep: " + "[" * 3000 + "]" * 3000 + "\n",
            "loop: &l {a: *l}\n",
            "long: " + "z" * 1_100_000 + "\n",
            "many: [" + "1, " * 60_000 + "1]\n",
            "".join(f"k{i}: {i}\n" for i in range(30_000)),
        )
    )
    return bomb + words if rng.random() < 0.5 else words.rstrip("\n") + "\n" + bomb


def breaks(words: str, rng: random.Random) -> str:
    """Lines end as elsewhere."""
    return words.replace("\n", rng.choice(("\r\n", "\r", "\n\n", "\u2028")))


SLIPS = (
    value,
    value,
    value,
    value,
    value,
    key,
    key,
    extra,
    lost,
    doubled,
    moved,
    letter,
    letter,
    ended,
    bombed,
    breaks,
)
