"""The process that works off imports of numbers; the part `jobs` starts it when one waits."""

import os

from trunkline import control
from trunkline import settings as all_settings
from trunkline.cli.jobs import PART
from trunkline.node import staging

NICE = 10  # whatever serves calls goes first


def run() -> None:
    """Work until nothing waits. Raises StagingError and DatabaseUnavailable."""
    os.nice(NICE)
    settings = all_settings.load() if os.geteuid() == 0 else staging.read(PART)[0]
    control.setup(settings)
    from trunkline.control import services

    with control.database.plain_words():
        while services.import_worker.step():
            continue
