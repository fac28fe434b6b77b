"""*Test* and *Call*: who may have how many, who works them off, and what the page says of what came."""

from datetime import timedelta

import pytest

TEST, CALL = "/numbers/447700900001/test", "/numbers/447700900001/call"
HX = {"HTTP_HX_REQUEST": "true"}
ANSWER = {"uri": "sip:owner@pbx.example", "address": "udp:192.0.2.7:5060", "code": 200, "reason": "OK", "ms": 12,
          "problem": ""}  # fmt: skip


@pytest.fixture
def jobs(services):
    return services.jobs


def page_of(browser, answer):
    return browser.get(answer.headers["Location"])


def test_a_test_is_worked_off_and_shown(owner, jobs):
    answer = owner.post(TEST)
    page = page_of(owner, answer).content.decode()
    assert "Asking each URI" in page
    assert 'http-equiv="refresh"' in page
    job = jobs.claim("node1")
    assert (job.kind, job.number, job.user, job.account.name) == ("options", "447700900001", "owner", "owner")
    assert jobs.claim("node2") is None
    refused = ANSWER | {"address": "tcp:192.0.2.8:5060", "code": 0, "problem": "the connection was refused or failed"}
    odd = ANSWER | {"code": 405, "reason": "<b>No</b>"}
    jobs.finish(job, {"asked": [ANSWER, refused, odd]})
    page = page_of(owner, answer).content.decode()
    failed = "The connection was refused or failed."
    for words in ("Answers 200 OK in 12 ms", failed, "does not like OPTIONS", "&lt;b&gt;"):
        assert words in page
    assert 'http-equiv="refresh"' not in page


def test_with_htmx_the_panel_alone_asks_until_there_is_a_result(owner, jobs):
    panel = owner.post(TEST, **HX).content.decode()
    assert "<html" not in panel
    assert 'hx-trigger="every 1s"' in panel
    path = panel.partition('hx-get="')[2].partition('"')[0]
    jobs.finish(jobs.claim("node1"), {"asked": [ANSWER]})
    panel = owner.get(path, **HX).content.decode()
    assert "Answers 200" in panel
    assert "hx-trigger" not in panel


def test_a_call_shows_its_timeline_when_the_record_is_there(owner, jobs, record, cast):
    from django.utils import timezone

    answer = owner.post(CALL)
    job = jobs.claim("node1")
    jobs.finish(job, {"call_id": "trial-1", "code": 200, "reason": "OK", "heard": True})
    page = page_of(owner, answer).content.decode()
    assert "The call is over (200 OK). Its record arrives" in page
    now = timezone.now()
    record(
        "t1", direction="inbound", outcome="answered", key="", source="trial", call_id="trial-1", code=200,
        started=now, answered=now, hung_up=now, duration=4.0,
        attempts=[{"kind": "uri", "target": "sip:owner@pbx.example", "address": "udp:192.0.2.7:5060", "started": now,
                   "ended": now, "code": 200, "reason": "OK"}],
    )  # fmt: skip
    page = page_of(owner, answer).content.decode()
    for words in ("tries sip:owner@pbx.example", "from this dashboard, as a test", "Audio came back", "/calls/t1"):
        assert words in page
    assert 'http-equiv="refresh"' not in page


def test_what_nobody_works_off_is_said_to_be_lost(owner, jobs):
    from trunkline.control.jobs.models import Job

    answer = owner.post(TEST)
    Job.objects.update(created=Job.objects.get().created - timedelta(seconds=91))
    assert "This was never carried out" in page_of(owner, answer).content.decode()
    assert jobs.claim("node1") is None


def test_a_number_that_goes_nowhere_has_nobody_to_ask(owner, services):
    services.numbers.forward(services.numbers.get("447700900001"), "")
    for path in (TEST, CALL):
        assert owner.post(path).status_code == 422
    assert "Test the URIs" not in owner.get("/numbers/447700900001").content.decode()


def test_one_call_at_a_time_of_an_account(owner, member, jobs):
    assert owner.post(CALL).status_code == 302
    refused = member.post(CALL, **HX)
    assert refused.status_code == 422
    assert "A test call of this account is under way" in refused.content.decode()
    jobs.finish(jobs.claim("node1"), {"call_id": "x", "code": 486, "reason": "Busy Here", "heard": False})
    assert member.post(CALL).status_code == 302


def test_few_in_a_minute_and_in_an_hour(owner, member, services, cast, jobs):
    from trunkline.control.jobs.models import Job

    def tested(browser):
        answer = browser.post(TEST)
        jobs.finish(jobs.claim("node1"), {"asked": []})
        return answer.status_code

    assert [tested(owner) for _ in range(6)] == [302] * 6
    assert "you have had 6 tests in a minute" in owner.post(TEST).content.decode().lower()
    assert tested(member) == 302
    first = Job.objects.first()
    Job.objects.bulk_create(
        Job(
            kind="options",
            account=first.account,
            number=first.number,
            user="x",
            created=first.created,
            finished=first.created,
        )  # fmt: skip
        for _ in range(60)
    )
    assert "60 tests in an hour" in member.post(TEST).content.decode()


def test_a_job_is_claimed_once_however_many_look(owner, jobs):
    owner.post(TEST)
    owner.post(TEST)
    claimed = [jobs.claim(f"node{n}") for n in range(4)]
    assert len({job.pk for job in claimed if job}) == 2
    assert claimed[2:] == [None, None]


def test_old_jobs_go(owner):
    from trunkline.control.jobs.models import Job

    owner.post(TEST)
    Job.objects.update(created=Job.objects.get().created - timedelta(days=2))
    owner.post(TEST)
    assert Job.objects.count() == 1


def test_no_account_takes_all_of_a_nodes_slots(owner, member, stranger, jobs, services, cast):
    services.numbers.forward(services.numbers.get("447700900002"), "sip:stranger@pbx.example")
    assert owner.post(TEST).status_code == member.post(TEST).status_code == 302
    refused = owner.post(TEST, **HX)
    assert refused.status_code == 422
    assert "2 tests of this account are under way: wait until one has ended" in refused.content.decode()
    assert stranger.post("/numbers/447700900002/test").status_code == 302
    jobs.finish(jobs.claim("node1"), {"asked": [ANSWER]})
    assert owner.post(TEST).status_code == 302
