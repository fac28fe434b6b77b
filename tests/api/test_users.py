"""Users of the account and its audit log, by a program with an owner's key."""

import pytest

from api.conftest import Program, basic, problem
from dashboard.conftest import HOST, PASSWORD
from dashboard.test_resetting import mailbox
from harness.polling import until

__all__ = ["mailbox"]

BOB = "users/bob@acme.example"


@pytest.fixture
def owners(cast, services):
    """A program with a key of scope `owner`; the account has the owner ann and the member bob."""
    services.users.create("ann@acme.example", cast.owner, "owner", PASSWORD)
    services.users.create("bob@acme.example", cast.owner, "member", PASSWORD)
    key, secret = services.keys.create(cast.owner, "owner")
    return Program(basic(key.name, secret))


def letter(box, to: str) -> str:
    until(lambda: box.letters, what="a letter")
    [(recipients, message)] = box.letters
    assert recipients == [f"rcpt to:<{to}>"]
    return message.get_payload(decode=True).decode()


def test_an_invitation_is_mailed_and_no_program_learns_a_secret(owners, mailbox, services, cast):
    made = owners.ask("POST", "users", {"name": "Carol@acme.example", "role": "owner"})
    assert (made.status_code, made.headers["Location"]) == (201, "/api/v1/users/carol@acme.example")
    shown = {"name", "role", "enabled", "created", "signed_in", "second_factor", "mailed", "mail_problem"}
    assert set(made.json()) == shown
    text = letter(mailbox, "carol@acme.example")
    link = next(line for line in text.splitlines() if line.startswith("https://"))
    token = link.rstrip("/").rpartition("/")[2]
    assert token not in made.content.decode()
    from trunkline.control.users import resetting

    [user, token] = link.partition("/reset/")[2].split("/")
    assert resetting.use((user, token), "another good sentence").name == "carol@acme.example"
    did = [(entry.by, entry.did) for entry in services.audit.find(account=cast.owner, kind="user", name="carol")]
    assert ("key", "invited") in did


def test_an_invitation_leads_to_us_whatever_port_the_request_names(owners, mailbox):
    answer = owners.ask("POST", "users", {"name": "carol@acme.example"}, headers={"Host": f"{HOST}:6666"})
    assert answer.status_code == 201
    text = letter(mailbox, "carol@acme.example")
    assert ":8443/reset/" in text
    assert ":6666" not in text


def test_who_is_invited_first_is_an_owner(cast, services, mailbox):
    key, secret = services.keys.create(cast.stranger, "owner")
    program = Program(basic(key.name, secret))
    made = [program.ask("POST", "users", {"name": name}).json()["role"] for name in ("a@x.example", "b@x.example")]
    assert made == ["owner", "member"]


def test_an_invitation_that_is_sent_twice_is_mailed_once(owners, mailbox):
    headers = {"Idempotency-Key": "carol"}
    for _ in range(2):
        answer = owners.ask("POST", "users", {"name": "carol@acme.example"}, headers=headers)
        assert answer.status_code == 201
    assert answer.headers["Idempotency-Replayed"] == "true"
    assert owners.ask("POST", f"{BOB}/link").status_code == 202  # mail goes out in order
    until(lambda: len(mailbox.letters) == 2, what="two letters")
    assert [to for to, _ in mailbox.letters] == [["rcpt to:<carol@acme.example>"], ["rcpt to:<bob@acme.example>"]]
    problem(owners.ask("POST", "users", {"name": "carol@acme.example"}), 409, "conflict")


def test_an_invitation_that_did_not_go_out_is_told_and_can_be_repeated(owners, mailbox):
    mailbox.refuses = "451 4.3.0 the disk of mx7 is full"
    carol = {"name": "carol@acme.example"}
    assert owners.ask("POST", "users", carol).json()["mail_problem"] is None  # it is not known yet
    until(lambda: owners.ask("GET", "users/carol@acme.example").json()["mailed"], what="what became of the letter")
    told = owners.ask("GET", "users/carol@acme.example").json()
    assert told["mail_problem"] == "the mail server did not take it"
    mailbox.refuses = ""
    refused = problem(owners.ask("POST", "users", carol), 409, "conflict")
    assert "mail another link to invite it once more" in refused["detail"]
    assert owners.ask("POST", "users/carol@acme.example/link").status_code == 202
    assert "You are invited to the dashboard of owner" in letter(mailbox, "carol@acme.example")
    sent = lambda: owners.ask("GET", "users/carol@acme.example").json()["mail_problem"] is None  # noqa: E731
    until(sent, what="the letter that went out")


def test_a_link_goes_to_its_user_alone_and_not_too_often(owners, mailbox):
    answer = owners.ask("POST", f"{BOB}/link")
    assert (answer.status_code, answer.content) == (202, b"")
    assert "/reset/" in letter(mailbox, "bob@acme.example")
    answers = [owners.ask("POST", f"{BOB}/link").status_code for _ in range(3)]
    assert answers == [202, 202, 429]


def test_who_invites_many_keeps_nobody_of_its_network_from_signing_in(owners, mailbox):
    from trunkline.control.users.signing_in import PER_NETWORK, authenticate

    invited = [owners.ask("POST", "users", {"name": f"{n}@acme.example"}).status_code for n in range(PER_NETWORK + 1)]
    assert invited == [201] * PER_NETWORK + [429]
    assert authenticate("ann@acme.example", PASSWORD, "127.0.0.1").name == "ann@acme.example"


