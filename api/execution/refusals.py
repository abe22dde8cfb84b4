"""What did not begin: why, as GraphQL has it."""

from collections.abc import Sequence

from graphql import ExecutionResult, GraphQLError, Node

from domain.errors import BadInputError


def refused(error: Exception) -> ExecutionResult:
    """The result of an operation that did not begin."""
    return ExecutionResult(None, [GraphQLError(str(error), original_error=error)])


def refused_document(told: str, node: Node | Sequence[Node] | None = None) -> GraphQLError:
    """In words of ours, with the part of the document that they are about."""
    return GraphQLError(told, node, original_error=BadInputError(told))
