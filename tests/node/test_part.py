"""The frame of a part that runs in a thread of another one's process."""

import threading

import pytest

from trunkline.node.part import Reporter, read_status, run_beside


class Part:
    """Its steps call a function."""

    def __init__(self, step):
        self.step = step

    def facts(self):
        return {"steps": 1}


def test_it_steps_until_the_process_ends(tmp_path):
    stop, twice = threading.Event(), threading.Semaphore(0)
    run_beside(Part(twice.release), Reporter(tmp_path / "status.json"), stop, 0.01)
    for _ in range(2):
        assert twice.acquire(timeout=30)
    assert not stop.is_set()
    assert read_status(tmp_path / "status.json")["steps"] == 1
    stop.set()


@pytest.mark.filterwarnings("ignore::pytest.PytestUnhandledThreadExceptionWarning")
def test_a_fault_of_ours_ends_the_process(tmp_path):
    """It is started anew; nobody would notice that one of its threads has ended."""

    def step():
        raise TypeError("ours")

    stop, before = threading.Event(), threading.enumerate()
    run_beside(Part(step), Reporter(tmp_path / "status.json"), stop, 0.01)
    assert stop.wait(30)
    for thread in threading.enumerate():
        if thread not in before:
            thread.join(30)  # or its fault would be told in a later test
