"""Configurations that work, and those with which the program must not start."""

import os
import subprocess
import sys
from pathlib import Path

import pytest

from tests.token_proxy.program import CLIENT_ID, CLIENT_SECRET, REDIRECT_URI, ROOT, environment, settings
from token_proxy.config import Config, ConfigInvalid, load

BROKER = "https://broker.example/oauth/token"
NOT_WINDOWS = pytest.mark.skipif(sys.platform == "win32", reason="files have no mode bits there")


def toml(folder: Path, text: str, mode: int = 0o600) -> dict[str, str]:
    """Write a configuration file and return the environment that names it."""
    file = folder / "proxy.toml"
    file.write_text(text)
    file.chmod(mode)
    return {"BELLWETHER_PROXY_CONFIG": str(file)}


WITHOUT_SECRET = f"""
token_url = "{BROKER}"
client_id = "{CLIENT_ID}"
redirect_uris = ["{REDIRECT_URI}"]
"""
RIGHT = WITHOUT_SECRET + f'client_secret = "{CLIENT_SECRET}"\n'


def test_a_file_says_everything(tmp_path: Path) -> None:
    more = """
    bind = "[::1]:9000"
    path = "/v1/exchange"
    trusted_hops = ["10.0.0.0/8", "::1"]
    per_address_per_minute = 5
    global_per_minute = 50
    max_connections = 100
    log_level = "debug"
    """
    config = load(toml(tmp_path, RIGHT + more))

    assert config.token_url == BROKER
    assert config.client_secret.reveal() == CLIENT_SECRET
    assert config.redirect_uris == {REDIRECT_URI}
    assert config.bind == ("::1", 9000)
    assert config.bind.base_url(9000) == "http://[::1]:9000"
    assert config.path == "/v1/exchange"
    assert [str(hop) for hop in config.trusted_hops] == ["10.0.0.0/8", "::1/128"]
    assert (config.per_address_per_minute, config.global_per_minute, config.max_connections) == (5, 50, 100)


def test_the_environment_says_everything() -> None:
    uris = f"{REDIRECT_URI} http://localhost:41999/callback"
    config = load(settings(BROKER, REDIRECT_URIS=uris, TRUSTED_HOPS="127.0.0.1 10.1.0.0/16", BIND=None))

    assert config.redirect_uris == set(uris.split())
    assert config.bind == ("127.0.0.1", 8080)
    assert [str(hop) for hop in config.trusted_hops] == ["127.0.0.1/32", "10.1.0.0/16"]


def test_the_defaults_are_the_documented_ones(tmp_path: Path) -> None:
    config = load(toml(tmp_path, RIGHT))

    assert config == Config(
        token_url=BROKER,
        client_id=CLIENT_ID,
        client_secret=config.client_secret,
        redirect_uris=frozenset({REDIRECT_URI}),
    )
    assert (config.bind, config.path) == (("127.0.0.1", 8080), "/exchange")
    assert (config.per_address_per_minute, config.global_per_minute, config.max_connections) == (10, 600, 400)


def test_the_secret_may_come_from_a_private_file_or_beside_a_readable_one(tmp_path: Path) -> None:
    secret = tmp_path / "secret"
    secret.write_text(CLIENT_SECRET + "\n")
    secret.chmod(0o400)
    variables = toml(tmp_path, WITHOUT_SECRET, mode=0o644)

    from_file = load(variables | {"BELLWETHER_PROXY_CLIENT_SECRET_FILE": str(secret)})
    from_variable = load(variables | {"BELLWETHER_PROXY_CLIENT_SECRET": CLIENT_SECRET})

    assert from_file.client_secret.reveal() == from_variable.client_secret.reveal() == CLIENT_SECRET


