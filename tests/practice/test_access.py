"""Credentials, scopes, environments, limits and headers of REST requests."""

import re
from pathlib import Path

import pytest

from tests.practice.program import PracticeProgram


def test_an_answer_carries_request_id_and_limits(broker: PracticeProgram) -> None:
    answer = broker.call("GET", "/v2/clock")
    assert re.fullmatch(r"[0-9a-f]{32}", answer.headers["X-Request-ID"])
    assert answer.headers.keys() >= {"X-RateLimit-Limit", "X-RateLimit-Remaining", "X-RateLimit-Reset"}


@pytest.mark.parametrize("url", ["token_url", "broker_url"])
def test_who_gives_tokens_counts_requests_too(broker: PracticeProgram, url: str) -> None:
    path = "" if url == "token_url" else "/v1/oauth/clients/x"
    answers = [broker.http.get(broker.line[url] + path, timeout=10) for _ in range(2)]
    assert {answer.status_code for answer in answers} == {401}
    assert all("X-RateLimit-Remaining" in answer.headers for answer in answers)


@pytest.mark.parametrize(
    ("headers", "body"),
    [
        ({}, {"code": 40110000, "message": "request is not authorized"}),
        ({"Authorization": "Bearer nonsense"}, {"code": 40110000, "message": "request is not authorized"}),
        ({"Authorization": "Basic bm8="}, {"code": 40110000, "message": "request is not authorized"}),
        (
            {"APCA-API-KEY-ID": "PKNOBODY", "APCA-API-SECRET-KEY": "x"},
            {"code": 40110000, "message": "access key verification failed"},
        ),
    ],
)
def test_who_proves_nothing_gets_401(
    broker: PracticeProgram, headers: dict[str, str], body: dict[str, object]
) -> None:
    answer = broker.http.get(broker.line["trading_url"]["paper"] + "/v2/account", headers=headers, timeout=10)
    assert (answer.status_code, answer.json()) == (401, body)


@pytest.mark.parametrize(("env", "other"), [("paper", "live"), ("live", "paper")])
def test_a_key_opens_its_own_account_alone(broker: PracticeProgram, env: str, other: str) -> None:
    prefix = "live_" if env == "live" else ""
    keys = {
        "APCA-API-KEY-ID": broker.line[f"{prefix}api_key"],
        "APCA-API-SECRET-KEY": broker.line[f"{prefix}api_secret"],
    }
    urls = {name: base + "/v2/account" for name, base in broker.line["trading_url"].items()}
    assert broker.http.get(urls[env], headers=keys, timeout=10).status_code == 200
    assert broker.http.get(urls[other], headers=keys, timeout=10).status_code == 401
    crossed = keys | {"APCA-API-SECRET-KEY": broker.line["api_secret" if prefix else "live_api_secret"]}
    assert broker.http.get(urls[env], headers=crossed, timeout=10).text == '{"message": "unauthorized."}\n'


def test_a_wrong_secret_gets_the_answer_without_a_code(broker: PracticeProgram) -> None:
    headers = broker.keys | {"APCA-API-SECRET-KEY": "wrong"}
    answer = broker.http.get(broker.line["trading_url"]["paper"] + "/v2/account", headers=headers, timeout=10)
    assert (answer.status_code, answer.content) == (401, b'{"message": "unauthorized."}\n')


@pytest.mark.parametrize(
    ("scope", "method", "path", "allowed"),
    [
        ("data", "GET", "/v2/account", True),
        ("data", "GET", "/v2/orders", True),
        ("data", "POST", "/v2/orders", False),
        ("data", "DELETE", "/v2/orders", False),
        ("data", "DELETE", "/v2/positions", False),
        ("data", "DELETE", "/v2/positions/AAPL", False),
        ("trading", "DELETE", "/v2/orders", True),
        ("trading", "PATCH", "/v2/account/configurations", False),
        ("account:write", "PATCH", "/v2/account/configurations", True),
    ],
)
def test_every_action_asks_for_its_scope(
    broker: PracticeProgram, scope: str, method: str, path: str, allowed: bool
) -> None:
    token = broker.token(scope=scope)
    answer = broker.call(method, path, token=token, json={})
    if allowed:
        assert answer.status_code < 300
    else:
        assert (answer.status_code, answer.json()["message"]) == (
            401,
            "token is not authorized for this scope",
        )


def test_market_data_asks_for_its_scope(broker: PracticeProgram) -> None:
    path = "/v2/stocks/AAPL/quotes/latest"
    assert broker.data(path, token=broker.token(scope="data")).status_code == 200
    assert broker.data(path, token=broker.token(scope="trading")).status_code == 401


def test_a_token_for_paper_is_refused_on_live(broker: PracticeProgram) -> None:
    token = broker.token(env="paper")
    assert broker.call("GET", "/v2/account", token=token).json()["account_number"].startswith("PA3SIM")
    answer = broker.call("GET", "/v2/account", token=token, env="live")
    assert (answer.status_code, answer.json()["code"]) == (401, 40110000)
    live = broker.call("GET", "/v2/account", token=broker.token(env="live"), env="live")
    assert not live.json()["account_number"].startswith("PA")


def test_the_two_hundred_and_first_request_of_a_minute_is_too_many(tmp_path: Path) -> None:
    with PracticeProgram(tmp_path / "log", "--rate-limit", "5") as program:
        answers = [program.call("GET", "/v2/clock") for _ in range(12)]  # a minute may end in between
        assert {answer.status_code for answer in answers} == {200, 429}
        refused = next(answer for answer in answers if answer.status_code == 429)
        assert refused.json() == {"code": 42910000, "message": "rate limit exceeded"}
        assert (refused.headers["X-RateLimit-Limit"], refused.headers["X-RateLimit-Remaining"]) == ("5", "0")
        assert program.data("/v2/stocks/AAPL/quotes/latest").status_code == 200  # counted apart


def test_a_request_by_another_name_is_refused(broker: PracticeProgram) -> None:
    """A page on the web may point a name of its own at loopback; its requests carry that name."""
    url = broker.line["trading_url"]["paper"] + "/v2/account"
    for name in ("evil.example", "evil.example:80", "192.0.2.1", ""):
        answer = broker.http.get(url, headers=broker.keys | {"Host": name}, timeout=10)
        assert answer.status_code in {400, 403}, name
    assert broker.http.get(url, headers=broker.keys | {"Host": "localhost:1"}, timeout=10).status_code == 200


def test_revoked_tokens_end_everywhere(broker: PracticeProgram) -> None:
    token = broker.token()
    assert broker.control("POST", "/revoke")["revoked"] >= 1
    answer = broker.call("GET", "/v2/account", token=token)
    assert (answer.status_code, answer.json()["message"]) == (401, "request is not authorized")
    assert broker.data("/v2/stocks/AAPL/quotes/latest", token=token).status_code == 401
