"""The broker-partner side of OAuth, the partner's pages, introspection and the switches."""

import re
from collections.abc import Iterator
from html import unescape
from typing import Any
from urllib.parse import parse_qs, urlsplit

import pytest
import requests
from websockets.exceptions import ConnectionClosed

from tests.practice.program import PracticeProgram, Stream, answer_of, until

HTML = {"Accept": "text/html"}


@pytest.fixture(scope="module")
def asking(tmp_path_factory: pytest.TempPathFactory) -> Iterator[PracticeProgram]:
    """One that asks a person."""
    with PracticeProgram(tmp_path_factory.mktemp("partner") / "log", "--rate-limit", "0") as program:
        yield program


def partner(program: PracticeProgram, method: str, path: str, **options: Any) -> requests.Response:
    proof = (program.line["broker_api_key"], program.line["broker_api_secret"])
    url = program.line["broker_url"] + path
    return program.http.request(method, url, auth=options.pop("auth", proof), timeout=10, **options)


def account_id(program: PracticeProgram) -> str:
    return str(program.call("GET", "/v2/account").json()["id"])


def wish(program: PracticeProgram, **changes: Any) -> dict[str, Any]:
    wanted = {
        "client_id": program.line["client_id"],
        "client_secret": program.line["client_secret"],
        "redirect_uri": program.line["redirect_uris"][0],
        "scope": "trading data",
        "account_id": account_id(program),
        **changes,
    }
    return {name: value for name, value in wanted.items() if value is not None}


def redeemed(program: PracticeProgram, code: str, **changes: str) -> requests.Response:
    form = {
        "grant_type": "authorization_code",
        "code": code,
        "client_id": program.line["client_id"],
        "client_secret": program.line["client_secret"],
        "redirect_uri": program.line["redirect_uris"][0],
    }
    return program.http.post(program.line["token_url"], data=form | changes, timeout=10)


def test_a_client_is_described_to_the_partner(broker: PracticeProgram) -> None:
    query = {"response_type": "code", "redirect_uri": broker.line["redirect_uris"][0], "scope": "general"}
    answer = partner(broker, "GET", f"/v1/oauth/clients/{broker.line['client_id']}", params=query)
    assert answer.status_code == 200
    assert answer.json().keys() == {
        "client_id",
        "name",
        "description",
        "url",
        "terms_of_use",
        "privacy_policy",
        "status",
        "redirect_uri",
        "live_trading_approved",
    }
    assert (answer.json()["name"], answer.json()["status"]) == ("Bellwether", "ACTIVE")
    assert answer.headers["X-Request-ID"]


