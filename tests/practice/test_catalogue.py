"""Option contracts, announcements, and the clocks and calendars of markets, over the trading API."""

import warnings
from collections.abc import Iterator
from datetime import date, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest

from tests.practice.program import PracticeProgram
from tests.practice.sdk import TradingClient

with warnings.catch_warnings():
    warnings.simplefilter("ignore", DeprecationWarning)
    from alpaca.trading.enums import AssetStatus, ContractType, CorporateActionType
    from alpaca.trading.requests import GetCorporateAnnouncementsRequest, GetOptionContractsRequest

Sdk = Any


@pytest.fixture(scope="module")
def july(tmp_path_factory: pytest.TempPathFactory) -> Iterator[PracticeProgram]:
    """One whose time stands at noon of a short trading day."""
    arguments = ("--auto-approve", "--rate-limit", "0", "--hours", "exchange", "--paused")
    start = ("--start", "2024-07-03T12:00:00-04:00")
    with PracticeProgram(tmp_path_factory.mktemp("july") / "log", *arguments, *start) as program:
        yield program


@pytest.fixture
def trading(july: PracticeProgram) -> Iterator[Sdk]:
    client = TradingClient(
        july.line["api_key"], july.line["api_secret"], url_override=july.line["trading_url"]["paper"]
    )
    yield client
    client._session.close()


def test_option_contracts_expire_before_the_weekend_unless_asked_otherwise(trading: Sdk) -> None:
    soon = trading.get_option_contracts(GetOptionContractsRequest(underlying_symbols=["AAPL"], limit=5000))
    assert {contract.expiration_date for contract in soon.option_contracts} == {date(2024, 7, 5)}
    symbols = [contract.symbol for contract in soon.option_contracts]
    assert symbols == sorted(symbols)
    some = trading.get_option_contracts(
        GetOptionContractsRequest(
            underlying_symbols=["AAPL", "SPY"],
            expiration_date_gte=date(2024, 7, 8),
            expiration_date_lte=date(2024, 7, 31),
            type=ContractType.PUT,
            strike_price_gte="200",
            strike_price_lte="300",
            limit=30,
        )
    )
    assert len(some.option_contracts) == 30
    assert some.next_page_token
    for contract in some.option_contracts:
        assert contract.underlying_symbol == contract.root_symbol == "AAPL"
        assert contract.status == AssetStatus.ACTIVE
        assert 200 <= contract.strike_price <= 300
        assert float(contract.close_price) > 0
        assert contract.close_price_date == date(2024, 7, 2)
    one = some.option_contracts[0]
    assert trading.get_option_contract(one.symbol) == trading.get_option_contract(one.id)


def test_pages_of_contracts_put_together_are_the_whole(july: PracticeProgram) -> None:
    query: dict[str, str] = {"underlying_symbols": "KO,F", "expiration_date_lte": "2024-07-19"}
    whole = july.call("GET", "/v2/options/contracts", params={**query, "limit": "10000"}).json()
    assert whole["next_page_token"] is None
    found: list[Any] = []
    token: str | None = ""
    while token is not None:
        page = july.call(
            "GET", "/v2/options/contracts", params={**query, "limit": "77", "page_token": token}
        ).json()
        found += page["option_contracts"]
        token = page["next_page_token"]
    assert found == whole["option_contracts"]
    shown = july.call(
        "GET", "/v2/options/contracts", params={**query, "limit": "1", "show_deliverables": "True"}
    )
    assert shown.json()["option_contracts"][0]["deliverables"][0]["symbol"] == "F"


def test_contracts_of_every_underlying_are_paged_by_their_symbols(july: PracticeProgram) -> None:
    whole = july.call("GET", "/v2/options/contracts", params={"limit": "10000"}).json()
    symbols = [one["symbol"] for one in whole["option_contracts"]]
    assert symbols == sorted(set(symbols))
    assert len({one["underlying_symbol"] for one in whole["option_contracts"]}) > 40
    first = july.call("GET", "/v2/options/contracts").json()
    assert [one["symbol"] for one in first["option_contracts"]] == symbols[:100]
    following = july.call(
        "GET", "/v2/options/contracts", params={"page_token": first["next_page_token"], "limit": "150"}
    ).json()
    assert [one["symbol"] for one in following["option_contracts"]] == symbols[100:250]