@NOT_WINDOWS
def test_the_service_managers_credential_may_have_its_group_bit(tmp_path: Path) -> None:
    credential = tmp_path / "client-secret"
    credential.write_text(CLIENT_SECRET)
    credential.chmod(0o440)
    variables = settings(BROKER, CLIENT_SECRET=None, CLIENT_SECRET_FILE=str(credential))

    with pytest.raises(ConfigInvalid, match="can be read by other users"):
        load(variables)
    with pytest.raises(ConfigInvalid, match="can be read by other users"):
        load(variables | {"CREDENTIALS_DIRECTORY": str(tmp_path.parent)})
    assert load(variables | {"CREDENTIALS_DIRECTORY": str(tmp_path)}).client_secret.reveal() == CLIENT_SECRET
    credential.chmod(0o444)
    with pytest.raises(ConfigInvalid, match="can be read by other users"):
        load(variables | {"CREDENTIALS_DIRECTORY": str(tmp_path)})


@NOT_WINDOWS
@pytest.mark.parametrize("mode", [0o604, 0o640, 0o644, 0o620, 0o602, 0o666, 0o755])
def test_a_secret_that_others_can_reach_is_refused(tmp_path: Path, mode: int) -> None:
    secret = tmp_path / "secret"
    secret.write_text(CLIENT_SECRET)
    secret.chmod(mode)

    with pytest.raises(ConfigInvalid, match=rf"client_secret_file: {secret} can be read by other users"):
        load(settings(BROKER, CLIENT_SECRET=None, CLIENT_SECRET_FILE=str(secret)))
    with pytest.raises(ConfigInvalid, match=r"proxy.toml: can be read by other users"):
        load(toml(tmp_path, RIGHT, mode))


@NOT_WINDOWS
@pytest.mark.skipif(sys.platform != "win32" and os.geteuid() != 0, reason="giving a file away takes root")
def test_a_secret_that_belongs_to_somebody_else_is_refused(tmp_path: Path) -> None:
    secret = tmp_path / "secret"
    secret.write_text(CLIENT_SECRET)
    secret.chmod(0o400)
    os.chown(secret, 12345, 12345)

    with pytest.raises(ConfigInvalid, match="belongs to another user"):
        load(settings(BROKER, CLIENT_SECRET=None, CLIENT_SECRET_FILE=str(secret)))


@NOT_WINDOWS
def test_a_secret_file_must_be_a_file(tmp_path: Path) -> None:
    pipe = tmp_path / "pipe"
    os.mkfifo(pipe, 0o600)

    for path in (tmp_path, pipe, tmp_path / "missing"):
        with pytest.raises(ConfigInvalid, match=r"is not an ordinary file|cannot be read"):
            load(settings(BROKER, CLIENT_SECRET=None, CLIENT_SECRET_FILE=str(path)))


@pytest.mark.parametrize(
    "secret",
    [
        "",
        " ",
        "changeme",
        "ChangeMe-please-1234",
        "<secret>",
        "<the client secret goes here>",
        "your-client-secret",
        "your_client_secret_here",
        "YOUR-SECRET-1234567890",
        "client_secret",
        "${CLIENT_SECRET_FROM_VAULT}",
        "{{ client_secret_value }}",
        "{{client_secret_value}}",
        "%CLIENT_SECRET_VALUE%",
        "xxx",
        "xxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxx",
        "0000000000000000000000000000000000000000",
        "----------------------------------------",
        "placeholder-placeholder",
        "replace-me-replace-me",
        "secret",
        "password",
        "supersecretsupersecret",
        "todo",
        "none",
        "9b74c98",
        "9b74c9897bac770ffc029...",
        "9b74c9897bac770f fc029102a200c5de",
        "9b74c9897bac770ffc029102a200c5de\n",
        "9b74c9897bac770ffc029102a200c5d\u00e9",
        CLIENT_ID,
    ],
)
def test_what_is_no_secret_is_refused_without_repeating_it(tmp_path: Path, secret: str) -> None:
    with pytest.raises(ConfigInvalid, match="client_secret: ") as refusal:
        load(settings(BROKER, CLIENT_SECRET=secret))
    file = tmp_path / "secret"
    file.write_bytes(secret.encode() + b"\n")
    file.chmod(0o600)
    with pytest.raises(ConfigInvalid, match="client_secret") as from_file:
        load(settings(BROKER, CLIENT_SECRET=None, CLIENT_SECRET_FILE=str(file)))

    if len(secret) > 13:  # shorter ones may be part of a sentence
        assert secret not in str(refusal.value) + str(from_file.value)


