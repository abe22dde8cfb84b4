"""Dashboards and alerts ask for nothing that is not there, in a language that Prometheus understands."""

import json
import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any, Final

import httpx
import promql_parser
import pytest
import yaml

from domain.settings import Settings
from tests.api.process import environment, serving
from tests.exposed import Exposed

ROOT: Final = Path(__file__).parent.parent
DASHBOARDS: Final = sorted((ROOT / "ops/grafana/dashboards").glob("*.json"))
ALERTS: Final = yaml.safe_load((ROOT / "ops/prometheus/alerts.yml").read_text())["groups"]
SCRAPES: Final = yaml.safe_load((ROOT / "ops/prometheus/prometheus.yml").read_text())

# What Prometheus adds to each series that it fetches, and what it says about fetching.
_ADDED: Final = {"job", "instance"}
_OWN: Final = {"up"}


def panels(path: Path) -> list[dict[str, Any]]:
    found: list[dict[str, Any]] = json.loads(path.read_text())["panels"]
    return found


RULES: Final = [rule for group in ALERTS for rule in group["rules"]]
EXPRESSIONS: Final = sorted(
    {target["expr"] for path in DASHBOARDS for panel in panels(path) for target in panel.get("targets", ())}
    | {rule["expr"] for rule in RULES}
)


@pytest.fixture(scope="module")
def labels(installation: Settings, tmp_path_factory: pytest.TempPathFactory) -> dict[str, set[str]]:
    """Names and their labels, as a process with an exchange shows them."""
    folder = tmp_path_factory.mktemp("observed")
    (folder / "exchanges.toml").write_text('[[exchange]]\nname = "binance"\n')
    with serving(environment(installation, EXCHANGES_FILE=str(folder / "exchanges.toml")), folder / "log") as process:
        return Exposed.of(httpx.get(f"{process.url}/metrics").text).labels()


def selectors(node: Any) -> Iterator[Any]:
    """Every selector of series below a node of promql-parser's."""
    if isinstance(node, promql_parser.VectorSelector):
        yield node
    for name in ("expr", "lhs", "rhs", "vs", "vector_selector", "param"):
        if below := getattr(node, name, None):
            yield from selectors(below)
    for argument in getattr(node, "args", None) or ():
        yield from selectors(argument)


def grouped(text: str) -> set[str]:
    """Labels that an expression groups by."""
    return {name.strip() for names in re.findall(r"\bby \(([^)]*)\)", text) for name in names.split(",")}


@pytest.mark.parametrize("expression", EXPRESSIONS)
def test_an_expression_asks_for_what_is_there(expression: str, labels: dict[str, set[str]]) -> None:
    """Names and labels of series that processes show."""
    text = expression.replace("$__rate_interval", "5m")
    found = list(selectors(promql_parser.parse(text)))
    assert sum(text.count(name) for name in {each.name for each in found}) >= 1
    known: set[str] = set()
    for each in found:
        assert each.name in labels or each.name in _OWN, each.name
        of_series = labels.get(each.name, set()) | _ADDED
        assert {matcher.name for matcher in each.matchers.matchers} <= of_series
        known |= of_series
    assert grouped(text) <= known


def test_what_a_panel_writes_beside_its_lines_is_there() -> None:
    """A legend's labels survive the expression's grouping."""
    for panel in (panel for path in DASHBOARDS for panel in panels(path)):
        for target in panel.get("targets", ()):
            shown = set(re.findall(r"\{\{(\w+)\}\}", target["legendFormat"]))
            assert shown <= grouped(target["expr"]) | _ADDED, (panel["title"], target["legendFormat"])


def test_panels_stand_side_by_side() -> None:
    """None upon another, each with an id of its own."""
    for path in DASHBOARDS:
        places = [
            (x, y)
            for panel in panels(path)
            for place in [panel["gridPos"]]
            for x in range(place["x"], place["x"] + place["w"])
            for y in range(place["y"], place["y"] + place["h"])
        ]
        assert len(places) == len(set(places))
        assert max(x for x, _ in places) < 24
        assert len({panel["id"] for panel in panels(path)}) == len(panels(path))


def test_all_that_is_counted_is_shown(labels: dict[str, set[str]]) -> None:
    """Nothing is counted that nobody sees."""
    asked = " ".join(EXPRESSIONS)
    ours = {re.sub(r"_(bucket|sum|count)$", "", name) for name in labels if name.startswith("candelabra_")}
    assert {name for name in ours if name not in asked} == set()


def test_alerts_say_what_to_do() -> None:
    """Each has a name of its own, how bad it is, what has happened and what helps."""
    assert len({rule["alert"] for rule in RULES}) == len(RULES)
    for rule in RULES:
        assert rule["labels"]["severity"] in {"critical", "warning", "info"}
        assert set(rule["annotations"]) == {"summary", "action"}
        assert set(re.findall(r"\$labels\.(\w+)", str(rule["annotations"]))) <= grouped(rule["expr"])


def test_prometheus_reads_the_alerts_and_finds_both_programs() -> None:
    """By the names that the alerts call them."""
    folder = ROOT / "ops/prometheus"
    assert all((folder / name).exists() for name in SCRAPES["rule_files"])
    assert {scrape["job_name"] for scrape in SCRAPES["scrape_configs"]} == {"api", "worker"}
    assert {name for rule in RULES for name in re.findall(r'job="(\w+)"', rule["expr"])} <= {"api", "worker"}


def test_metrics_are_shown_where_prometheus_asks_and_to_nobody_else() -> None:
    """On a port that no port of the machine leads to."""
    services = yaml.safe_load((ROOT / "docker-compose.yml").read_text())["services"]
    ports = {scrape["job_name"]: scrape["dns_sd_configs"][0]["port"] for scrape in SCRAPES["scrape_configs"]}
    for name, port in ports.items():
        assert services[name]["environment"]["METRICS_PORT"] == str(port)
        assert not any(each.endswith(f":{port}") for each in services[name].get("ports", ()))
