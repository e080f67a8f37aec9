"""Builds the practice broker's servers and connects everything."""

import hashlib
import secrets
import time
from dataclasses import dataclass

from aiohttp import web

from practice.engine.clock import WallClock
from practice.engine.instruments import listed_instruments
from practice.engine.news import News
from practice.engine.opening import opened_brokerage
from practice.engine.recording import read_recording
from practice.faults.read_lag import ReadLag
from practice.faults.registry import Faults
from practice.server.activities import ActivityRoutes
from practice.server.announcements import AnnouncementRoutes
from practice.server.authorization import Application, Authorization, Switches
from practice.server.books import AccountBooks
from practice.server.broadcast import broadcasts_of
from practice.server.control import ControlRoutes, control_errors
from practice.server.control_executions import ExecutionRoutes
from practice.server.control_log import LogRoutes
from practice.server.control_oauth import OAuthSwitchRoutes
from practice.server.control_scenarios import ScenarioRoutes
from practice.server.control_time import TimeRoutes
from practice.server.data_stream import DataStreams
from practice.server.event_routes import EventRoutes
from practice.server.fault_desk import FaultDesk
from practice.server.fault_effects import FaultEffects
from practice.server.feeds import all_feeds, news_feed
from practice.server.frame_log import FrameLog
from practice.server.front import Front
from practice.server.grants import Grants
from practice.server.halt_control import HaltRoutes
from practice.server.market_data.desk import DataDesk
from practice.server.market_data.routes import add_market_data
from practice.server.markets import MarketRoutes
from practice.server.news_broadcast import NewsBroadcast
from practice.server.oauth import OAuthRoutes
from practice.server.option_contracts import OptionContractRoutes
from practice.server.order_stream import OrderStream
from practice.server.orders import OrderRoutes
from practice.server.partner_api import PartnerKey, PartnerRoutes, new_partner_key
from practice.server.partner_site import PartnerSite
from practice.server.portfolio import PortfolioRoutes
from practice.server.pump import Pump
from practice.server.rate_limit import RateLimit
from practice.server.request_log import RequestLog
from practice.server.scenario_runs import ScenarioRuns, Stage
from practice.server.settings import Settings
from practice.server.sockets import STREAM_NAMES, Sockets, Traffic
from practice.server.stream_kinds import Plan
from practice.server.trading import AccountRoutes, CatalogueRoutes, Desk
from practice.server.watchlists import WatchlistRoutes

REDIRECT_URIS = ("https://bellwether.invalid/oauth/callback", "http://127.0.0.1/callback")
_APPLICATION_NAME = "Bellwether"
_LARGER: dict[Plan, dict[str, int]] = {
    "basic": {},
    "plus": {"data": 50},
}  # 200 requests a minute become 10,000
_MOST_BODY_BYTES = 1_048_576


@dataclass(frozen=True, slots=True)
class Broker:
    """The parts that whoever runs the servers needs."""

    public: web.Application
    control: web.Application
    pump: Pump
    sockets: Sockets
    fault_desk: FaultDesk
    effects: FaultEffects
    runs: ScenarioRuns
    application: Application
    partner: PartnerKey
    grants: Grants