@pytest.mark.parametrize(
    ("name", "value", "reason"),
    [
        ("TOKEN_URL", "http://broker.example/oauth/token", "must be https"),
        ("TOKEN_URL", "http://localhost/oauth/token", "must be https"),
        ("TOKEN_URL", "http://127.0.0.1.evil.example/token", "must be https"),
        ("TOKEN_URL", "ftp://broker.example/oauth/token", "must be https"),
        ("TOKEN_URL", "https://broker.example", "with a host and a path"),
        ("TOKEN_URL", "https:///oauth/token", "with a host and a path"),
        ("TOKEN_URL", "/oauth/token", "with a host and a path"),
        ("TOKEN_URL", "https://user:pw@broker.example/token", "user information"),
        ("TOKEN_URL", "https://broker.example/token#x", "fragment"),
        ("TOKEN_URL", "https://broker.example/token?a=b", "query"),
        ("TOKEN_URL", "https://<broker>/oauth/token", "absolute URL"),
        ("TOKEN_URL", "https://broker.example/oauth\n/token", "absolute URL"),
        ("TOKEN_URL", "https://broker.example:x/token", "is not a URL"),
        ("TOKEN_URL", "", "absolute URL"),
        ("CLIENT_ID", "", "printable characters"),
        ("CLIENT_ID", "two words", "printable characters"),
        ("CLIENT_ID", "your-client-id", "placeholder"),
        ("CLIENT_ID", "<client id>", "printable characters"),
        ("CLIENT_ID", "<client-id>", "placeholder"),
        ("REDIRECT_URIS", "", "at least one"),
        ("REDIRECT_URIS", "http://example.com/callback", "must be https"),
        ("REDIRECT_URIS", "myapp://callback/x", "must be https"),
        ("REDIRECT_URIS", "https://*.example.com/callback", "wildcards"),
        ("REDIRECT_URIS", "https://example.com/callback#x", "fragment"),
        ("BIND", "8080", "must be host:port"),
        ("BIND", "127.0.0.1:", "must be host:port"),
        ("BIND", "127.0.0.1:65536", "must be host:port"),
        ("BIND", "localhost:8080", "IP address"),
        ("BIND", "::1:8080", "brackets"),
        ("PATH", "exchange", "absolute path"),
        ("PATH", "/", "absolute path"),
        ("PATH", "/a/../b", "absolute path"),
        ("PATH", "/exchange?x", "absolute path"),
        ("PATH", "/healthz", "must not be /healthz"),
        ("TRUSTED_HOPS", "10.0.0.1/8", "IP addresses or networks"),
        ("TRUSTED_HOPS", "frontend", "IP addresses or networks"),
        ("TRUSTED_HOPS", "0.0.0.0/0", "every address"),
        ("TRUSTED_HOPS", "::/0", "every address"),
        ("PER_ADDRESS_PER_MINUTE", "0", "must be from 1 to 600"),
        ("PER_ADDRESS_PER_MINUTE", "ten", "whole number"),
        ("PER_ADDRESS_PER_MINUTE", "-1", "whole number"),
        ("MAX_CONNECTIONS", "1000000", "must be from 1 to 10000"),
        ("LOG_LEVEL", "trace", "must be debug"),
    ],
)
def test_a_bad_value_is_named_with_its_variable_and_reason(name: str, value: str, reason: str) -> None:
    with pytest.raises(ConfigInvalid) as refusal:
        load(settings(BROKER, **{name: value}))

    assert str(refusal.value).startswith(f"environment BELLWETHER_PROXY_{name}: {name.lower()}: ")
    assert reason in str(refusal.value)


