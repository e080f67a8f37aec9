"""The SDK's historical-data clients drive every operation they have, unmodified but for their URL."""

from collections.abc import Iterator
from contextlib import closing, contextmanager
from datetime import UTC, date, datetime, timedelta
from typing import Any

import pytest

from tests.practice.program import PracticeProgram
from tests.practice.sdk_data import (
    Adjustment,
    APIError,
    ContractType,
    CorporateActionsClient,
    CorporateActionsRequest,
    CorporateActionsType,
    CryptoBarsRequest,
    CryptoFeed,
    CryptoHistoricalDataClient,
    CryptoLatestBarRequest,
    CryptoLatestOrderbookRequest,
    CryptoLatestQuoteRequest,
    CryptoLatestTradeRequest,
    CryptoQuoteRequest,
    CryptoSnapshotRequest,
    CryptoTradesRequest,
    DataFeed,
    MarketMoversRequest,
    MarketType,
    MostActivesBy,
    MostActivesRequest,
    NewsClient,
    NewsRequest,
    OptionBarsRequest,
    OptionChainRequest,
    OptionHistoricalDataClient,
    OptionLatestQuoteRequest,
    OptionLatestTradeRequest,
    OptionsFeed,
    OptionSnapshotRequest,
    OptionTradesRequest,
    ScreenerClient,
    Sort,
    StockBarsRequest,
    StockHistoricalDataClient,
    StockLatestBarRequest,
    StockLatestQuoteRequest,
    StockLatestTradeRequest,
    StockQuotesRequest,
    StockSnapshotRequest,
    StockTradesRequest,
    SupportedCurrencies,
    TimeFrame,
    TimeFrameUnit,
)

Sdk = Any  # by the SDK's types any answer may be raw JSON, which it never is with the defaults
SYMBOLS, PAIRS = ["AAPL", "KO"], ["BTC/USD", "ETH/USD"]
HOUR_BARS = TimeFrame(1, TimeFrameUnit.Hour)


@pytest.fixture(scope="module")
def plus(tmp_path_factory: pytest.TempPathFactory) -> Iterator[PracticeProgram]:
    """A broker whose user has the larger plan."""
    arguments = ("--auto-approve", "--rate-limit", "0", "--plan", "plus")
    with PracticeProgram(tmp_path_factory.mktemp("plus") / "log", *arguments) as program:
        yield program


@pytest.fixture(scope="module")
def basic(tmp_path_factory: pytest.TempPathFactory) -> Iterator[PracticeProgram]:
    """A broker whose user has the free plan."""
    arguments = ("--auto-approve", "--rate-limit", "0", "--plan", "basic")
    with PracticeProgram(tmp_path_factory.mktemp("basic") / "log", *arguments) as program:
        yield program


@contextmanager
def client(broker: PracticeProgram, kind: type[Any], *, credentials: bool = True) -> Iterator[Sdk]:
    keys = (broker.line["api_key"], broker.line["api_secret"]) if credentials else ()
    made = kind(*keys, url_override=broker.line["data_url"])
    with closing(made._session):
        yield made


def now() -> datetime:
    return datetime.now(UTC)


def test_stock_history(plus: PracticeProgram) -> None:
    window: Sdk = {"symbol_or_symbols": SYMBOLS, "start": now() - timedelta(hours=3)}
    with client(plus, StockHistoricalDataClient) as stocks:
        bars = stocks.get_stock_bars(StockBarsRequest(timeframe=HOUR_BARS, **window)).data
        quotes = stocks.get_stock_quotes(StockQuotesRequest(limit=300, **window)).data
        trades = stocks.get_stock_trades(StockTradesRequest(limit=300, sort=Sort.DESC, **window)).data
        assert set(bars) == set(SYMBOLS)
        assert all(bar.low <= bar.vwap <= bar.high for bar in bars["AAPL"])
        assert all(0 < quote.bid_price < quote.ask_price for quote in quotes["AAPL"])
        times = [trade.timestamp for trade in trades["AAPL"]]
        assert times == sorted(times, reverse=True)
        assert len(times) == 300


