"""When an order may be taken, when it sets out, and when it ends."""

from datetime import time, timedelta

from practice.engine.clock import MINUTE
from practice.engine.hours import at, new_york_day
from practice.engine.instruments import Instrument
from practice.engine.market import Market
from practice.engine.orders import Order, Tif
from practice.engine.refusals import unprocessable
from practice.engine.rules import OrderRequest

_GTC_LIFE = timedelta(days=90)
_NO_LATER_THAN = {Tif.OPG: 2 * MINUTE, Tif.CLS: 10 * MINUTE}  # before their auction
_AGAIN_FROM = time(19)


class Schedule:
    """The sessions of the market as orders see them."""

    def __init__(self, market: Market) -> None:
        self._market, self._timetable = market, market.timetable

    def check_window(self, request: OrderRequest, now: int) -> None:
        """Raise `Refusal` for an order for an auction that is too late for today's and early for the next.

        A market that never closes has its auctions at midnight, and takes orders for them all day.
        """
        if request.tif not in _NO_LATER_THAN:
            return
        session = self._timetable.hours.on(new_york_day(now))
        if session is None:
            return
        auction = session.open if request.tif is Tif.OPG else session.close
        until = session.end if self._timetable.hours.always_open else at(session.day, _AGAIN_FROM)
        if request.tif is Tif.OPG and self._timetable.hours.always_open:
            auction, until = session.end, session.end
        if auction - _NO_LATER_THAN[request.tif] <= now < until:
            raise unprocessable(f"{request.tif} orders are not accepted at this time")

    def trades_now(
        self, instrument: Instrument, request: OrderRequest, now: int, *, at_night: bool = True
    ) -> bool:
        """Whether an order goes to the venue at once; its account has to want it `at_night`."""
        if instrument.is_crypto:
            return True
        if request.tif is Tif.OPG:
            return False
        if self._market.is_night(now):
            return request.extended_hours and at_night and self._takes(instrument, now)
        session = self._timetable.current(now)
        return bool(session and (request.extended_hours or session.open <= now < session.close))

    def sets_out(self, order: Order, now: int) -> int:
        """When an order that has to wait goes to the venue."""
        if not order.extended_hours:
            return self._timetable.next_open(now)
        session = self._timetable.hours.on(new_york_day(now))
        if session is None or now >= session.start:
            session = self._timetable.after(new_york_day(now))
        night = self._market.begins(session)
        takes_part = now < night and order.trades_at_night and self._takes(order.instrument, night)
        return night if takes_part else session.start

    def _takes(self, instrument: Instrument, at: int) -> bool:
        """Whether the overnight market trades an instrument at an instant of a night."""
        return instrument.overnight_tradable and not self._market.is_halted_at_night(instrument, at)

    def expiry(self, request: OrderRequest, now: int) -> int | None:
        """When an order ends by itself; None for one that lives no longer than its first chance."""
        if request.tif is Tif.GTC:
            return at(new_york_day(now) + _GTC_LIFE, time(16, 15))
        if request.tif is not Tif.DAY:
            return None
        today = self._timetable.hours.on(new_york_day(now))
        for session in (today, self._timetable.after(new_york_day(now))):
            if session is None:
                continue
            end = session.end if request.extended_hours else session.close
            if now < end:
                return end
        return None
