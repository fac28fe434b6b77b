"""Users: the people who sign in to the dashboard for the account. Their passwords and codes are theirs alone."""

from datetime import datetime
from typing import Literal

from django.http import HttpRequest, HttpResponse
from ninja import Path, Query, Router, Schema
from pydantic import Field

from trunkline.control.api import paging, schemas
from trunkline.control.api.paths import ROOT
from trunkline.control.api.problems import Problem
from trunkline.control.dashboard.links import to_password
from trunkline.control.errors import DatabaseUnavailable, ServiceError
from trunkline.control.users import by_programs, models, second_factor, services
from trunkline.control.users.signing_in import WINDOW, SignInRefused, count_link

router = Router(tags=["users"])

Role = Literal["owner", "member"]
InPath = Path(description="The user's name, often an e-mail address.", max_length=254)


class User(Schema):
    name: str
    role: Role = Field(description="`owner`: all of the account, keys and users too; `member`: numbers and calls.")
    enabled: bool
    created: datetime
    signed_in: datetime | None = Field(description="When the user last did.")
    second_factor: bool = Field(description="Whether the user is asked for one.")
    mailed: datetime | None = Field(
        description="When a link was last mailed to the user, or should have been; known after some seconds."
    )
    mail_problem: str | None = Field(description="Why that mail did not go out: mail another link. Null if it did.")


class Users(Schema):
    items: list[User]
    next: str | None = schemas.NEXT


class Invitation(schemas.Body):
    name: str = Field(max_length=254, description="An e-mail address.", examples=["alice@acme.example"])
    role: Role | None = Field(None, description="Unless given: `member`, or `owner` if the account has no owner yet.")


class UserChange(schemas.Body):
    """What is null stays."""

    role: Role | None = None
    enabled: bool | None = Field(None, strict=True)


@router.get("", response=Users, summary="The account's users")
def list_users(request: HttpRequest, response: HttpResponse, query: Query[paging.Portion]):
    """`second_factor` says who has one."""
    found = services.listing(request.caller.account).order_by("pk")
    if place := paging.after(query.cursor, int):
        found = found.filter(pk__gt=place[0])
    rows, following = paging.portion(request, response, found[: query.size + 1], query.size, lambda one: [one.pk])
    return {"items": [services.as_dict(user) for user in rows], "next": following}


@router.post("", response={201: User}, summary="Invite a user")
def invite_user(request: HttpRequest, response: HttpResponse, invited: Invitation):
    """Its name is its e-mail address, which is mailed a link to a password of its own choice, good for a day. No two
    users of this service have the same name, whichever account they are of."""
    try:
        services.check_name(invited.name)
    except ServiceError as error:
        raise Problem("invalid", error, errors=[{"field": "name", "problem": str(error)}]) from None
    _count_link(request, invited.name)
    try:
        user = by_programs.invite(request.caller.account, invited.name, invited.role or "", _address_of(request))
    except DatabaseUnavailable:
        raise
    except ServiceError as error:
        raise Problem("conflict", error) from None
    response.headers["Location"] = f"{ROOT}users/{user.name}"
    return services.as_dict(user)


@router.get("/{name}", response=User, summary="One user")
def get_user(request: HttpRequest, name: str = InPath):
    return services.as_dict(own_user(request, name))


@router.patch("/{name}", response=User, summary="Change a user's role, or enable or disable it")
def change_user(request: HttpRequest, change: UserChange, name: str = InPath):
    """The last owner who can sign in stays one. A disabled user is signed out."""
    own = own_user(request, name)
    return services.as_dict(_done(by_programs.change, own, role=change.role, enabled=change.enabled))


@router.delete("/{name}", response={204: None}, summary="Remove a user")
def remove_user(request: HttpRequest, name: str = InPath):
    """Not the last owner who can sign in."""
    _done(by_programs.remove, own_user(request, name))


@router.post("/{name}/link", response={202: None}, summary="Mail a user a link to a new password")
def mail_link(request: HttpRequest, name: str = InPath):
    """To the address that is its name, and nowhere else; to one that never signed in it is the invitation once more. A
    few in a quarter of an hour. `mailed` and `mail_problem` of the user say what became of it."""
    own = own_user(request, name)
    _count_link(request, own.name)
    _done(by_programs.mail_link, own, _address_of(request))


@router.delete("/{name}/second-factor", response={204: None}, summary="Turn a user's second factor off")
def reset_second_factor(request: HttpRequest, name: str = InPath):
    """For one that has lost its telephone: the password alone signs in then. It is no error where there is none."""
    second_factor.end(own_user(request, name))


def own_user(request: HttpRequest, name: str) -> models.User:
    user = services.listing(request.caller.account).filter(name=services.spelling(name)).first()
    if user is None:
        raise Problem("not-found", f"The account has no user {name[:20]!r}")
    return user


def _done(function, *arguments, **named):
    try:
        return function(*arguments, **named)
    except DatabaseUnavailable:
        raise
    except ServiceError as error:
        raise Problem("conflict", error) from None


def _count_link(request: HttpRequest, name: str) -> None:
    try:
        count_link(name, request.META["REMOTE_ADDR"])
    except SignInRefused as error:
        raise Problem("too-many-requests", error, {"Retry-After": str(WINDOW.seconds)}) from None


def _address_of(request: HttpRequest) -> by_programs.AddressOf:
    return lambda parts: to_password(request, parts)