def test_stock_bars_are_adjusted_and_paged(plus: PracticeProgram) -> None:
    start, end = datetime(2020, 8, 28, tzinfo=UTC), datetime(2020, 9, 2, tzinfo=UTC)
    with client(plus, StockHistoricalDataClient) as stocks:

        def closes(adjustment: Adjustment) -> list[float]:
            request = StockBarsRequest(
                symbol_or_symbols="AAPL", timeframe=TimeFrame.Day, start=start, end=end,
                adjustment=adjustment, feed=DataFeed.SIP,
            )  # fmt: skip
            return [bar.close for bar in stocks.get_stock_bars(request).data["AAPL"]]

        raw, split, every = (closes(kind) for kind in (Adjustment.RAW, Adjustment.SPLIT, Adjustment.ALL))
        assert raw[0] == pytest.approx(split[0] * 4, rel=1e-4)
        assert raw[-1] == split[-1]
        assert every[0] <= split[0]
        minutes = StockBarsRequest(
            symbol_or_symbols="AAPL", timeframe=TimeFrame.Minute, start=start, end=start + timedelta(days=8)
        )
        assert len(stocks.get_stock_bars(minutes).data["AAPL"]) == 8 * 24 * 60 + 1  # two pages


def test_latest_stock_data_of_every_feed(plus: PracticeProgram) -> None:
    with client(plus, StockHistoricalDataClient) as stocks:
        for feed in (DataFeed.IEX, DataFeed.SIP, DataFeed.DELAYED_SIP):
            asked: Sdk = {"symbol_or_symbols": SYMBOLS, "feed": feed}
            quotes = stocks.get_stock_latest_quote(StockLatestQuoteRequest(**asked))
            trades = stocks.get_stock_latest_trade(StockLatestTradeRequest(**asked))
            bars = stocks.get_stock_latest_bar(StockLatestBarRequest(**asked))
            snapshots = stocks.get_stock_snapshot(StockSnapshotRequest(**asked))
            for found in (quotes, trades, bars, snapshots):
                assert set(found) == set(SYMBOLS)
            age = now() - quotes["AAPL"].timestamp
            assert (age > timedelta(minutes=14)) == (feed is DataFeed.DELAYED_SIP)
            assert snapshots["KO"].previous_daily_bar.volume > 0
        euros = StockLatestQuoteRequest(symbol_or_symbols="AAPL", currency=SupportedCurrencies.EUR)
        dollars = stocks.get_stock_latest_quote(StockLatestQuoteRequest(symbol_or_symbols="AAPL"))
        assert stocks.get_stock_latest_quote(euros)["AAPL"].ask_price < dollars["AAPL"].ask_price * 0.95


def test_the_free_plan_has_no_recent_sip(basic: PracticeProgram) -> None:
    with client(basic, StockHistoricalDataClient) as stocks:
        recent = StockBarsRequest(
            symbol_or_symbols="AAPL", timeframe=TimeFrame.Minute, feed=DataFeed.SIP, end=now()
        )
        latest = StockLatestTradeRequest(symbol_or_symbols="AAPL", feed=DataFeed.SIP)
        for call, request in ((stocks.get_stock_bars, recent), (stocks.get_stock_latest_trade, latest)):
            with pytest.raises(APIError) as caught:
                call(request)
            assert caught.value.status_code == 403
            assert caught.value.message == "subscription does not permit querying recent SIP data"
        older = recent.model_copy(update={"end": now() - timedelta(minutes=20)})
        assert stocks.get_stock_bars(older).data["AAPL"]
        open_ended = recent.model_copy(update={"end": None, "start": now() - timedelta(minutes=30)})
        last = stocks.get_stock_bars(open_ended).data["AAPL"][-1]
        assert now() - last.timestamp > timedelta(minutes=15)
        other_feed = {"feed": DataFeed.IEX, "start": now() - timedelta(minutes=30)}  # today may be young
        assert stocks.get_stock_bars(recent.model_copy(update=other_feed)).data["AAPL"]


