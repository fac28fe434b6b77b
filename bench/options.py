"""The command line that the load tests share."""

import argparse
from collections.abc import Iterable


def parse(program: str, documentation: str, efforts: Iterable[str], parts: Iterable[str]) -> argparse.Namespace:
    """`effort` (a name), `only` (a list of parts, or None) and `json`. Ends the program on what it does not know."""
    parser = argparse.ArgumentParser(prog=program, description=documentation.split("\n\n", 1)[1])
    parser.add_argument("--effort", choices=efforts, default="full", help="how long to measure (default: full)")
    parser.add_argument(
        "--quick", action="store_const", const="quick", dest="effort", help="the same as --effort quick"
    )
    parser.add_argument("--only", action="append", choices=parts, help="measure only this; may be repeated")
    parser.add_argument("--json", action="store_true", help="print the figures as JSON")
    return parser.parse_args()
