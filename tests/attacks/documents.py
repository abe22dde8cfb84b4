"""Documents that ask for more than anyone should, as long as a request may be."""

from typing import Final


def nested(levels: int) -> str:
    """A document so many fields deep, three for each pair of a coin of a pair."""
    return "{ pairs { " + "nodes { coin { pairs { " * (levels // 3) + "totalCount" + " } } }" * (levels // 3) + " } }"


def bomb(fragments: int, head: str = "...f0", spread: str = "...f{} ...f{}", on: str = "Query") -> str:
    """Fragments that each spread the next twice."""
    chain = [f"fragment f{place} on {on} {{ {spread.format(place + 1, place + 1)} }}" for place in range(fragments)]
    return " ".join(["{", head, "}", *chain, f"fragment f{fragments} on {on} {{ __typename }}"])


def many(count: int, text: str) -> str:
    """The text so many times; `{}` in it is the number."""
    return " ".join(text.replace("{}", str(place)) for place in range(count))


_DEEPER: Final = "pairs {{ nodes {{ coin {{ ...f{} }} }} }}"
_CIRCLE: Final = "fields { type { " * 3 + "name" + " } }" * 3
_CANDLES: Final = (
    'candles(exchange: "a", symbol: "b", interval: "1m", first: 2147483647) { nodes { open high low close } }'
)
_SPREADS: Final = [f"fragment f{place} on Coin {{ {many(40, '...f{}')} }}" for place in range(25)]

REFUSED: Final = {
    "1,000 aliases": "{" + many(1_000, "a{}: __typename") + "}",
    "depth 60": nested(60),
    "depth 400": nested(400),
    "1,000 directives": "{ coins " + "@skip(if: false) " * 1_000 + "{ totalCount } }",
    "1,000 unknown directives": "{ coins " + "@aa " * 1_000 + "{ totalCount } }",
    "10,000 fields": "{" + " id" * 10_000 + "}",
    "1,900 fields": "{" + " id" * 1_900 + "}",
    "900 times one field": "{ coins { nodes {" + " id" * 900 + "} } }",
    "300 times one object": "{ coins {" + " nodes { id }" * 300 + " } }",
    "180 times one object with arguments": "{ coins { nodes {" + " pairs(first: 1) { totalCount }" * 180 + " } } }",
    "180 fragments of the same": f"{{ coins {{ nodes {{ {many(180, '...f{}')} }} }} }}"
    + many(180, "fragment f{} on Coin { id name }"),
    "90 fragments of the same ten": f"{{ coins {{ nodes {{ {many(90, '...f{}')} }} }} }}"
    + many(90, "fragment f{} on Coin { id name symbol createdAt updatedAt }"),
    "every fragment in every other": " ".join(["{ coins { nodes { ...f0 } } }", *_SPREADS]),
    "500 aliases of fragments": bomb(9, spread="a{0}: __typename ...f{0}  ...f{0}"),
    "a fragment bomb of 2^20": bomb(20),
    "a fragment bomb of 2^30": bomb(30),
    "a nested fragment bomb": bomb(30, 'coin(symbol: "x") { ...f0 }', f"a: {_DEEPER} b: {_DEEPER}", "Coin"),
    "a chain of 200 fragments": bomb(200, spread="...f{}"),
    "fragments in a circle": "{ ...a } fragment a on Query { ...b } fragment b on Query { ...a }",
    "1,000 operations": many(1_000, "query q{} { __typename }"),
    "300 operations": many(300, "query q{} { __typename }"),
    "5,000 unused variables": "query(" + many(5_000, "$v{}: Int") + ") { __typename }",
    "390 unused variables": "query(" + many(390, "$v{}: Int") + ") { __typename }",
    "1,000 arguments": "{ coins(" + many(1_000, "a{}: 1") + ") { totalCount } }",
    "600 fields of an input": "{ pairs(filter: {" + many(600, "c{}: 1") + "}) { totalCount } }",
    "900 unknown fields": "{ coins { nodes {" + many(900, "name{}") + "} } }",
    "a name of 60,000 letters": "{ coins { nodes { " + "a" * 60_000 + " } } }",
    "a number of 60,000 digits": "{ coins(first: " + "9" * 60_000 + ") { totalCount } }",
    "an interval of 60,000 digits": '{ pair(exchange: "a", symbol: "b", interval: "' + "9" * 60_000 + 'm") { id } }',
    "1,000 braces": "{" * 1_000,
    "60,000 brackets": "{ coins(first: " + "[" * 60_000 + ") }",
    "introspection in a circle": "{ __schema { types { " + _CIRCLE + " } } }",
    "all candles, nested": "{ pairs(first: 2147483647) { nodes { candles(first: 2147483647) { nodes { id } } } } }",
    "all candles, fifteen times": "{" + many(15, f"a{{}}: {_CANDLES}") + "}",
}
