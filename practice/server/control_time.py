"""The control port: simulated time. It can pause, go on, jump ahead, and run faster or slower."""

from collections.abc import Callable

import msgspec
from aiohttp import web

from practice.engine.clock import SECOND, WallClock
from practice.faults.order import Nonsense
from practice.server.answers import json_answer
from practice.server.wire import timestamp

_LONGEST_STEP_S = 86_400.0


class StepOrder(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """Jump ahead."""

    seconds: float


class SpeedOrder(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """How many simulated seconds pass in one."""

    speed: float


class TimeRoutes:
    """The routes about time. `catch_up` lets everything happen that is due."""

    def __init__(self, clock: WallClock, catch_up: Callable[[], None]) -> None:
        self._clock, self._catch_up = clock, catch_up

    def add_to(self, app: web.Application) -> None:
        """Register the routes."""
        app.router.add_get("/time", self.time)
        app.router.add_post("/time/pause", self.pause)
        app.router.add_post("/time/resume", self.resume)
        app.router.add_post("/time/step", self.step)
        app.router.add_post("/time/speed", self.speed)

    async def time(self, _: web.Request) -> web.Response:
        """GET /time: the simulated instant, the speed, and whether it stands still."""
        clock = self._clock
        return json_answer(
            {"now": timestamp(clock.now()), "speed": clock.speed, "is_paused": clock.is_paused}
        )

    async def pause(self, request: web.Request) -> web.Response:
        """POST /time/pause: stand still."""
        self._clock.pause()
        self._catch_up()
        return await self.time(request)

    async def resume(self, request: web.Request) -> web.Response:
        """POST /time/resume: go on."""
        self._clock.resume()
        return await self.time(request)

    async def step(self, request: web.Request) -> web.Response:
        """POST /time/step {"seconds"}: jump ahead; what is due meanwhile has happened when this answers."""
        order = msgspec.json.decode(await request.read(), type=StepOrder)
        if not 0 <= order.seconds <= _LONGEST_STEP_S:
            raise Nonsense("seconds", "lies between 0 and a day")
        self._clock.step(round(order.seconds * SECOND))
        self._catch_up()
        return await self.time(request)

    async def speed(self, request: web.Request) -> web.Response:
        """POST /time/speed {"speed"}: run faster or slower."""
        order = msgspec.json.decode(await request.read(), type=SpeedOrder)
        try:
            self._clock.run_at(order.speed)
        except ValueError as problem:
            raise Nonsense("speed", str(problem)) from None
        return await self.time(request)
