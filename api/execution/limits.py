"""What a document may ask of us, counted with its fragments spelled out, each of them only once."""

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from typing import Final

from graphql import (
    DocumentNode,
    FieldNode,
    FragmentDefinitionNode,
    FragmentSpreadNode,
    GraphQLError,
    OperationDefinitionNode,
    SelectionNode,
    SelectionSetNode,
)

from api.execution.refusals import refused_document

MAX_BODY_BYTES: Final = 64 * 1024
MAX_TOKENS: Final = 2_000  # of which a query of 3,000 characters has some 1,000
MAX_DEFINITIONS: Final = 100  # operations and fragments of a document, of which one operation runs
MAX_VALIDATION_ERRORS: Final = 5  # more do not help anyone to find their mistake, and would feed amplification


@dataclass(frozen=True, slots=True)
class Size:
    """Of a selection with every fragment spelled out."""

    depth: int = 0
    fields: int = 0
    aliases: int = 0
    directives: int = 0
    root_fields: int = 0

    def beside(self, other: "Size") -> "Size":
        return total((self, other))


def total(sizes: Iterable[Size]) -> Size:
    """Of selections beside each other."""
    depth = fields = aliases = directives = root_fields = 0
    for size in sizes:
        depth = max(depth, size.depth)
        fields += size.fields
        aliases += size.aliases
        directives += size.directives
        root_fields += size.root_fields
    return Size(depth, fields, aliases, directives, root_fields)


_NOTHING: Final = Size()
_LEAF: Final = Size(depth=1, fields=1, root_fields=1)

# The query that GraphiQL reads the schema with is 15 deep and spells out to some 200 fields.
LIMITS: Final = Size(depth=20, fields=1_000, aliases=100, directives=100, root_fields=50)

_WORDS: Final = {
    "depth": "nests {count} levels deep, and {limit} are allowed",
    "fields": "selects {count} fields with its fragments spelled out, and {limit} are allowed",
    "aliases": "uses {count} aliases with its fragments spelled out, and {limit} are allowed",
    "directives": "uses {count} directives with its fragments spelled out, and {limit} are allowed",
    "root_fields": "selects {count} root fields, and {limit} are allowed",
}


def excess(document: DocumentNode, limits: Size = LIMITS) -> list[GraphQLError]:
    """One error for each operation that is too large, or one for all of them together."""
    if (count := len(document.definitions)) > MAX_DEFINITIONS:
        told = f"The document has {count:,} operations and fragments, and {MAX_DEFINITIONS} are allowed."
        return [refused_document(told, document.definitions[0])]
    return [error for operation, size in sizes(document) if (error := _error(operation, size, limits))]


def sizes(document: DocumentNode) -> Iterator[tuple[OperationDefinitionNode, Size]]:
    """Of each operation."""
    fragments = {item.name.value: item for item in document.definitions if isinstance(item, FragmentDefinitionNode)}
    known = _Sizes(fragments)
    for item in document.definitions:
        if isinstance(item, OperationDefinitionNode):
            yield item, known.of_operation(item)


def _error(operation: OperationDefinitionNode, size: Size, limits: Size) -> GraphQLError | None:
    for name, words in _WORDS.items():
        count, limit = getattr(size, name), getattr(limits, name)
        if count > limit:
            shown = f"{count:,}" if count < 10**6 else "millions of"
            return refused_document(f"The operation {words.format(count=shown, limit=limit)}.", operation)
    return None


class _Sizes:
    """Sizes of fragments are worked out once, however often they are spread."""

    def __init__(self, fragments: Mapping[str, FragmentDefinitionNode]) -> None:
        self._fragments = fragments
        self._known: dict[str, Size] = {}

    def of_operation(self, operation: OperationDefinitionNode) -> Size:
        own = Size(directives=len(operation.directives or ()))
        return own.beside(self._of_set(operation.selection_set))

    def _of_set(self, selections: SelectionSetNode | None) -> Size:
        return total(self._of(item) for item in selections.selections) if selections else _NOTHING

    def _of(self, selection: SelectionNode) -> Size:
        own = self._without_directives(selection)
        return own.beside(Size(directives=len(selection.directives))) if selection.directives else own

    def _without_directives(self, selection: SelectionNode) -> Size:
        if isinstance(selection, FieldNode):
            return self._of_field(selection)
        if isinstance(selection, FragmentSpreadNode):
            return self._of_fragment(selection.name.value)
        return self._of_set(getattr(selection, "selection_set", None))

    def _of_field(self, field: FieldNode) -> Size:
        if not (field.alias or field.selection_set):
            return _LEAF
        below = self._of_set(field.selection_set)
        aliases = below.aliases + (field.alias is not None)
        return Size(below.depth + 1, below.fields + 1, aliases, below.directives, root_fields=1)

    def _of_fragment(self, name: str) -> Size:
        if name not in self._known:
            self._known[name] = _NOTHING  # a fragment inside itself, which validation refuses, adds nothing
            fragment = self._fragments.get(name)
            self._known[name] = self._of_set(fragment.selection_set) if fragment else _NOTHING
        return self._known[name]
