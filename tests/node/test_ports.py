"""The ports that no setting fixes."""

import pytest

from trunkline.node import ports


def test_relays_take_one_port_each_from_the_first_on(tmp_path):
    path = tmp_path / "ports.json"
    assert ports.ensure(path, 65534, relays=2).relays == (65534, 65535)
    assert ports.ensure(path, 65535, relays=1).relays == (65535,)
    assert ports.read(path).relays == (65535,)


def test_a_first_port_without_room_for_the_second_is_refused_in_words(tmp_path):
    path = tmp_path / "ports.json"
    with pytest.raises(OSError, match=r"media\.control_port = 65535 .* 2 relays.* at most 65534, or 0 for free ones"):
        ports.ensure(path, 65535, relays=2)
    assert not path.exists()
