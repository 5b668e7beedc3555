"""Prints how fast a folder of pages is taken in, with one worker and with two, and in what memory.

    python benchmarks/bulk.py [--pages 10000] [--small 1000] [--workers 2] [--profile]

The pages are invented, each a few articles set in short lines, no two alike; they are made anew,
the same each time, in a folder that is removed afterwards. A run is `ingest_pages` in a process of
its own, from the first file to the last commit, its start and publishing left out. With one worker
the process parses and files by turns; with two it files what two others parse. What is compared is
pages a second of wall time, so the ratio cannot pass what the machine has to spare: before each
pair of runs it is measured how many times the work of one such process two processes do that only
count. Also printed is the CPU that a page takes in both, and the ratio to which that alone would
come on as many idle cores as there are workers. The memory is the peak
of the process that files, and of the largest of those that parse, for a small folder and a large
one. --profile shows instead where the process that files spends its time.
"""

from __future__ import annotations

import argparse
import cProfile
import datetime as dt
import json
import os
import pstats
import random
import resource
import subprocess
import sys
import tempfile
import time
from pathlib import Path

PAGES_A_DAY = 40
FIRST_DAY = dt.date(2019, 1, 1)
_SEED = 20261124
_SYLLABLES = "云岭石杼清墨溪望禾霜桥澄湾榆林柳渡白芦松坪梅塘竹沙苇荷枫岩月泉鹿雁鹤杏棠槐"
_NAMES = "周林何苏顾邬桑柏谷邢宁褚封常雷麦方卫祝闻"
_GIVEN = "明远可欣青野雨眠砚秋止水小满长风遥舟禾晴宇川岚予墨之安平若"
_WHO = (
    "农业服务中心", "水务站", "文化馆", "卫生院", "小学", "合作社", "公交公司", "社区居委会",
    "图书馆", "派出所", "气象台", "轮渡公司", "剧团", "养老院", "菜市场", "园林队", "供电所",
    "读书会", "足球队", "博物馆", "消防站", "邮局", "茶厂", "木器厂",
)  # fmt: skip
_WHAT = (
    "早稻", "水渠", "路灯", "旧桥", "戏台", "渡船", "校车", "诊室", "球场", "古树", "茶园",
    "仓库", "码头", "晒谷坪", "老井", "菜摊", "书屋", "步道", "停车场", "电梯", "广场", "堤坝",
    "果林", "展厅", "温室", "花灯", "食堂", "球赛", "稻种", "河道", "石碑", "船坞",
)  # fmt: skip
_DID = (
    "开始修整", "已经完工", "重新开放", "通过验收", "迎来首批访客", "换上新设备", "增加了人手",
    "推迟到下月", "接通了水电", "比去年提前", "由居民投票选出", "得到补贴", "搬到新址",
    "登记造册", "试行半年", "免费开放", "扩大了一倍", "停用检修",
)  # fmt: skip
_HOW = (
    "据了解", "与此同时", "入冬以来", "不到一个月", "在村民帮助下", "按照计划", "经过三轮商议",
    "不少人没有想到", "令人意外的是", "说起缘由", "从前", "这一次", "除此之外", "雨停以后",
    "天刚亮", "每逢周末", "听完介绍", "算下来",
)  # fmt: skip


