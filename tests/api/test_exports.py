"""Candles as files of any length."""

import asyncio
import gzip
import json
from decimal import Decimal
from io import BytesIO
from pathlib import Path
from typing import Any

import httpx
import pyarrow as pa
import pyarrow.parquet
import pytest
import zstandard

from domain import exporting
from domain.database import connection, pool_use
from domain.timerange import TimeRange
from tests import factories
from tests.api.client import Client
from tests.api.conftest import NOW
from tests.factories import START, minutes
from tests.patience import PATIENCE
from workers.importing.file_import import FileImport

PATH = "/api/v1/candles"
MARKET = {"exchange": "binance", "symbol": "BTC/USDT", "interval": "1m"}


@pytest.fixture(autouse=True)
async def few(http: httpx.AsyncClient) -> None:
    """Three candles, the nth with a volume of n."""
    await factories.history(await factories.pair(), 3)


async def export(http: httpx.AsyncClient, ending: str = "csv", **arguments: Any) -> httpx.Response:
    plain = {"Accept-Encoding": "identity"}
    found = await http.get(f"{PATH}.{ending}", params={**MARKET, **arguments}, headers=plain)
    assert found.status_code == 200, found.text
    return found


async def test_csv_has_a_header_and_a_line_a_candle(http: httpx.AsyncClient) -> None:
    """Oldest first; prices digit for digit."""
    found = await export(http)

    assert found.text == (
        "timestamp,open,high,low,close,volume\n"
        "2024-03-01T00:00:00Z,100.50,100.50,100.50,100.50,1\n"
        "2024-03-01T00:01:00Z,100.50,100.50,100.50,100.50,2\n"
        "2024-03-01T00:02:00Z,100.50,100.50,100.50,100.50,3\n"
    )
    assert found.headers["content-type"] == "text/csv; charset=utf-8; header=present"
    assert found.headers["content-disposition"] == 'attachment; filename="binance-BTC-USDT-1m.csv"'


async def test_clients_are_told_where_exports_are(api: Client) -> None:
    """By GraphQL, which they know: an installation may have its plain routes elsewhere."""
    assert await api.data("{ exportPath }") == {"exportPath": PATH}


async def test_ndjson_has_the_objects_of_graphql(http: httpx.AsyncClient, api: Client) -> None:
    """One a line, decimals as strings."""
    fields = "timestamp open high low close volume isComplete isFilled"
    market = 'exchange: "binance", symbol: "BTC/USDT", interval: "1m"'

    found = await export(http, "ndjson", fields=fields.replace(" ", ","))

    nodes = (await api.data(f"{{ candles({market}) {{ nodes {{ {fields} }} }} }}"))["candles"]["nodes"]
    assert [json.loads(line) for line in found.text.splitlines()] == nodes
    assert found.headers["content-type"] == "application/x-ndjson"


@pytest.mark.parametrize("ending", ["arrow", "parquet"])
async def test_arrow_and_parquet_have_instants_and_the_digits(http: httpx.AsyncClient, ending: str) -> None:
    """Strings, because no decimal type holds every value as it was sent."""
    found = table(ending, (await export(http, ending, fields="timestamp,close,volume,isFilled")).content)

    assert [str(field.type) for field in found.schema] == ["timestamp[ms, tz=UTC]", "string", "string", "bool"]
    assert found.to_pylist()[2] == {
        "timestamp": START + minutes(2),
        "close": "100.50",
        "volume": "3",
        "isFilled": False,
    }


def table(ending: str, content: bytes) -> pa.Table:
    if ending == "parquet":
        return pa.parquet.read_table(BytesIO(content))
    return pa.ipc.open_stream(content).read_all()


@pytest.mark.parametrize("ending", ["csv", "ndjson", "arrow", "parquet"])
async def test_no_candles_are_a_whole_file(http: httpx.AsyncClient, ending: str) -> None:
    """With what every file of its kind begins and ends with."""
    for arguments in ({"first": 0}, {"from": "2030-01-01"}, {"from": "2024-03-01", "to": "2024-03-01"}):
        content = (await export(http, ending, **arguments)).content
        if ending in {"arrow", "parquet"}:
            assert table(ending, content).num_rows == 0
        else:
            assert content == (b"timestamp,open,high,low,close,volume\n" if ending == "csv" else b"")


