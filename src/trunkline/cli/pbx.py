"""`trunkline pbx`: ready configurations for customers' PBXs."""

from pathlib import Path

import click

from trunkline.cli.amounts import Whole
from trunkline.cli.groups import Group
from trunkline.cli.output import Answer, operation, table
from trunkline.pbx import PbxError, archive, document, registry, sheet
from trunkline.pbx.configuration import Configuration
from trunkline.pbx.trunk import Options
from trunkline.sip.uri import TRANSPORTS

FORMATS = {"text": sheet.text, "markdown": sheet.markdown, "html": sheet.html}


@click.group(cls=Group)
def command():
    """PBX configurations, with an account's own key and numbers."""


@operation(command, "list")
def list_(services):
    """List the PBXs for which there are configurations."""
    systems = registry.systems_by_name().values()
    rows = [[s.name, s.title, s.written_for, s.kinds, s.transports, s.srtp, s.srv] for s in systems]
    columns = ("name", "title", "written_for", "kinds", "transports", "srtp", "srv")
    document = [dict(zip(columns, row, strict=True)) for row in rows]
    return Answer(document, [table(("name", "PBX", "versions", "you get", "transports", "SRTP", "SRV"), rows)])


@operation(command)
@click.argument("name")
@click.option("--account", required=True, help="Whose trunk it is.")
@click.option("--key", help="The key that this PBX has. It may be left out if the account has only one.")
@click.option(
    "--new-key", is_flag=True, help="Make a key for it; its secret is in the configuration, and nowhere else."
)
@click.option("--secret-file", type=click.File("r"), help="Take the secret from a file ('-': standard input).")
@click.option(
    "--number",
    "numbers",
    multiple=True,
    help="A number to include; may be repeated. The first is the caller ID. Without it: all.",
)
@click.option("--caller-name", default="", help="Name sent with the caller ID.")
@click.option(
    "--pbx-address",
    default="",
    help="IP address or name at which the trunk calls the PBX. Without it, the PBX registers.",
)
@click.option("--public-address", default="", help="The PBX's address as seen from outside the NAT in front of it.")
@click.option("--pbx-port", type=Whole(1, 65535), help="Port at which the PBX takes the trunk's calls.")
@click.option("--transport", type=click.Choice(TRANSPORTS), default="udp", show_default=True, help="SIP transport.")
@click.option("--srtp", is_flag=True, help="Encrypt audio; needs tls.")
@click.option(
    "--srv/--no-srv",
    default=None,
    help="Have the PBX find the endpoints by SRV records, or by a list; else what suits it best.",
)
@click.option("--no-register", is_flag=True, help="Leave out the registration.")
@click.option("--extension", default="1000", show_default=True, help="The phone that rings.")
@click.option(
    "--endpoint", "closest", multiple=True, help="Host of the closest endpoint; repeat it for the next closest."
)
@click.option(
    "--format", "form", type=click.Choice(tuple(FORMATS)), default="text", show_default=True, help="What is printed."
)
@click.option(
    "--output",
    type=click.Path(path_type=Path),
    help="Write files: into this folder, or as one archive if it ends in .tar.gz.",
)
def show(services, name, account, form, output, **options):
    """Make the configuration of one PBX: files, commands to paste, or screens to fill in.

    Unless you give the secret, it has a placeholder, because only digests of secrets are kept.
    """
    try:
        registry.get(name)  # before its account is told what it lacks
    except PbxError as error:
        raise click.ClickException(str(error)) from error
    with services.together():  # no key is left over from a configuration that cannot be made, or written
        made = _make(services, name, services.accounts.get(account), options)
        written = _written(made, output) if output else []
    if written:
        return Answer(document.as_dict(made) | {"written": written}, written)
    return Answer(document.as_dict(made), raw=FORMATS[form](made))


def _written(made: Configuration, output: Path) -> list[str]:
    try:
        return [str(path) for path in archive.write(made, output)]
    except PbxError as error:
        raise click.ClickException(str(error)) from error


def _make(services, name: str, account, options: dict) -> Configuration:
    if options["new_key"] and (options["key"] or options["secret_file"]):
        raise click.UsageError("--new-key makes the key and its secret: leave out --key and --secret-file")
    key = services.keys.get(options["key"]) if options["key"] else None
    secret = _read(options["secret_file"]) if options["secret_file"] else ""
    if options["new_key"]:
        key, secret = services.keys.create(account, "calls")  # a PBX needs no more, and its files may be copied
    address = options["public_address"] or options["pbx_address"]
    trunk = services.pbx.trunk(
        account, key, secret, options["numbers"], options["closest"], options["caller_name"], address
    )
    chosen = Options(
        address=options["pbx_address"],
        public_address=options["public_address"],
        port=options["pbx_port"] or 0,
        transport=options["transport"],
        srtp=options["srtp"],
        register=not options["no_register"],
        extension=options["extension"],
        srv=options["srv"],
    )
    return services.pbx.configuration(name, trunk, chosen)


def _read(file) -> str:
    try:
        text = file.read().strip()
        text.encode()
    except UnicodeError:
        raise click.ClickException(f"{file.name} has no secret: it is not UTF-8") from None
    return text
