"""Calls about instruments and the account's switches (protocol page sections 3.2 and 3.12)."""

from decimal import Decimal
from urllib.parse import quote

import msgspec

from core.domain.configuration import AccountConfiguration
from core.domain.instrument import AssetClass, Instrument
from core.protocol.call import Answer, Call, Host
from core.protocol.failures import broker_failure
from core.protocol.wire import Number, Text, decimal

_ACTIVE = "active"
_HARD_TO_BORROW = "hard_to_borrow"
_CONTRACT = Decimal(100)


class _Asset(msgspec.Struct):
    symbol: str
    name: Text = None
    exchange: Text = None
    asset_class: Text = msgspec.field(name="class", default=None)
    status: Text = None
    tradable: bool | None = None
    marginable: bool | None = None
    shortable: bool | None = None
    fractionable: bool | None = None
    borrow_status: Text = None
    attributes: list[str] | None = None
    min_order_size: Number = None
    min_trade_increment: Number = None
    price_increment: Number = None


class _Contract(msgspec.Struct):
    symbol: str
    name: Text = None
    status: Text = None
    tradable: bool | None = None
    multiplier: Number = None
    size: Number = None


class _Configuration(msgspec.Struct):
    suspend_trade: bool | None = None
    no_shorting: bool | None = None
    fractional_trading: bool | None = None
    max_options_trading_level: int | None = None
    ptp_no_exception_entry: bool | None = None
    disable_overnight_trading: bool | None = None


_ASSET = msgspec.json.Decoder(_Asset, strict=False)
_CONTRACT_DECODER = msgspec.json.Decoder(_Contract, strict=False)
_CONFIGURATION = msgspec.json.Decoder(_Configuration, strict=False)


def read_instrument(symbol: str) -> Call[Instrument]:
    """GET what the broker says of one symbol, which is spelled as in an order; NotFound if it knows none."""
    is_option = AssetClass.of_symbol(symbol) is AssetClass.OPTION
    folder = "options/contracts" if is_option else "assets"
    return Call(
        host=Host.TRADING,
        method="GET",
        path=f"/v2/{folder}/{quote(symbol, safe='')}",
        read=_read_contract if is_option else _read_asset,
        failure=broker_failure,
    )


def read_configuration() -> Call[AccountConfiguration]:
    """GET the switches that the account's owner set."""
    return Call(
        host=Host.TRADING,
        method="GET",
        path="/v2/account/configurations",
        read=_read_configuration,
        failure=broker_failure,
    )


def _read_asset(answer: Answer) -> Instrument:
    asset = _ASSET.decode(answer.body)
    spelled = AssetClass.of_symbol(asset.symbol)
    return Instrument(
        symbol=asset.symbol,
        name=asset.name or "",
        exchange=asset.exchange or "",
        asset_class=AssetClass(asset.asset_class) if asset.asset_class in list(AssetClass) else spelled,
        # The broker lists what is no longer traded too; an asset without a status is taken at its flags.
        is_active=asset.status in (None, "", _ACTIVE),
        tradable=bool(asset.tradable),
        fractionable=bool(asset.fractionable),
        shortable=bool(asset.shortable),
        marginable=asset.marginable is not False,
        is_hard_to_borrow=asset.borrow_status == _HARD_TO_BORROW,
        attributes=frozenset(asset.attributes or ()),
        price_increment=decimal(asset.price_increment),
        min_order_size=decimal(asset.min_order_size),
        min_trade_increment=decimal(asset.min_trade_increment),
    )


def _read_contract(answer: Answer) -> Instrument:
    contract = _CONTRACT_DECODER.decode(answer.body)
    multiplier = decimal(contract.multiplier) or decimal(contract.size)
    return Instrument(
        symbol=contract.symbol,
        name=contract.name or "",
        asset_class=AssetClass.OPTION,
        is_active=contract.status in (None, "", _ACTIVE),
        tradable=contract.tradable is not False,
        multiplier=multiplier if multiplier is not None and multiplier > 0 else _CONTRACT,
    )


def _read_configuration(answer: Answer) -> AccountConfiguration:
    found = _CONFIGURATION.decode(answer.body)
    return AccountConfiguration(
        suspend_trade=bool(found.suspend_trade),
        no_shorting=bool(found.no_shorting),
        fractional_trading=found.fractional_trading is not False,
        max_options_level=found.max_options_trading_level,
        ptp_no_exception_entry=found.ptp_no_exception_entry is not False,
        disable_overnight_trading=bool(found.disable_overnight_trading),
    )
