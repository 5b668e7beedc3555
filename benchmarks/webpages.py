"""Prints how well articles survive being shown as web pages and read from them.

    python benchmarks/webpages.py [--articles N] [--plain]

The invented articles of `training/bank/aside`, from which the parser has not learned, are written
as e-papers write theirs: Chinese ones in tables, in boxes with line breaks, or as modern HTML,
others as modern HTML, each among links to its neighbours. `--plain` parses trafilatura's text as it
comes, for comparison. Shares of the articles, and F1 of the paragraphs.
"""

from __future__ import annotations

import argparse
import collections
import random
import sys
from html import escape
from pathlib import Path
from typing import Any

sys.path.insert(0, str(Path(__file__).parents[1] / "training"))
import bank
import trafilatura

from feeder.documents import html
from feeder.parse import parse_page
from feeder.parse.text import letters

TABLES = """<html><head><title>数字报</title></head><body><div id="top"><a href="/">报网</a> |
<a href="/old">往期回顾</a></div><table><tr><td><table><tr><td>2026年11月20日 星期五</td>
<td>第A03版：综合</td></tr></table><ul>{links}</ul></td><td><table><tr><td><a href="1">上一篇</a>
<a href="2">下一篇</a> 放大 缩小</td></tr></table><table>{head}</table><div id="ozoom">
<founder-content>{body}</founder-content></div></td></tr></table>
<div class="foot">版权所有 报业集团 未经授权不得转载</div></body></html>"""
BOXES = """<html><head><title>城报</title></head><body><div class="nav">日报 <a href="a">首页</a>
<a href="b">下一版</a></div><div class="left"><p>第3版 城事</p><p>2026-11-22 星期日</p>{links}</div>
<div id="main">{head}<div class="content">{body}</div><div class="editor">责任编辑：甘棠</div></div>
</body></html>"""
MODERN = """<!DOCTYPE html><html><head><title>Paper</title></head><body><header><nav><ul>
<li><a href="/">Home</a></li><li><a href="/s">Sport</a></li></ul></nav></header>
<main><article>{head}<p class="info"><span>2026-11-22</span><span>Paper</span></p>{body}</article>
<aside><h3>Most read</h3>
<ul>{links}</ul></aside></main><footer>&copy; Paper</footer></body></html>"""
SHAPES = {
    "tables": (TABLES, "<tr><td>{}</td></tr>", "<p>　　{}</p>", "<p><strong>　　{}</strong></p>"),
    "boxes": (BOXES, "<div>{}</div>", "　　{}<br>", "<b>{}</b><br>"),
    "modern": (MODERN, "<h2>{}</h2>", "<p>{}</p>", "<h3>{}</h3>"),
}
CHINESE = ("zh", "ht")


def to_html(article: dict[str, Any], neighbours: list[dict[str, Any]], shape: str) -> str:
    """Return the article as a web page of one of the shapes."""
    page, title, paragraph, crosshead = SHAPES[shape]
    heads = [article["kicker"], article["headline"], article["deck"], article["byline_text"]]
    first = f"{article['credit']} " if article["credit"] else ""
    body = [
        (crosshead if item["type"] == "crosshead" else paragraph).format(
            escape(item["text"] if place else first + item["text"])
        )
        for place, item in enumerate(article["body"])
    ]
    links = "".join(f'<li><a href="c">{escape(one["headline"])}</a></li>' for one in neighbours)
    head = "".join(title.format(escape(text)) for text in heads if text)
    return page.format(head=head, body="".join(body), links=links)


def score(article: dict[str, Any], text: str) -> collections.Counter[str]:
    """Return what of the article is found in what was read."""
    found = parse_page(text).articles
    best = max(found, key=lambda one: len(one.text), default=None)
    wanted = [letters(item["text"]) for item in article["body"]]
    counts = collections.Counter(articles=1, one=len(found) == 1, wanted=len(wanted))
    counts["lost"] = sum(paragraph not in letters(text) for paragraph in wanted)
    if best is None:
        return counts
    heads = letters(f"{best.kicker or ''}{best.headline or ''}{best.deck or ''}")
    got = [letters(item.text) for item in best.body]
    counts["got"] = len(got)
    counts["right"] = len(set(got) & set(wanted))
    counts["head"] = letters(article["headline"]) in heads
    counts["headline"] = letters(article["headline"]) == letters(best.headline or "")
    counts["byline"] = set(article["byline"]["reporters"]) <= set(best.byline.names)
    counts["body"] = abs(len("".join(got)) - len("".join(wanted))) <= 12
    return counts


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--articles", type=int, default=150)
    parser.add_argument("--plain", action="store_true")
    options = parser.parse_args()
    papers = {path.stem: bank.read(path) for path in sorted((bank.HERE / "aside").glob("*.txt"))}
    chance = random.Random(5)
    places = [
        (paper, place) for paper, articles in papers.items() for place in range(len(articles))
    ]
    chance.shuffle(places)
    for name, languages in (("Chinese", CHINESE), ("Latin script", ("en", "de", "fr"))):
        total: collections.Counter[str] = collections.Counter()
        for paper, place in [one for one in places if one[0][:2] in languages][: options.articles]:
            article = papers[paper][place]
            others = [one for one in papers[paper] if one is not article][:8]
            shape = chance.choice([*SHAPES]) if paper[:2] in CHINESE else "modern"
            markup = to_html(article, others, shape)
            text = trafilatura.extract(markup) if options.plain else html.to_page(markup, page="x")
            total += score(article, text or "")
        shares = ", ".join(
            f"{key} {total[key] / total['articles']:.2f}"
            for key in ("one", "head", "headline", "byline", "body")
        )
        f1 = 2 * total["right"] / (total["wanted"] + total["got"])
        print(
            f"{name}: {shares}, paragraphs F1 {f1:.2f}, lost {total['lost']} of {total['wanted']}"
        )


if __name__ == "__main__":
    main()
