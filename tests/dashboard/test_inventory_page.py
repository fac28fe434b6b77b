"""The inventory: numbers given, taken back and removed, and imported from files."""

import io

import pytest

from trunkline.control.dashboard.options import LARGEST_BODY


@pytest.fixture
def csv(operator):
    """Uploads a file as a browser does: `csv(b"...")`."""

    def upload(content: bytes, browser=operator, **fields):
        file = io.BytesIO(content)
        file.name = "numbers.csv"
        return browser.post("/inventory/import", fields | {"file": file})

    return upload


def test_numbers_of_all_accounts_are_found(operator, services):
    services.numbers.add("+442071234567")
    listed = lambda query="": operator.get(f"/inventory/{query}").content.decode()  # noqa: E731
    assert all(text in listed() for text in ("900001", "900002", "7123\u00a04567", "3 numbers"))
    assert "1 number<" in listed("?account=stranger")
    assert "1 number<" in listed("?unassigned=1")
    assert "1 number<" in listed("?q=%2B4420")
    assert "No such number" in listed("?q=33")
    assert "There is no account" in listed("?account=nobody")
    assert "is not part of a telephone number" in listed("?q=x")


def test_ticked_numbers_are_given_taken_back_and_removed(operator, services, cast):
    both = {"number": ["447700900001", "447700900002"]}
    answer = operator.post("/inventory/change?q=4477", both | {"do": "give", "account": "stranger"})
    assert answer.headers["Location"] == "/inventory/?q=4477"
    number = services.numbers.get("447700900001")
    assert (number.account, number.forward) == (cast.stranger, "")
    operator.post("/inventory/change", both | {"do": "take"})
    assert services.numbers.get("447700900002").account is None
    operator.post("/inventory/change", {"number": "447700900001", "do": "remove"})
    assert not services.numbers.listing(prefix="447700900001").exists()


@pytest.mark.parametrize(
    ("posted", "said"),
    [
        ({"do": "remove"}, "Tick the numbers first"),
        ({"number": "447700900001", "do": "give"}, "Write the account"),
        ({"number": "447700900001", "do": "sell"}, "Choose what is to be done"),
        ({"number": "447700900001", "do": "give", "account": "<b>"}, "There is no account &#x27;&lt;b&gt;&#x27;"),
        ({"number": ["447700900001", "447700900999"], "do": "remove"}, "There is no number"),
    ],
)
def test_what_cannot_be_done_changes_nothing(operator, services, posted, said):
    answer = operator.post("/inventory/change", posted)
    assert answer.status_code == 422
    assert said in answer.content.decode()
    assert services.numbers.get("447700900001").account.name == "owner"


def test_one_number_is_taken_in(operator, services):
    assert operator.post("/inventory/add", {"number": "+44 20 7123 4567", "monthly_cost": "1.5"}).status_code == 302
    number = services.numbers.get("442071234567")
    assert (number.account, str(number.monthly_cost)) == (None, "1.50")
    for field, value, said in (
        ("number", "12", "not an E.164 number"), ("account", "nobody", "no account"), ("monthly_cost", "dear", "euros"),
    ):  # fmt: skip
        answer = operator.post("/inventory/add", {"number": "442071234568", field: value})
        assert said in answer.content.decode().partition(f'id="id_{field}_error"')[2].partition("</p>")[0]
    assert "exists already" in operator.post("/inventory/add", {"number": "442071234567"}).content.decode()


def test_a_file_is_checked_seen_and_written(operator, services, csv):
    answer = csv(b"number,account\n+442071234567,owner\n+442071234568,\n")
    place = answer.headers["Location"]
    assert "is waiting to be checked" in operator.get(place).content.decode()
    part = operator.get(place, HTTP_HX_REQUEST="true").content.decode()
    assert 'hx-trigger="every 1s"' in part
    assert "<html" not in part
    services.import_worker.step()
    page = operator.get(place).content.decode()
    assert "It would add 2 and change 0" in page
    assert "hx-trigger" not in page.partition('id="progress"')[2]
    operator.post(f"{place}/approve")
    services.import_worker.step()
    assert "Done: 2 added" in operator.get(place).content.decode()
    assert operator.post(f"{place}/approve").status_code == 422
    operator.post(f"{place}/discard")
    assert operator.get(place).status_code == 404


def test_every_fault_is_shown_by_its_line(operator, services, csv):
    place = csv(b"number\n" + b"".join(b"<b>%d\n" % n for n in range(130))).headers["Location"]
    services.import_worker.step()
    page = operator.get(place).content.decode()
    assert "130 of 130 lines have a fault" in page
    assert "&lt;b&gt;99" in page
    assert "<b>" not in page
    more = operator.get(f"{place}?after=101").content.decode()
    assert more.count("is not an E.164 number") == 30
    assert operator.get(f"{place}/faults.csv").content.decode().count("\n") == 131
    assert operator.post(f"{place}/approve").status_code == 422


def test_what_is_no_table_is_said_at_once(operator, csv):
    answer = csv(b"telephone\n1\n")
    assert (answer.status_code, "must name its columns" in answer.content.decode()) == (422, True)
    answer = operator.post("/inventory/import", {})
    assert "Choose a file first" in answer.content.decode()


def test_only_an_operator_may_send_much(operator, owner, anybody, csv, services):
    much = b"number\n" + b"".join(b"+4420%08d\n" % n for n in range(20_000))
    assert len(much) > 2 * LARGEST_BODY
    for browser in (owner, anybody()):
        assert csv(much, browser).status_code == 413
    assert csv(b"number\n", owner).status_code == 403
    answer = csv(much)
    assert answer.status_code == 302
    assert services.imports.recent()[0].lines == 20_001
    assert operator.post("/inventory/change", {"number": "4" * 200_000}).status_code == 413
    answer = csv(b"x" * 16_200_000)
    assert answer.status_code == 413
    assert "No more than 16,100,000 bytes" in answer.content.decode()
    assert csv(b"number\n+442071234567\n", update="x" * 200_000).status_code == 400


def test_a_file_anywhere_else_is_nothing(operator):
    file = io.BytesIO(b"x")
    file.name = "x.csv"
    answer = operator.post("/inventory/add", {"number": "442071234567", "account": file})
    assert answer.status_code == 302
    assert answer.wsgi_request.FILES == {}


def test_a_forged_upload_is_refused(signed_in, services, csv):
    assert csv(b"number\n+442071234567\n", signed_in("operator", enforce=True)).status_code == 403
    assert not services.imports.recent().exists()
