"""Whether Redis keeps what it is given."""

from collections.abc import AsyncIterator, Mapping
from typing import Any, Final

from workers.doctor.finding import Finding, State
from workers.doctor.patient import Patient

_CHECK: Final = "redis"

# Share of its memory beyond which Redis is about to refuse what comes.
_FULL: Final = 0.9


async def redis(patient: Patient) -> AsyncIterator[Finding]:
    """Raises RedisError."""
    info: Mapping[str, Any] = await patient.queue.redis.info()
    findings = [finding for finding in (_eviction(info), _memory(info), _persistence(info)) if finding]
    for finding in findings:
        yield finding
    if not findings:
        told = f"{_name(info)} evicts nothing, keeps what it holds on disk, and has room."
        yield Finding(_CHECK, State.OK, told)


def _name(info: Mapping[str, Any]) -> str:
    version = info.get("valkey_version")
    return f"Valkey {version}" if version else f"Redis {info.get('redis_version')}"


def _eviction(info: Mapping[str, Any]) -> Finding | None:
    policy = str(info.get("maxmemory_policy", "noeviction"))
    if policy == "noeviction":
        return None
    why = "When memory is short it drops queued jobs, and the budgets that keep exchanges from banning us."
    state = State.PROBLEM if policy.startswith("allkeys") else State.WARNING
    return Finding(_CHECK, state, f"Its maxmemory-policy is {policy}.", why, "Set it to noeviction.")


def _memory(info: Mapping[str, Any]) -> Finding | None:
    used, most = info.get("used_memory", 0), info.get("maxmemory", 0)
    if not most or used < most * _FULL:
        return None
    told = f"{used / most:.0%} of its memory is taken."
    why = "When it is full, jobs wait for the sweep and pages are not shared."
    return Finding(_CHECK, State.PROBLEM, told, why, "Raise maxmemory, or find what else writes to it.")


def _persistence(info: Mapping[str, Any]) -> Finding | None:
    if info.get("aof_enabled") and info.get("aof_last_write_status", "ok") == "ok":
        return None
    told = "It cannot write its append-only file." if info.get("aof_enabled") else "It keeps no append-only file."
    why = "After a restart jobs wait for the sweep, exchanges for a fresh budget, and a ban is forgotten."
    return Finding(_CHECK, State.WARNING, told, why, "Start it with appendonly yes, on a disk with room.")