def test_at_the_weekend_the_week_that_comes_is_meant(tmp_path: Path) -> None:
    arguments = ("--rate-limit", "0", "--paused", "--start", "2024-07-06T12:00:00-04:00")
    with PracticeProgram(tmp_path / "log", *arguments) as program:
        found = program.call("GET", "/v2/options/contracts").json()["option_contracts"]
    assert {one["expiration_date"] for one in found} == {"2024-07-12"}


def test_expired_contracts_are_inactive(july: PracticeProgram) -> None:
    query = {"underlying_symbols": "AAPL", "status": "inactive", "limit": "10000"}
    found = july.call("GET", "/v2/options/contracts", params=query).json()["option_contracts"]
    assert found
    assert all(one["expiration_date"] < "2024-07-03" and not one["tradable"] for one in found)


@pytest.mark.parametrize(
    ("path", "params", "status"),
    [
        ("/v2/options/contracts", {"type": "straddle"}, 422),
        ("/v2/options/contracts", {"limit": "0"}, 422),
        ("/v2/options/contracts", {"expiration_date": "soon"}, 422),
        ("/v2/options/contracts", {"strike_price_gte": "much"}, 422),
        ("/v2/options/contracts", {"page_token": "\u00e4"}, 422),
        ("/v2/options/contracts/AAPL240101C00000001", {}, 404),
        ("/v2/options/contracts/AAPL", {}, 404),
        ("/v3/clock", {"markets": "NYSE,MARS"}, 404),
        ("/v3/clock", {"time": "later"}, 422),
        ("/v3/calendar/MARS", {}, 404),
        ("/v3/calendar/NYSE", {"start": "2024-07-05", "end": "2024-07-01"}, 422),
        ("/v3/calendar/NYSE", {"timezone": "CET"}, 422),
        ("/v2/corporate_actions/announcements", {}, 422),
        (
            "/v2/corporate_actions/announcements",
            {"ca_types": "split", "since": "2024-01-01", "until": "2024-12-31"},
            422,
        ),
        ("/v2/corporate_actions/announcements/none", {}, 404),
    ],
)
def test_mistakes_are_refused(july: PracticeProgram, path: str, params: dict[str, str], status: int) -> None:
    answer = july.call("GET", path, params=params)
    assert answer.status_code == status, answer.text
    assert set(answer.json()) == {"code", "message"}


def clocks(july: PracticeProgram, time: str, markets: str = "NYSE") -> dict[str, Any]:
    found = july.call("GET", "/v3/clock", params={"markets": markets, "time": time}).json()["clocks"]
    return {clock["market"]["acronym"]: clock for clock in found}


@pytest.mark.parametrize(
    ("time", "phase", "until"),
    [
        ("2024-07-03T03:00:00-04:00", "closed", "2024-07-03T04:00:00-04:00"),
        ("2024-07-03T04:00:00-04:00", "pre", "2024-07-03T09:30:00-04:00"),
        ("2024-07-03T12:59:59-04:00", "core", "2024-07-03T13:00:00-04:00"),
        ("2024-07-03T13:00:00-04:00", "post", "2024-07-03T17:00:00-04:00"),
        ("2024-07-04T12:00:00-04:00", "closed", "2024-07-05T04:00:00-04:00"),
        ("2024-07-05T15:00:00-04:00", "core", "2024-07-05T16:00:00-04:00"),
    ],
)
def test_a_market_s_phase_follows_the_calendar(
    july: PracticeProgram, time: str, phase: str, until: str
) -> None:
    clock = clocks(july, time)["NYSE"]
    assert (clock["phase"], clock["phase_until"]) == (phase, until)
    assert clock["is_market_day"] == (not time.startswith("2024-07-04"))
    assert clock["next_market_open"] > clock["timestamp"] < clock["next_market_close"]


def test_the_night_belongs_to_another_market(july: PracticeProgram) -> None:
    found = clocks(july, "2024-07-02T22:00:00-04:00", "XNYS,BOATS,OCEA,OPRA")
    assert {name: clock["phase"] for name, clock in found.items()} == {
        "NYSE": "closed",
        "BOATS": "core",
        "OCEA": "core",
        "OPRA": "closed",
    }
    assert clocks(july, "2024-07-03T22:00:00-04:00", "BOATS")["BOATS"]["phase"] == "closed"


