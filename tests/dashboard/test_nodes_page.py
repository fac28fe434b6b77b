"""The nodes, for operators: how each fares, drained and taken back, and forgotten when it is gone."""

from datetime import timedelta

import pytest
from django.utils import timezone


@pytest.fixture
def node(services):
    from trunkline.control.nodes.models import Node

    return Node.objects.create(
        name="node1", instance="i", region="eu-west", addresses=["198.51.100.7"], seen=timezone.now(), calls=3
    )


def test_a_node_is_drained_and_takes_calls_again(operator, services, node):
    assert ">Well<" in (page := operator.get("/nodes/").content.decode())
    assert "3 calls up" in page
    operator.post("/nodes/node1/drain")
    node.refresh_from_db()
    assert node.order == "drain"
    assert "take no more calls" in operator.get("/nodes/", HTTP_HX_REQUEST="true").content.decode()
    operator.post("/nodes/node1/undrain")
    node.refresh_from_db()
    assert node.order == "undrain"
    assert [entry.name for entry in services.audit.find(kind="node")] == ["node1"] * 3
    assert operator.post("/nodes/node1/forget").status_code == 422
    assert operator.post("/nodes/node2/drain").status_code == 404


def test_a_silent_one_is_said_and_forgotten(operator, services, node):
    node.seen, node.problems = timezone.now() - timedelta(minutes=5), {"edge": "<b>down</b>: see `trunkline logs edge`"}
    node.save()
    page = operator.get("/nodes/").content.decode()
    assert ">Silent<" in page
    assert "&lt;b&gt;down&lt;/b&gt;: see <code>trunkline logs edge</code>" in page
    assert operator.post("/nodes/node1/drain").status_code == 422
    operator.post("/nodes/node1/forget")
    assert "No node has reported yet" in operator.get("/nodes/").content.decode()
