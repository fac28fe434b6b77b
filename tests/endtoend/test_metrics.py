"""A node's figures, as Prometheus asks for them."""

import os
import urllib.request
from collections.abc import Mapping
from pathlib import Path

import pytest
from prometheus_client.parser import text_string_to_metric_families

from harness.polling import until
from trunkline.node.supervise import Manager

pytestmark = [pytest.mark.engines, pytest.mark.skipif(os.geteuid() != 0, reason="a node runs as root")]


def scraped(node) -> Mapping[str, float]:
    """Every sample by its name and the values of its labels."""
    url = f"http://{node.settings.metrics.address}:{node.settings.metrics.port}/metrics"
    with urllib.request.urlopen(url, timeout=10) as answer:
        text = answer.read().decode()
    return {
        f"{name}{{{','.join(labels.values())}}}": value
        for family in text_string_to_metric_families(text)
        for name, labels, value, *_ in family.samples
    }


def test_calls_are_counted_and_parts_looked_after(node):
    before = scraped(node)
    node.do("check")
    wanted = {
        "trunkline_calls_total{outbound,answered}",
        "trunkline_calls_refused_total{486,outbound}",
        "trunkline_attempts_total{sandbox,carrier,200}",
        "trunkline_post_dial_delay_seconds_count{outbound}",
    }
    until(lambda: all(scraped(node).get(name, 0) > before.get(name, 0) for name in wanted), what=f"{wanted} count")
    found = scraped(node)
    assert 0 < found["trunkline_kamailio_memory_free_bytes{}"] < found["trunkline_kamailio_memory_bytes{}"]
    assert found["trunkline_connections{}"] <= found["trunkline_connections_most{}"]
    assert 0 <= found["trunkline_media_ports_taken{rtpengine}"] < found["trunkline_media_ports{rtpengine}"]
    assert found["trunkline_draining{}"] == 0
    assert found["trunkline_disk_free_bytes{}"] > 0
    assert found["trunkline_certificate_end_seconds{}"] > 1.7e9
    for part in ("kamailio", "rtpengine", "follow", "ship", "metrics", "sip"):
        assert found[f"trunkline_part_ok{{{part}}}"] == 1, part


def test_whoever_asks_does_not_ask_root(node):
    (process,) = (process for process in Manager(node.home).processes() if process.name == "metrics")
    status = Path(f"/proc/{process.pid}/status").read_text()
    (uids,) = (line.split()[1:] for line in status.splitlines() if line.startswith("Uid:"))
    assert "0" not in uids


def test_a_part_that_is_down_is_told(node):
    manager = Manager(node.home)
    manager._call("stopProcess", "resolve")
    try:
        until(lambda: scraped(node)["trunkline_part_ok{resolve}"] == 0, what="resolve is told to be down")
    finally:
        manager.restart("resolve")
    until(lambda: scraped(node)["trunkline_part_ok{resolve}"] == 1, what="resolve is told to work")
