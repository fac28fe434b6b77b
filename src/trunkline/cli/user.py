"""`trunkline user`: the people who sign in to the dashboard."""

import sys

import click

from trunkline.cli.output import Answer, operation, table

_ONCE = "It is shown this once; only a hash of it is kept. The user can change it after signing in."


@click.group()
def command():
    """Users of the dashboard: operators, and the owners and members of accounts."""


def _password(function):
    function = click.option("--password-stdin", is_flag=True, help="Read the password from standard input.")(function)
    return click.option("--password-prompt", is_flag=True, help="Ask for the password.")(function)


@operation(command)
@click.argument("name")
@click.option("--account", help="The account that the user belongs to.")
@click.option("--operator", is_flag=True, help="An operator instead, who sees and changes everything.")
@click.option("--role", type=click.Choice(["owner", "member"]),
              help="owner: may also make and end secrets; member: may not. Unless given, member; owner where the "
                   "account has no owner yet.")  # fmt: skip
@_password
def add(services, name, account, operator, role, password_prompt, password_stdin):
    """Make a user, and print a password unless you give one. NAME is an e-mail address, or what you like."""
    if bool(account) == operator:
        raise click.UsageError("say either --account NAME or --operator")
    owner = services.accounts.get(account) if account else None
    given = _given(password_prompt, password_stdin)
    user, password = services.users.create(name, owner, role or "", given)
    return _answer(services, user, given, password, f"User {user} is {_what(user)}.")


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
@_password
def set_password(services, name, password_prompt, password_stdin):
    """Give a user another password, and print it unless you give one; ends the user's sessions."""
    user = services.users.get(name)
    given = _given(password_prompt, password_stdin)
    password = services.users.set_password(user, given)
    return _answer(services, user, given, password, f"User {user} has another password, and is signed out.")


@operation(command, "reset-second-factor")
@click.argument("name")
def reset_second_factor(services, name):
    """Ask a user for the password alone again, as when its telephone is lost."""
    user = services.users.get(name)
    services.second_factor.end(user)
    return Answer(services.users.as_dict(user), [f"User {user} signs in by the password alone."])


@operation(command, "set-role")
@click.argument("name")
@click.argument("role", type=click.Choice(["owner", "member"]))
def set_role(services, name, role):
    """Make a user of an account its owner or a member."""
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
    """Sign a user out, and let it not sign in any more."""
    user = services.users.change(services.users.get(name), enabled=False)
    return Answer(services.users.as_dict(user), [f"User {user} is signed out and cannot sign in."])


@operation(command)
@click.argument("name")
def remove(services, name):
    """Forget a user."""
    user = services.users.get(name)
    services.users.remove(user)
    return Answer({"removed": user.name}, [f"User {user} is removed."])


def _given(prompt: bool, stdin: bool) -> str:
    """The password that the caller gives; '' to have one made."""
    if prompt and stdin:
        raise click.UsageError("say either --password-prompt or --password-stdin")
    if prompt:
        return click.prompt("Password", hide_input=True, confirmation_prompt=True)
    if not stdin:
        return ""
    password = sys.stdin.readline().rstrip("\r\n")
    if not password:
        raise click.ClickException("standard input has no password: write it in the first line")
    return password


def _answer(services, user, given: str, password: str, said: str) -> Answer:
    document = services.users.as_dict(user)
    if given:
        return Answer(document, [said])
    return Answer(document | {"password": password}, [said, f"Password: {password}", _ONCE])


def _what(user) -> str:
    article = "an" if user.role in ("owner", "operator") else "a"
    return f"{article} {user.role} of account {user.account}" if user.account else "an operator"
