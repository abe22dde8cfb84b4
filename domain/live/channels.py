"""Where hints are published and heard: a channel of Redis for each thing that can change. A hint has no content."""

from uuid import UUID


def job_channel(job_id: UUID) -> str:
    """A sync job has moved."""
    return f"candelabra:live:job:{job_id}"


def pair_channel(pair_id: UUID) -> str:
    """Candles of a pair, or its coverage, have changed."""
    return f"candelabra:live:pair:{pair_id}"