@pytest.mark.parametrize(
    ("arguments", "volumes"),
    [
        ({"from": "2024-03-01T00:01:00Z"}, ["2", "3"]),
        ({"from": "2024-03-01T01:01:00+01:00", "first": 1}, ["2"]),
        ({"to": "2024-03-01T00:02:00Z"}, ["1", "2"]),
        ({"first": 2}, ["1", "2"]),
        ({"interval": "1h"}, ["6"]),
    ],
)
async def test_the_arguments_are_those_of_candles(
    http: httpx.AsyncClient, arguments: dict[str, Any], volumes: list[str]
) -> None:
    """Who was cut off goes on with `from`; coarser intervals are resampled."""
    found = await export(http, **{"fields": "volume", **arguments})
    assert found.text.splitlines()[1:] == volumes


async def test_flags_tell_what_is_unfinished_and_what_was_filled(http: httpx.AsyncClient) -> None:
    """An hour of which three minutes are covered is not complete; a covered minute without a candle can be filled."""
    sparse = await factories.pair("ETH/USDT")
    await factories.candles(sparse, [START, START + minutes(2)])
    await factories.cover(sparse, TimeRange(START, START + minutes(3)))

    hour = await export(http, interval="1h", fields="timestamp,isComplete")
    filled = await export(http, symbol="ETH/USDT", fill="PREVIOUS_CLOSE", fields="isFilled,volume,timestamp")

    assert hour.text.splitlines()[1:] == ["2024-03-01T00:00:00Z,false"]
    assert filled.text.splitlines()[1:] == [
        "false,1,2024-03-01T00:00:00Z",
        "true,0,2024-03-01T00:01:00Z",
        "false,2,2024-03-01T00:02:00Z",
    ]


@pytest.mark.parametrize("ending", ["csv", "parquet"])
async def test_what_was_exported_can_be_imported(http: httpx.AsyncClient, tmp_path: Path, ending: str) -> None:
    """Elsewhere, for example, where it is the same to the last digit."""
    precise = await factories.pair("PEPE/USDT")
    await factories.candles(precise, [START, START + minutes(7)], "0.000000000012345678900")
    other = await factories.pair("PEPE/USDT", on="kraken")
    file = tmp_path / f"candles.{ending}"
    file.write_bytes((await export(http, ending, symbol="PEPE/USDT")).content)

    importing = FileImport(file, other, None, NOW)
    importing.check(lambda _: None)
    await importing.store(lambda _: None)

    own, others = [await export(http, symbol="PEPE/USDT", exchange=name) for name in ("binance", "kraken")]
    assert others.text == own.text
    assert "0.000000000012345678900" in own.text


@pytest.mark.parametrize("ending", ["csv", "ndjson", "arrow", "parquet"])
async def test_a_list_longer_than_a_stretch_has_each_candle_once(http: httpx.AsyncClient, ending: str) -> None:
    """In order, also where the last stretch is exactly full."""
    count = 2 * exporting.STRETCH_CANDLES
    await many("SOL/USDT", count)

    content = (await export(http, ending, symbol="SOL/USDT", fields="volume")).content

    if ending in {"arrow", "parquet"}:
        volumes = table(ending, content).column("volume").to_pylist()
    elif ending == "csv":
        volumes = content.decode().splitlines()[1:]
    else:
        volumes = [json.loads(line)["volume"] for line in content.splitlines()]
    assert [int(volume) for volume in volumes] == list(range(1, count + 1))


async def test_resampled_stretches_join_without_a_seam(http: httpx.AsyncClient, api: Client) -> None:
    """The same days as a query has them."""
    await many("SOL/USDT", 60 * 1_440)
    found = await export(http, "ndjson", symbol="SOL/USDT", interval="1d", fields="timestamp,open,close,volume")

    market = 'exchange: "binance", symbol: "SOL/USDT", interval: "1d"'
    nodes = (await api.data(f"{{ candles({market}) {{ nodes {{ timestamp open close volume }} }} }}"))["candles"][
        "nodes"
    ]
    assert len(nodes) == 60
    assert [json.loads(line) for line in found.text.splitlines()] == nodes


_MANY = """
INSERT INTO candles SELECT $1, $3::timestamptz + n * interval '1 minute', $4, $4, $4, $4, n + 1
FROM generate_series(0, $2::int - 1) AS n
"""


async def many(symbol: str, count: int, price: str = "1") -> None:
    """Candles of one minute, covered, the nth with a volume of n."""
    pair = await factories.pair(symbol)
    async with connection() as db:
        await db.execute(_MANY, pair.series, count, START, Decimal(price))
    await factories.cover(pair, TimeRange(START, START + minutes(count)))


async def more_than_sockets_buffer() -> None:
    """18 MB, in twelve stretches."""
    await many("SOL/USDT", 12 * exporting.STRETCH_CANDLES, "1." + "0" * 60)


