"""Client order ids, one of them made before it is asked for."""

from collections.abc import Callable


class IdsAhead:
    """Ids that `make` makes, each given once. Lives on the GUI thread.

    An id takes randomness of the system: the next order should not wait for that when it is clicked.
    """

    def __init__(self, make: Callable[[], str]) -> None:
        self._make = make
        self._ahead = ""

    def take(self) -> str:
        """An id that was never given."""
        taken, self._ahead = self._ahead or self._make(), ""
        return taken

    def make_ahead(self) -> None:
        """Make the next one now, while nobody waits."""
        self._ahead = self._ahead or self._make()
