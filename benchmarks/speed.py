"""Prints the CPU that the parser needs for a page, beside what pypdfium2 needs to read its PDF.

    python benchmarks/speed.py PAGES_DIR

PAGES_DIR holds NAME.txt beside NAME.pdf, as the page bench's composer writes them (`compose.py
--pdf-out` the same folder); pypdfium2 must be installed (`pip install pypdfium2`). Both run in this
process, in turns, the best of five; set OMP_NUM_THREADS=1 so that numpy counts as one core. The
last table parses texts of 1, 4 and 16 pages run together: time grows with length.
"""

from __future__ import annotations

import argparse
import statistics
import time
from collections.abc import Callable
from pathlib import Path

import pypdfium2

from feeder.parse import parse_page

RUNS = 5
LENGTHS = (1, 4, 16)


def cpu(work: Callable[[], object]) -> float:
    """Return the least CPU, in ms, of some runs."""
    spent = []
    for _ in range(RUNS):
        start = time.process_time()
        work()
        spent.append(1000 * (time.process_time() - start))
    return min(spent)


def read_pdf(path: Path) -> str:
    """Return the text of a PDF's first page."""
    document = pypdfium2.PdfDocument(str(path))
    try:
        return document[0].get_textpage().get_text_range()
    finally:
        document.close()


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("pages", type=Path)
    options = parser.parse_args()
    texts = {path: path.read_text("utf-8") for path in sorted(options.pages.glob("*.txt"))}
    parse_page(next(iter(texts.values())))
    rows = [
        (cpu(lambda text=text: parse_page(text)), cpu(lambda path=path: read_pdf(path)))
        for path, text in texts.items()
        for path in [path.with_suffix(".pdf")]
    ]
    ours, theirs = (statistics.median(column) for column in zip(*rows, strict=True))
    print(
        f"{len(rows)} pages, medians: parse {ours:.1f} ms, pypdfium2 {theirs:.1f} ms: "
        f"{ours / theirs:.2f}"
    )
    every = list(texts.values())
    for length in LENGTHS:
        text = "\n\n".join(every[:length])
        spent = cpu(lambda text=text: parse_page(text))
        each = spent / len(text) * 10_000
        print(f"{length:3} pages run together: {spent:.0f} ms, {each:.1f} ms for 10,000 characters")


if __name__ == "__main__":
    main()
