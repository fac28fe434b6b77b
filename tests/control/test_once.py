"""An Idempotency-Key on both databases: of requests that come at once, one is carried out."""

import threading

import pytest


@pytest.fixture
def post(services, cast):
    from django.http import HttpResponse
    from django.test import RequestFactory

    from trunkline.control.api import callers, idempotency
    from trunkline.control.database import close

    caller = callers.Caller(cast.owner, cast.key, 1, cast.secret)

    def send(name: str) -> HttpResponse:
        """Make a key, as POST /keys does."""
        request = RequestFactory().post("/api/v1/keys", headers={"Idempotency-Key": name})
        try:
            return idempotency.once(
                request, caller, lambda: HttpResponse(services.keys.create(cast.owner)[1], status=201)
            )
        finally:
            close()

    return send


def test_of_those_that_come_at_once_one_is_carried_out(post, services, cast):
    start, answers = threading.Barrier(6), []

    def send():
        start.wait(10)
        answers.append(post("one").content)

    threads = [threading.Thread(target=send) for _ in range(6)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(60)
    assert len(answers) == 6
    assert len(set(answers)) == 1
    assert services.keys.listing(cast.owner).count() == 2


def test_what_fails_leaves_nothing_behind(post, services, cast, monkeypatch):
    from trunkline.control.api.models import Answer

    def fail(account):
        raise RuntimeError

    monkeypatch.setattr(services.keys, "create", fail)
    with pytest.raises(RuntimeError):
        post("two")
    assert not Answer.objects.exists()
    monkeypatch.undo()
    assert post("two").status_code == 201
