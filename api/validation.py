"""Validation in two steps: size first, because the other rules may be slow on what is too large."""

from collections.abc import Callable, Iterator, Sequence
from functools import lru_cache
from typing import Final, TypeAlias

from graphql import (
    ASTValidationRule,
    DocumentNode,
    GraphQLError,
    GraphQLSchema,
    NoSchemaIntrospectionCustomRule,
    OperationDefinitionNode,
    specified_rules,
    validate,
)
from strawberry.extensions import SchemaExtension

from api.limits import MAX_VALIDATION_ERRORS, excess

# Documents that are remembered as validated: clients repeat a few.
_REMEMBERED: Final = 256

AMBIGUOUS: Final = "Say in operationName which operation of the document to run."

Check: TypeAlias = Callable[[GraphQLSchema, DocumentNode], list[GraphQLError]]


class Validation(SchemaExtension):
    """Strawberry's own caches validation, too, but with a hundred errors and without the first step."""

    def __init__(self, check: Check) -> None:
        self._check = check

    def on_validate(self) -> Iterator[None]:
        context = self.execution_context
        document = context.graphql_document
        if document is not None:
            unnamed = context._provided_operation_name is None and _is_ambiguous(document)  # noqa: SLF001
            errors = self._check(context.schema._schema, document)  # noqa: SLF001
            context.pre_execution_errors = errors or ([GraphQLError(AMBIGUOUS)] if unnamed else [])
        yield


def _is_ambiguous(document: DocumentNode) -> bool:
    """Whether a request must name its operation; Strawberry would run the first."""
    return sum(isinstance(item, OperationDefinitionNode) for item in document.definitions) > 1


def validation(*, allows_introspection: bool) -> Callable[[], Validation]:
    """Makes a validation for each request; they share what they remember."""
    rules = specified_rules if allows_introspection else (*specified_rules, NoSchemaIntrospectionCustomRule)

    @lru_cache(maxsize=_REMEMBERED)
    def check(schema: GraphQLSchema, document: DocumentNode) -> list[GraphQLError]:
        return _errors(schema, document, rules)

    return lambda: Validation(check)


def _errors(
    schema: GraphQLSchema, document: DocumentNode, rules: Sequence[type[ASTValidationRule]]
) -> list[GraphQLError]:
    try:
        too_large = excess(document)
    except RecursionError:
        too_large = [GraphQLError("The fragments of the document nest too deeply.")]
    # The last place is for the error that says that there were more.
    errors = too_large or validate(schema, document, rules, max_errors=MAX_VALIDATION_ERRORS - 1)
    return errors[:MAX_VALIDATION_ERRORS]
