"""The broker's SDK. It still uses the legacy client of `websockets`, whose import warns."""

import warnings

with warnings.catch_warnings():
    warnings.simplefilter("ignore", DeprecationWarning)
    from alpaca.common.exceptions import APIError
    from alpaca.data.enums import DataFeed
    from alpaca.data.historical import StockHistoricalDataClient
    from alpaca.data.live import CryptoDataStream, NewsDataStream, OptionDataStream, StockDataStream
    from alpaca.data.requests import (
        StockBarsRequest,
        StockLatestBarRequest,
        StockLatestQuoteRequest,
        StockLatestTradeRequest,
        StockSnapshotRequest,
    )
    from alpaca.data.timeframe import TimeFrame, TimeFrameUnit
    from alpaca.trading.client import TradingClient
    from alpaca.trading.enums import (
        AssetClass,
        ContractType,
        CorporateActionType,
        OrderClass,
        OrderSide,
        OrderStatus,
        PositionIntent,
        QueryOrderStatus,
        TimeInForce,
    )
    from alpaca.trading.requests import (
        ClosePositionRequest,
        CreateWatchlistRequest,
        GetAssetsRequest,
        GetCalendarRequest,
        GetCorporateAnnouncementsRequest,
        GetOptionContractsRequest,
        GetOrderByIdRequest,
        GetOrdersRequest,
        GetPortfolioHistoryRequest,
        LimitOrderRequest,
        MarketOrderRequest,
        OptionLegRequest,
        ReplaceOrderRequest,
        StopLimitOrderRequest,
        StopLossRequest,
        StopOrderRequest,
        TakeProfitRequest,
        TrailingStopOrderRequest,
        UpdateWatchlistRequest,
    )
    from alpaca.trading.stream import TradingStream

__all__ = [
    "APIError",
    "AssetClass",
    "ClosePositionRequest",
    "ContractType",
    "CorporateActionType",
    "CreateWatchlistRequest",
    "CryptoDataStream",
    "DataFeed",
    "GetAssetsRequest",
    "GetCalendarRequest",
    "GetCorporateAnnouncementsRequest",
    "GetOptionContractsRequest",
    "GetOrderByIdRequest",
    "GetOrdersRequest",
    "GetPortfolioHistoryRequest",
    "LimitOrderRequest",
    "MarketOrderRequest",
    "NewsDataStream",
    "OptionDataStream",
    "OptionLegRequest",
    "OrderClass",
    "OrderSide",
    "OrderStatus",
    "PositionIntent",
    "QueryOrderStatus",
    "ReplaceOrderRequest",
    "StockBarsRequest",
    "StockDataStream",
    "StockHistoricalDataClient",
    "StockLatestBarRequest",
    "StockLatestQuoteRequest",
    "StockLatestTradeRequest",
    "StockSnapshotRequest",
    "StopLimitOrderRequest",
    "StopLossRequest",
    "StopOrderRequest",
    "TakeProfitRequest",
    "TimeFrame",
    "TimeFrameUnit",
    "TimeInForce",
    "TradingClient",
    "TradingStream",
    "TrailingStopOrderRequest",
    "UpdateWatchlistRequest",
]
