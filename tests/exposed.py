"""Metrics as Prometheus reads them."""

from dataclasses import dataclass
from typing import Self

from prometheus_client.parser import text_string_to_metric_families


@dataclass(frozen=True, slots=True)
class Exposed:
    """Values by the name of the series and its labels."""

    values: dict[tuple[str, frozenset[tuple[str, str]]], float]

    @classmethod
    def of(cls, text: str) -> Self:
        samples = [
            sample
            for family in text_string_to_metric_families(text)
            for sample in family.samples
            if not sample.name.endswith("_created")  # processes leave these out
        ]
        values = {(sample.name, frozenset(sample.labels.items())): sample.value for sample in samples}
        assert len(values) == len(samples), "a series stands there twice"
        return cls(values)

    def value(self, name: str, **labels: str) -> float:
        """That of one series; KeyError where there is none."""
        return self.values[name, frozenset(labels.items())]

    def labels(self) -> dict[str, set[str]]:
        """Those of each name."""
        found: dict[str, set[str]] = {}
        for name, labels in self.values:
            found.setdefault(name, set()).update(label for label, _ in labels)
        return found
