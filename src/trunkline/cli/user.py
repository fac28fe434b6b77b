"""`trunkline user`: the people who sign in to the dashboard."""

import click

from trunkline.cli import password
from trunkline.cli.groups import Group
from trunkline.cli.output import Answer, operation, table

_ONCE = "It is shown only this once: nothing but a hash of it is kept. The user can change it after signing in."


@click.group(cls=Group)
def command():
    """Users of the dashboard: operators, and the owners and members of accounts."""


@operation(command)
@click.argument("name")
@click.option("--account", help="The account that the user belongs to.")
@click.option("--operator", is_flag=True, help="Make an operator instead, who sees and changes everything.")
@click.option("--role", type=click.Choice(["owner", "member"]),
              help="owner: may also make and end secrets; member: may not. Unless given, member, or owner if the "
                   "account has no owner yet.")  # fmt: skip
@password.options
def add(services, name, account, operator, role, password_prompt, password_stdin):
    """Make a user, and print a password unless you give one. NAME is an e-mail address, or any name."""
    if bool(account) == operator:
        raise click.UsageError("say either --account NAME or --operator")
    if operator and role:
        raise click.UsageError("an operator has no role in an account: leave out --role, or say --account NAME instead")
    owner = services.accounts.get(account) if account else None
    given = _given(password_prompt, password_stdin)
    user, secret = services.users.create(name, owner, role or "", given)
    return _answer(services, user, given, secret, f"User {user} is {_what(user)}.")


@operation(command, "list")
@click.option("--account", help="Only the users of this account.")
def list_(services, account):
    """List the users."""
    found = services.users.listing(services.accounts.get(account) if account else None)
    found = [services.users.as_dict(user) for user in found]
    columns = ("name", "account", "role", "enabled", "signed_in")
    view = table(columns, [[user[column] for column in columns] for user in found])
    return Answer(found, [view if found else "There is no user. Make one with: trunkline user add NAME --operator"])


@operation(command, "set-password")
@click.argument("name")
@password.options
def set_password(services, name, password_prompt, password_stdin):
    """Give a user a new password, and print it unless you give one; ends the user's sessions."""
    user = services.users.get(name)
    given = _given(password_prompt, password_stdin)
    secret = services.users.set_password(user, given)
    return _answer(services, user, given, secret, f"User {user} has a new password, and is signed out.")


@operation(command, "reset-second-factor")
@click.argument("name")
def reset_second_factor(services, name):
    """Ask a user for the password alone again, for example when the telephone is lost."""
    user = services.users.get(name)
    services.second_factor.end(user)
    return Answer(services.users.as_dict(user), [f"User {user} signs in with the password alone."])


@operation(command, "set-role")
@click.argument("name")
@click.argument("role", type=click.Choice(["owner", "member"]), metavar="ROLE")
def set_role(services, name, role):
    """Make a user of an account its `owner` or a `member`."""
    user = services.users.change(services.users.get(name), role=role)
    return Answer(services.users.as_dict(user), [f"User {user} is {_what(user)}."])


@operation(command)
@click.argument("name")
def enable(services, name):
    """Let a user sign in again."""
    user = services.users.change(services.users.get(name), enabled=True)
    return Answer(services.users.as_dict(user), [f"User {user} can sign in."])


@operation(command)
@click.argument("name")
def disable(services, name):
    """Sign a user out, and refuse further sign-ins."""
    user = services.users.change(services.users.get(name), enabled=False)
    return Answer(services.users.as_dict(user), [f"User {user} is signed out and cannot sign in."])


@operation(command)
@click.argument("name")
def remove(services, name):
    """Remove a user."""
    user = services.users.get(name)
    services.users.remove(user)
    return Answer({"removed": user.name}, [f"User {user} is removed."])


def _given(prompt: bool, stdin: bool) -> str:
    """The password that the caller gives; '' to have one made."""
    return password.given(prompt, stdin, confirm=True) or ""


def _answer(services, user, given: str, secret: str, said: str) -> Answer:
    document = services.users.as_dict(user)
    if given:
        return Answer(document, [said])
    return Answer(document | {"password": secret}, [said, f"Password: {secret}", _ONCE])


def _what(user) -> str:
    article = "an" if user.role in ("owner", "operator") else "a"
    return f"{article} {user.role} of account {user.account}" if user.account else "an operator"