@pytest.mark.parametrize(
    ("arguments", "status", "code"),
    [
        ({"symbol": "DOGE/USDT"}, 404, "NOT_FOUND"),
        ({"symbol": "\0"}, 404, "NOT_FOUND"),
        ({"symbol": ""}, 400, "BAD_USER_INPUT"),
        ({"interval": "7x"}, 400, "BAD_USER_INPUT"),
        ({"interval": "1s"}, 400, "BAD_USER_INPUT"),
        ({"from": "yesterday"}, 400, "BAD_USER_INPUT"),
        ({"from": "2024-03-02", "to": "2024-03-01"}, 400, "BAD_USER_INPUT"),
        ({"first": "-1"}, 400, "BAD_USER_INPUT"),
        ({"first": "many"}, 400, "BAD_USER_INPUT"),
        ({"fill": "ZERO"}, 400, "BAD_USER_INPUT"),
        ({"fields": "timestamp,price"}, 400, "BAD_USER_INPUT"),
        ({"fields": "close,close"}, 400, "BAD_USER_INPUT"),
        ({"start": "2024-03-01"}, 400, "BAD_USER_INPUT"),
    ],
)
async def test_what_cannot_be_exported_is_refused_before_the_first_byte(
    http: httpx.AsyncClient, arguments: dict[str, str], status: int, code: str
) -> None:
    """With a code, in the shape of GraphQL's errors."""
    found = await http.get(f"{PATH}.csv", params={**MARKET, **arguments})

    [error] = found.json()["errors"]
    assert (found.status_code, error["extensions"]["code"]) == (status, code)
    assert error["message"]


async def test_who_asks_for_another_format_is_told_which_there_are(http: httpx.AsyncClient) -> None:
    """As people do who guess."""
    found = await http.get(f"{PATH}.json", params=MARKET)

    [error] = found.json()["errors"]
    assert (found.status_code, error["extensions"]["code"]) == (404, "NOT_FOUND")
    assert error["message"].endswith("there are csv, ndjson, arrow, parquet.")


async def test_exports_are_asked_for_by_get(http: httpx.AsyncClient) -> None:
    """Nothing else means anything here, which is said as everything else that is refused."""
    for method in ("POST", "HEAD", "DELETE"):
        found = await http.request(method, f"{PATH}.csv", params=MARKET)
        assert (found.status_code, found.headers["allow"]) == (405, "GET")
        assert method == "HEAD" or found.json()["errors"][0]["extensions"]["code"] == "BAD_USER_INPUT"


@pytest.mark.parametrize(
    ("header", "encoding"),
    [
        ("gzip", "gzip"),
        ("zstd", "zstd"),
        ("gzip, deflate, br, zstd", "zstd"),
        ("zstd;q=0.5, gzip", "gzip"),
        ("gzip;q=0", None),
        ("br", None),
    ],
)
async def test_who_can_read_it_gets_it_compressed(http: httpx.AsyncClient, header: str, encoding: str | None) -> None:
    """Zstandard where both are as welcome."""
    whole = (await export(http)).content
    async with http.stream("GET", f"{PATH}.csv", params=MARKET, headers={"Accept-Encoding": header}) as found:
        raw = b"".join([part async for part in found.aiter_raw()])

    assert found.headers.get("content-encoding") == encoding
    assert found.headers["vary"] == "Accept-Encoding"
    assert uncompressed(raw, encoding) == whole


def uncompressed(raw: bytes, encoding: str | None) -> bytes:
    if encoding == "gzip":
        return gzip.decompress(raw)
    return zstandard.ZstdDecompressor().decompressobj().decompress(raw) if encoding else raw


async def test_parquet_is_not_compressed_twice(http: httpx.AsyncClient) -> None:
    """It is compressed inside, and stays a file that programs can seek in."""
    found = await http.get(f"{PATH}.parquet", params=MARKET, headers={"Accept-Encoding": "gzip"})
    assert "content-encoding" not in found.headers


async def test_a_reader_that_does_not_read_holds_no_connection(http: httpx.AsyncClient) -> None:
    """PostgreSQL is asked for a stretch at a time, and the connection goes back before anything is sent."""
    await more_than_sockets_buffer()
    async with http.stream("GET", f"{PATH}.csv", params={**MARKET, "symbol": "SOL/USDT"}) as found:
        stalled = found.aiter_raw()
        await anext(stalled)
        idle = 0
        async with asyncio.timeout(PATIENCE):
            while idle < 20:  # in which it would read on
                await asyncio.sleep(0.02)
                idle = 0 if pool_use().used else idle + 1
        assert (await export(http)).status_code == 200
