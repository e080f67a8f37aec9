"""Activities: what is entered, how it is paged and filtered, and what the broker refuses."""

from datetime import UTC, datetime, timedelta
from decimal import Decimal
from functools import cache
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from practice.engine.activities import Activity, Ledger, Wanted
from practice.server.activities import activity_json
from tests.practice.engine import Day
from tests.practice.program import PracticeProgram
from tests.practice.sdk import TradingClient

PATH = "/v2/account/activities"


def entered(day: Day) -> list[Activity]:
    return list(day.brokerage.activities.of(day.account))


def test_an_account_begins_with_its_opening_balance() -> None:
    (deposit,) = entered(Day())
    shown = activity_json(deposit)
    assert (shown["activity_type"], shown["net_amount"], shown["status"]) == ("JNLC", "100000", "executed")
    assert shown["date"] == shown["created_at"][:10]


def test_what_an_account_holds_at_the_start_was_bought() -> None:
    day = Day(fresh=False)
    assert [one.instrument.symbol for one in entered(day) if one.instrument] == [
        "AAPL",
        "NVDA",
        "AMD",
        "TSLA",
    ]
    assert entered(day)[-1].cash_after == day.account.cash
    assert {one.held_after for one in entered(day)[1:]} == {p.qty for p in day.account.positions.values()}


def test_every_execution_is_an_activity_and_they_add_up_to_the_order() -> None:
    day = Day()
    orders = [day.filled("buy", "40"), day.filled("sell", "15")]
    for order in orders:
        fills = [one for one in entered(day) if one.trade and one.trade.order_id == order.id]
        assert sum(one.qty or 0 for one in fills) == order.filled_qty
        assert [one.trade.is_last for one in fills if one.trade] == [False] * (len(fills) - 1) + [True]
        assert fills[-1].trade is not None
        assert fills[-1].trade.cum_qty == order.filled_qty
        assert fills[-1].trade.leaves_qty == 0
        assert fills[-1].trade.order_status == "filled"
    assert entered(day)[-1].cash_after == day.account.cash


def test_coin_fees_are_activities_of_their_own_and_nothing_is_lost() -> None:
    day = Day()
    day.filled("buy", "0.5", symbol="BTC/USD", tif="gtc")
    day.filled("sell", "0.2", symbol="BTC/USD", tif="gtc")
    kinds = [one.type for one in entered(day) if one.type != "FILL"]
    assert set(kinds) == {"JNLC", "CFEE", "FEE"}
    assert sum((one.qty or Decimal(0)) * signed(one) for one in entered(day)) == day.held("BTC/USD")
    moved = [one.net_amount - (one.qty or 0) * (one.price or 0) * signed(one) for one in trades(day)]
    fees = [one.net_amount for one in entered(day) if not one.trade]
    assert sum(moved) + sum(fees) == day.account.cash


def trades(day: Day) -> list[Activity]:
    return [one for one in entered(day) if one.trade]


def signed(activity: Activity) -> int:
    return -1 if activity.trade and activity.trade.side == "sell" else 1


def test_a_spread_is_entered_leg_by_leg_and_the_cash_runs_through() -> None:
    day = Day()
    near, far = day.contracts("call")[:2]
    order = day.combination("3", (near.symbol, "buy", 1), (far.symbol, "sell", 1))
    day.wait_for(lambda: not order.is_open)
    fills = trades(day)
    assert {one.trade.order_id for one in fills if one.trade} == {leg.id for leg in order.legs}
    cash = Decimal(100_000)
    for one in fills:
        cash -= (one.qty or 0) * (one.price or 0) * 100 * signed(one)
        assert one.cash_after == cash
    assert cash == day.account.cash
    assert [one.trade.is_last for one in fills[-2:] if one.trade] == [True, True]


