"""If-Match: of two programs that change the same number, the second one learns of the first (RFC 9110 §13.1.1)."""

import pytest

from api.conftest import problem

AT = "numbers/447700900001"
WANTED = {"forward": "sip:wanted@pbx.example"}


@pytest.fixture
def tag(owner):
    """The tag of the number as it is."""
    return lambda: owner.ask("GET", AT).headers["ETag"]


def test_a_tag_changes_with_the_number(owner, tag, services, cast):
    seen = [tag()]
    assert (tag(), owner.ask("HEAD", AT).headers["ETag"]) == (seen[0], seen[0])
    owner.ask("PUT", f"{AT}/forward", WANTED)
    seen.append(tag())
    services.numbers.change(services.numbers.get("447700900001"), monthly_cost="7")
    seen.append(tag())
    services.accounts.change(cast.owner, srtp="offered")  # which is in the number's warnings
    seen.append(tag())
    assert len(set(seen)) == 4
    assert all(one.startswith('"') for one in seen)  # strong


def test_who_has_seen_the_number_forwards_and_releases_it(owner, tag, services):
    assert owner.ask("PUT", f"{AT}/forward", WANTED, headers={"If-Match": tag()}).status_code == 200
    several = f'"another", {tag()}'
    assert owner.ask("PUT", f"{AT}/forward", {"forward": ""}, headers={"If-Match": several}).status_code == 200
    assert owner.ask("PUT", f"{AT}/forward", WANTED, headers={"If-Match": "*"}).status_code == 200
    assert owner.ask("DELETE", AT, headers={"If-Match": tag()}).status_code == 204
    assert services.numbers.get("447700900001").account is None


def test_who_has_seen_another_number_changes_nothing(owner, tag, services):
    old = tag()
    owner.ask("PUT", f"{AT}/forward", {"forward": "sip:another@pbx.example"})
    for header in (old, f"W/{tag()}", tag().strip('"'), "", "nothing"):
        told = problem(
            owner.ask("PUT", f"{AT}/forward", WANTED, headers={"If-Match": header}), 412, "changed-meanwhile"
        )
        assert "Get it again" in told["detail"]
        problem(owner.ask("DELETE", AT, headers={"If-Match": header}), 412, "changed-meanwhile")
    assert services.numbers.get("447700900001").forward == "sip:another@pbx.example"


def test_what_is_there_as_it_is_wanted_is_a_success(owner, tag):
    old = {"If-Match": tag()}
    for _ in range(2):
        assert owner.ask("PUT", f"{AT}/forward", WANTED, headers=old).status_code == 200
    first = {"If-Match": tag()}
    for _ in range(2):
        assert owner.ask("DELETE", AT, headers=first).status_code == 204


def test_a_stranger_learns_nothing_by_a_tag(stranger, tag):
    problem(stranger.ask("PUT", f"{AT}/forward", WANTED, headers={"If-Match": tag()}), 404, "not-found")
    problem(stranger.ask("DELETE", AT, headers={"If-Match": "*"}), 404, "not-found")


def test_the_document_says_it(nobody):
    paths = nobody.ask("GET", "openapi.json").json()["paths"]
    assert "ETag" in paths["/api/v1/numbers/{number}"]["get"]["responses"]["200"]["headers"]
    for path, method in (("{number}", "delete"), ("{number}/forward", "put")):
        operation = paths[f"/api/v1/numbers/{path}"][method]
        assert "412" in operation["responses"]
        [header] = [parameter for parameter in operation["parameters"] if parameter["in"] == "header"]
        assert (header["name"], header["required"]) == ("If-Match", False)
