"""The command line that the load tests share."""

import argparse
from collections.abc import Iterable


def parse(
    program: str, documentation: str, efforts: Iterable[str], parts: Iterable[str], pairs: Iterable[str] = ()
) -> argparse.Namespace:
    """`effort` (a name), `only` and `pair` (of codecs; a list each, or None), `json`. What it does not know ends the
    program."""
    parser = argparse.ArgumentParser(prog=program, description=documentation.split("\n\n", 1)[1])
    parser.add_argument("--effort", choices=efforts, default="full", help="how long to measure (default: full)")
    parser.add_argument(
        "--quick", action="store_const", const="quick", dest="effort", help="the same as --effort quick"
    )
    parser.add_argument("--only", action="append", choices=parts, help="measure only this; may be repeated")
    if pairs:
        parser.add_argument("--pair", action="append", choices=pairs, help="only this pair of codecs; may be repeated")
    parser.add_argument("--json", action="store_true", help="print the figures as JSON")
    return parser.parse_args()
