"""Page text → printed lines: what stands on each, how wide it is, what stood around it."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from feeder.parse import marks
from feeder.parse.text import width

# Control characters, byte order marks, and U+FFFE, which pdfium leaves where it has taken a hyphen
# out; none of them is text.
_NO_TEXT = dict.fromkeys(
    [*range(9), 0x0B, *range(0x0E, 0x20), *range(0x7F, 0xA0), 0xFEFF, 0xFFFE, 0xFFFF]
)
_VERTICAL_AT_LEAST = 3
_WIDEST = 1000
"""Characters of a line that are measured; what is longer is no line of a column."""


@dataclass(frozen=True, kw_only=True)
class Line:
    """One printed line, or a vertical line put together from its characters."""

    text: str
    """Without the white space around it; never empty."""
    numbers: tuple[int, ...]
    """The lines of the page text it was printed on, from 1."""
    width: float
    """In ems."""
    gap: bool
    """Whether a blank line, or the page's edge, stands before it."""
    indent: bool = False
    """Whether white space stood before it."""
    vertical: bool = False


def split_lines(text: str) -> list[str]:
    """Return the page's lines as printed, without line ends, trailing space and byte order mark."""
    unified = text.replace("\r\n", "\n").replace("\r", "\n").translate(_NO_TEXT)
    return [line.rstrip() for line in unified.replace("\f", "\n").split("\n")]


def read_lines(printed: Sequence[str]) -> list[Line]:
    """Return the lines that bear text, vertical ones put together."""
    return list(_verticals_joined(list(_with_text(printed))))


def _with_text(printed: Sequence[str]) -> Iterator[Line]:
    gap = True
    for number, raw in enumerate(printed, start=1):
        text = raw.strip()
        if not text:
            gap = True
            continue
        yield Line(
            text=text,
            numbers=(number,),
            width=width(text[:_WIDEST]),
            gap=gap,
            indent=raw[0] in " \u3000\t",
        )
        gap = False


def _verticals_joined(lines: list[Line]) -> Iterator[Line]:
    """A headline set vertically comes as one character a line: three or more of them are one."""
    at = 0
    while at < len(lines):
        end = _end_of_vertical(lines, at)
        if end - at >= _VERTICAL_AT_LEAST:
            yield _vertical(lines[at:end])
            at = end
        else:
            yield lines[at]
            at += 1


def _end_of_vertical(lines: list[Line], start: int) -> int:
    end = start
    while end < len(lines) and _is_one_character(lines[end].text):
        if end > start and lines[end].gap and not _all_apart(lines, start, end):
            break
        end += 1
    run = lines[start:end]
    return end if any(marks.HAN.match(line.text) for line in run) else start


def _all_apart(lines: list[Line], start: int, end: int) -> bool:
    return all(line.gap for line in lines[start + 1 : end + 1])


def _is_one_character(text: str) -> bool:
    return len(text) == 1 or (len(text) == 2 and text in ("——", "……"))


def _vertical(run: list[Line]) -> Line:
    text = "".join(line.text for line in run)
    return Line(
        text=text,
        numbers=tuple(number for line in run for number in line.numbers),
        width=width(text),
        gap=run[0].gap,
        vertical=True,
    )
