"""What is said about an installation, and what is done about it when that is wanted."""

from collections import Counter
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Final

from domain.outage import is_outage
from workers.doctor.examination import examine
from workers.doctor.finding import Finding, State, told
from workers.doctor.patient import Patient

# Findings of a check that are told one by one; all are repaired.
_SHOWN: Final = 20


@dataclass(slots=True)
class Consultation:
    """Says a line a finding, and a line a repair. `open_problems` are those that were not repaired."""

    patient: Patient
    repairs: bool
    say: Callable[[str], None]
    open_problems: int = 0
    _told: Counter[str] = field(default_factory=Counter)

    async def hold(self) -> None:
        async for finding in examine(self.patient):
            self._tell(finding.state.value, finding.check, str(finding))
            is_repaired = self.repairs and await self._repaired(finding)
            self.open_problems += finding.state is State.PROBLEM and not is_repaired
        for check, count in self._told.items():
            if count > _SHOWN:
                self.say(f"{'':8}  {check:8}  … and {count - _SHOWN:,} lines more.")

    async def _repaired(self, finding: Finding) -> bool:
        if finding.repair is None:
            return False
        try:
            done = await finding.repair()
        except Exception as error:
            if not is_outage(error):
                raise
            self._tell("failed", finding.check, f"It could not be repaired: {told(error)}")
            return False
        self._tell("repaired", finding.check, done)
        return True

    def _tell(self, word: str, check: str, text: str) -> None:
        self._told[check] += 1
        if self._told[check] <= _SHOWN:
            self.say(f"{word:8}  {check:8}  {text}")