@pytest.mark.parametrize("credentials", [True, False])
def test_coins(broker: PracticeProgram, credentials: bool) -> None:
    window: Sdk = {"symbol_or_symbols": PAIRS, "start": now() - timedelta(hours=2)}
    latest: Sdk = {"symbol_or_symbols": PAIRS}
    with client(broker, CryptoHistoricalDataClient, credentials=credentials) as coins:
        for feed in CryptoFeed:
            bars = coins.get_crypto_bars(CryptoBarsRequest(timeframe=TimeFrame.Minute, **window), feed).data
            assert set(bars) == set(PAIRS)
        assert set(coins.get_crypto_quotes(CryptoQuoteRequest(limit=5000, **window)).data) <= set(PAIRS)
        trades = coins.get_crypto_trades(CryptoTradesRequest(limit=50, **window)).data["BTC/USD"]
        assert all(trade.size > 0 for trade in trades)
        assert set(coins.get_crypto_latest_trade(CryptoLatestTradeRequest(**latest))) == set(PAIRS)
        assert set(coins.get_crypto_latest_quote(CryptoLatestQuoteRequest(**latest))) == set(PAIRS)
        assert set(coins.get_crypto_latest_bar(CryptoLatestBarRequest(**latest))) == set(PAIRS)
        book = coins.get_crypto_latest_orderbook(CryptoLatestOrderbookRequest(**latest))["BTC/USD"]
        assert book.bids[0].price < book.asks[0].price
        assert len(book.bids) > 5
        snapshots = coins.get_crypto_snapshot(CryptoSnapshotRequest(**latest))
        assert set(snapshots) == set(PAIRS)


def test_options(plus: PracticeProgram) -> None:
    with client(plus, OptionHistoricalDataClient) as options:
        assert "C" in options.get_option_exchange_codes()
        first = (now() + timedelta(days=5)).date()
        chain = options.get_option_chain(
            OptionChainRequest(
                underlying_symbol="AAPL",
                type=ContractType.CALL,
                strike_price_gte=200,
                strike_price_lte=340,
                expiration_date_gte=first,
                expiration_date_lte=first + timedelta(days=30),
            )
        )
        assert len(chain) > 20
        for symbol, snapshot in chain.items():
            assert symbol[10] == "C"
            assert 200 <= int(symbol[-8:]) / 1000 <= 340
            assert snapshot.latest_quote.bid_price < snapshot.latest_quote.ask_price
            assert 0 <= snapshot.greeks.delta <= 1
            assert snapshot.implied_volatility > 0.05
        busiest = sorted(chain, key=lambda one: abs(chain[one].greeks.delta - 0.5))[:2]
        window: Sdk = {"symbol_or_symbols": busiest, "start": now() - timedelta(days=3)}
        bars = options.get_option_bars(OptionBarsRequest(timeframe=TimeFrame.Hour, **window)).data
        trades = options.get_option_trades(OptionTradesRequest(**window)).data
        for symbol in busiest:
            lots = sum(trade.size for trade in trades[symbol])
            assert sum(bar.volume for bar in bars[symbol]) <= lots
            assert {trade.exchange for trade in trades[symbol]} <= set(options.get_option_exchange_codes())
        asked: Sdk = {"symbol_or_symbols": busiest, "feed": OptionsFeed.OPRA}
        assert set(options.get_option_latest_quote(OptionLatestQuoteRequest(**asked))) == set(busiest)
        assert set(options.get_option_latest_trade(OptionLatestTradeRequest(**asked))) == set(busiest)
        assert set(options.get_option_snapshot(OptionSnapshotRequest(**asked))) == set(busiest)