@pytest.mark.parametrize(
    ("text", "complaint"),
    [
        (RIGHT + 'clientid = "x"\n', "clientid: unknown key"),
        (RIGHT + "[limits]\nper_address_per_minute = 3\n", "limits: unknown key"),
        (RIGHT + "bind = 8080\n", "bind: must be a string"),
        (RIGHT + 'trusted_hops = "10.0.0.0/8"\n', "trusted_hops: must be a list of strings"),
        (RIGHT + "trusted_hops = [10]\n", "trusted_hops: must be a list of strings"),
        (RIGHT + "max_connections = true\n", "max_connections: must be a whole number"),
        (RIGHT + 'max_connections = "400"\n', "max_connections: must be a whole number"),
        (RIGHT + "bind = \n", "is not TOML"),
        (RIGHT + 'client_secret_file = "secret"\n', "client_secret: is set twice"),
        (WITHOUT_SECRET, "client_secret: is missing"),
        (RIGHT.replace("token_url", "# "), "token_url: is missing"),
        (RIGHT.replace("client_id", "# "), "client_id: is missing"),
        (RIGHT.replace("redirect_uris", "# "), "redirect_uris: is missing"),
        (WITHOUT_SECRET + 'client_secret = ""\n', "client_secret: is empty"),
        (WITHOUT_SECRET + "client_secret = 5\n", "client_secret: must be a string"),
    ],
)
def test_a_bad_file_is_named_with_its_key_and_reason(tmp_path: Path, text: str, complaint: str) -> None:
    variables = toml(tmp_path, text)

    with pytest.raises(ConfigInvalid) as refusal:
        load(variables)

    assert str(refusal.value).startswith(f"{variables['BELLWETHER_PROXY_CONFIG']}: {complaint}")
    assert CLIENT_SECRET not in str(refusal.value)


def test_a_misspelt_variable_is_refused() -> None:
    with pytest.raises(ConfigInvalid, match="BELLWETHER_PROXY_CLIENT_SECERT: is not a variable"):
        load(settings(BROKER, CLIENT_SECERT="x"))


def test_a_key_set_in_two_places_is_refused(tmp_path: Path) -> None:
    variables = toml(tmp_path, RIGHT) | {"BELLWETHER_PROXY_CLIENT_ID": "another"}

    with pytest.raises(ConfigInvalid, match="client_id: is also set by BELLWETHER_PROXY_CLIENT_ID"):
        load(variables)


def test_the_secret_shows_up_in_no_text_made_of_the_configuration(tmp_path: Path) -> None:
    config = load(toml(tmp_path, RIGHT))

    assert CLIENT_SECRET not in f"{config} {config!r} {config.client_secret} {config.client_secret!r}"


@pytest.mark.parametrize(
    ("variables", "arguments", "complaint"),
    [
        (settings(BROKER, CLIENT_SECRET="changeme"), [], "CLIENT_SECRET: client_secret: is a placeholder"),
        (settings(BROKER, CLIENT_SECRET=None), [], "client_secret: is missing"),
        ({"BELLWETHER_PROXY_CONFIG": "/nowhere/proxy.toml"}, [], "/nowhere/proxy.toml: cannot be read"),
        (settings(BROKER), ["--client-secret", CLIENT_SECRET], "unknown or wrong argument"),
        (settings(BROKER), [CLIENT_SECRET], "unknown or wrong argument"),
        (settings(BROKER), ["--port", CLIENT_SECRET], "unknown or wrong argument"),
        (settings(BROKER, BIND="192.0.2.1:80"), [], "cannot listen on 192.0.2.1"),
    ],
)
def test_the_program_says_why_it_does_not_start_and_stops(
    variables: dict[str, str], arguments: list[str], complaint: str
) -> None:
    ended = subprocess.run(
        [sys.executable, "-m", "token_proxy", *arguments],
        env=environment(variables),
        cwd=ROOT,
        capture_output=True,
        text=True,
        timeout=20,
        check=False,
    )

    assert ended.returncode == 2
    assert ended.stdout == ""
    assert complaint in ended.stderr
    assert ended.stderr.count("\n") == 1
    assert CLIENT_SECRET not in ended.stderr