@pytest.mark.parametrize(
    ("client", "query", "auth", "status"),
    [
        ("nobody", {}, None, 401),
        (None, {}, ("CKWRONG", "wrong"), 401),
        (None, {"redirect_uri": "https://evil.example/"}, None, 422),
        (None, {"scope": "everything"}, None, 422),
        (None, {"response_type": "password"}, None, 422),
    ],
)
def test_a_client_is_not_described_to_anybody_or_for_anything(
    broker: PracticeProgram, client: str | None, query: dict[str, str], auth: Any, status: int
) -> None:
    options = {"auth": auth} if auth else {}
    path = f"/v1/oauth/clients/{client or broker.line['client_id']}"
    answer = partner(broker, "GET", path, params=query, **options)
    assert (answer.status_code, answer.json()["code"] // 100_000) == (status, status)


def test_a_partner_s_code_becomes_a_token_for_that_account_alone(broker: PracticeProgram) -> None:
    answer = partner(broker, "POST", "/v1/oauth/authorize", json=wish(broker))
    assert answer.status_code == 200
    assert answer.json().keys() == {"code", "client_id", "redirect_uri", "scope"}
    token = redeemed(broker, answer.json()["code"]).json()
    assert token["scope"] == "trading data"
    assert broker.call("GET", "/v2/account", token=token["access_token"]).status_code == 200
    assert broker.call("GET", "/v2/account", token=token["access_token"], env="live").status_code == 401
    assert redeemed(broker, answer.json()["code"]).status_code == 400


def test_a_partner_s_token_with_the_general_scope_may_do_everything(broker: PracticeProgram) -> None:
    answer = partner(broker, "POST", "/v1/oauth/token", json=wish(broker, scope="general"))
    assert answer.status_code == 200
    assert answer.json().keys() == {"access_token", "token_type", "scope"}
    assert (answer.json()["token_type"], answer.json()["scope"]) == ("Bearer", "general")
    token = answer.json()["access_token"]
    assert broker.call("DELETE", "/v2/orders", token=token).status_code == 207
    assert broker.data("/v2/stocks/quotes/latest", token=token, symbols="AAPL").status_code == 200


@pytest.mark.parametrize("path", ["/v1/oauth/authorize", "/v1/oauth/token"])
@pytest.mark.parametrize(
    ("changes", "status"),
    [
        ({"client_id": "nobody"}, 401),
        ({"client_secret": "wrong"}, 401),
        ({"redirect_uri": "https://evil.example/"}, 422),
        ({"scope": "everything"}, 422),
        ({"account_id": "00000000-0000-4000-8000-000000000000"}, 422),
        ({"account_id": None}, 400),
        ({"scope": 5}, 400),
    ],
)
def test_a_partner_s_mistakes_are_named(
    broker: PracticeProgram, path: str, changes: dict[str, Any], status: int
) -> None:
    answer = partner(broker, "POST", path, json=wish(broker, **changes))
    assert answer.status_code == status
    assert answer.json()["message"]


@pytest.mark.parametrize("header", ["Basic", "Basic !!!", "Bearer abc", "Basic YWJj", ""])
def test_without_the_partner_s_key_nothing_is_issued(broker: PracticeProgram, header: str) -> None:
    answer = broker.http.post(
        broker.line["broker_url"] + "/v1/oauth/token",
        json=wish(broker),
        headers={"Authorization": header},
        timeout=10,
    )
    assert (answer.status_code, answer.json()["code"]) == (401, 40110000)


def introspected(program: PracticeProgram, token: str) -> requests.Response:
    headers = {"Authorization": f"Bearer {token}"}
    return program.http.get(program.line["token_url"], headers=headers, timeout=10)


def test_a_token_is_described_in_the_shape_of_the_first_guide_and_ended_by_its_id(
    broker: PracticeProgram,
) -> None:
    token, other = broker.token(scope="trading"), broker.token()
    told = introspected(broker, token).json()
    assert told.keys() == {"active", "aud", "client_id", "iat", "id", "owner_id", "scope", "token_type"}
    assert (told["active"], told["client_id"], told["scope"]) == (True, broker.line["client_id"], "trading")
    assert isinstance(told["iat"], int)
    with Stream(broker.line["stream_url"]["paper"]) as stream:
        stream.say({"action": "authenticate", "data": {"oauth_token": token}})
        stream.hear()
        ended = partner(broker, "DELETE", f"/v1/oauth/token/{told['id']}")
        assert (ended.status_code, ended.content) == (204, b"")
        with pytest.raises(ConnectionClosed):
            stream.hear_until(lambda _: False)
    assert broker.call("GET", "/v2/account", token=token).status_code == 401
    assert introspected(broker, token).status_code == 401
    assert broker.call("GET", "/v2/account", token=other).status_code == 200
    assert partner(broker, "DELETE", f"/v1/oauth/token/{told['id']}").status_code == 404


def test_the_switches_change_errors_and_introspection(broker: PracticeProgram) -> None:
    token = broker.token()
    switches = {
        "errors": "envelope",
        "introspection": True,
        "granted": None,
        "live_approved": True,
        "basic": False,
    }
    assert broker.control("GET", "/oauth") == switches
    broker.control("POST", "/oauth", errors="rfc6749", introspection=False)
    try:
        used, wrong = redeemed(broker, "used"), redeemed(broker, "used", client_secret="wrong")
        assert (used.status_code, used.json()["error"]) == (400, "invalid_grant")
        assert (wrong.status_code, wrong.json()["error"]) == (401, "invalid_client")
        assert set(wrong.json()) == {"error", "error_description"}
        assert introspected(broker, token).status_code == 404
    finally:
        broker.control("POST", "/oauth", errors="envelope", introspection=True)
    assert redeemed(broker, "used").json() == {"code": 40010000, "message": "invalid_grant"}


def test_fewer_scopes_may_be_granted_than_were_asked_for(broker: PracticeProgram) -> None:
    broker.control("POST", "/oauth", granted="data")
    try:
        answer = redeemed(broker, broker.code(scope="account:write trading data"))
        refused = broker.http.post(broker.line["control_url"] + "/oauth", json={"granted": "all"}, timeout=10)
    finally:
        broker.control("POST", "/oauth", granted=None)
    assert answer.json()["scope"] == "data"
    order = broker.call("DELETE", "/v2/orders", token=answer.json()["access_token"])
    assert (order.status_code, order.json()["message"]) == (401, "token is not authorized for this scope")
    assert (refused.status_code, refused.json()["key"]) == (400, "granted")


def test_a_live_account_takes_no_token_of_an_application_without_approval(broker: PracticeProgram) -> None:
    token, live_key = broker.token(env="live"), broker.line["live_api_key"]
    client = f"/v1/oauth/clients/{broker.line['client_id']}"
    account = broker.line["trading_url"]["live"] + "/v2/account"
    key = {"APCA-API-KEY-ID": live_key, "APCA-API-SECRET-KEY": broker.line["live_api_secret"]}
    broker.control("POST", "/oauth", live_approved=False)
    try:
        refused = broker.call("GET", "/v2/account", token=token, env="live")
        assert (refused.status_code, refused.json()["code"]) == (401, 40110000)
        assert refused.json()["message"] == "Failed to authorize current action"
        assert broker.call("GET", "/v2/account", token=broker.token(env="paper")).status_code == 200
        assert broker.http.get(account, headers=key, timeout=10).status_code == 200
        assert partner(broker, "GET", client).json()["live_trading_approved"] is False
        with Stream(broker.line["stream_url"]["live"]) as stream:
            stream.say({"action": "authenticate", "data": {"oauth_token": token}})
            assert stream.hear()["data"]["status"] == "unauthorized"
    finally:
        broker.control("POST", "/oauth", live_approved=True)
    assert broker.call("GET", "/v2/account", token=token, env="live").status_code == 200


def visit(program: PracticeProgram, **changes: str | None) -> requests.Response:
    return program.http.get(
        program.line["partner_authorize_url"],
        params=program.authorize_parameters(**changes),
        headers=HTML,
        allow_redirects=False,
        timeout=10,
    )


def send(program: PracticeProgram, page: requests.Response, **fields: str) -> requests.Response:
    ticket = re.search(r'name="ticket" value="([^"]+)"', page.text)
    action = re.search(r'action="([^"]+)"', page.text)
    assert ticket
    assert action
    form = {"ticket": unescape(ticket[1])} | fields
    url = program.line["broker_url"] + action[1]
    return program.http.post(url, data=form, allow_redirects=False, timeout=10)


def test_a_customer_logs_in_at_the_partner_and_the_application_gets_its_code(asking: PracticeProgram) -> None:
    login = visit(asking)
    assert "simulated – not a real broker" in login.text
    assert "Bellwether" in login.text
    consent = send(asking, login, user="trader", password="practice")
    assert "Allow Bellwether" in consent.text
    assert "Place, replace and cancel orders" in consent.text
    answer = answer_of(send(asking, consent, account="live", decision="allow"))
    assert answer["state"] == "S1"
    token = redeemed(asking, answer["code"]).json()["access_token"]
    assert asking.call("GET", "/v2/account", token=token, env="live").status_code == 200
    assert asking.call("GET", "/v2/account", token=token).status_code == 401
    paths = [entry["path"] for entry in asking.control("GET", "/log")["requests"]]
    assert "/v1/oauth/authorize" in paths


def test_a_wrong_password_leads_back_to_the_log_in(asking: PracticeProgram) -> None:
    again = send(asking, visit(asking), user="trader", password="wrong")
    assert again.status_code == 401
    assert "password is wrong" in again.text
    assert "Allow Bellwether" in send(asking, again, user="trader", password="practice").text


def test_the_consent_page_cannot_be_reached_around_the_log_in(asking: PracticeProgram) -> None:
    login = visit(asking)
    ticket = re.search(r'name="ticket" value="([^"]+)"', login.text)
    assert ticket
    form = {"ticket": ticket[1], "decision": "allow", "account": "paper"}
    url = asking.line["broker_url"] + "/partner/consent"
    answer = asking.http.post(url, data=form, allow_redirects=False, timeout=10)
    assert answer.status_code == 400
    assert "Location" not in answer.headers


def test_denying_at_the_partner_is_told_to_the_application(asking: PracticeProgram) -> None:
    consent = send(asking, visit(asking), user="trader", password="practice")
    answer = answer_of(send(asking, consent, decision="deny"))
    assert (answer["error"], answer["state"]) == ("access_denied", "S1")


@pytest.mark.parametrize(
    "changes",
    [
        {"client_id": "nobody"},
        {"client_id": "../token"},
        {"redirect_uri": "https://evil.example/"},
        {"redirect_uri": None},
        {"scope": "everything"},
        {"response_type": "password"},
    ],
)
def test_what_the_broker_refuses_the_partner_shows_without_a_redirect(
    asking: PracticeProgram, changes: dict[str, str | None]
) -> None:
    answer = visit(asking, **changes)
    assert answer.status_code == 400
    assert answer.headers["Content-Type"].startswith("text/html")
    assert "Location" not in answer.headers


def test_a_token_comes_directly_when_that_is_asked_for(broker: PracticeProgram) -> None:
    answer = broker.http.get(
        broker.line["partner_authorize_url"],
        params=broker.authorize_parameters(response_type="token", env="paper"),
        allow_redirects=False,
        timeout=10,
    )
    assert answer.status_code == 302
    told = parse_qs(urlsplit(answer.headers["Location"]).fragment)
    assert told["state"] == ["S1"]
    token = told["access_token"][0]
    assert until(lambda: broker.call("GET", "/v2/account", token=token), "no answer").status_code == 200