@cache
def ledger() -> Ledger:
    day = Day(fresh=False)
    made = Ledger("someone")
    for number in range(230):
        kind = ("FILL", "CSD", "DIV", "FEE")[number % 4]
        made.enter(Activity(type=kind, at=day.start + number // 3 * 500_000))
    return made


@given(
    size=st.integers(1, 100),
    direction=st.sampled_from(["asc", "desc"]),
    types=st.none() | st.sets(st.sampled_from(["FILL", "CSD", "DIV", "FEE"]), min_size=1).map(frozenset),
)
def test_paging_brings_every_activity_once_whatever_page_size_and_direction(
    size: int, direction: Any, types: frozenset[str] | None
) -> None:
    wanted, token, seen = Wanted(types=types), None, []
    while page := ledger().page(wanted, direction, size, token):
        seen += [activity.id for activity in page]
        token = seen[-1]
        if len(page) < size:
            break
    expected = [one.id for one in ledger() if types is None or one.type in types]
    assert seen == (expected if direction == "asc" else expected[::-1])


def test_ids_sort_like_the_activities() -> None:
    ids = [one.id for one in ledger()]
    assert ids == sorted(ids)
    assert len(set(ids)) == len(ids)


@pytest.fixture(scope="module")
def traded(broker: PracticeProgram) -> str:
    """The id of a filled order."""
    order = broker.order(symbol="KO", qty="7")
    broker.settled(order["id"], "filled")
    coins = broker.order(symbol="BTC/USD", qty="0.01", time_in_force="gtc")
    broker.settled(coins["id"], "filled")
    return str(order["id"])


def listed(broker: PracticeProgram, path: str = PATH, **params: Any) -> Any:
    answer = broker.call("GET", path, params=params)
    assert answer.status_code == 200, answer.text
    return answer.json()


def test_the_newest_comes_first_and_a_fill_says_everything(broker: PracticeProgram, traded: str) -> None:
    rows = listed(broker)
    assert rows[-1]["activity_type"] == "JNLC"
    assert [row["id"] for row in rows] == sorted((row["id"] for row in rows), reverse=True)
    fill = listed(broker, order_id=traded)[0]
    assert fill.keys() == {
        "id",
        "activity_type",
        "transaction_time",
        "type",
        "price",
        "qty",
        "side",
        "symbol",
        "leaves_qty",
        "order_id",
        "cum_qty",
        "order_status",
    }
    assert (fill["type"], fill["order_status"], fill["cum_qty"]) == ("fill", "filled", "7")
    time, _, name = fill["id"].partition("::")
    assert len(time) == 17
    assert time.isdigit()
    assert len(name) == 36


def test_pages_follow_the_id_of_the_last_item(broker: PracticeProgram, traded: str) -> None:
    whole = listed(broker, direction="asc")
    seen, token = [], None
    while page := listed(broker, direction="asc", page_size=2, page_token=token):
        seen += page
        token = page[-1]["id"]
    assert seen == whole
    assert listed(broker, page_size=1, page_token=whole[1]["id"]) == [whole[0]]


def test_types_and_categories_select(broker: PracticeProgram, traded: str) -> None:
    def types(**params: Any) -> set[str]:
        return {row["activity_type"] for row in listed(broker, **params)}

    assert types(activity_types="FILL,CFEE") == {"FILL", "CFEE"}
    assert types(category="trade_activity") == {"FILL"}
    assert types(category="non_trade_activity") == {"CFEE", "JNLC"}
    assert types(activity_types="MISC") == {"CFEE", "JNLC"}
    assert types(activity_types="TRANS") == set()
    assert types(path=PATH + "/CFEE") == {"CFEE"}
    assert types(path=PATH + "/DIV") == set()


def test_times_select(broker: PracticeProgram, traded: str) -> None:
    rows = listed(broker)
    newest = rows[0]["created_at"] if "created_at" in rows[0] else rows[0]["transaction_time"]
    today = datetime.fromisoformat(newest[:10]).replace(tzinfo=UTC)
    assert all(row["activity_type"] != "JNLC" for row in listed(broker, date=f"{today:%Y-%m-%d}"))
    assert listed(broker, date=f"{today:%Y-%m-%d}") == listed(broker, date=f"{today:%Y-%m-%d}T12:00:00Z")
    assert listed(broker, date=f"{today + timedelta(days=1):%Y-%m-%d}") == []
    assert rows[0] in listed(broker, after=f"{today:%Y-%m-%d}")
    assert rows[-1] in listed(broker, until=f"{today:%Y-%m-%d}")
    assert listed(broker, after=newest) == []
    assert rows[0] not in listed(broker, until=newest)
    assert listed(broker, order_id="00000000-0000-4000-8000-000000000000") == []


@pytest.mark.parametrize(
    "params",
    [
        {"page_size": "0"},
        {"page_size": "101"},
        {"page_size": "many"},
        {"page_token": "nonsense"},
        {"page_token": "20261120143005123::5f596936-6f23-4cef-bdf1-3806aae57dbf"},
        {"page_token": "::00000000-0000-4000-8000-000000000000"},
        {"direction": "sideways"},
        {"category": "trade_activity", "activity_types": "FILL"},
        {"category": "gossip"},
        {"activity_types": "FILL,PARTY"},
        {"date": "2026-11-20", "after": "2026-11-19"},
        {"date": "yesterday"},
        {"after": "2026-13-45"},
        {"until": "soon"},
    ],
)
def test_what_cannot_be_read_is_refused(broker: PracticeProgram, params: dict[str, str]) -> None:
    answer = broker.call("GET", PATH, params=params)
    assert (answer.status_code, answer.json()["code"]) == (422, 40010001)


def test_an_unknown_type_in_the_path_is_refused(broker: PracticeProgram) -> None:
    assert broker.call("GET", PATH + "/PARTY").status_code == 422


def test_activities_need_a_token_but_no_scope(broker: PracticeProgram) -> None:
    token = broker.token(scope=None)
    assert broker.call("GET", PATH, token=token).status_code == 200
    assert broker.call("GET", PATH, token="nobody").status_code == 401
    assert broker.call("GET", PATH, token=token, env="live").status_code == 401


def test_the_sdk_reads_activities_by_path(broker: PracticeProgram, traded: str) -> None:
    client: Any = TradingClient(oauth_token=broker.token(), url_override=broker.line["trading_url"]["paper"])
    rows = client.get("/account/activities", {"activity_types": "FILL", "page_size": 3})
    assert len(rows) == 3
    client._session.close()
