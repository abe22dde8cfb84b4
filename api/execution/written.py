"""Objects that write themselves."""

from abc import ABC, abstractmethod
from typing import Any

from graphql.pyutils import AwaitableOrValue

from api.execution.selection import Selection


class Written(ABC):
    """A value of an object type that answers all of its selected fields at once."""

    @abstractmethod
    def write(self, selection: Selection) -> AwaitableOrValue[Any]:
        """What stands in the answer: exactly what the stock executor would have made of the value.

        Parts of it may be `orjson.Fragment`s. Raises what the field's resolver may raise.
        """
