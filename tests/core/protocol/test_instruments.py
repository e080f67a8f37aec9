"""Instruments and the account's switches, as the broker writes them."""

from decimal import Decimal

from core.domain.configuration import AccountConfiguration
from core.domain.instrument import AssetClass, OptionTerms, order_symbol, position_symbol
from core.protocol.instruments import read_configuration, read_instrument
from tests.core.golden import answer, golden

CALL = "AAPL261218C00200000"
COIN = {
    "class": "crypto",
    "symbol": "BTC/USD",
    "status": "active",
    "tradable": True,
    "fractionable": True,
    "min_order_size": "0.000011",
    "min_trade_increment": "0.000000001",
    "price_increment": "0.1",
    "margin_requirement_long": None,
    "brand_new_field": {"x": 1},
}
CONTRACT = {"symbol": CALL, "status": "active", "tradable": True, "multiplier": "100", "size": "100"}


def test_a_share_is_read_with_its_flags_and_attributes():
    share = read_instrument("AAPL").read(answer({**golden("asset"), "borrow_status": "hard_to_borrow"}))
    assert (share.asset_class, share.tradable, share.fractionable) == (AssetClass.EQUITY, True, True)
    assert share.attributes == frozenset({"has_options"})
    assert share.is_hard_to_borrow
    assert read_instrument("AAPL").path == "/v2/assets/AAPL"


def test_what_is_no_longer_traded_is_read_as_such():
    gone = read_instrument("AAPL").read(answer({**golden("asset"), "status": "inactive", "attributes": None}))
    assert not gone.is_active


def test_a_coin_is_read_with_its_increments():
    coin = read_instrument("BTC/USD").read(answer(COIN))
    assert (coin.price_increment, coin.min_order_size) == (Decimal("0.1"), Decimal("0.000011"))
    assert coin.asset_class is AssetClass.CRYPTO
    assert read_instrument("BTC/USD").path == "/v2/assets/BTC%2FUSD"


def test_a_contract_is_read_from_its_own_list_and_its_symbol_spells_its_terms():
    contract = read_instrument(CALL).read(answer(CONTRACT))
    assert read_instrument(CALL).path == f"/v2/options/contracts/{CALL}"
    assert contract.multiplier == 100
    terms = contract.option
    assert terms is not None
    assert (terms.underlying, terms.is_call, terms.strike) == ("AAPL", True, Decimal(200))
    assert terms.expires.isoformat() == "2026-12-18"
    assert OptionTerms.of_symbol("AAPL261318C00200000") is None
    assert OptionTerms.of_symbol("AAPL") is None


def test_the_switches_of_an_account_are_read_and_missing_ones_forbid_nothing():
    told = {"suspend_trade": True, "no_shorting": True, "max_options_trading_level": 1, "dtbp_check": "entry"}
    assert read_configuration().read(answer(told)) == AccountConfiguration(
        suspend_trade=True, no_shorting=True, max_options_level=1
    )
    assert read_configuration().read(answer({})) == AccountConfiguration()


def test_pairs_are_spelled_as_orders_and_as_positions_spell_them():
    for position, order in (
        ("BTCUSD", "BTC/USD"),
        ("BTCUSDT", "BTC/USDT"),
        ("ETHBTC", "ETH/BTC"),
        ("USD", "USD"),
    ):
        assert order_symbol(position, "crypto") == order
        assert position_symbol(order) == position
    assert order_symbol("XUSD", "us_equity") == "XUSD"
