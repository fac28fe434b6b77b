import time

import pytest


@pytest.fixture
def rows(services):
    def make(*lines):
        return [services.importing.Row(n, *(*line, "", "")[:3]) for n, line in enumerate(lines, 2)]

    return make


def test_numbers_are_added_together(cast, services, rows):
    plan = services.importing.carry_out(
        rows(
            ("+33100000001", "owner", "sip:A@B.example"),
            ("33100000002",),
            (cast.number.e164, "owner", "sip:owner@pbx.example"),
        )
    )
    assert (len(plan.add), len(plan.update), plan.unchanged, plan.problems) == (2, 0, 1, [])
    assert services.numbers.get("33100000001").forward == "sip:A@b.example"
    assert services.numbers.get("33100000002").account is None


def test_every_fault_is_named_by_its_line_and_nothing_is_written(cast, services, rows):
    plan = services.importing.carry_out(
        rows(
            ("+33100000001", "owner"),
            ("0123", "owner"),
            ("+33100000001",),
            ("+33100000003", "nobody"),
            ("+33100000004", "owner", "sip:"),
            (cast.stranger_number.e164, "owner"),
        )
    )
    assert [(problem.line, problem.problem[:30]) for problem in plan.problems] == [
        (3, "'0123' is not an E.164 number:"),
        (4, "the number is in line 2 alread"),
        (5, "there is no account 'nobody': "),
        (6, "cannot forward to 'sip:': entr"),
        (7, "the number exists already, wit"),
    ]
    assert services.numbers.listing().count() == 2


def test_a_dry_run_writes_nothing(cast, services, rows):
    plan = services.importing.plan(rows(("+33100000001", "owner")))
    assert len(plan.add) == 1
    assert services.numbers.listing().count() == 2


def test_numbers_that_are_here_change_only_when_that_is_wanted(cast, services, rows):
    plan = services.importing.carry_out(rows((cast.number.e164, "stranger", "sip:x@y.example")), update=True)
    assert len(plan.update) == 1
    number = services.numbers.get(cast.number.e164)
    assert (number.account, number.forward) == (cast.stranger, "sip:x@y.example")


def test_how_far_it_is_never_passes_its_end(cast, services, rows, monkeypatch):
    monkeypatch.setattr(services.importing, "PORTION", 2)
    same = (cast.number.e164, "owner", "sip:owner@pbx.example")
    other = (cast.stranger_number.e164, "owner", "sip:owner@pbx.example")
    said = []
    lines = rows(other, same, ("+33100000001",), ("no number",), ("+33100000002",), ("+33100000003",))
    services.importing.plan(lines, progress=said.append)
    assert said == [2, 5, 6]  # the one that is no number is passed on the way


def test_a_price_that_changes_while_the_rows_are_checked_stays(cast, services, rows, monkeypatch):
    """The row says nothing of it."""
    importing, check = services.importing, services.importing.plan

    def changed_meanwhile(*arguments):
        result = check(*arguments)
        monkeypatch.setattr(importing, "plan", check)
        services.numbers.change(services.numbers.get(cast.number.e164), monthly_cost="9.50")
        return result

    monkeypatch.setattr(importing, "plan", changed_meanwhile)
    importing.carry_out(rows((cast.number.e164, "owner", "sip:other@pbx.example")), update=True)
    number = services.numbers.get(cast.number.e164)
    assert (number.forward, f"{number.monthly_cost:.2f}") == ("sip:other@pbx.example", "9.50")


def test_what_others_wait_for_does_not_grow_with_the_lists(cast, services, rows):
    """Nodes and endpoints are looked up once, not for each list."""
    from django.db import connection
    from django.test.utils import CaptureQueriesContext

    def queries(count):
        with CaptureQueriesContext(connection) as captured:
            services.importing.plan(
                rows(*((f"+33100000{n:03}", "owner", f"sip:{n}@p{n}.example") for n in range(count)))
            )
        return len(captured)

    assert queries(100) == queries(1)


def test_changing_numbers_keeps_others_waiting_hardly_longer_than_adding_them(sqlite, monkeypatch):
    """While they are written nobody else writes; Django's own way took more than ten times as long."""
    from trunkline.control import services
    from trunkline.control.numbers.importing import Row

    importing, write, taken = services.importing, services.importing._write, []

    def timed(*arguments):
        began = time.process_time()
        write(*arguments)
        taken.append(time.process_time() - began)

    monkeypatch.setattr(importing, "_write", timed)
    services.accounts.create("owner")
    for host in ("one", "other"):
        lines = [Row(n, f"+4420700{n:05}", "owner", f"sip:{n}@{host}.example") for n in range(3_000)]
        plan = importing.carry_out(lines, update=True)
        assert (len(plan.add) + len(plan.update), plan.problems) == (3_000, [])
    assert services.numbers.get("442070002999").forward == "sip:2999@other.example"
    assert taken[1] < 3 * taken[0]


def test_a_plan_that_somebody_overtakes_is_made_again_before_others_wait(cast, services, rows, monkeypatch):
    from django.db import connection

    importing, check, waiting = services.importing, services.importing.plan, []

    def overtaken(*arguments):
        waiting.append(connection.in_atomic_block)
        result = check(*arguments)
        if len(waiting) < 4:
            services.numbers.change(services.numbers.get(cast.stranger_number.e164), monthly_cost=str(len(waiting)))
        return result

    monkeypatch.setattr(importing, "plan", overtaken)
    importing.carry_out(rows(("+33100000001", "owner")))
    assert services.numbers.get("33100000001").account == cast.owner
    assert waiting == [False, False, False, True]
