"""Jobs in arq's queue, as arq itself puts them there but many in a round trip: by itself it takes three for each."""

from collections.abc import Sequence
from datetime import timedelta
from typing import Final, NamedTuple
from uuid import uuid4

from arq import ArqRedis
from arq.constants import job_key_prefix
from arq.jobs import serialize_job
from arq.utils import timestamp_ms, to_ms

from domain.telemetry.traces import Carrier

_ENQUEUE: Final = """
for place = 4, #ARGV, 2 do
    if redis.call('SET', ARGV[3] .. ARGV[place], ARGV[place + 1], 'PX', ARGV[2], 'NX') then
        redis.call('ZADD', KEYS[1], ARGV[1], ARGV[place])
    end
end
"""

# Jobs of a round trip: Redis is busy with them for about a millisecond.
AT_ONCE: Final = 500


class Message(NamedTuple):
    """What a job of arq's is given; one with the id of another that has not ended changes nothing."""

    argument: str
    id: str | None
    trace: Carrier


async def enqueue(redis: ArqRedis, function: str, messages: Sequence[Message], delay: timedelta) -> None:
    """At most `AT_ONCE`, each to be run after the delay. Raises RedisError and OSError."""
    now, deferred = timestamp_ms(), to_ms(delay) or 0
    told: list[str | bytes] = []
    for message in messages:
        given = ((message.argument,), dict(message.trace))
        told += message.id or uuid4().hex, serialize_job(function, *given, None, now, serializer=redis.job_serializer)
    times = (now + deferred, deferred + redis.expires_extra_ms)
    await redis.register_script(_ENQUEUE)((redis.default_queue_name,), (*times, job_key_prefix, *told))
