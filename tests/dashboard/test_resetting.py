"""Another password for who has forgotten it: by an owner's link, and by mail."""

import email
import re
import socketserver
import threading
from datetime import timedelta

import pytest

from dashboard.conftest import HOST, PASSWORD
from dashboard.test_signing_in import sign_in
from harness.polling import until

NEW = "another good sentence"


class Mailbox(socketserver.ThreadingTCPServer):
    """An SMTP server that takes everything (RFC 5321, as little of it as that takes)."""

    allow_reuse_address = daemon_threads = True

    def __init__(self):
        super().__init__(("127.0.0.1", 0), Session)
        self.refuses = ""  # what it says of whom a letter is to
        self.letters: list[tuple[list[str], email.message.Message]] = []


class Session(socketserver.StreamRequestHandler):
    def handle(self):
        self.say("220 mailbox")
        to = []
        while line := self.rfile.readline().decode().strip():
            match line.split()[0].upper():
                case "RCPT" if self.server.refuses:
                    self.say(self.server.refuses)
                    continue
                case "RCPT":
                    to.append(line)
                case "DATA":
                    self.say("354 go on")
                    text = b"".join(iter(self.rfile.readline, b".\r\n"))
                    self.server.letters.append((to, email.message_from_bytes(text)))
                case "QUIT":
                    return self.say("221 bye")
            self.say("250 fine")
        return None

    def say(self, text: str):
        self.wfile.write(f"{text}\r\n".encode())


@pytest.fixture
def mailbox(services):
    from django.conf import settings

    from trunkline.control.dashboard.application import configure

    box, before = Mailbox(), settings.TRUNKLINE
    threading.Thread(target=box.serve_forever, daemon=True).start()
    mail = {"host": "127.0.0.1", "port": box.server_address[1], "tls": "none", "sender": "trunk@example.com"}
    settings.TRUNKLINE = before.model_copy(update={"mail": before.mail.model_copy(update=mail)})
    configure(settings.TRUNKLINE, settings.SECRET_KEY)
    yield box
    settings.TRUNKLINE = before
    box.shutdown()
    box.server_close()


@pytest.fixture
def alice(cast, services):
    return services.users.create("alice@acme.example", cast.owner, "owner", PASSWORD)[0]


def link_in(page: str) -> str:
    return re.search(r'<code id="link">https://[^/]+(/reset/[^<]+)</code>', page)[1]


def reset(browser, path, password=NEW, again=None):
    return browser.post(path, {"password": password, "again": again or password})


def test_an_owners_link_sets_a_password_once(owner, member, anybody):
    page = owner.post("/users/member/link").content.decode()
    path = link_in(page)
    assert path not in owner.get("/users/").content.decode()
    browser = anybody()
    assert "A new password for member" in browser.get(path).content.decode()
    assert "Your password is set" in reset(browser, path).content.decode()
    assert member.get("/").status_code == 302  # signed out
    assert sign_in(anybody(), "member", NEW).status_code == 302
    for answer in (browser.get(path), reset(browser, path, "yet another good sentence")):
        assert answer.status_code == 404
        assert "is no longer valid" in answer.content.decode()
    assert sign_in(anybody(), "member", NEW).status_code == 302


def test_what_is_wrong_with_the_password_is_said_and_the_link_still_counts(owner, anybody):
    path = link_in(owner.post("/users/member/link").content.decode())
    for options, said in (({"password": "short"}, "at least 12"), ({"again": "x"}, "not what you wrote above")):
        answer = reset(anybody(), path, **options)
        assert answer.status_code == 422
        assert said in answer.content.decode()
    assert reset(anybody(), path).status_code == 200


def test_a_link_ends_after_a_day_by_a_sign_in_and_with_its_user(owner, anybody, services, monkeypatch):
    from django.conf import settings

    paths = [link_in(owner.post("/users/member/link").content.decode()) for _ in range(3)]
    monkeypatch.setattr(settings, "PASSWORD_RESET_TIMEOUT", -1)
    assert reset(anybody(), paths[0]).status_code == 404
    monkeypatch.undo()
    services.users.change(services.users.get("member"), enabled=False)
    assert reset(anybody(), paths[1]).status_code == 404
    assert owner.post("/users/member/link").status_code == 422
    services.users.change(services.users.get("member"), enabled=True)
    user = services.users.get("member")
    assert anybody().get(paths[2]).status_code == 200
    user.last_login = user.created + timedelta(seconds=5)
    user.save(update_fields=["last_login"])
    assert anybody().get(paths[2]).status_code == 404


@pytest.mark.parametrize("path", ["/reset/MQ/x", "/reset/x/x", "/reset/%00/x", f"/reset/{'OTk5' * 8}/a-b"])
def test_a_guessed_link_is_none(cast, anybody, path):
    assert anybody().get(path).status_code == 404
    assert reset(anybody(), path).status_code == 404


def test_a_link_by_mail(alice, anybody, mailbox):
    assert "Forgotten your password?</a>" in anybody().get("/sign-in").content.decode()
    answer = anybody().post("/forgotten", {"name": " Alice@acme.example "})
    assert "is on its way" in answer.content.decode()
    until(lambda: mailbox.letters, 10, "a letter")
    [(to, letter)] = mailbox.letters
    assert ([line.lower() for line in to], letter["From"]) == (["rcpt to:<alice@acme.example>"], "trunk@example.com")
    path = re.search(rf"https://{re.escape(HOST)}(/reset/\S+)", letter.get_payload())[1]
    assert "Your password is set" in reset(anybody(), path).content.decode()
    assert sign_in(anybody(), "alice@acme.example", NEW).status_code == 302