@pytest.mark.parametrize(
    ("time", "market", "phase", "until"),
    [
        ("2024-07-03T03:00:00Z", "JPX", "lunch", "2024-07-03T12:30:00+09:00"),
        ("2024-07-03T01:00:00Z", "XTKS", "core", "2024-07-03T11:30:00+09:00"),
        ("2024-07-07T09:00:00Z", "TADAWUL", "core", "2024-07-07T15:00:00+03:00"),
        ("2024-12-25T12:00:00Z", "LSE", "closed", "2024-12-27T08:00:00Z"),
        ("2024-07-04T12:00:00Z", "XETR", "core", "2024-07-04T17:30:00+02:00"),
        ("2024-07-04T15:00:00Z", "BNYM", "closed", "2024-07-05T09:00:00-04:00"),
    ],
)
def test_markets_abroad_and_banks_have_their_own_hours(
    july: PracticeProgram, time: str, market: str, phase: str, until: str
) -> None:
    (clock,) = clocks(july, time, market).values()
    assert (clock["phase"], clock["phase_until"]) == (phase, until)


def test_every_market_of_the_broker_has_a_clock_and_a_calendar(july: PracticeProgram) -> None:
    american = "BMO BNYM BOATS IEX IEXG NASDAQ NYSE OCEA OPRA OTC OTCM SIFMA XNAS XNYS"
    abroad = (
        "CEUX CHIX HKEX ISE JPX LSE MTA MTAA TADAWUL XAMS XBRU XDUB XETR XETRA XHKG XLIS XLON XPAR XSAU XTKS"
    )
    codes = f"{american} {abroad}".split()
    asked = july.call("GET", "/v3/clock", params={"markets": ",".join(codes)})
    assert len(asked.json()["clocks"]) == len(codes)
    for code in codes:
        days = july.call("GET", f"/v3/calendar/{code}", params={"start": "2024-07-08", "end": "2024-07-12"})
        assert len(days.json()["calendar"]) >= 4
        assert days.json()["calendar"][0].keys() >= {"date", "core_start", "core_end"}


def test_calendars_of_markets(july: PracticeProgram) -> None:
    week = {"start": "2024-07-01", "end": "2024-07-07"}
    found = july.call("GET", "/v3/calendar/NYSE", params=week).json()
    assert [day["date"] for day in found["calendar"]] == [
        "2024-07-01",
        "2024-07-02",
        "2024-07-03",
        "2024-07-05",
    ]
    short = found["calendar"][2]
    assert short["core_end"] == short["post_start"] == "2024-07-03T13:00:00-04:00"
    assert short["settlement_date"] == "2024-07-05"
    utc = july.call("GET", "/v3/calendar/XNYS", params={**week, "timezone": "UTC"}).json()["calendar"]
    assert utc[0]["core_start"] == "2024-07-01T13:30:00Z"
    assert datetime.fromisoformat(utc[2]["core_end"]) == datetime.fromisoformat(short["core_end"])
    assert july.call("GET", "/v3/calendar/OPRA").json()["calendar"][0].keys() >= {"core_start", "core_end"}


@pytest.mark.filterwarnings("ignore:get_corporate_announcements is deprecated:DeprecationWarning")
def test_the_sdk_reads_announcements(trading: Sdk) -> None:
    request = GetCorporateAnnouncementsRequest(
        ca_types=list(CorporateActionType), since=date(2024, 4, 1), until=date(2024, 6, 28)
    )
    found = trading.get_corporate_announcements(request)
    assert len(found) > 100
    [nvda] = [
        one for one in found if one.initiating_symbol == "NVDA" and one.ca_type == CorporateActionType.SPLIT
    ]
    assert (nvda.ex_date, nvda.new_rate, nvda.old_rate) == (date(2024, 6, 10), 10, 1)
    assert all(request.since <= one.ex_date <= request.until for one in found)
    assert found[0].declaration_date <= found[0].ex_date - timedelta(days=1)
    assert trading.get_corporate_announcement_by_id(nvda.id) == nvda
