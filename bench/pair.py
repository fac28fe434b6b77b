"""`python -m bench.pair`: what calls cost two nodes of one machine that share them, beside one node that has them all.

In turn, round after round; a ratio of 1 means that two nodes carry as many calls per core as one.
"""

import argparse
import json
import signal
import sys
from concurrent.futures import ThreadPoolExecutor
from contextlib import ExitStack
from statistics import median

from bench import calls, load
from bench.addresses import lease
from bench.ours import Trunkline
from bench.systems import StartError


def measure(block: str, rate: int, workers: int, rounds: int, seconds: float, say) -> dict[str, float]:
    """CPU seconds per 1,000 calls of one node and of two, and the ratio; `workers`: of the one and of the two together,
    0 for as many as each takes by itself."""
    numbers = load.numbers_to_dial(calls.DIALLED)
    with ExitStack() as stack:
        nodes = [
            Trunkline(f"{block}.{10 + n}", f"{block}.{20 + n}", f"{block}.{40 + n}", workers=share)
            for n, share in enumerate((workers, workers // 2, workers // 2))
        ]
        for node in nodes:
            stack.callback(node.stop)
            node.start()
        alone, *both = nodes
        callers = {node: f"{block}.{30 + n}" for n, node in enumerate(nodes)}

        def costs(of: list[Trunkline]) -> float:
            run = lambda node: load.run(node, callers[node], node.carrier, rate // len(of), seconds, numbers)  # noqa: E731
            with ThreadPoolExecutor(len(of)) as pool:
                results = list(pool.map(run, of))
            if not all(result.sustained for result in results):
                say(f"not sustained: {results}")
            used = sum(sum(result.cpu.values()) for result in results)
            found = 1000 * used / sum(result.successful for result in results)
            say(f"{len(of)} nodes, {rate} calls/s in all: {found:.2f} CPU s per 1,000 calls")
            return found

        one, two = [], []
        for n in range(rounds):
            for of in ([alone], both) if n % 2 else (both, [alone]):
                (one if len(of) == 1 else two).append(costs(of))
    return {"one": round(median(one), 2), "two": round(median(two), 2), "ratio": round(median(one) / median(two), 3)}


def main() -> int:
    parser = argparse.ArgumentParser(prog="bench.pair", description=__doc__.split("\n\n", 1)[1])
    parser.add_argument("--rate", type=int, default=400, help="calls a second, of all nodes together")
    parser.add_argument(
        "--workers", type=int, default=0, help="Kamailio's, of one node and of both together; 0: what a node takes"
    )
    parser.add_argument("--rounds", type=int, default=5)
    parser.add_argument("--seconds", type=float, default=6)
    arguments = parser.parse_args()
    if arguments.workers % 2 or arguments.workers < 0:
        parser.error("--workers: an even number, half of which each of the two nodes gets")
    calls.raise_descriptor_limit()
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(143))  # by way of every __exit__: no engine stays behind
    say = lambda text: print(text, file=sys.stderr, flush=True)  # noqa: E731
    try:
        with lease() as block:
            found = measure(block, arguments.rate, arguments.workers, arguments.rounds, arguments.seconds, say)
        print(json.dumps(found))
    except (StartError, load.LoadError, TimeoutError) as error:
        print(f"bench: {error}", file=sys.stderr)
        return 1
    return 0


if __name__ == "__main__":
    sys.exit(main())
