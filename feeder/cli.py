"""Not written yet."""


def main() -> None:
    raise SystemExit(2)
