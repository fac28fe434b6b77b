"""What the kernel says of an address, which the settings need not name."""

from trunkline.edge import own
from trunkline.settings import default_address
from trunkline.sip.fence import OURS, Fence


def test_the_machines_own_addresses_are_known_without_being_named():
    own.is_ours.cache_clear()
    assert own.is_ours(default_address())
    assert not own.is_ours("192.0.2.1")


def test_where_it_does_not_matter_the_kernel_is_not_asked(monkeypatch):
    monkeypatch.setattr(own, "is_ours", lambda ip: True)
    assert own.problem(Fence(), "192.0.2.1", 5060) == OURS
    assert own.problem(Fence(open=True), "192.0.2.1", 5060) == ""
    assert own.problem(Fence(loopback=True), "127.0.0.9", 5060) == ""
    assert own.problem(Fence(exempt=("192.0.2.1:5060",)), "192.0.2.1", 5060) == ""
    assert own.problem(Fence(exempt=("192.0.2.1:5060",)), "192.0.2.1", 22) == OURS
