"""The tables that Tortoise knows: all but `candles`, its journal and `coverage_sources`, which migrations make."""

from enum import IntEnum
from typing import Any
from uuid import UUID

from tortoise import Model, fields
from tortoise.fields import Now, SqlDefault
from tortoise.indexes import Index, PartialIndex

from domain import lengths
from domain.fields import MultirangeField, SeriesField


class PairStatus(IntEnum):
    PENDING = 0
    SYNCING = 1
    SYNCED = 2
    STALE = 3
    FAILED = 4


class SyncKind(IntEnum):
    INITIAL = 0
    FORWARD = 1
    BACKWARD = 2
    REPAIR = 3
    RANGE = 4


class SyncStatus(IntEnum):
    QUEUED = 0
    RUNNING = 1
    SUCCEEDED = 2
    FAILED = 3
    CANCELLED = 4

    @property
    def is_open(self) -> bool:
        return self in {SyncStatus.QUEUED, SyncStatus.RUNNING}


class Entity(Model):
    id = fields.UUIDField(primary_key=True, db_default=SqlDefault("gen_random_uuid()"))
    created_at = fields.DatetimeField(db_default=Now())
    updated_at = fields.DatetimeField(db_default=Now(), auto_now=True)

    class Meta:
        abstract = True


class Coin(Entity):
    name = fields.CharField(max_length=lengths.COIN_NAME)
    symbol = fields.CharField(max_length=lengths.COIN_SYMBOL, unique=True)
    coingecko_id = fields.CharField(max_length=lengths.COIN_NAME, null=True)
    coingecko_name = fields.CharField(max_length=lengths.COIN_NAME, null=True)
    market_cap_rank = fields.IntField(null=True)
    image_url = fields.CharField(max_length=lengths.IMAGE_URL, null=True)

    class Meta:
        table = "coins"


class CoinGeckoCoin(Entity):
    """A coin as CoinGecko lists it, whether or not a pair trades it; the symbol is in upper case."""

    coingecko_id = fields.CharField(max_length=lengths.COIN_NAME, unique=True)
    symbol = fields.CharField(max_length=lengths.COIN_NAME)
    name = fields.CharField(max_length=lengths.COIN_NAME)
    market_cap_rank = fields.IntField(null=True)
    image_url = fields.CharField(max_length=lengths.IMAGE_URL, null=True)
    edition = fields.IntField()

    class Meta:
        table = "coingecko_coins"
        indexes = (Index(fields=("symbol", "market_cap_rank")),)


class Exchange(Entity):
    name = fields.CharField(max_length=lengths.EXCHANGE_NAME, unique=True)
    adapter = fields.CharField(max_length=lengths.EXCHANGE_NAME)
    is_active = fields.BooleanField(db_default=True)
    is_configured = fields.BooleanField(db_default=True)
    rate_limit = fields.IntField()
    timeout = fields.IntField()
    page_limit = fields.IntField(null=True)
    page_milliseconds = fields.FloatField(null=True)
    history_slots = fields.IntField(null=True)
    intervals: Any = fields.JSONField(db_default="[]")
    markets_refreshed_at = fields.DatetimeField(null=True)

    class Meta:
        table = "exchanges"


class Timeframe(Entity):
    interval = fields.CharField(max_length=10, unique=True)
    minutes = fields.IntField()

    class Meta:
        table = "timeframes"


class Market(Entity):
    exchange: fields.ForeignKeyRelation[Exchange] = fields.ForeignKeyField("domain.Exchange", related_name="markets")
    symbol = fields.CharField(max_length=lengths.SYMBOL)
    base = fields.CharField(max_length=lengths.CURRENCY)
    quote = fields.CharField(max_length=lengths.CURRENCY)
    is_active = fields.BooleanField(db_default=True)
    listed_at = fields.DatetimeField(null=True)
    delisted_at = fields.DatetimeField(null=True)

    class Meta:
        table = "markets"
        unique_together = (("exchange", "symbol"),)


class Pair(Entity):
    """A coin's symbol on an exchange at a timeframe, with the ledger of what is known about its candles."""

    coin: fields.ForeignKeyRelation[Coin] = fields.ForeignKeyField("domain.Coin", related_name="pairs")
    exchange: fields.ForeignKeyRelation[Exchange] = fields.ForeignKeyField("domain.Exchange", related_name="pairs")
    timeframe: fields.ForeignKeyRelation[Timeframe] = fields.ForeignKeyField("domain.Timeframe", related_name="pairs")
    symbol = fields.CharField(max_length=lengths.SYMBOL)
    quote = fields.CharField(max_length=lengths.CURRENCY)
    is_active = fields.BooleanField(db_default=True)
    status = fields.IntEnumField(PairStatus, db_default=PairStatus.PENDING)
    series = SeriesField()
    covered = MultirangeField(db_default=SqlDefault("'{}'"))
    candle_count = fields.BigIntField(db_default=0)
    version = fields.BigIntField(db_default=0)
    listed_at = fields.DatetimeField(null=True)
    due_at = fields.DatetimeField(null=True)

    coin_id: UUID
    exchange_id: UUID
    timeframe_id: UUID

    class Meta:
        table = "coin_exchanges"
        unique_together = (("exchange", "symbol", "timeframe"),)
        indexes = (
            PartialIndex(fields=("status",), condition={"is_active": True}),
            PartialIndex(fields=("due_at",), condition={"is_active": True}),
        )


