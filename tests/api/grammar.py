"""Queries about anything that the schema has: fields, aliases, fragments, conditions and arguments at random."""

from functools import cache
from typing import Final
from zlib import crc32

from graphql import GraphQLField, GraphQLObjectType, get_named_type, is_required_argument
from hypothesis import strategies as st

from api.schema import build_schema

CONDITIONS: Final = ("", "", "", "@include(if: $yes)", "@skip(if: $yes)", "@include(if: $no)", "@skip(if: false)")

# What arguments are given below the root; those that are not here are left out.
_ARGUMENTS: Final = {
    "after": ("$cursor", '"nonsense"', "null"),
    "base": ('"BTC"', '"eth"', '"\\u0000"', "null"),
    "fill": ("PREVIOUS_CLOSE", "NONE"),
    "filter": ('{interval: "1m"}', '{coin: "ETH"}', '{exchange: "\\u0000"}', "{}", "null"),
    "first": ("0", "1", "2", "3", "$some", "$none", "-1"),
    "from": ('"2024-03-01T00:03:00Z"', '"2024-03-01T00:12:00Z"'),
    "interval": ('"1m"', '"3m"', '"1w"'),
    "last": ("2", "$none"),
    "isActive": ("true", "$no", "null"),
    "quote": ('"USDT"', '"usdt"', "null"),
    "search": ('"b"', '"ETH"', '"%"', "null"),
    "to": ('"2024-03-01T00:08:00Z"',),
}
_ROOTS: Final = (
    ("pairs(first: 3)", "PairConnection"),
    ('pairs(filter: {symbol: "BTC/USDT"}, after: $cursor)', "PairConnection"),
    ('pair(exchange: "binance", symbol: "ETH/USDT", interval: "1m")', "Pair"),
    ("coins", "CoinConnection"),
    ('coin(symbol: "BTC")', "Coin"),
    ('coin(symbol: "nothing")', "Coin"),
    ("exchanges", "Exchange"),
    ('exchange(name: "binance")', "Exchange"),
    ("timeframes", "Timeframe"),
    ('compare(symbol: "BTC/USDT", interval: "1m")', "Comparison"),
    ('compare(symbol: "ETH/USDT", interval: "3m", exchanges: ["binance"], limit: 3)', "Comparison"),
    ("syncJobs(first: 4)", "SyncJobConnection"),
)
_DEEPEST: Final = 4  # levels below a root field

_TYPES: Final = build_schema().type_map


def root_fields() -> st.SearchStrategy[str]:
    return st.sampled_from(_ROOTS).flatmap(lambda root: _braced(root[0], _fields(root[1], _DEEPEST)))


def _braced(field: str, fields: st.SearchStrategy[str]) -> st.SearchStrategy[str]:
    return fields.map(lambda text: f"{field} {{ {text} }}")


@cache
def _fields(name: str, levels: int) -> st.SearchStrategy[str]:
    kind = _TYPES[name]
    assert isinstance(kind, GraphQLObjectType)
    deep = {
        key: field for key, field in kind.fields.items() if isinstance(get_named_type(field.type), GraphQLObjectType)
    }
    leaves = ["__typename", *(key for key in kind.fields if key not in deep)]
    some = [st.builds(_leaf, st.sampled_from(leaves), st.sampled_from(("", "", "x", "y")), st.sampled_from(CONDITIONS))]
    if levels:
        some += [_deep(key, field, levels) for key, field in deep.items()]
    plain = st.one_of(some)
    either = st.one_of(plain, plain, plain.map(lambda text: f"... on {name} {{ {text} }}"))
    return st.lists(either, min_size=1, max_size=4).map(" ".join)


def _leaf(name: str, alias: str, condition: str) -> str:
    return f"{alias}_{name}: {name} {condition}" if alias else f"{name} {condition}"


def _deep(name: str, field: GraphQLField, levels: int) -> st.SearchStrategy[str]:
    """Under a name that tells the arguments, so that no two fields of one name differ."""
    required = [key for key, argument in field.args.items() if is_required_argument(argument)]
    optional = [key for key in field.args if key in _ARGUMENTS and key not in required]
    given = st.lists(st.sampled_from(optional or [""]), max_size=2, unique=True)
    arguments = given.flatmap(
        lambda keys: st.tuples(*(_given(key, may_be_null=key not in required) for key in (*required, *keys) if key))
    )
    below = st.deferred(lambda: _fields(get_named_type(field.type).name, levels - 1))
    return st.builds(_called, st.just(name), arguments.map(", ".join), st.sampled_from(CONDITIONS), below)


def _given(key: str, *, may_be_null: bool) -> st.SearchStrategy[str]:
    values = [value for value in _ARGUMENTS[key] if may_be_null or value != "null"]
    return st.sampled_from(values).map(f"{key}: {{}}".format)


def _called(name: str, arguments: str, condition: str, below: str) -> str:
    called = f"a{crc32(arguments.encode())}_{name}: {name}({arguments})" if arguments else name
    return f"{called} {condition} {{ {below} }}"
