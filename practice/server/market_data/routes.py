"""All routes of the data host."""

from aiohttp import web

from practice.engine.news import News
from practice.server.market_data.coins import CoinRoutes
from practice.server.market_data.corporate_actions import CorporateActionRoutes
from practice.server.market_data.desk import DataDesk
from practice.server.market_data.logos import LogoRoutes
from practice.server.market_data.meta import MetaRoutes
from practice.server.market_data.news import NewsRoutes
from practice.server.market_data.options import OptionRoutes
from practice.server.market_data.screener import ScreenerRoutes
from practice.server.market_data.stocks import StockRoutes


def add_market_data(app: web.Application, prefix: str, desk: DataDesk, news: News) -> None:
    """Register everything under a prefix."""
    MetaRoutes(desk).add_to(app, prefix)
    StockRoutes(desk).add_to(app, prefix)
    CoinRoutes(desk).add_to(app, prefix)
    OptionRoutes(desk).add_to(app, prefix)
    NewsRoutes(desk, news).add_to(app, prefix)
    ScreenerRoutes(desk).add_to(app, prefix)
    CorporateActionRoutes(desk).add_to(app, prefix)
    LogoRoutes(desk).add_to(app, prefix)
