"""How long `feeder --version` and `feeder --help` take, as a multiple of `python -c pass`.

    python benchmarks/startup.py [--runs 15]

The commands take turns within the same run, so that a busy machine slows all of them alike.
"""

from __future__ import annotations

import argparse
import statistics
import subprocess
import sys
import time
from pathlib import Path

_FEEDER = str(Path(sys.executable).with_name("feeder"))
_COMMANDS = {
    "python -c pass": [sys.executable, "-c", "pass"],
    "feeder --version": [_FEEDER, "--version"],
    "feeder --help": [_FEEDER, "--help"],
}


def seconds(command: list[str]) -> float:
    """Return the wall time of one process."""
    start = time.perf_counter()
    subprocess.run(command, check=True, stdout=subprocess.DEVNULL)
    return time.perf_counter() - start


def main() -> None:
    """Print the median of each command and its ratio to the first."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--runs", type=int, default=15)
    runs = parser.parse_args().runs
    times: dict[str, list[float]] = {name: [] for name in _COMMANDS}
    for _ in range(runs):
        for name, command in _COMMANDS.items():
            times[name].append(seconds(command))
    medians = {name: statistics.median(taken) for name, taken in times.items()}
    for name, median in medians.items():
        print(f"{name:18} {median * 1e3:6.0f} ms  {median / medians['python -c pass']:.1f}x")


if __name__ == "__main__":
    main()
