"""The watchlists of one account: named lists of instruments, in the order the holder gave them."""

from collections.abc import Callable, Iterable
from dataclasses import dataclass, field

from practice.engine.instruments import Instrument
from practice.engine.refusals import not_found, unprocessable

LONGEST_NAME = 64


@dataclass(slots=True)
class Watchlist:
    """One list. Times are nanoseconds since the epoch."""

    id: str
    name: str
    created_at: int
    updated_at: int
    instruments: list[Instrument] = field(default_factory=list)


class Watchlists:
    """All lists of an account, oldest first; names are unique. `new_id` makes identifiers."""

    def __init__(self, new_id: Callable[[], str]) -> None:
        self._new_id = new_id
        self._by_id: dict[str, Watchlist] = {}

    def all(self) -> list[Watchlist]:
        return list(self._by_id.values())

    def by_id(self, watchlist_id: str) -> Watchlist:
        """Return a list, or raise `Refusal`."""
        if found := self._by_id.get(watchlist_id.lower()):
            return found
        raise not_found("watchlist not found")

    def by_name(self, name: str) -> Watchlist:
        """Return a list, or raise `Refusal`."""
        for watchlist in self._by_id.values():
            if watchlist.name == name:
                return watchlist
        raise not_found("watchlist not found")

    def create(self, name: str, instruments: Iterable[Instrument], now: int) -> Watchlist:
        """Make a list, or raise `Refusal` when the name is taken."""
        self._check_free(name, None)
        made = Watchlist(self._new_id(), name, now, now, _unique(instruments))
        self._by_id[made.id] = made
        return made

    def change(
        self, watchlist: Watchlist, name: str | None, instruments: Iterable[Instrument] | None, now: int
    ) -> None:
        """Give a list another name, other contents or both; None leaves what there is."""
        if name is not None:
            self._check_free(name, watchlist)
            watchlist.name = name
        if instruments is not None:
            watchlist.instruments = _unique(instruments)
        watchlist.updated_at = now

    def append(self, watchlist: Watchlist, instrument: Instrument, now: int) -> None:
        """Add one at the end, or raise `Refusal` when it is in the list."""
        if instrument in watchlist.instruments:
            raise unprocessable("duplicate symbol")
        watchlist.instruments.append(instrument)
        watchlist.updated_at = now

    def remove(self, watchlist: Watchlist, instrument: Instrument, now: int) -> None:
        """Take one out, or raise `Refusal` when it is not in the list."""
        if instrument not in watchlist.instruments:
            raise not_found(f"symbol not found in watchlist: {instrument.symbol}")
        watchlist.instruments.remove(instrument)
        watchlist.updated_at = now

    def delete(self, watchlist: Watchlist) -> None:
        """Forget a list."""
        del self._by_id[watchlist.id]

    def _check_free(self, name: str, holder: Watchlist | None) -> None:
        if any(other.name == name and other is not holder for other in self._by_id.values()):
            raise unprocessable("watchlist name must be unique")


def _unique(instruments: Iterable[Instrument]) -> list[Instrument]:
    return list(dict.fromkeys(instruments))
