"""The networks: what ships can be read, and tells shares of one whole."""

from __future__ import annotations

from dataclasses import replace
from importlib import resources

import numpy as np
import pytest

from feeder.parse.features import PageFeatures, load_vocabulary
from feeder.parse.lines import read_lines, split_lines
from feeder.parse.network import link_pieces, load_model, tell_lines
from feeder.parse.tags import BODY, TAGS
from feeder.parse.units import Homes, Pieces, Unit, split_units

PAGE = """\
云岭镇早稻收割过七成

晨报讯（记者/周明远）昨日，记者从云岭镇
农业服务中心获悉，今年云岭镇早稻收割已过
七成，比去年同期快了五天，预计本月底前全
部收完。
　　据介绍，云岭镇今年种植早稻一万二千亩，
投入收割机六十四台，每亩补贴三十元，烘干
点昼夜不停。

青石街道旧楼加装电梯

晨报讯（记者/林可欣）青石街道三十二栋旧
楼今年加装电梯，首批六部已经交付使用，居
民出资比例由各栋自行商定。
"""


def read(text: str) -> PageFeatures:
    return PageFeatures(read_lines(split_lines(text)))


@pytest.mark.parametrize("name", ["model.npz", "lines.npz", "topics.npz", "vocabulary.txt"])
def test_what_ships_is_under_a_megabyte(name: str) -> None:
    assert len(resources.files("feeder.parse").joinpath(name).read_bytes()) < 1_000_000


def test_the_tables_of_both_networks_have_a_row_for_each_word_of_the_vocabulary() -> None:
    rows = [len(network["table.weight"]) for network in load_model().lines]

    assert rows == [len(load_vocabulary()) + 1] * 2


def test_what_two_networks_tell_lies_between_what_each_tells() -> None:
    features, model = read(PAGE), load_model()
    one, other = (tell_lines(features, replace(model, lines=[each])) for each in model.lines)

    both = tell_lines(features, model)

    assert not np.allclose(one.same, other.same)
    assert (both.same >= np.minimum(one.same, other.same) - 1e-5).all()
    assert (both.same <= np.maximum(one.same, other.same) + 1e-5).all()
    assert np.allclose(both.tags.sum(axis=1), 1.0, atol=1e-4)


def test_tags_are_shares_of_one_whole() -> None:
    features = read(PAGE)

    told = tell_lines(features, load_model())

    assert told.tags.shape == (len(features.lines), len(TAGS))
    assert np.allclose(told.tags.sum(axis=1), 1.0, atol=1e-4)
    assert ((told.follows >= 0) & (told.follows <= 1)).all()


def test_lines_alone_on_a_page_are_told_too() -> None:
    told = tell_lines(read("天气"), load_model())

    assert told.tags.shape == (1, len(TAGS))


def test_every_line_is_in_one_unit() -> None:
    features = read(PAGE)
    told = tell_lines(features, load_model())

    bodies, others = split_units(told)

    lines = sorted(line for unit in (*bodies, *others) for line in unit.lines)
    assert lines == list(range(len(features.lines)))


def test_what_may_follow_and_go_before_a_piece_are_shares_of_one_whole() -> None:
    features = read(PAGE)
    told = tell_lines(features, load_model())
    bodies, others = split_units(told)

    links = link_pieces(Pieces(features, told, bodies, others), load_model())

    assert np.allclose(links.rows.sum(axis=1), 1.0, atol=1e-4)
    assert np.allclose(links.columns.sum(axis=0), 1.0, atol=1e-4)
    assert np.allclose(links.same, links.same.T, atol=1e-4)


def test_a_title_shares_more_with_its_own_article_than_with_the_other() -> None:
    features = read(PAGE)
    told = tell_lines(features, load_model())
    count = len(features.lines)
    second = next(at for at, line in enumerate(features.lines) if line.text.startswith("青石"))
    chains = [
        [Unit(kind="B", lines=tuple(range(1, second)))],
        [Unit(kind="B", lines=tuple(range(second + 1, count)))],
    ]
    titles = [Unit(kind="H", lines=(0,)), Unit(kind="H", lines=(second,))]

    homes = Homes(features, told, titles, chains)

    fit = homes.pairs[..., 0]
    assert fit[0, 0] > fit[0, 1]
    assert fit[1, 1] > fit[1, 0]


def test_the_tags_of_body_come_first() -> None:
    assert set(TAGS[: len(BODY)]) == BODY
