"""Connection profiles: what is wrong is named by file, key and reason, before anything is contacted."""

import tomllib
from copy import deepcopy
from pathlib import Path
from typing import Any

import pytest
import tomli_w
from hypothesis import given
from hypothesis import strategies as st

from core.domain.environment import Coverage, Environment
from core.errors import ProfileInvalid
from core.protocol.signin import AttemptLine, encode_attempt, new_state
from core.store.profiles import MAX_FILE_BYTES, find_profile, profile_from, read_profile

SHIPPED = Path(__file__).parents[3] / "resources" / "profiles"
GOOD: dict[str, Any] = {
    "name": "Example",
    "authorize_url": "https://app.broker.example/oauth/authorize",
    "sign_in_origins": ["https://app.broker.example", "https://login.broker.example"],
    "client_id": "0f0e",
    "redirect_uri": "https://you.example/oauth/callback",
    "scopes": ["trading", "data"],
    "env": "both",
    "proxy_url": "https://token.you.example/exchange",
    "data_url": "https://data.broker.example",
    "data_stream_url": "wss://stream.data.broker.example",
    "trading_url": {"paper": "https://paper.broker.example", "live": "https://api.broker.example"},
    "stream_url": {"paper": "wss://paper.broker.example/stream", "live": "wss://api.broker.example/stream"},
}
DELETED = object()


def changed(key: str, value: object) -> dict[str, Any]:
    """GOOD with one key changed; `a.b` reaches into a table."""
    table = deepcopy(GOOD)
    *path, last = key.split(".")
    place = table
    for name in path:
        place = place[name]
    if value is DELETED:
        del place[last]
    else:
        place[last] = value
    return table


def test_a_good_profile_is_read_as_it_stands(tmp_path):
    path = tmp_path / "example.toml"
    path.write_text(tomli_w.dumps(GOOD))
    profile = read_profile(path)
    assert (profile.name, profile.coverage, profile.pkce) == ("Example", Coverage.BOTH, True)
    assert profile.endpoints[Environment.LIVE].stream_url == "wss://api.broker.example/stream"
    assert profile.is_ready
    assert not profile.is_loopback_only


BAD = [
    ("name", DELETED, "is missing"),
    ("name", "  ", "is missing"),
    ("name", 7, "must be text"),
    ("name", "two\nlines", "cannot be printed"),
    ("name", " padded", "blanks around"),
    ("name", "x" * 513, "longer than"),
    ("client_id", 7, "must be text"),
    ("colour", "red", "is not a key"),
    ("trading_url.demo", "https://demo.example", "is not a key"),
    ("env", DELETED, "is missing"),
    ("env", "Paper", "paper, live or both"),
    ("env", ["paper"], "must be text"),
    ("pkce", "yes", "true or false"),
    ("pkce", 1, "true or false"),
    ("scopes", DELETED, "must be a list"),
    ("scopes", [], "must be a list"),
    ("scopes", "trading", "must be a list"),
    ("scopes", ["trading data"], "one word"),
    ("scopes", [""], "must be a list"),
    ("scopes", [7], "must be a list"),
    ("sign_in_origins", [], "must be a list"),
    ("sign_in_origins", ["https://other.example"], "must contain"),
    ("sign_in_origins", ["https://app.broker.example/path"], "scheme and host alone"),
    ("sign_in_origins", ["https://app.broker.example"] * 17, "more than 16"),
    ("trading_url", DELETED, "must be a table"),
    ("trading_url", "https://one.example", "must be a table"),
    ("trading_url.live", DELETED, "is missing"),
    ("trading_url.paper", "", "is missing"),
    ("stream_url.paper", 7, "is missing"),
    ("stream_url.paper", "https://paper.broker.example/stream", "must begin with wss://"),
    ("data_url", "wss://data.example", "must begin with https://"),
    ("redirect_uri", "https://you.example", "must have a path"),
    ("redirect_uri", "https://you.example/cb?x=1", "query or fragment"),
    ("redirect_uri", "https://you.example/cb?", "query or fragment"),
    ("redirect_uri", "https://you.example/cb#", "query or fragment"),
    ("redirect_uri", "you.example/cb", "must begin with"),
    ("redirect_uri", "myapp://cb", "must begin with"),
    ("authorize_url", "https://app.broker.example/oauth/authorize?client_id=x", "query or fragment"),
    ("issuer", "x" * 513, "longer than"),
]


@pytest.mark.parametrize(("key", "value", "reason"), BAD)
def test_an_error_names_file_key_and_reason(tmp_path, key, value, reason):
    path = tmp_path / "mine.toml"
    path.write_text(tomli_w.dumps(changed(key, value)))
    with pytest.raises(ProfileInvalid) as refused:
        read_profile(path)
    named, _, why = refused.value.headline.removeprefix("mine.toml: ").partition(": ")
    assert refused.value.headline.startswith("mine.toml: ")
    assert named == key
    assert reason in why


HOSTILE = [
    "http://broker.example",
    "http://localhost:8080",
    "http://127.0.0.1.evil.example",
    "http://127.0.0.1@evil.example",
    "http://127.1",
    "http://0.0.0.0",
    "http://[::ffff:127.0.0.1]",
    "https://user@broker.example",
    "https://user:pw@broker.example",
    "https://@broker.example",
    "https://broker.example:99999",
    "https://broker.example:port",
    "https://broker.example:443",
    "https://Broker.example",
    "HTTPS://broker.example",
    "https://",
    "https:///path",
    "https:broker.example",
    "//broker.example",
    "https://[::1",
    "https://br\u00f6ker.example",
    "https://\u0430pp.broker.example",
    "https://broker.example\\@evil.example",
    "https://bro ker.example",
    "https://bro\tker.example",
    "https://bro\nker.example",
    "https://broker.example\n",
    "\x00https://broker.example",
    "\x01https://broker.example",
    "https://broker.example\x7f",
    "https://bro%6ber.example",
    "https://broker.example#frag",
    "https://broker.example?q",
    "javascript:alert(1)",
    "file:///etc/passwd",
    "https://" + "x" * 600 + ".example",
]