class Desk:
    """Invents pages: the same seed, the same pages."""

    def __init__(self, number: int) -> None:
        self.number = number
        self.dice = random.Random(_SEED + number)

    def place(self) -> str:
        kind = self.dice.choice(("镇", "村", "里", "街", "湾", "坪"))
        return "".join(self.dice.sample(_SYLLABLES, 2)) + kind

    def person(self) -> str:
        return self.dice.choice(_NAMES) + "".join(self.dice.sample(_GIVEN, self.dice.randint(1, 2)))

    def clause(self) -> str:
        pick, count = self.dice.choice, self.dice.randint
        return pick(
            (
                f"{self.place()}的{pick(_WHAT)}{pick(_DID)}",
                f"{pick(_HOW)}，{pick(_WHAT)}共{count(3, 980)}处，{pick(_DID)}",
                f"{self.place()}{pick(_WHO)}投入{count(2, 97)}.{count(1, 9)}万元",
                f"{self.person()}把{pick(_WHAT)}和{pick(_WHAT)}记了{count(2, 60)}本",
                f"{pick(_HOW)}，{self.place()}有{count(11, 9000)}人来看{pick(_WHAT)}",
                f"{pick(_WHO)}的{self.person()}走遍{self.place()}和{self.place()}",
            )
        )

    def paragraph(self) -> str:
        said = "，".join(self.clause() for _ in range(self.dice.randint(2, 4)))
        if self.dice.random() < 0.3:
            return f"“{said}。”{self.person()}说。"
        return f"{said}。"

    def article(self) -> str:
        width = self.dice.randint(14, 20)
        head = f"{self.place()}{self.dice.choice(_WHAT)}{self.dice.choice(_DID)}"
        credit = f"{self.place()}晚报讯（记者/{self.person()} 通讯员/{self.person()}）"
        paragraphs = [self.paragraph() for _ in range(self.dice.randint(4, 9))]
        paragraphs[0] = f"{credit} 昨日，记者从{self.dice.choice(_WHO)}获悉，{paragraphs[0]}"
        lines = [line for one in paragraphs for line in wrapped(f"　　{one}", width)]
        at = len(lines) // 2
        body = "\n".join([*lines[:at], *[""] * (self.dice.random() < 0.5), *lines[at:]])
        return f"{head}\n\n{body}"

    def page(self) -> str:
        day = to_day(self.number)
        folio = f"A{self.number % PAGES_A_DAY + 1:02} 要闻\n\n{day.year}年{day.month}月{day.day}日"
        articles = [self.article() for _ in range(self.dice.randint(2, 5))]
        caption = f"▲{self.person()}在{self.place()}查看{self.dice.choice(_WHAT)}。"
        return "\n\n".join([folio, *articles, caption, f"责任编辑：{self.person()}"]) + "\n"


def wrapped(paragraph: str, width: int) -> list[str]:
    """Return the paragraph's printed lines."""
    printed = [paragraph[at : at + width] for at in range(0, len(paragraph), width)]
    return [line.replace("　", "") for line in printed]


