"""Quality, from rtpengine's answers."""

import pytest

from trunkline.node.quality import Tally, mos, of


def party(*sources, rtcp=0):
    """`sources`: (SSRC, sequence number, packets)."""
    listed = [{"SSRC": ssrc, "last RTP seq": seq, "packets": packets} for ssrc, seq, packets in sources]
    packets = sum(count for *_, count in sources)
    streams = [{"ingress SSRCs": listed, "stats": {"packets": packets}}, {"stats": {"packets": rtcp}}]
    return {"medias": [{"streams": streams}]}


def tallied(*looks) -> Tally:
    tally = Tally()
    for look in looks:
        tally.add(party(*look))
    return tally


@pytest.mark.parametrize(
    ("looks", "lost", "expected"),
    [
        ([], None, 0),
        ([[(1, 100, 10)]], None, 0),
        ([[(1, 100, 10)], [(1, 200, 100)]], 10, 100),
        ([[(1, 65_500, 10)], [(1, 64, 110)]], 0, 100),
        ([[(1, 100, 10)], [(1, 200, 111)]], 0, 100),  # one came twice
        ([[(1, 100, 10)], [(1, 30_000, 60)], [(1, 30_100, 150)]], 10, 100),  # its counter began anew
        ([[(1, 100, 10)], [(1, 150, 60), (2, 9, 5)], [(1, 150, 60), (2, 109, 95)]], 10, 150),  # another source
    ],
)
def test_loss_is_counted_between_looks(looks, lost, expected):
    tally = tallied(*looks)
    assert (tally.lost, tally.expected) == (lost, expected)


def report(round_trip, jitter):
    return {"round-trip time leg": round_trip, "jitter": jitter}


def reports(*entries):
    return {"MOS progression": {"entries": list(entries)}}


def test_what_parties_report_counts_before_what_rtpengine_reports_for_them():
    answer = {
        "tags": {"a": party((1, 200, 100), rtcp=2), "b": party((2, 300, 200))},
        "SSRC": {"1": reports(report(40_000, 8), report(9, 0), report(44_000, 10)), "2": reports(report(7, 3))},
    }
    tallies = (tallied([(1, 100, 10)], [(1, 200, 100)]), Tally())
    assert of(answer, ("a", "b"), tallies) == {
        "caller": {"packets": 100, "lost": 10, "jitter": 3.0, "round_trip": 42.0, "mos": mos(0.1, 3.0, 42.0)},
        "callee": {"packets": 200, "jitter": 9.0},
    }


def test_a_call_that_had_no_audio():
    answer = {"tags": {"a": {"medias": []}, "b": {}}, "SSRC": {}}
    assert of(answer, ("a", "b"), (Tally(), Tally())) == {"caller": {"packets": 0}, "callee": {"packets": 0}}


@pytest.mark.parametrize(
    ("loss", "jitter", "round_trip", "low", "high"),
    [(0, 0, 0, 4.4, 4.4), (0.01, 2, 80, 4.2, 4.4), (0.05, 10, 200, 3.8, 4.2), (0.2, 50, 600, 1, 2), (1, 0, 0, 1, 1)],
)
def test_mos(loss, jitter, round_trip, low, high):
    assert low <= mos(loss, jitter, round_trip) <= high
