"""An article's head: the likeliest roles of its title lines, and lines that two articles claim."""

from __future__ import annotations

from itertools import pairwise, product

import numpy as np
import pytest

from feeder.parse.features import Floats
from feeder.parse.heads import (
    CROSSHEAD,
    DECK,
    HEADLINE,
    KICKER,
    NONE,
    ROLES,
    SEEN,
    SETS,
    Printed,
    best_head,
    decks_under_headlines,
    see_heads,
    tell_heads,
    worth,
)
from feeder.parse.network import load_model
from feeder.parse.tags import KINDS, TAGS


def numbers(seed: int, count: int) -> tuple[Floats, Floats, Floats, Floats]:
    rng = np.random.default_rng(seed)
    begins = rng.normal(size=(SETS, len(ROLES)))
    begins[:, CROSSHEAD:] = 0.0
    own = rng.normal(size=(count, len(ROLES)))
    steps = rng.normal(size=(count, len(ROLES), len(ROLES)))
    return own, steps, begins, rng.normal(size=SETS)


@pytest.mark.parametrize("seed", range(20))
def test_the_best_head_is_the_best_of_all_heads(seed: int) -> None:
    own, steps, begins, ends = numbers(seed, 4)

    score, way = best_head(own, steps, begins, ends)

    every = {w: worth(w, own, steps, begins, ends) for w in product(range(len(ROLES)), repeat=4)}
    assert score == pytest.approx(max(every.values()))
    assert every[tuple(way)] == pytest.approx(score)


def test_barred_lines_have_no_role_and_the_others_are_chosen_anew() -> None:
    own, steps, begins, ends = numbers(3, 5)

    _, way = best_head(own, steps, begins, ends, barred=[0, 2])

    assert [way[0], way[2]] == [NONE, NONE]


def page(lines: list[tuple[str, str, int]], articles: int = 1) -> Printed:
    """A page of title lines, each with its tag and its article, and bodies of five lines."""
    count = len(lines)
    body = 5 * articles
    tags = np.full((count + body, len(TAGS)), 0.01, np.float32)
    for at, (_, tag, _) in enumerate(lines):
        tags[at, TAGS.index(tag)] = 0.85
    for at in range(count, count + body):
        tags[at, TAGS.index("B")] = 0.85
    same = np.full(count + body, 0.05, np.float32)
    for at, (one, other) in enumerate(pairwise(lines), start=1):
        same[at] = 0.95 if one[2] == other[2] else 0.05
    homes = np.full((count, articles + 1), 0.02, np.float32)
    kinds = np.full((count, len(KINDS)), 0.01, np.float32)
    for at, (_, tag, article) in enumerate(lines):
        homes[at, article] = 0.95
        kinds[at, next(n for n, kind in enumerate(KINDS) if tag in kind)] = 0.92
    texts = [text for text, _, _ in lines] + [
        "河堤上的柳树今年补种了三千多株，由沿岸各村认领。"
    ] * body
    return Printed(
        texts=texts,
        widths=np.array([float(len(text)) for text in texts], np.float32),
        gaps=np.array([at == 0 for at in range(count + body)]),
        tags=tags / tags.sum(axis=1, keepdims=True),
        same=same,
        units=[(at,) for at in range(count)],
        homes=homes / homes.sum(axis=1, keepdims=True),
        kinds=kinds / kinds.sum(axis=1, keepdims=True),
        chains=[list(range(count + 5 * n, count + 5 * n + 5)) for n in range(articles)],
    )


def test_what_the_lines_tell_clearly_is_told_of_the_head() -> None:
    lines = [
        ("河湾镇推行堤防认领制", "K", 0),
        ("三千株柳树有了“新主人”", "H", 0),
        ("年内沿岸十二村全部签约，巡护员上岗", "D", 0),
    ]

    (roles,) = tell_heads(page(lines), load_model().heads)

    assert roles == {0: KICKER, 1: HEADLINE, 2: DECK}


def test_a_line_is_in_one_head_at_most_and_each_article_has_a_headline() -> None:
    lines = [
        ("堤上柳树有了新主人", "H", 0),
        ("夜市搬进旧粮仓", "H", 1),
        ("渡口早班船提前半小时", "H", 2),
    ]
    shared = page(lines, articles=3)
    shared.homes[1] = [0.49, 0.49, 0.01, 0.01]

    heads = tell_heads(shared, load_model().heads)

    claimed = [line for roles in heads for line in roles]
    assert sorted(claimed) == [0, 1, 2]
    assert [HEADLINE in roles.values() for roles in heads] == [True, True, True]


@pytest.mark.parametrize(("same", "deck"), [(0.9, True), (0.1, False)])
def test_a_title_of_its_own_that_none_claims_right_under_the_headline_is_its_deck(
    same: float, deck: bool
) -> None:
    lines = [("堤上柳树有了新主人", "H", 0), ("十二村签约", "C", 0), ("一夜之间", "C", 0)]
    one = page(lines)
    one.gaps[:] = False
    one.same[1] = same
    roles = [{0: HEADLINE}]

    decks_under_headlines(one, roles)

    assert roles == [{0: HEADLINE, 1: DECK} if deck else {0: HEADLINE}]


def test_articles_without_any_title_have_an_empty_head() -> None:
    assert tell_heads(page([]), load_model().heads) == [{}]


def test_what_is_seen_is_finite_and_as_wide_as_the_network_expects() -> None:
    (head,) = see_heads(page([("0", "H", 0), ("", "F", 0), ("，" * 300, "H", 0)]))

    assert head.seen.shape[1] == SEEN
    assert np.isfinite(head.seen).all()