def test_what_cannot_be_mailed_is_refused(owners, services, cast):
    told = problem(owners.ask("POST", "users", {"name": "carol@acme.example"}), 409, "conflict")
    assert "sends no mail" in told["detail"]
    problem(owners.ask("POST", f"{BOB}/link"), 409, "conflict")
    assert services.users.listing(cast.owner).count() == 2


@pytest.mark.parametrize(
    ("body", "status", "said"),
    [
        ({"name": "carol"}, 409, "not an e-mail address"),
        ({"name": "<b>@acme.example"}, 422, "cannot be the name"),
        ({"name": "x" * 255}, 422, "Name: string should have at most 254"),
        ({"name": "carol@acme.example", "role": "operator"}, 422, "Role: input should be"),
        ({"name": "carol@acme.example", "password": "mine"}, 422, "there is no such field"),
    ],
)
def test_a_user_that_cannot_be_is_refused(owners, mailbox, services, cast, body, status, said):
    answer = owners.ask("POST", "users", body)
    assert answer.status_code == status
    assert said in answer.json()["detail"]
    assert services.users.listing(cast.owner).count() == 2


def test_users_are_listed_changed_and_removed(owners, services):
    listed = owners.ask("GET", "users?size=1").json()
    assert [user["name"] for user in listed["items"]] == ["ann@acme.example"]
    rest = owners.ask("GET", f"users?cursor={listed['next']}").json()
    assert [(user["name"], user["role"]) for user in rest["items"]] == [("bob@acme.example", "member")]
    assert owners.ask("PATCH", BOB, {"role": "owner"}).json()["role"] == "owner"
    assert owners.ask("PATCH", BOB, {"enabled": False}).json() == owners.ask("GET", BOB).json()
    assert not services.users.get("bob@acme.example").enabled
    assert owners.ask("DELETE", BOB).status_code == 204
    problem(owners.ask("GET", BOB), 404, "not-found")


def test_the_last_owner_stays(owners, services):
    ann = "users/ann@acme.example"
    owners.ask("PATCH", BOB, {"role": "owner"})
    owners.ask("PATCH", BOB, {"enabled": False})  # an owner, but none who can sign in
    for method, body in (("PATCH", {"role": "member"}), ("PATCH", {"enabled": False}), ("DELETE", None)):
        assert "only owner" in problem(owners.ask(method, ann, body), 409, "conflict")["detail"]
    assert owners.ask("PATCH", ann, {"role": "owner", "enabled": True}).status_code == 200
    owners.ask("PATCH", BOB, {"enabled": True})
    assert owners.ask("DELETE", ann).status_code == 204


def test_a_second_factor_is_seen_and_reset_and_its_secret_is_not(owners, services):
    import pyotp

    user = services.users.get("bob@acme.example")
    secret = services.second_factor.begin(user)
    services.second_factor.confirm(user, pyotp.TOTP(secret).now())
    shown = owners.ask("GET", BOB)
    assert shown.json()["second_factor"] is True
    assert secret not in shown.content.decode()
    for _ in range(2):
        assert owners.ask("DELETE", f"{BOB}/second-factor").status_code == 204
    assert owners.ask("GET", BOB).json()["second_factor"] is False


def test_the_audit_log_is_read_by_pages_and_filters(owners, services, cast):
    from trunkline.control.audit.actor import OPERATOR, Actor, acting

    for n in range(5):
        services.numbers.forward(cast.number, f"sip:{n}@pbx.example")
    with acting(Actor(OPERATOR, "olga", "192.0.2.99")):
        services.accounts.change(cast.owner, calls_at_once=5)
    seen, following = [], "/api/v1/audit?size=2"
    while following:
        page = owners.ask("GET", following)
        seen += page.json()["items"]
        following = page.headers.get("Link", "").partition("https://sip.trunk.example")[2].partition(">")[0]
    assert len(seen) == len({str(entry) for entry in seen}) == len(services.audit.find(account=cast.owner, limit=99))
    assert (seen[0]["by"], seen[0]["who"], seen[0]["address"]) == ("operator", "", "")
    change = {"field": "Forward to SIP", "old": "sip:3@pbx.example", "new": "sip:4@pbx.example"}
    assert seen[1]["changes"] == [change]
    ask = lambda query: owners.ask("GET", f"audit?{query}").json()["items"]  # noqa: E731
    assert {entry["kind"] for entry in ask("kind=user")} == {"user"}
    assert {entry["name"] for entry in ask("name=bob")} == {"bob@acme.example"}
    assert ask("since=2999-01-01T00:00:00Z") == ask("until=1999-01-01T00:00:00Z") == ask("who=olgaX") == []
    problem(owners.ask("GET", "audit?cursor=x"), 422, "invalid")
    problem(owners.ask("GET", "audit?since=0001-01-01T00:00:00%2B14:00"), 422, "invalid")
    problem(owners.ask("GET", "audit?account=stranger"), 422, "invalid")


def test_whoever_works_for_the_operator_is_not_found_by_name(owners, services, cast):
    from trunkline.control.audit.actor import OPERATOR, Actor, acting

    with acting(Actor(OPERATOR, "olga", "192.0.2.99")):
        services.accounts.change(cast.owner, calls_at_once=5)
    assert owners.ask("GET", "audit?who=olga").json()["items"] == []
