"""What a dry run tells."""

from typing import Self

import strawberry

from api.types.scalars import BigInt
from domain.estimate import Estimate


@strawberry.type(description="What collecting would take, as far as that is known without asking the exchange.")
class SyncEstimate:
    slots: BigInt = strawberry.field(description="Slots that would be asked for; at most so many candles.")
    requests: BigInt = strawberry.field(description="Requests for candles.")
    seconds: float = strawberry.field(
        description="What the exchange's rate limit makes of the requests, as if nobody else had any."
    )
    is_upper_bound: bool = strawberry.field(
        description="Whether the first candle of some pair is not known yet, so that it may be less."
    )

    @classmethod
    def of(cls, estimate: Estimate) -> Self:
        return cls(
            slots=BigInt(estimate.slots),
            requests=BigInt(estimate.requests),
            seconds=estimate.seconds,
            is_upper_bound=estimate.is_upper_bound,
        )
