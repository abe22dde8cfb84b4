"""Documents that clients sent: parsed and validated once, remembered while they are in use."""

from collections.abc import Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import Final

from cachetools import LRUCache
from graphql import (
    ASTValidationRule,
    DocumentNode,
    FieldNode,
    FragmentDefinitionNode,
    GraphQLError,
    GraphQLSchema,
    NoSchemaIntrospectionCustomRule,
    OperationDefinitionNode,
    OperationType,
    OverlappingFieldsCanBeMergedRule,
    ValidationContext,
    parse,
    specified_rules,
    validate,
)
from graphql.validation.validate import ValidationAbortedError

from api.execution.given import GivenVariables
from api.execution.limits import MAX_TOKENS, MAX_VALIDATION_ERRORS, excess, sizes
from api.execution.refusals import refused_document
from api.execution.shape import MAX_SHAPES, Shapes, deciding_variables
from api.metering import Meter
from domain.errors import DomainError

# Bytes, of which each token of a document and each field of a shape takes some 500.
_REMEMBERED: Final = 50 << 20
_BYTES_EACH: Final = 500

# Root fields that show candles, and nothing of their pair.
_CANDLES: Final = {"candles", "series"}

# Comparisons of fields of one name, whose number is quadratic: fifty times the same three fields take some 10,000.
_MAX_COMPARISONS: Final = 15_000

_REPETITIVE: Final = "The document repeats fields or fragments too often; ask for each of them once."
_UNREADABLE: Final = "A value cannot be read as one of its type."


@dataclass(frozen=True)
class Operation:
    """An operation of a document, with the fragments that it may use; without a meter where that is not valid."""

    schema: GraphQLSchema
    node: OperationDefinitionNode
    fragments: dict[str, FragmentDefinitionNode]
    variables: GivenVariables
    shapes: Shapes
    meter: Meter | None

    @cached_property
    def shows_candles_only(self) -> bool:
        """Whether nothing else decides the answer; the root fields are looked at as they are written."""
        selected = self.node.selection_set.selections
        is_query = self.node.operation is OperationType.QUERY
        return is_query and all(isinstance(item, FieldNode) and item.name.value in _CANDLES for item in selected)


@dataclass(frozen=True, slots=True)
class Document:
    """`errors` are why nothing of it can run; there are at most MAX_VALIDATION_ERRORS of them."""

    operations: Sequence[Operation]
    errors: Sequence[GraphQLError]
    bytes: int

    def operation(self, name: str | None) -> Operation | None:
        """The one of that name, or the only one; None where that names none."""
        if name is None:
            return self.operations[0] if len(self.operations) == 1 else None
        return next((found for found in self.operations if found.node.name and found.node.name.value == name), None)


class _Mergeable(OverlappingFieldsCanBeMergedRule):
    """Graphql-core's own, which may block the process for a second before its own budget is spent."""

    def __init__(self, context: ValidationContext) -> None:
        super().__init__(context)
        self.rule_context.remaining_complexity_budget = _MAX_COMPARISONS


_RULES: Final = tuple(_Mergeable if rule is OverlappingFieldsCanBeMergedRule else rule for rule in specified_rules)


class Documents:
    """Of one schema."""

    def __init__(self, schema: GraphQLSchema, *, allows_introspection: bool) -> None:
        self._schema = schema
        self._rules = _RULES if allows_introspection else (*_RULES, NoSchemaIntrospectionCustomRule)
        self._known = LRUCache[str, Document](_REMEMBERED, getsizeof=lambda document: document.bytes)

    def get(self, text: str) -> Document:
        """Raises GraphQLError for what is no GraphQL."""
        document = self._known.get(text)
        if document is None:
            document = self._prepared(parse(text, max_tokens=MAX_TOKENS))
            if document.bytes <= _REMEMBERED:
                self._known[text] = document
        return document

    def _prepared(self, node: DocumentNode) -> Document:
        errors = _errors(self._schema, node, self._rules)
        fragments = {item.name.value: item for item in node.definitions if isinstance(item, FragmentDefinitionNode)}
        conditions = () if errors else deciding_variables(node)
        operations = [
            Operation(
                self._schema,
                item,
                fragments,
                self._variables(item),
                Shapes(conditions),
                None if errors else Meter.of(item, fragments),
            )
            for item in node.definitions
            if isinstance(item, OperationDefinitionNode)
        ]
        fields = 0 if errors else sum(size.fields for _, size in sizes(node))
        return Document(operations, errors, (node.token_count + MAX_SHAPES * fields) * _BYTES_EACH)

    def _variables(self, operation: OperationDefinitionNode) -> GivenVariables:
        return GivenVariables(self._schema, operation.variable_definitions or ())


def _errors(
    schema: GraphQLSchema, document: DocumentNode, rules: Sequence[type[ASTValidationRule]]
) -> Sequence[GraphQLError]:
    """Size first, because the other rules may be slow on what is too large."""
    try:
        too_large = excess(document)
    except RecursionError:
        too_large = [refused_document("The fragments of the document nest too deeply.")]
    # The last place is for the error that says that there were more.
    errors = too_large or validate(schema, document, rules, max_errors=MAX_VALIDATION_ERRORS - 1)
    return [_told(error) for error in errors[:MAX_VALIDATION_ERRORS]]


def _told(error: GraphQLError) -> GraphQLError:
    """In words of ours where graphql-core has none that help, or hands on those of Python."""
    if isinstance(error, ValidationAbortedError) and error.message == "Validation aborted.":
        return refused_document(_REPETITIVE)
    if error.original_error and not isinstance(error.original_error, GraphQLError | DomainError):
        return refused_document(_UNREADABLE, error.nodes)
    return error
