"""`trunkline node certificate`: another certificate, without a start."""

import click

from trunkline import settings as all_settings
from trunkline.home import Home
from trunkline.settings import Settings


@click.command()
def certificate():
    """Put the certificate in `tls/` into use. Calls go on.

    One that the node's own authority issued is renewed if it ends soon.
    """
    from trunkline.node import certificates, folders, probes  # not as every part of a node starts
    from trunkline.node.supervise import Manager, NotRunning

    settings = all_settings.load()
    home = Home(settings.home)
    manager = Manager(home, timeout=60)
    try:
        manager.pid()
        said = ensure(settings, home)
        folders.hand_over(home)
        probes.kamailio_rpc(home.kamailio_rpc, "tls.reload")
        if settings.web.enabled and settings.web.tls:
            manager.restart("web")
    except NotRunning as error:
        raise click.ClickException(f"no node runs in {settings.home}: `trunkline up` serves it ({error})") from error
    except (certificates.CertificateError, OSError, probes.Silent) as error:
        raise click.ClickException(f"the certificate that was served before still is: {error}") from error
    click.echo(f"The certificate is served: {said}.")


def ensure(settings: Settings, home: Home, away: bool = False) -> str:
    """Make it where it is missing, for all names and addresses of this node. Raises CertificateError.

    A PBX that verifies compares with the name that it was told to call: the host of an endpoint, for one. While the
    database is `away` the names that the certificate has stay.
    """
    from trunkline.node import certificates

    addresses = {settings.sip_address, settings.sip_advertised}
    names = certificates.names(home.tls) if away else _names(settings, home, addresses)
    addresses |= {settings.web_address} if settings.web.enabled else set()
    return certificates.ensure(home.tls, settings.sip.domain, addresses, [*settings.web.names, *names])


def _names(settings: Settings, home: Home, addresses: set[str]) -> list[str]:
    from trunkline import control
    from trunkline.control.database import plain_words
    from trunkline.node import certificates

    control.setup(settings)
    from trunkline.control import services

    try:
        with plain_words():
            return services.endpoints.names_of(addresses)
    except control.DatabaseUnavailable:
        return certificates.names(home.tls)