def test_a_whole_chain_comes_in_pages(plus: PracticeProgram) -> None:
    with client(plus, OptionHistoricalDataClient) as options:
        chain = options.get_option_chain(OptionChainRequest(underlying_symbol="SPY"))
    assert list(chain) == sorted(chain)
    assert len(chain) > 300


def test_the_free_plan_has_the_indicative_feed(basic: PracticeProgram) -> None:
    with client(basic, OptionHistoricalDataClient) as options:
        asked: Sdk = {"underlying_symbol": "AAPL", "strike_price_gte": 270, "strike_price_lte": 275}
        assert options.get_option_chain(OptionChainRequest(**asked))
        with pytest.raises(APIError) as caught:
            options.get_option_chain(OptionChainRequest(feed=OptionsFeed.OPRA, **asked))
        assert caught.value.status_code == 403


def test_news(broker: PracticeProgram) -> None:
    with client(broker, NewsClient) as news:
        articles = news.get_news(NewsRequest(limit=70, include_content=True)).data["news"]
        assert len(articles) == 70
        times = [article.updated_at for article in articles]
        assert times == sorted(times, reverse=True)
        assert len({article.id for article in articles}) == 70
        assert all(article.headline.startswith("[Simulated]") for article in articles)
        assert all(article.source == "simulated" for article in articles)
        about = news.get_news(NewsRequest(symbols="AAPL,BTCUSD", limit=5, exclude_contentless=True)).data[
            "news"
        ]
        assert len(about) == 5
        assert all({"AAPL", "BTCUSD"} & set(article.symbols) for article in about)
        week: Sdk = {"start": now() - timedelta(days=7), "end": now() - timedelta(days=6)}
        oldest = news.get_news(NewsRequest(sort="asc", limit=50, **week)).data["news"]
        assert [a.updated_at for a in oldest] == sorted(a.updated_at for a in oldest)
        assert week["start"] - timedelta(seconds=1) <= oldest[0].updated_at <= week["end"]


def test_the_screener(broker: PracticeProgram) -> None:
    with client(broker, ScreenerClient) as screener:
        for by in MostActivesBy:
            most = screener.get_most_actives(MostActivesRequest(top=20, by=by)).most_actives
            key = [one.volume if by is MostActivesBy.VOLUME else one.trade_count for one in most]
            assert key == sorted(key, reverse=True)
            assert len(most) == 20
        for market in MarketType:
            movers = screener.get_market_movers(MarketMoversRequest(market_type=market, top=5))
            gains = [mover.percent_change for mover in movers.gainers]
            losses = [mover.percent_change for mover in movers.losers]
            assert gains == sorted(gains, reverse=True)
            assert losses == sorted(losses)
            assert all(gain >= 0 for gain in gains)
            assert all(loss <= 0 for loss in losses)


def test_corporate_actions(broker: PracticeProgram) -> None:
    with client(broker, CorporateActionsClient) as actions:
        everything = actions.get_corporate_actions(
            CorporateActionsRequest(start=date(2022, 1, 1), end=date(2024, 12, 31), limit=5000)
        ).data
        assert set(everything) >= {kind.value + "s" for kind in CorporateActionsType if "split" in kind.value}
        assert sum(map(len, everything.values())) > 1000  # more than a page
        [split] = actions.get_corporate_actions(
            CorporateActionsRequest(
                symbols=["AAPL"],
                types=[CorporateActionsType.FORWARD_SPLIT],
                start=date(2020, 1, 1),
                end=date(2021, 1, 1),
            )
        ).data["forward_splits"]
        assert (split.symbol, split.ex_date, split.new_rate, split.old_rate) == (
            "AAPL",
            date(2020, 8, 31),
            4,
            1,
        )
        for kind in CorporateActionsType:
            request = CorporateActionsRequest(types=[kind], start=date(2016, 1, 1), end=date(2026, 12, 31))
            assert actions.get_corporate_actions(request).data, kind
