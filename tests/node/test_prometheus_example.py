"""deploy/examples/prometheus.yaml and the table in docs/operations.md name figures that there are."""

import re
from pathlib import Path

import yaml
from prometheus_client import CollectorRegistry

from trunkline.contract.journal import CAUSES
from trunkline.node.figures import Figures

PROJECT = Path(__file__).resolve().parents[2]
EXAMPLE = (PROJECT / "deploy" / "examples" / "prometheus.yaml").read_text()
OPERATIONS = (PROJECT / "docs" / "operations.md").read_text()
METRICS = (PROJECT / "src" / "trunkline" / "node" / "metrics.py").read_text()


def figures() -> set[str]:
    """The names of all figures, as Prometheus has them, without those of a histogram's parts."""
    registry = CollectorRegistry()
    Figures(registry)
    counted = {f"{metric.name}{'_total' * (metric.type == 'counter')}" for metric in registry.collect()}
    states = re.findall(r'(Counter|Gauge|Info)MetricFamily\(\s*"(trunkline_[a-z_]+)"', METRICS)
    endings = {"Counter": "_total", "Gauge": "", "Info": "_info"}
    return counted | {name + endings[kind] for kind, name in states}


def test_every_figure_is_documented_and_nothing_else():
    table = OPERATIONS.partition("| figure `trunkline_…` |")[2].partition("\n\n")[0]
    rows = [row.split("|")[1] for row in table.splitlines() if row.startswith("| `")]
    assert {f"trunkline_{name}" for row in rows for name in re.findall(r"`([a-z_]+)`", row)} == figures()


def test_the_alerts_are_about_figures_that_there_are():
    rules = [rule for group in yaml.safe_load(EXAMPLE)["groups"] for rule in group["rules"]]
    assert len({rule["alert"] for rule in rules}) == len(rules)
    named = {name for rule in rules for name in re.findall(r"trunkline_[a-z_]+", rule["expr"])}
    assert {re.sub("_(bucket|count|sum)$", "", name) for name in named} <= figures()


def test_the_alert_on_carriers_knows_the_words_for_failures():
    words = re.search(r'result=~"([^"]+)"', EXAMPLE)[1].split("|")
    assert {word for word in words if word.isalpha()} <= set(CAUSES)
