"""Which stretches of a long list have been read, so that reading goes on where it stopped.

A list is read from its newest entry backwards. Places on it are numbers or texts that sort by time.
"""

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Generic, TypeVar

Place = TypeVar("Place", int, str)


@dataclass(frozen=True, slots=True)
class Span(Generic[Place]):
    """Everything later than `low`, up to and including `high`, has been read."""

    low: Place
    high: Place


class Coverage(Generic[Place]):
    """The spans that have been read, newest first; spans that meet are one."""

    def __init__(self, spans: Iterable[Span[Place]] = ()) -> None:
        self._spans: list[Span[Place]] = []
        for span in spans:
            self.add(span.low, span.high)

    @property
    def spans(self) -> tuple[Span[Place], ...]:
        """What has been read, newest first."""
        return tuple(self._spans)

    def add(self, low: Place, high: Place) -> None:
        """Note that everything later than `low`, up to `high`, has been read."""
        apart: list[Span[Place]] = []
        for span in self._spans:
            if span.high < low or high < span.low:
                apart.append(span)
            else:
                low, high = min(low, span.low), max(high, span.high)
        apart.append(Span(low, high))
        self._spans = sorted(apart, key=lambda span: span.high, reverse=True)

    def low_of(self, place: Place) -> Place:
        """The lower end of the span that `place` lies in or ends; `place` itself outside of all."""
        for span in self._spans:
            if span.low <= place <= span.high:
                return span.low
        return place
