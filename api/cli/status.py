"""`candelabra status`: how the installation is doing."""

from typing import Any, Final

from api.cli.address import address
from api.cli.client import connected
from api.cli.job import JOB_FIELDS, Job
from api.cli.options import DEFAULT_URL, AsJson, Key, Url
from api.cli.terminal import progress_console, say, show_json, show_table

_STATUSES: Final = ("PENDING", "SYNCING", "SYNCED", "STALE", "FAILED")
_COUNTS: Final = " ".join(
    f"{name}: pairs(filter: {{ status: {name} }}, first: 0) {{ totalCount }}" for name in _STATUSES
)
_STATUS: Final = f"""
query {{
  exchanges {{ name adapter isActive }}
  {_COUNTS}
  running: syncJobs(filter: {{ status: RUNNING }}, first: 50) {{ ...jobs }}
  queued: syncJobs(filter: {{ status: QUEUED }}, first: 50) {{ ...jobs }}
  failed: syncJobs(filter: {{ status: FAILED }}, first: 5) {{ ...jobs }}
}}
fragment jobs on SyncJobConnection {{ totalCount nodes {{ {JOB_FIELDS} }} }}
"""


def status(*, as_json: AsJson = False, url: Url = DEFAULT_URL, key: Key = "") -> None:
    """Tells the exchanges, how many pairs are in which state, the open jobs, and the last that failed."""
    with connected(address(url, key)) as api, progress_console().status("Asking …"):
        found = api.ask(_STATUS)
    counts = {name: found[name]["totalCount"] for name in _STATUSES}
    jobs = {name: found[name] for name in ("running", "queued", "failed")}
    if as_json:
        show_json({"exchanges": found["exchanges"], "pairs": counts, "jobs": jobs})
        return
    active = (f"{item['name']}{'' if item['isActive'] else ' (off)'}" for item in found["exchanges"])
    say(f"Exchanges: {', '.join(active) or 'none'}")
    say(f"Pairs: {', '.join(f'{count:,} {name}' for name, count in counts.items() if count) or 'none'}")
    for name, connection in jobs.items():
        _show_jobs(name, connection)


def _show_jobs(name: str, connection: dict[str, Any]) -> None:
    total, jobs = connection["totalCount"], [Job.of(node) for node in connection["nodes"]]
    say(f"Jobs {name}: {total:,}{f', the newest {len(jobs)}:' if len(jobs) < total else ''}")
    if jobs:
        show_table(("Pair", "Kind", "Progress", "", "Job"), map(_row, jobs))


def _row(job: Job) -> list[str]:
    return [job.title, job.kind, f"{job.percent:.0f} %", job.state, job.id]