def built_broker(settings: Settings) -> Broker:
    """Make a broker. The client id and API key depend on the seed alone; the secrets are new each time."""
    recording = read_recording(settings.replay, listed_instruments()) if settings.replay else None
    start = recording.first if recording and settings.start is None else settings.start
    clock = WallClock(settings.speed, start, paused=settings.paused)
    brokerage = opened_brokerage(
        settings.seed,
        clock.now(),
        hours=settings.hours,
        fresh=settings.fresh,
        new_accounts=settings.new_accounts,
        recording=recording,
    )
    name = hashlib.sha256(f"practice/{settings.seed}".encode()).hexdigest()
    grants = Grants(
        api_key="PK" + name[32:50].upper(),
        api_secret=secrets.token_hex(20),
        live_api_key="AK" + name[32:50].upper(),
        live_api_secret=secrets.token_hex(20),
        keep_in=settings.keep_grants,
    )
    application = Application(_APPLICATION_NAME, name[:32], REDIRECT_URIS, secrets.token_hex(20))
    faults, log, frames, sockets = Faults(time.monotonic), RequestLog(), FrameLog(), Sockets()
    effects = FaultEffects(faults, AccountBooks(brokerage), ReadLag(time.monotonic))
    limit = RateLimit(settings.rate_limit, time.time, _LARGER[settings.plan])
    traffic = {stream: Traffic(faults, frames) for stream in STREAM_NAMES}
    front = Front(faults, effects, limit, log)
    public = web.Application(middlewares=[web.middleware(front)], client_max_size=_MOST_BODY_BYTES)
    public.on_response_prepare.append(front.add_headers)
    authorization = Authorization(application, grants, time.monotonic)
    switches = Switches(rfc_errors=settings.rfc_errors, introspection=settings.introspection)
    oauth = OAuthRoutes(
        authorization,
        grants,
        switches,
        always_open=settings.hours == "always",
        auto_approve=settings.auto_approve,
    )
    oauth.add_to(public)
    partner = new_partner_key(name[40:])
    environments = {account.id: account.environment for account in brokerage.accounts.values()}
    PartnerRoutes(partner, authorization, grants, environments).add_to(public)
    site = PartnerSite(partner, application, environments, auto_approve=settings.auto_approve)
    site.add_to(public)
    for one in traffic.values():
        grants.on_revocation(one.cut_those_of)
    for account in brokerage.accounts.values():
        desk = Desk(brokerage, account, account.environment, grants, clock)
        _add_trading(public, desk, OrderStream(desk, grants, sockets, traffic["orders"]))
        EventRoutes(desk, grants, sockets, traffic["events"]).add_to(public, f"/{desk.environment}")
    news = News(settings.seed, brokerage.instruments)
    add_market_data(public, "/data", DataDesk(brokerage, grants, clock, settings.plan), news)
    feeds = all_feeds(brokerage.instruments, brokerage.market)
    streams = DataStreams(grants, sockets, traffic["data"], settings.plan, settings.symbol_limit)
    newswire = NewsBroadcast(news, news_feed())
    streams.add_to(public, "/data-stream", (*feeds, *newswire.feeds))
    broadcasts = broadcasts_of(feeds, brokerage.market, prints_quotes=not settings.quote_rate)
    pump = Pump(brokerage, clock, (*broadcasts, newswire), settings.quote_rate)
    fault_desk = FaultDesk(faults, effects, sockets, traffic)
    control = web.Application(middlewares=[control_errors])
    ControlRoutes(fault_desk, sockets, grants, limit).add_to(control)
    LogRoutes(log, frames, traffic).add_to(control)
    OAuthSwitchRoutes(switches, grants).add_to(control)
    TimeRoutes(clock, pump.turn).add_to(control)
    ExecutionRoutes(brokerage.revisions, pump.turn).add_to(control)
    HaltRoutes(brokerage.market, brokerage.instruments, clock).add_to(control)
    runs = ScenarioRuns(
        Stage(
            desk=fault_desk,
            grants=grants,
            limit=limit,
            clock=clock,
            market=brokerage.market,
            find=brokerage.instruments.find,
            catch_up=pump.turn,
        )
    )
    ScenarioRoutes(runs).add_to(control)
    return Broker(
        public=public,
        control=control,
        pump=pump,
        sockets=sockets,
        fault_desk=fault_desk,
        effects=effects,
        runs=runs,
        application=application,
        partner=partner,
        grants=grants,
    )


def _add_trading(public: web.Application, desk: Desk, stream: OrderStream) -> None:
    prefix = f"/{desk.environment}"
    AccountRoutes(desk).add_to(public, prefix)
    CatalogueRoutes(desk).add_to(public, prefix)
    OptionContractRoutes(desk).add_to(public, prefix)
    MarketRoutes(desk).add_to(public, prefix)
    AnnouncementRoutes(desk).add_to(public, prefix)
    OrderRoutes(desk).add_to(public, prefix)
    ActivityRoutes(desk).add_to(public, prefix)
    PortfolioRoutes(desk).add_to(public, prefix)
    WatchlistRoutes(desk).add_to(public, prefix)
    public.router.add_get(f"{prefix}/stream", stream.serve)
