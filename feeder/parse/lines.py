"""Page text → printed lines: what stands on each, how wide it is, what stood around it."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from feeder.parse import marks
from feeder.parse.mending import mended
from feeder.parse.text import width, widths

# Control characters and byte order marks are no text.
_NO_TEXT = re.compile(r"[\x00-\x08\x0b\x0e-\x1f\x7f-\x9f\ufeff\ufffe\uffff]+")
_VERTICAL_AT_LEAST = 3
_WIDEST = 1000
"""Characters of a line that are measured; what is longer is no line of a column."""


@dataclass(frozen=True, kw_only=True, init=False)
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
    open: bool = False
    """Whether a space ended it: then it may be only the first part of a printed line."""

    def __init__(
        self,
        *,
        text: str,
        numbers: tuple[int, ...],
        width: float,
        gap: bool,
        indent: bool = False,
        vertical: bool = False,
        open: bool = False,  # noqa: A002 - the field's name
    ) -> None:
        # What `dataclass` writes for a frozen class takes twice as long: a fifth of all reading.
        own = self.__dict__
        own["text"], own["numbers"], own["width"] = text, numbers, width
        own["gap"], own["indent"], own["vertical"], own["open"] = gap, indent, vertical, open


def split_lines(text: str) -> list[str]:
    """Return the page's lines as printed, without line ends and byte order mark.

    Space at a line's end is kept, for it may tell that the printed line goes on, as is the mark
    that pdfium leaves where it has taken a hyphen out; as a soft hyphen.
    """
    unified = text.replace("\ufffe", "\u00ad").replace("\r\n", "\n").replace("\r", "\n")
    return _NO_TEXT.sub("", unified).replace("\f", "\n").split("\n")


def read_lines(printed: Sequence[str]) -> list[Line]:
    """Return the lines that bear text, as they were printed: see `mending` and verticals joined."""
    return mended(list(_verticals_joined(list(_with_text(printed)))))


def _with_text(printed: Sequence[str]) -> Iterator[Line]:
    texts = [raw.strip() for raw in printed]
    measured = widths([text[:_WIDEST] for text in texts])
    gap = True
    for number, (raw, text, ems) in enumerate(zip(printed, texts, measured, strict=True), start=1):
        if text:
            yield Line(
                text=text, numbers=(number,), width=ems, gap=gap,
                indent=raw[0] in " \u3000\t", open=raw[-1] == " ",
            )  # fmt: skip
        gap = not text


def _verticals_joined(lines: list[Line]) -> Iterator[Line]:
    """A headline set vertically comes as one character a line: three or more of them are one."""
    at = 0
    while at < len(lines):
        if not _is_one_character(lines[at].text):
            yield lines[at]
            at += 1
            continue
        end = _end_of_run(lines, at)
        chinese = any(marks.HAN.match(line.text) for line in lines[at:end])
        if chinese and end - at >= _VERTICAL_AT_LEAST:
            yield _vertical(lines[at:end])
            at = end
            continue
        # Without Chinese, no later line of the run begins anything either, but for its last, which
        # may go on behind a blank line: so a long column of figures is not read over and over.
        ahead = at + 1 if chinese else max(end - 1, at + 1)
        yield from lines[at:ahead]
        at = ahead


def _end_of_run(lines: list[Line], start: int) -> int:
    """Where a run of one-character lines ends: at a blank line, unless one stands between all."""
    end = start + 1
    all_apart = True
    while end < len(lines) and _is_one_character(lines[end].text):
        all_apart = all_apart and lines[end].gap
        if lines[end].gap and not all_apart:
            break
        end += 1
    return end


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
