"""Documents that clients sent: parsed and validated once, remembered while they are in use."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final

from cachetools import LRUCache
from graphql import (
    ASTValidationRule,
    DocumentNode,
    GraphQLError,
    GraphQLSchema,
    NoSchemaIntrospectionCustomRule,
    OperationDefinitionNode,
    parse,
    specified_rules,
    validate,
)

from api.limits import MAX_TOKENS, MAX_VALIDATION_ERRORS, excess

# A token and what is made of it take some 500 bytes: 50 MB for all documents that are remembered.
_REMEMBERED_TOKENS: Final = 100_000


@dataclass(frozen=True, slots=True)
class Document:
    """`errors` are why it cannot run, its syntax aside; there are at most MAX_VALIDATION_ERRORS of them."""

    node: DocumentNode
    operations: Sequence[OperationDefinitionNode]
    errors: Sequence[GraphQLError]

    def operation(self, name: str | None) -> OperationDefinitionNode | None:
        """The one of that name, or the only one; None where that names none."""
        if name is None:
            return self.operations[0] if len(self.operations) == 1 else None
        return next((found for found in self.operations if found.name and found.name.value == name), None)


class Documents:
    """Of one schema."""

    def __init__(self, schema: GraphQLSchema, *, allows_introspection: bool) -> None:
        self._schema = schema
        self._rules = specified_rules if allows_introspection else (*specified_rules, NoSchemaIntrospectionCustomRule)
        self._known = LRUCache[str, Document](_REMEMBERED_TOKENS, getsizeof=_tokens)

    def get(self, text: str) -> Document:
        """Raises GraphQLError for what is no GraphQL."""
        document = self._known.get(text)
        if document is None:
            node = parse(text, max_tokens=MAX_TOKENS)
            operations = [item for item in node.definitions if isinstance(item, OperationDefinitionNode)]
            document = Document(node, operations, _errors(self._schema, node, self._rules))
            self._known[text] = document
        return document


def _tokens(document: Document) -> int:
    return document.node.token_count


def _errors(
    schema: GraphQLSchema, document: DocumentNode, rules: Sequence[type[ASTValidationRule]]
) -> list[GraphQLError]:
    """Size first, because the other rules may be slow on what is too large."""
    try:
        too_large = excess(document)
    except RecursionError:
        too_large = [GraphQLError("The fragments of the document nest too deeply.")]
    # The last place is for the error that says that there were more.
    errors = too_large or validate(schema, document, rules, max_errors=MAX_VALIDATION_ERRORS - 1)
    return errors[:MAX_VALIDATION_ERRORS]
