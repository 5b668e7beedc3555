"""Tags put right by what follows from how papers are set: widths, sentences, letters that count.

The tags are those of `articles`. Each repair is of a slip that the learned table makes on papers it
has not seen; none adds or drops a line.
"""

from __future__ import annotations

import re
from collections.abc import Sequence

from feeder.parse import marks
from feeder.parse.features import column_widths, joins_of
from feeder.parse.lines import Line

BODY = frozenset("APB")
_DISPLAY = frozenset("KkHhDdCc")
_NOT_BODY = _DISPLAY | frozenset("GgF")
# All in ems.
_SAME_WIDTH = 1.1
_INDENT = 2.0
_EMPTY, _EMPTY_AFTER_GAP = 6.0, 2.0
"""How much of the column a paragraph's last line leaves empty, to be sure that it is the last."""
_LONGEST_TITLE = 30.0
_NO_COLUMN = 200.0
"""Text that was never set in columns."""
_LEAST_CROSSHEAD = 4.0
_COMMA = re.compile("[，。、]")
_CHINESE_STOP = re.compile("。$")
"""No Chinese title ends with a full stop; captions do."""


def mended_tags(lines: Sequence[Line], tags: Sequence[str]) -> list[str]:
    """Return the tags with what the whole page tells put right."""
    mended = list(tags)
    columns = column_widths(lines)
    _mend_leads(lines, mended)
    for at in range(1, len(lines)):
        if mended[at - 1] in BODY and mended[at] in _DISPLAY:
            end = _end_of_slip(lines, mended, at, column=lines[at - 1].width)
            mended[at:end] = "B" * (end - at)
    _mend_first_lines(lines, mended, columns)
    _mend_breaks(lines, mended, columns)
    _mend_letters(lines, mended)
    for at, line in enumerate(lines):
        if mended[at] in _DISPLAY and _CHINESE_STOP.search(line.text) and not line.vertical:
            mended[at] = "g" if at and mended[at - 1] in "Gg" else "G"
    return mended


def _mend_breaks(lines: Sequence[Line], tags: list[str], columns: Sequence[float]) -> None:
    """A full stop on a line that leaves the column's end empty ends the paragraph."""
    for at in range(1, len(lines)):
        before = lines[at - 1]
        if tags[at] != "B" or tags[at - 1] not in BODY or not marks.FULL_STOP.search(before.text):
            continue
        empty = min(columns[at - 1], columns[at]) - before.width
        if empty >= (_EMPTY_AFTER_GAP if lines[at].gap else _EMPTY):
            tags[at] = "P"


def _mend_leads(lines: Sequence[Line], tags: list[str]) -> None:
    """A Chinese line of thirty characters with a comma in it is text: no title is set so long."""
    for at, line in enumerate(lines):
        if tags[at] in BODY or line.width < _LONGEST_TITLE:
            continue
        if line.width >= _NO_COLUMN or _COMMA.search(line.text):
            if marks.EDITORS.search(line.text) or marks.CAPTION_MARK.match(line.text):
                continue
            goes_on = at and tags[at - 1] in BODY and not marks.TERMINAL.search(lines[at - 1].text)
            tags[at] = "B" if goes_on else "P" if at and tags[at - 1] in BODY else "A"
            if tags[at] == "A" and at + 1 < len(tags) and tags[at + 1] == "A":
                tags[at + 1] = "B"


def _mend_first_lines(lines: Sequence[Line], tags: list[str], columns: Sequence[float]) -> None:
    """A line two characters narrower than the column whose last word ends on the next begins a
    paragraph, though it looks set apart."""
    joins = joins_of(lines)
    for at in range(len(lines) - 1):
        if tags[at] not in _DISPLAY or not _is_first_line(lines, columns, at):
            continue
        if tags[at + 1] in BODY and joins[at + 1] == "word:2":
            tags[at], tags[at + 1] = ("P" if tags[at + 1] == "B" else tags[at + 1]), "B"
        elif tags[at + 1] not in BODY and _COMMA.search(lines[at].text):
            end = _end_of_slip(lines, tags, at + 1, column=columns[at + 1], among=_NOT_BODY)
            if end > at + 1:
                tags[at:end] = ["P", *"B" * (end - at - 1)]


def _is_first_line(lines: Sequence[Line], columns: Sequence[float], at: int) -> bool:
    """Whether it is as wide as the first line of a paragraph: the column less the lost indent."""
    short = columns[at + 1] - lines[at].width
    return abs(short - _INDENT) <= _SAME_WIDTH and not marks.TERMINAL.search(lines[at].text)


def _end_of_slip(
    lines: Sequence[Line],
    tags: Sequence[str],
    start: int,
    *,
    column: float,
    among: frozenset[str] = _DISPLAY,
) -> int:
    """The end of the lines that go on with an unfinished sentence, though they look set apart.

    They are as wide as the column, and either a full stop ends them or the body goes on after them.
    """
    at = start
    while at < len(lines) and not marks.TERMINAL.search(lines[at - 1].text):
        if tags[at] == "B":
            return at
        stops = bool(marks.FULL_STOP.search(lines[at].text))
        wide = abs(lines[at].width - column) <= _SAME_WIDTH
        if tags[at] not in among or not (wide or (stops and lines[at].width < column)):
            return start
        at += 1
        if stops:
            return at
    return start


def _mend_letters(lines: Sequence[Line], tags: list[str]) -> None:
    """Letters that count off, A and B at least, stand beside crossheads and nothing else."""
    lettered = {}
    for at, line in enumerate(lines):
        match = marks.DROP_LETTER_START.match(line.text) or marks.DROP_LETTER_END.search(line.text)
        if match and tags[at] not in BODY and line.width >= _LEAST_CROSSHEAD:
            lettered[at] = match[1]
    if {"A", "B"} <= set(lettered.values()):
        for at in lettered:
            tags[at] = "C"