def to_day(number: int) -> dt.date:
    return FIRST_DAY + dt.timedelta(days=number // PAGES_A_DAY)


def write_pages(folder: Path, count: int) -> int:
    """Write the pages, a folder a day; return how many bytes they are."""
    size = 0
    for number in range(count):
        day = to_day(number).isoformat()
        path = folder / day / f"a{number % PAGES_A_DAY + 1:02}-{day}.txt"
        path.parent.mkdir(parents=True, exist_ok=True)
        size += path.write_bytes(Desk(number).page().encode())
    return size


def take(folder: Path, workers: int, *, profile: bool) -> dict[str, float]:
    """Take the folder in, in this process; return what it came to."""
    from feeder.config import load_config
    from feeder.ingest import ingest_pages
    from feeder.sources import read_path
    from feeder.store import Store

    with tempfile.TemporaryDirectory() as news:
        path = Path(news) / "config.toml"
        path.write_text("", encoding="utf-8")
        config = load_config(path)
        now = dt.datetime(2026, 11, 24, 9, tzinfo=config.site.zone)
        profiler = cProfile.Profile()
        with Store(config.storage.database) as store:
            if profile:
                profiler.enable()
            start = time.perf_counter()
            counts = ingest_pages(store, read_path(folder), config, now=now, workers=workers)
            seconds = time.perf_counter() - start
            profiler.disable()
    if profile:
        pstats.Stats(profiler, stream=sys.stderr).sort_stats("tottime").print_stats(45)
    mine, theirs = (
        resource.getrusage(who) for who in (resource.RUSAGE_SELF, resource.RUSAGE_CHILDREN)
    )
    return {
        "pages": counts.pages,
        "articles": counts.new,
        "other": counts.revised + counts.same,
        "failed": counts.failed,
        "seconds": seconds,
        "writer_cpu": mine.ru_utime + mine.ru_stime,
        "worker_cpu": theirs.ru_utime + theirs.ru_stime,
        "writer_mib": mine.ru_maxrss / 1024,
        "worker_mib": theirs.ru_maxrss / 1024,
    }


def run(folder: Path, workers: int, *, profile: bool = False) -> dict[str, float]:
    """Take the folder in, in a new process, so that its peak of memory is its own."""
    command = [sys.executable, __file__, "--take", str(folder), "--workers", str(workers)]
    done = subprocess.run(
        [*command, *["--profile"] * profile],
        check=True,
        stdout=subprocess.PIPE,
        env={**os.environ, "OPENBLAS_NUM_THREADS": "1"},
    )
    told: dict[str, float] = json.loads(done.stdout)
    return told


def gain(processes: int) -> float:
    """Return how many times the work of one process several do that only count."""
    command = [sys.executable, "-c", "sum(i * i for i in range(20_000_000))"]
    seconds = []
    for count in (1, processes):
        start = time.perf_counter()
        for child in [subprocess.Popen(command) for _ in range(count)]:
            child.wait()
        seconds.append(time.perf_counter() - start)
    return processes * seconds[0] / seconds[1]


def cpu(told: dict[str, float]) -> float:
    """Return the seconds of CPU of all processes of a run."""
    return told["writer_cpu"] + told["worker_cpu"]


def compare(folder: Path, workers: int) -> None:
    """Run with one worker and with several, and print both, and how they compare."""
    counting = gain(workers)
    one, several = run(folder, 1), run(folder, workers)
    show(1, one)
    show(workers, several)
    ratio = one["seconds"] / several["seconds"]
    # The one that files cannot be in two places: its CPU is the least that a run takes.
    least = max(cpu(several) / workers, several["writer_cpu"])
    print(
        f"{workers} workers are {ratio:.2f} times as fast as one, where {workers} processes that "
        f"only count do {counting:.2f} times the work of one; by CPU alone it would be "
        f"{cpu(one) / least:.2f}",
        flush=True,
    )


def show(workers: int, told: dict[str, float]) -> None:
    pages = told["pages"]
    line = (
        f"{workers} workers, {pages:6.0f} pages, {told['articles']:6.0f} articles new, "
        f"{told['other']:.0f} others, {told['failed']:.0f} failed: {told['seconds']:6.1f} s, "
        f"{pages / told['seconds']:5.1f} pages/s; "
        f"CPU a page: writer {1000 * told['writer_cpu'] / pages:.1f} ms"
    )
    if workers > 1:
        line += f", workers {1000 * told['worker_cpu'] / pages:.1f} ms"
    line += f"; peak: writer {told['writer_mib']:.0f} MiB"
    if workers > 1:
        line += f", largest worker {told['worker_mib']:.0f} MiB"
    print(line, flush=True)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--pages", type=int, default=10_000)
    parser.add_argument("--small", type=int, default=1_000, help="pages of the small folder")
    parser.add_argument("--workers", type=int, default=2)
    parser.add_argument("--profile", action="store_true")
    parser.add_argument("--take", type=Path, help=argparse.SUPPRESS)
    options = parser.parse_args()
    if options.take:
        print(json.dumps(take(options.take, options.workers, profile=options.profile)))
        return
    with tempfile.TemporaryDirectory() as made:
        small, large = Path(made) / "small", Path(made) / "large"
        if options.profile:
            write_pages(large, options.pages)
            show(options.workers, run(large, options.workers, profile=True))
            return
        write_pages(small, options.small)
        size = write_pages(large, options.pages)
        print(f"{options.pages} pages of {size / options.pages / 1024:.1f} KiB on average")
        for folder in (small, large):
            compare(folder, options.workers)


if __name__ == "__main__":
    main()
