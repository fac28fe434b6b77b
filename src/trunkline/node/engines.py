"""How the engines are started: the command line of each, and the user it runs as."""

import pwd

from trunkline.home import Home
from trunkline.node.launch import Engine
from trunkline.settings import Settings

PRIVATE_MEMORY_MB = 16  # of each Kamailio process


def commands(settings: Settings, home: Home) -> dict[str, Engine]:
    """The engines by name, each to run in the foreground, logging to stderr."""
    kamailio = home.node / "kamailio.cfg"
    user = user_or_nobody("kamailio")
    # -x fm: half the CPU of the default allocator. Kamailio changes its user itself, after it has loaded the
    # routing code, which that user need not be able to read.
    options = f"-DD -E -x fm -m {settings.sip.memory_mb} -M {PRIVATE_MEMORY_MB}".split()
    identity = ["-u", user, "-g", user] if user else []
    environment = ["env", f"OPENSSL_CONF={home.node / 'openssl.cnf'}"]
    return {
        "kamailio": Engine(
            "kamailio",
            [*environment, "kamailio", "-f", str(kamailio), *options, *identity, "-Y", str(home.kamailio_run)],
            str(kamailio),
            "",
        ),
        **{name: _relay(name, home) for name in map(relay_name, range(settings.media.relays))},
        **({"redis": _redis(home)} if settings.media.redis else {}),
    }


def relay_name(index: int) -> str:
    """Of the node's media relays, from 0: rtpengine, rtpengine2, rtpengine3, ..."""
    return f"rtpengine{index + 1}" if index else "rtpengine"


def _relay(name: str, home: Home) -> Engine:
    config = str(home.node / f"{name}.conf")
    command = ["rtpengine", "--config-file", config, "--foreground", "--log-stderr"]
    return Engine(name, command, config, user_or_nobody("rtpengine"))


def _redis(home: Home) -> Engine:
    config = str(home.node / "redis.conf")
    return Engine("redis", ["redis-server", config], config, user_or_nobody("redis"))


def user_or_nobody(name: str) -> str:
    """The name when this machine has such a user, else ''."""
    try:
        return pwd.getpwnam(name).pw_name
    except KeyError:
        return ""
