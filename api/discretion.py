"""Errors in a document or its variables, told without anything of the schema that the client has not named itself."""

import re
from collections.abc import Callable
from typing import Final, TypeAlias

_NOT_VALID: Final = "This is not valid here."

_TYPE: Final = r"'[^']*'"

# What graphql-core says of the request alone.
_OWN: Final = re.compile(
    r"""
    Syntax\ Error | Unknown\ (type|fragment|directive)\ ' | Unknown\ argument\ '\w+'\ on\ directive
    | There\ can\ be\ only\ one | The\ directive\ '@ | Directive\ '@ | Cannot\ spread\ fragment
    | Fragment\ '\w+'\ is\ never\ used | Fragment(\ '\w+')?\ cannot\ condition
    | Variable\ '\$\w+'\ (is\ never\ used|is\ not\ defined|cannot\ be\ non-input|expected\ value\ of\ type)
    | The\ '?\w+'?\ definition\ is\ not\ executable | This\ anonymous\ operation
    | GraphQL\ introspection | Maximum\ introspection | Too\ many\ validation\ errors | Document\ contains
    """,
    re.VERBOSE,
)

_CONFLICTING_TYPES: Final = re.compile(rf"conflicting types {_TYPE} and {_TYPE}")

_Told: TypeAlias = Callable[[re.Match[str]], str]


def _as(template: str) -> _Told:
    return lambda found: found.expand(template)


def _inside(found: re.Match[str]) -> str:
    return f"{found[1]} has an invalid value{found[2]}: {discreet(found[3])}"


# What it says of the schema, too: the same without that.
_OTHERWISE: Final[tuple[tuple[re.Pattern[str], _Told], ...]] = tuple(
    (re.compile(pattern, re.DOTALL), told)
    for pattern, told in (
        (rf"Cannot query field ('\w+') on type {_TYPE}\..*", _as(r"There is no field \1 here.")),
        (r"Unknown argument ('\w+') on field .*", _as(r"There is no argument \1 here.")),
        (rf"Field ('\w+') of type {_TYPE} must have .*", _as(r"Field \1 must have a selection of subfields.")),
        (r"Field ('\w+') must not have a selection .*", _as(r"Field \1 has no subfields to select.")),
        (r"Argument '[^']*' of (?:required )?type .*", _as("An argument that is required here is missing.")),
        (
            rf"Variable ('\$\w+') of type {_TYPE} used in .*",
            _as(r"Variable \1 is of another type than what is needed here."),
        ),
        (r"(?:Anonymous Subscription|Subscription '\w+') (must .*)", _as(r"A subscription \1")),
        (r"(Fragment(?: '\w+')?) cannot be spread here .*", _as(r"\1 can never be of what is here.")),
        (r"(Variable '\$\w+'|Argument '\w+') has invalid (?:default )?value([^:]*): (.*)", _inside),
        (
            rf"Expected value of type {_TYPE}, but encountered error '(.*)'; found: .*",
            _as(r"This value cannot be read: \1"),
        ),
        (rf"Expected value of type {_TYPE} to be an object, (.*)", _as(r"This must be an object, \1")),
        (
            rf"Expected value of type {_TYPE} to include .*",
            _as("A field that is required in this object is missing."),
        ),
        (
            rf"Expected value of type {_TYPE} not to include unknown field ('\w+').*",
            _as(r"There is no field \1 in this object."),
        ),
        (r"Expected (?:a )?value of non-null type .*", _as("This value must not be null or left out.")),
        (r"Expected variable '\$?(\w+)' provided .*", _as(r"Variable '$\1' must have a value here.")),
        (rf"Value ('.*') does not exist in {_TYPE} enum\..*", _as(r"There is no value \1 here.")),
        (rf"(?:Enum {_TYPE}|\w+) cannot represent (?:a )?(non[ -].*)", _as(r"This cannot be a \1")),
        (r"Fields '[^']*' conflict because .*", lambda found: _CONFLICTING_TYPES.sub("different types", found[0])),
    )
)


def discreet(message: str) -> str:
    """What graphql-core found wrong. What it says in words that are not known here becomes a sentence without any."""
    message = message.partition(" Did you mean ")[0]
    if _OWN.match(message):
        return message
    for pattern, told in _OTHERWISE:
        if found := pattern.fullmatch(message):
            return told(found)
    return _NOT_VALID
