"""What `up` shows at its end, of what the node holds and where."""

import ipaddress

import click

from trunkline import control
from trunkline.cli import saying
from trunkline.home import Home
from trunkline.node import probes, watch
from trunkline.settings import Settings
from trunkline.sip import uri


def stranded_keys(settings: Settings) -> None:
    """Nothing else says so but the refusals of PBXs that worked before `sip.domain` was changed."""
    from trunkline.control import services

    try:
        with control.database.plain_words():
            keys = [key.name for key in services.keys.stranded()]
    except control.DatabaseUnavailable:
        return  # it was said when the node was started
    finally:
        control.database.close()
    if keys:
        named = ", ".join(keys[:5]) + (", …" if len(keys) > 5 else "")
        saying.say(
            f"The secrets of these keys are of no use: {named}. They were made for another sip.domain than "
            f"{settings.sip.domain}. Give each key a new one with `trunkline key rotate KEY`, or set sip.domain back.",
            err=True,
        )


def private_address(settings: Settings) -> None:
    """Calls between this machine and its network work all the same, so that nothing else says so."""
    told = (settings.media_advertised, "media.advertised"), (settings.sip_advertised, "sip.advertised")
    chosen = settings.media.advertised, settings.sip.advertised
    private = {ip: name for ip, name in told if uri.is_private(ip) and ip not in chosen}
    if private and not any(ipaddress.ip_address(ip).is_loopback for ip in private):
        saying.say(
            f"PBXs and carriers are told a private address, {' and '.join(private)}: from outside this network they "
            "can send neither audio nor the end of a call there. Behind a 1:1 NAT, as in most clouds, set "
            f"{' and '.join(private.values())} to the public address; where all are in this network, to this one.",
            err=True,
        )


def dashboard(settings: Settings) -> None:
    """Where it is, and how to get in: `up` makes no user, because what it prints may be kept in a log."""
    if not settings.web.enabled:
        return
    try:
        watch.wait_for_web(settings, Home(settings.home))
    except probes.Silent as error:
        saying.say(f"The dashboard does not work: {error}. Calls go on; see `trunkline logs web`.", err=True)
        return
    click.echo(f"The dashboard is at {settings.web_url}")
    from trunkline.control import services

    try:
        with control.database.plain_words():
            nobody = not services.users.listing().exists()
    except control.DatabaseUnavailable as error:
        click.echo(f"Whether it has users is not known: {error}.", err=True)
        return
    finally:
        control.database.close()
    if nobody:
        saying.say("Add its first user (the password is printed): trunkline user add NAME --operator")
