#!/bin/sh
# What `make run` does once feeder is installed: a demonstration in demo/, quick the second time.
set -eu
cd "$(dirname "$0")/.."
bin=${BIN:-.venv/bin}

[ -e demo/config.toml ] || "$bin/feeder" init demo >/dev/null
echo "Taking in examples/pages:"
"$bin/feeder" --config demo/config.toml ingest examples/pages
echo
"$bin/python" examples/found.py demo/config.toml
cat <<END

Feeds and pages lie in demo/public; begin with demo/public/index.html.
Drop more page texts (*.txt) into demo/drop. To serve and to watch for them:

    $bin/feeder --config demo/config.toml run

and open http://127.0.0.1:8080/ (Ctrl-C stops it).
END
