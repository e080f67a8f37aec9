"""The historical-data half of the broker's SDK; see `sdk` for the warning."""

import warnings

with warnings.catch_warnings():
    warnings.simplefilter("ignore", DeprecationWarning)
    from alpaca.common.enums import Sort, SupportedCurrencies
    from alpaca.common.exceptions import APIError
    from alpaca.data.enums import (
        Adjustment,
        CorporateActionsType,
        CryptoFeed,
        DataFeed,
        MarketType,
        MostActivesBy,
        OptionsFeed,
    )
    from alpaca.data.historical import (
        CryptoHistoricalDataClient,
        NewsClient,
        OptionHistoricalDataClient,
        StockHistoricalDataClient,
    )
    from alpaca.data.historical.corporate_actions import CorporateActionsClient
    from alpaca.data.historical.screener import ScreenerClient
    from alpaca.data.requests import (
        CorporateActionsRequest,
        CryptoBarsRequest,
        CryptoLatestBarRequest,
        CryptoLatestOrderbookRequest,
        CryptoLatestQuoteRequest,
        CryptoLatestTradeRequest,
        CryptoQuoteRequest,
        CryptoSnapshotRequest,
        CryptoTradesRequest,
        MarketMoversRequest,
        MostActivesRequest,
        NewsRequest,
        OptionBarsRequest,
        OptionChainRequest,
        OptionLatestQuoteRequest,
        OptionLatestTradeRequest,
        OptionSnapshotRequest,
        OptionTradesRequest,
        StockBarsRequest,
        StockLatestBarRequest,
        StockLatestQuoteRequest,
        StockLatestTradeRequest,
        StockQuotesRequest,
        StockSnapshotRequest,
        StockTradesRequest,
    )
    from alpaca.data.timeframe import TimeFrame, TimeFrameUnit
    from alpaca.trading.enums import ContractType

__all__ = [
    "APIError",
    "Adjustment",
    "ContractType",
    "CorporateActionsClient",
    "CorporateActionsRequest",
    "CorporateActionsType",
    "CryptoBarsRequest",
    "CryptoFeed",
    "CryptoHistoricalDataClient",
    "CryptoLatestBarRequest",
    "CryptoLatestOrderbookRequest",
    "CryptoLatestQuoteRequest",
    "CryptoLatestTradeRequest",
    "CryptoQuoteRequest",
    "CryptoSnapshotRequest",
    "CryptoTradesRequest",
    "DataFeed",
    "MarketMoversRequest",
    "MarketType",
    "MostActivesBy",
    "MostActivesRequest",
    "NewsClient",
    "NewsRequest",
    "OptionBarsRequest",
    "OptionChainRequest",
    "OptionHistoricalDataClient",
    "OptionLatestQuoteRequest",
    "OptionLatestTradeRequest",
    "OptionSnapshotRequest",
    "OptionTradesRequest",
    "OptionsFeed",
    "ScreenerClient",
    "Sort",
    "StockBarsRequest",
    "StockHistoricalDataClient",
    "StockLatestBarRequest",
    "StockLatestQuoteRequest",
    "StockLatestTradeRequest",
    "StockQuotesRequest",
    "StockSnapshotRequest",
    "StockTradesRequest",
    "SupportedCurrencies",
    "TimeFrame",
    "TimeFrameUnit",
]