class SyncJob(Entity):
    """What a pair's collection set out to do and how far it has come.

    `seconds_planned` and `seconds_done` measure the time ranges to cover, not the work's duration.
    """

    pair: fields.ForeignKeyRelation[Pair] = fields.ForeignKeyField("domain.Pair", related_name="sync_jobs")
    kind = fields.IntEnumField(SyncKind)
    status = fields.IntEnumField(SyncStatus, db_default=SyncStatus.QUEUED)
    range_from = fields.DatetimeField(null=True)
    range_to = fields.DatetimeField(null=True)
    is_forced = fields.BooleanField(db_default=False)
    is_scheduled = fields.BooleanField(db_default=False)
    requested_by = fields.CharField(max_length=100, null=True)
    traceparent = fields.CharField(max_length=55, null=True)

    seconds_planned = fields.BigIntField(null=True)
    seconds_done = fields.BigIntField(db_default=0)
    candles_written = fields.BigIntField(db_default=0)
    candles_revised = fields.BigIntField(db_default=0)
    pages_fetched = fields.IntField(db_default=0)
    retries = fields.IntField(db_default=0)
    waited_seconds = fields.FloatField(db_default=0)
    reached_at = fields.DatetimeField(null=True)

    error_code = fields.CharField(max_length=50, null=True)
    error_message = fields.TextField(null=True)
    error_is_transient = fields.BooleanField(null=True)

    failures_in_row = fields.IntField(db_default=0)
    run_after = fields.DatetimeField(null=True)
    pushed_at = fields.DatetimeField(null=True)
    lease_token = fields.IntField(db_default=0)
    leased_until = fields.DatetimeField(null=True)
    started_at = fields.DatetimeField(null=True)
    finished_at = fields.DatetimeField(null=True)

    pair_id: UUID

    class Meta:
        table = "sync_jobs"
        indexes = (
            Index(fields=("created_at", "id")),
            Index(fields=("pair_id", "created_at")),
        )


class IdempotencyKey(Entity):
    """What was asked for under a key, and the job that stood for it: a job may answer several keys."""

    key = fields.CharField(max_length=lengths.IDEMPOTENCY_KEY, unique=True)
    pair: fields.ForeignKeyRelation[Pair] = fields.ForeignKeyField("domain.Pair", related_name="idempotency_keys")
    job: fields.ForeignKeyRelation[SyncJob] = fields.ForeignKeyField("domain.SyncJob", related_name="idempotency_keys")
    kind = fields.IntEnumField(SyncKind)
    range_from = fields.DatetimeField(null=True)
    range_to = fields.DatetimeField(null=True)
    is_forced = fields.BooleanField()

    class Meta:
        table = "idempotency_keys"


class CatalogLoad(Entity):
    """The loading of a list from outside, open until that is done: begun `edition` times, and `page` comes next."""

    subject = fields.CharField(max_length=100, unique=True)
    is_open = fields.BooleanField()
    asked_at = fields.DatetimeField()
    edition = fields.IntField(db_default=1)
    page = fields.IntField(db_default=1)
    failures_in_row = fields.IntField(db_default=0)
    run_after = fields.DatetimeField(null=True)
    pushed_at = fields.DatetimeField(null=True)
    leased_until = fields.DatetimeField(null=True)
    loaded_at = fields.DatetimeField(null=True)
    traceparent = fields.CharField(max_length=55, null=True)

    class Meta:
        table = "catalog_loads"


class Tick(Entity):
    """The last time for which a part of the schedule ran."""

    name = fields.CharField(max_length=50, unique=True)
    at = fields.DatetimeField()

    class Meta:
        table = "ticks"


class ApiKey(Entity):
    name = fields.CharField(max_length=lengths.KEY_NAME, unique=True)
    prefix = fields.CharField(max_length=20, unique=True)
    hash = fields.CharField(max_length=64)
    scopes: Any = fields.JSONField(db_default="[]")
    last_used_at = fields.DatetimeField(null=True)
    revoked_at = fields.DatetimeField(null=True)

    class Meta:
        table = "api_keys"
