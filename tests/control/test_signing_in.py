"""Attempts to sign in that are made at once, on both databases."""

import threading

import pytest

ADDRESS = "192.0.2.7"


@pytest.fixture
def tried(services, cast):
    """How many of some attempts that are made at once have their password looked at."""
    from trunkline.control.database import close
    from trunkline.control.users.signing_in import SignInRefused

    def count(attempt, times: int) -> int:
        start, refused = threading.Barrier(times), []

        def one():
            start.wait(30)
            try:
                attempt()
            except SignInRefused as error:
                refused.append(error.too_many)
            finally:
                close()

        threads = [threading.Thread(target=one) for _ in range(times)]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join(60)
        assert len(refused) == times
        return refused.count(False)

    return count


def test_who_tries_passwords_at_once_has_no_more_of_them(tried):
    from trunkline.control.users.signing_in import PER_NAME_AND_NETWORK, authenticate

    assert tried(lambda: authenticate("nobody", "guess", ADDRESS), 16) <= PER_NAME_AND_NETWORK
