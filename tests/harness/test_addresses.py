import socket

import pytest

from harness.addresses import SIZE, Block, lease


def test_two_leases_are_different_blocks():
    with lease() as one, lease() as other:
        assert one.number != other.number


def test_a_lease_ends_with_its_holder():
    with lease() as block, socket.socket() as other:
        place = (f"127.77.{block.number}.1", 1)
        with pytest.raises(OSError, match="in use"):
            other.bind(place)
    with socket.socket() as other:
        other.bind(place)


def test_addresses_are_taken_once():
    block = Block(1, socket.socket())
    taken = [block.take() for _ in range(SIZE)]
    assert len(set(taken)) == SIZE > 10_000
    assert "127.77.1.1" not in taken
    with pytest.raises(RuntimeError, match=str(SIZE)):
        block.take()
    block.give_back(taken[7])
    assert block.take() == taken[7]
    block.close()
