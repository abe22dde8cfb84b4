"""One operation of a connection, from its request to its last message."""

import asyncio
from collections.abc import Callable, Coroutine, Hashable
from contextlib import aclosing
from dataclasses import dataclass
from functools import partial
from typing import Any, Final, cast

from graphql import ExecutionResult, GraphQLError, OperationType

from api.context import Context
from api.errors import present, refusal
from api.execution.answer import answer_to, encode
from api.execution.operations import GraphQLRequest, Operations, Ready, WrongOperationError
from api.execution.refusals import refused
from api.execution.source import Told
from api.execution.time_limit import answered
from api.sharing.joint import Joint
from api.socket.outbox import Outbox, too_slow
from domain.errors import BadInputError, RateLimitedError
from domain.live.news import TooSlowError

_ALL: Final = frozenset(OperationType)


@dataclass(frozen=True, slots=True)
class SocketOperation:
    """`new_context` makes one for a query or a mutation, and for each event of a subscription."""

    name: str
    request: GraphQLRequest
    operations: Operations
    new_context: Callable[[], Context]
    outbox: Outbox
    hides_schema: bool

    async def run(self) -> None:
        """Raises ClosingError where the connection has to end."""
        context = self.new_context()
        try:
            ready = await self._ready(context)
        except WrongOperationError as error:
            wrong = refusal(BadInputError.code, str(error), context.request_id)
            await self.outbox.send("error", self.name, encode(wrong["errors"]))
            return
        if isinstance(ready, ExecutionResult):
            await self._fail(ready.errors or [], context)
        elif ready.kind is OperationType.SUBSCRIPTION:
            await self._follow(ready, context)
        else:
            await self._answer(ready, context)

    async def _ready(self, context: Context) -> Ready | ExecutionResult:
        """Raises WrongOperationError."""
        try:
            await context.count()
        except RateLimitedError as error:
            return refused(error)
        ready = self.operations.prepare(self.request, _ALL)
        return ready if isinstance(ready, ExecutionResult) else await self.operations.charge(ready, context) or ready

    async def _fail(self, errors: list[GraphQLError], context: Context) -> None:
        told = present(errors, context.request_id, hides_schema=self.hides_schema)
        await self.outbox.send("error", self.name, encode([error.formatted for error in told]))

    async def _answer(self, ready: Ready, context: Context) -> None:
        # A task of its own, so that a client's leaving can be told from an outage.
        answer = await asyncio.create_task(self._executed(ready, context))
        if not cast("asyncio.Task[None]", asyncio.current_task()).cancelling():
            await self.outbox.send("next", self.name, answer)
            await self.outbox.send("complete", self.name)

    async def _event(self, ready: Ready, value: object) -> bytes:
        return await self._executed(ready, self.new_context(), value)

    async def _executed(self, ready: Ready, context: Context, root: object = None) -> bytes:
        result = await answered(self.operations.execute(ready, context, root), context.max_query_seconds)
        return encode(answer_to(result, context, hides_schema=self.hides_schema))

    async def _follow(self, ready: Ready, context: Context) -> None:
        key = (self.request.query, self.request.operation_name, encode(self.request.variables))
        try:
            async with aclosing(cast("Any", self.operations.follow(ready, context))) as events:
                async for told in events:
                    answer = await _once(told, key, partial(self._event, ready, told.value))
                    await self.outbox.send("next", self.name, answer)
        except TooSlowError:
            raise too_slow() from None
        except GraphQLError as error:
            await self._fail([error], context)
        else:
            await self.outbox.send("complete", self.name)


async def _once(told: Told, key: Hashable, render: Callable[[], Coroutine[Any, Any, bytes]]) -> bytes:
    """Who asks the same of the same event is answered the same; who leaves does not take it from the others."""
    joint = told.worked_out.get(key)
    if joint is None or joint.is_abandoned:
        joint = told.worked_out[key] = Joint(render())
    answer: bytes = await joint.result()
    return answer
