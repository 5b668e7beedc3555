"""What `feeder run` costs while nothing happens: CPU a second and memory, beside its limits.

    python benchmarks/idle.py [--seconds 120] [--every 30s]

Three sources (two folders, one URL on loopback that answers 304), in the shipped rhythm or the
given one. Memory stands next to a bare interpreter's and to that of one which has imported all that
feeder ever needs; it is measured before and after pages were taken in, once the filing process has
gone.
"""

from __future__ import annotations

import argparse
import http.server
import os
import shutil
import subprocess
import sys
import tempfile
import threading
import time
from pathlib import Path

EXAMPLES = Path(__file__).parent.parent / "examples" / "pages"
EAGER = (
    "import feeder.cli.road, feeder.service.shift, feeder.server, feeder.sources.url, pydantic,"
    " feeder.ingest, feeder.publish, feeder.store, prometheus_client"
)
TICK = os.sysconf("SC_CLK_TCK")


class Unchanged(http.server.BaseHTTPRequestHandler):
    """A server whose one page never changes."""

    def do_GET(self) -> None:
        is_known = self.headers["If-None-Match"] == '"one"'
        data = b"" if is_known else next(EXAMPLES.glob("*.txt")).read_bytes()
        self.send_response(404 if self.path == "/robots.txt" else 304 if is_known else 200)
        self.send_header("ETag", '"one"')
        if not is_known:
            self.send_header("Content-Length", str(len(data)))
        self.end_headers()
        self.wfile.write(data)

    def log_message(self, *_: object) -> None:
        """Be quiet."""


def memory(pid: int) -> tuple[float, float]:
    """Resident and proportional size in MB; what is shared counts in part in the second."""
    lines = Path(f"/proc/{pid}/smaps_rollup").read_text().splitlines()
    found = {line.split(":")[0]: int(line.split()[1]) for line in lines[1:]}
    return found["Rss"] / 1024, found["Pss"] / 1024


def cpu(pid: int) -> float:
    """Seconds that the process has used, its children that ended left out."""
    user, system = Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[11:13]
    return (int(user) + int(system)) / TICK


def memory_of(code: str) -> tuple[float, float]:
    """Of an interpreter that runs the code and then waits."""
    said = f"{code}\nprint(flush=True); input()"
    with subprocess.Popen(
        [sys.executable, "-c", said], stdin=subprocess.PIPE, stdout=subprocess.PIPE
    ) as process:
        assert process.stdout
        process.stdout.readline()
        found = memory(process.pid)
        process.kill()
    return found


def has_children(pid: int) -> bool:
    return bool(Path(f"/proc/{pid}/task/{pid}/children").read_text().split())


def wait_for_rest(pid: int) -> None:
    """Until the filing process has been gone for a while."""
    time.sleep(5)
    while has_children(pid):
        time.sleep(1)
    time.sleep(2)


def show(what: str, sizes: tuple[float, float]) -> None:
    print(f"{what:58} {sizes[0]:6.1f} MB resident {sizes[1]:6.1f} MB proportional")


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.split("\n")[0])
    parser.add_argument("--seconds", type=float, default=120)
    parser.add_argument("--every", help="of every source; as shipped if absent")
    options = parser.parse_args()
    server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), Unchanged)
    threading.Thread(target=server.serve_forever, daemon=True).start()
    show("bare interpreter", memory_of("pass"))
    show("all that feeder ever imports", memory_of(EAGER))
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        rhythm = f'every = "{options.every}"\n' if options.every else ""
        places = [
            'name = "one"\nfolder = "one"\n',
            'name = "two"\nfolder = "two"\n',
            f'name = "web"\nurl = "http://127.0.0.1:{server.server_address[1]}/a01.txt"\n',
        ]
        sources = "".join(f"[[source]]\n{place}{rhythm}" for place in places)
        (folder / "config.toml").write_text(f"[serve]\nport = 0\n{sources}")
        (folder / "one").mkdir()
        (folder / "two").mkdir()
        command = [sys.executable, "-m", "feeder", "run", "--config", folder / "config.toml"]
        with subprocess.Popen(command, stderr=subprocess.DEVNULL) as process:
            wait_for_rest(process.pid)
            show("feeder run, at rest", memory(process.pid))
            for page in EXAMPLES.glob("*.txt"):
                shutil.copy(page, folder / "one")
            time.sleep(65)
            wait_for_rest(process.pid)
            show("feeder run, at rest after five pages (wanted: 45)", memory(process.pid))
            before = cpu(process.pid)
            time.sleep(options.seconds)
            spent = 1000 * (cpu(process.pid) - before) / options.seconds
            print(f"{'CPU (wanted: at most 1 ms a second)':58} {spent:6.2f} ms a second")
            show("feeder run, in the end", memory(process.pid))
            process.terminate()


if __name__ == "__main__":
    main()
