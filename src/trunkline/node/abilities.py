"""What this machine's rtpengine can do with each of the six codecs, asked of the engine itself."""

import logging
import re
import subprocess

from trunkline.sip.codecs import CODECS

_FULL = "fully supported"
_LINE = re.compile(r"^\s*(\S+): (.+?)\s*$", re.MULTILINE)

log = logging.getLogger(__name__)


def transcodes() -> tuple[str, ...]:
    """The codecs that it both decodes and encodes; none when it does not say, as then it will not start either."""
    try:
        run = subprocess.run(["rtpengine", "--codecs"], capture_output=True, text=True, timeout=10, check=True)
    except (OSError, subprocess.SubprocessError) as error:
        log.warning("rtpengine --codecs: %s", error)
        return ()
    words = {name.lower(): word for name, word in _LINE.findall(run.stdout)}
    return tuple(name for name in CODECS if words.get(name.partition("/")[0].lower()) == _FULL)