@pytest.mark.parametrize(
    ("hosts", "port", "asked", "linked"),
    [
        ([], 8443, HOST, HOST),
        ([], 8443, f"{HOST}:443", f"{HOST}:443"),
        ([], 8443, f"{HOST}:8443", f"{HOST}:8443"),
        ([], 9443, f"{HOST.upper()}:9443", f"{HOST}:9443"),
        ([], 8443, f"{HOST}:6666", "192.0.2.10:8443"),
        (["trunk.example", "b.example"], 8443, "b.example:8443", "b.example:8443"),
        (["trunk.example", "b.example"], 8443, f"{HOST}:8443", "trunk.example:8443"),
        (["trunk.example", "b.example"], 8443, "192.0.2.10", "trunk.example:8443"),  # perhaps another one's in its LAN
        (["trunk.example:9443"], 8443, "trunk.example:9443", "trunk.example:9443"),
        (["trunk.example:9443"], 8443, "trunk.example:9444", "trunk.example:9443"),
    ],
)
def test_a_link_leads_to_us_whatever_host_and_port_a_request_names(
    alice, anybody, mailbox, monkeypatch, hosts, port, asked, linked
):
    from django.conf import settings

    from trunkline.control.dashboard.application import configure

    web = settings.TRUNKLINE.web.model_copy(update={"hosts": hosts, "port": port, "address": "192.0.2.10"})
    monkeypatch.setattr(settings, "TRUNKLINE", settings.TRUNKLINE.model_copy(update={"web": web}))
    configure(settings.TRUNKLINE, settings.SECRET_KEY)
    answer = anybody().post("/forgotten", {"name": "alice@acme.example"}, headers={"Host": asked})
    assert answer.status_code == 200
    until(lambda: mailbox.letters, what="a letter")
    assert f"https://{linked}/reset/" in mailbox.letters[0][1].get_payload(decode=True).decode()


def test_nobody_learns_whether_there_is_such_a_user(alice, services, anybody, mailbox):
    services.users.create("gone@acme.example", services.accounts.get("owner"), "member", PASSWORD)
    services.users.change(services.users.get("gone@acme.example"), enabled=False)
    said = set()
    for n, name in enumerate(("nobody@acme.example", "owner", "gone@acme.example", "alice@acme.example", "")):
        answer = anybody().post("/forgotten", {"name": name}, REMOTE_ADDR=f"192.0.2.{n}")
        assert answer.status_code == 200
        said.add(re.sub(r'"X-CSRFToken": "\w+"', "", answer.content.decode()))
    assert len(said) == 1
    until(lambda: mailbox.letters, 10, "a letter")
    assert len(mailbox.letters) == 1


def test_nobodys_mailbox_is_filled(alice, anybody, mailbox):
    for n in range(3):
        answer = anybody().post("/forgotten", {"name": "alice@acme.example"}, REMOTE_ADDR=f"192.0.2.{n}")
        assert answer.status_code == 200
    answer = anybody().post("/forgotten", {"name": "alice@acme.example"}, REMOTE_ADDR="192.0.2.9")
    assert answer.status_code == 429
    assert "Wait 15 minutes" in answer.content.decode()


def test_without_a_mail_server_nothing_is_offered(cast, anybody):
    assert "An owner of your account" in anybody().get("/sign-in").content.decode()
    assert anybody().get("/forgotten").status_code == 404


def test_a_mail_server_that_is_away_is_logged(alice, anybody, mailbox, caplog):
    mailbox.shutdown()
    mailbox.server_close()
    assert anybody().post("/forgotten", {"name": "alice@acme.example"}).status_code == 200
    until(lambda: "was not mailed" in caplog.text, 10, "the failure is logged")


def test_a_letter_that_did_not_go_out_is_told_to_owners_and_the_operator(alice, owner, anybody, services, mailbox):
    from trunkline.control.users import mailing

    mailbox.refuses = "451 4.3.0 the disk of mx7 is full"
    forget_password(anybody, services)
    page = owner.get("/users/").content.decode()
    assert "did not go out</strong>: the mail server did not take it" in page
    assert "mx7" not in page  # whose the mail server is, and how it fares, is the operator's
    assert "to alice@acme.example at" in mailing.trouble()
    assert "451 4.3.0 the disk of mx7 is full. Letters are not repeated" in mailing.trouble()
    mailbox.refuses = ""
    forget_password(anybody, services)
    assert "did not go out" not in owner.get("/users/").content.decode()
    assert mailing.trouble() == ""


def test_an_address_that_is_none_is_no_trouble_of_the_service(alice, owner, anybody, services, mailbox):
    from trunkline.control.users import mailing

    mailbox.refuses = "550 5.1.1 no such user"
    forget_password(anybody, services)
    assert "did not go out</strong>: the mail server refuses this address" in owner.get("/users/").content.decode()
    assert mailing.trouble() == ""


def test_a_letter_of_the_day_before_is_no_trouble_any_more(alice, anybody, services, mailbox, monkeypatch):
    from trunkline.control.users import mailing

    mailbox.shutdown()
    mailbox.server_close()
    forget_password(anybody, services)
    assert "Connection refused. Letters are not repeated" in mailing.trouble()
    monkeypatch.setattr(mailing, "TOLD", timedelta(0))
    assert mailing.trouble() == ""


def forget_password(anybody, services):
    """Ask for a link for alice, and wait until it is known what became of it."""
    before = services.users.get("alice@acme.example").mailed
    assert anybody().post("/forgotten", {"name": "alice@acme.example"}).status_code == 200
    until(lambda: services.users.get("alice@acme.example").mailed != before, 10, "what became of the letter")
