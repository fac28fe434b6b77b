"""A worker's memory of what it asked of `edge.db`: an answer is kept until what it rests on changes.

`PRAGMA data_version` tells that the file has changed, and `contract.touched` in what. The pragma takes three system
calls, so it is left out while the log beside the file was not written to (`stillness`).
"""

import sqlite3
from collections.abc import Callable

from trunkline.contract import touched
from trunkline.edge.stillness import Stillness

MOST = 20_000  # answers taken in; then a worker forgets them all rather than grow beyond

RESTS_ON = {
    # table -> the questions whose answers rest on it
    "account": ("account", "credential", "number"),
    "credential": ("credential",),
    "source": ("source",),
    "number": ("number",),
    "carrier": ("carrier", "carrier_addresses", "routes"),
    "route": ("longest_prefix", "routes"),
    "resolution": ("carrier_addresses", "resolution"),
    "meta": ("draining", "elsewhere", "neighbours", "nodes"),
}
# Questions whose keys are those of `touched.KEYS`, and the table: other rows of it leave their other answers true.
BY_KEY = {"credential": "credential", "number": "number", "resolution": "resolution"}


class Memory:
    def __init__(self, connection: sqlite3.Connection):
        self._db = connection
        self._version, self._seen = 0, 0
        self._stillness = Stillness(connection.execute("PRAGMA database_list").fetchone()["file"])
        self._answers: dict[str, dict] = {}
        self._taken = 0

    def refresh(self) -> None:
        """Forget the answers that a change of the store has made untrue."""
        if self._taken > MOST:
            self._forget_all()
        if self._stillness.lasts():
            return
        # The version before the lines: what is committed between the two is then looked for once more.
        version = self._db.execute("PRAGMA data_version").fetchone()[0]
        if version != self._version:
            self._follow()
            self._version = version

    def recall(self, question: str, key: object, ask: Callable, *values) -> object:
        """The answer that is remembered for a key, or else `ask(*values)`."""
        answers = self._answers.setdefault(question, {})
        if key not in answers:
            answers[key] = ask(*values)
            self._taken += 1
        return answers[key]

    def _follow(self) -> None:
        news = touched.since(self._db, self._seen)
        if news is None:
            self._seen = touched.last(self._db)  # before the answers, which may then be newer, never older
            self._forget_all()
            return
        self._seen, lines = news
        for line in lines:
            self._forget(*line)

    def _forget(self, table: str, key: str) -> None:
        if table == "meta":  # whose names are questions
            self._answers.pop(key, None)
            return
        for question in RESTS_ON[table]:
            if BY_KEY.get(question) == table:
                self._answers.get(question, {}).pop(key, None)
            else:
                self._answers.pop(question, None)

    def _forget_all(self) -> None:
        self._answers.clear()
        self._taken = 0
