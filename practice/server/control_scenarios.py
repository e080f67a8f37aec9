"""The control port: scenarios."""

import msgspec
from aiohttp import web

from practice.faults.order import Nonsense
from practice.faults.scenario import BadScenario, parsed_scenario, shown
from practice.server.answers import json_answer
from practice.server.scenario_files import shipped_names, shipped_scenario
from practice.server.scenario_runs import ScenarioRuns


class StartOrder(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """Begin a scenario that comes with the program, or one whose text is sent along."""

    name: str = ""
    text: str | None = None


class ScenarioRoutes:
    """The routes about scenarios."""

    def __init__(self, runs: ScenarioRuns) -> None:
        self._runs = runs

    def add_to(self, app: web.Application) -> None:
        """Register the routes."""
        app.router.add_get("/scenarios", self.scenarios)
        app.router.add_post("/scenarios", self.start)
        app.router.add_delete("/scenarios/{number:[0-9]{1,9}}", self.stop)

    async def scenarios(self, _: web.Request) -> web.Response:
        """GET /scenarios: those that come with the program, and those that were started."""
        shipped = {name: shown(shipped_scenario(name)) for name in shipped_names()}
        return json_answer({"shipped": shipped, "started": [run.shown() for run in self._runs.all()]})

    async def start(self, request: web.Request) -> web.Response:
        """POST /scenarios {"name", "text"}: begin one."""
        order = msgspec.json.decode(await request.read(), type=StartOrder)
        try:
            if order.text is None:
                scenario = shipped_scenario(order.name)
            else:
                scenario = parsed_scenario(order.text, order.name[:80] or "text")
        except BadScenario as problem:
            raise Nonsense("text" if order.text is not None else "name", str(problem)) from problem
        name = (order.name or scenario.title).removesuffix(".toml")[:80]
        return json_answer(self._runs.start(name, scenario).shown())

    async def stop(self, request: web.Request) -> web.Response:
        """DELETE /scenarios/N: end one, and lift what it has set."""
        number = int(request.match_info["number"])
        run = self._runs.stop(number)
        if run is None:
            return json_answer({"error": f"scenario {number} was never started"}, 404)
        return json_answer(run.shown())
