"""What this machine's rtpengine can do with each of the six codecs, asked of the engine itself."""

import re
import subprocess
from functools import cache

from trunkline.sip.codecs import CODECS

_FULL = "fully supported"


class AbilitiesError(Exception):
    """The engine does not say what it can do; the text says why."""


@cache
def codecs() -> dict[str, str]:
    """rtpengine's own word for each of the six codecs, e.g. 'fully supported'. Raises AbilitiesError."""
    try:
        run = subprocess.run(["rtpengine", "--codecs"], capture_output=True, text=True, timeout=10, check=True)
    except (OSError, subprocess.SubprocessError) as error:
        raise AbilitiesError(f"rtpengine --codecs: {error}") from error
    words = {name.lower(): word for name, word in re.findall(r"(?m)^\s*(\S+): (.+?)\s*$", run.stdout)}
    return {name: words.get(name.partition("/")[0].lower(), "not supported") for name in CODECS}


def transcodes() -> tuple[str, ...]:
    """The codecs that it both decodes and encodes."""
    return tuple(name for name, word in codecs().items() if word == _FULL)
