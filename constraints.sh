#!/bin/sh
# Renews the pinned versions: constraints-run.txt and constraints-test.txt. Needs uv.
set -eu
cd "$(dirname "$0")"
pin() { uv pip compile -q --universal --python-version 3.11 --generate-hashes --no-annotate --no-header "$@" pyproject.toml; }
pin --group build -o constraints-run.txt
pin --group build --group test -c constraints-run.txt -o constraints-test.txt