@pytest.mark.parametrize("address", HOSTILE)
def test_no_key_takes_an_address_that_hides_where_it_leads(address):
    streamed = address.replace("http", "ws", 1).replace("HTTP", "WS", 1)
    for key, value in [
        ("trading_url.paper", address),
        ("data_url", address),
        ("proxy_url", address),
        ("authorize_url", address),
        ("sign_in_origins", [*GOOD["sign_in_origins"], address]),
        ("redirect_uri", address + "/cb"),
        ("stream_url.paper", streamed),
        ("data_stream_url", streamed),
        ("coin_stream_url", streamed),
        ("option_stream_url", streamed),
    ]:
        with pytest.raises(ProfileInvalid):
            profile_from(changed(key, value), "x")


@pytest.mark.parametrize("host", ["127.0.0.1:9", "[::1]:9", "127.0.0.1"])
def test_literal_loopback_addresses_need_no_certificate(host):
    table = {
        **GOOD,
        "env": "paper",
        "authorize_url": f"http://{host}/authorize",
        "sign_in_origins": [f"http://{host}"],
        "proxy_url": f"http://{host}/exchange",
        "data_url": f"http://{host}",
        "data_stream_url": f"ws://{host}",
        "trading_url": {"paper": f"http://{host}/paper/"},
        "stream_url": {"paper": f"ws://{host}/stream"},
    }
    profile = profile_from(table, "x")
    assert profile.is_loopback_only
    assert profile.endpoints[Environment.PAPER].trading_url == f"http://{host}/paper"


def test_a_profile_from_before_there_were_streams_of_coins_and_options_names_none():
    profile = profile_from(GOOD, "x")
    assert (profile.coin_stream_url, profile.option_stream_url) == ("", "")
    address = "wss://stream.data.broker.example/v1beta3/crypto/us"
    assert profile_from(changed("coin_stream_url", address), "x").coin_stream_url == address


def test_only_bases_lose_their_last_slash():
    table = changed("proxy_url", "https://token.you.example/exchange/")
    table["data_url"] += "/"
    table["stream_url"]["paper"] += "/"
    profile = profile_from(table, "x")
    assert profile.proxy_url.endswith("/exchange/")
    assert profile.data_url == "https://data.broker.example"
    assert profile.endpoints[Environment.PAPER].stream_url.endswith("/stream/")


@given(
    st.text(alphabet="abcXYZ019.:@/\\?#%[]-_ \t\n\u0430", max_size=24),
    st.sampled_from(["https://", "http://", "HTTPS://", "", "https://127.0.0.1"]),
)
def test_whatever_a_profile_accepts_a_sign_in_can_start_with(rest, scheme):
    address = scheme + rest
    origin = "/".join(address.split("/", 3)[:3])
    table = {
        **GOOD,
        "authorize_url": address,
        "sign_in_origins": [origin or "x"],
        "redirect_uri": address + "/cb",
    }
    try:
        profile = profile_from(table, "x")
    except ProfileInvalid:
        return
    encode_attempt(
        AttemptLine(
            authorize_url=profile.authorize_url,
            redirect_uri=profile.redirect_uri,
            state=new_state(lambda length: "s" * (length * 4 // 3 + 1)),
            sign_in_origins=list(profile.sign_in_origins),
            environment=profile.coverage.value,
            theme="dark",
        )
    )


@pytest.mark.parametrize(
    ("content", "reason"),
    [
        (b"name = ", "is not valid TOML"),
        (b"[[[", "is not valid TOML"),
        (b"\xff\xfe", "cannot be read"),
        (b"x = " + b"[" * 50_000, "nested too deeply"),
        (b"#" * (MAX_FILE_BYTES + 1), "larger than a profile"),
        (b"", "is missing"),
    ],
)
def test_a_file_that_is_no_profile_says_so(tmp_path, content, reason):
    path = tmp_path / "mine.toml"
    path.write_bytes(content)
    with pytest.raises(ProfileInvalid, match=reason) as refused:
        read_profile(path)
    assert refused.value.headline.startswith("mine.toml: ")


def test_a_file_that_is_not_there_says_so(tmp_path):
    with pytest.raises(ProfileInvalid, match=r"mine\.toml: cannot be read"):
        read_profile(tmp_path / "mine.toml")


def test_shipped_profiles_are_found_by_name_and_others_by_path(tmp_path):
    shipped = find_profile("ALPACA", SHIPPED)
    assert shipped.parent == SHIPPED
    assert find_profile(str(tmp_path / "my.toml"), SHIPPED) == tmp_path / "my.toml"
    with pytest.raises(ProfileInvalid, match="no connection profile called 'nobody'") as refused:
        find_profile("nobody", SHIPPED)
    assert "alpaca" in refused.value.remedy


def test_the_shipped_broker_profile_is_good_and_waits_for_its_publisher():
    profile = read_profile(find_profile("alpaca", SHIPPED))
    assert not profile.is_ready
    assert not profile.is_loopback_only
    assert profile.coverage is Coverage.PAPER


def test_no_shipped_profile_holds_a_secret():
    for path in SHIPPED.glob("*.toml"):
        table = tomllib.loads(path.read_text())
        assert not {key for key in table if "secret" in key}
