"""What the README, the unit file and the container file promise is what the program does."""

import http.client
import re
import subprocess
import sys
from dataclasses import MISSING, fields
from pathlib import Path

from tests.token_proxy.program import CLIENT_SECRET, ProxyProgram, settings
from tests.token_proxy.upstream import UpstreamDouble
from token_proxy import answers
from token_proxy.config import CHECKS, DEFAULT_BIND, Config, load

FOLDER = Path(answers.__file__).parent
README = (FOLDER / "README.md").read_text("utf-8")


def rows(heading: str) -> dict[str, str]:
    """Return the first two cells of each row of the table in a section, without backquotes."""
    section = README.split(f"\n## {heading}\n")[1].split("\n## ")[0]
    cells = re.findall(r"^\| `(\w+)` \| ([^|]+) \|", section, re.MULTILINE)
    return {name: value.strip().strip("`") for name, value in cells}


def test_the_readme_lists_every_key_with_its_default() -> None:
    listed = rows("Configuration")
    defaults = {field.name: field.default for field in fields(Config)}

    assert list(listed) == list(CHECKS)
    for key, default in defaults.items():
        if key == "client_secret":
            continue
        if key == "bind":
            assert listed[key] == f"{DEFAULT_BIND.host}:{DEFAULT_BIND.port}"
        elif default is MISSING:
            assert listed[key] == "required"
        else:
            assert listed[key] == (str(default) if default != () else "none")


def test_the_readme_lists_every_error() -> None:
    refusals = [value for value in vars(answers).values() if isinstance(value, answers.Refusal)]
    documented = rows("What it says")

    assert {refusal.error for refusal in refusals} == set(documented)
    for refusal in refusals:
        if refusal is not answers.FAULT:  # a bug, which no document promises
            assert documented[refusal.error] in {str(refusal.status), f"{refusal.status // 100}xx"}


def test_the_readmes_example_is_a_configuration(tmp_path: Path) -> None:
    example = README.split("```toml\n")[1].split("```")[0]
    file = tmp_path / "proxy.toml"
    file.write_text(example)
    variables = {"BELLWETHER_PROXY_CONFIG": str(file), "BELLWETHER_PROXY_CLIENT_SECRET": CLIENT_SECRET}

    assert load(variables).redirect_uris == {"https://you.example/oauth/callback"}


def test_the_unit_and_the_container_name_settings_that_exist() -> None:
    for name in ("Containerfile", "token-proxy.service", "README.md"):
        text = (FOLDER / name).read_text("utf-8")
        for variable in re.findall(r"BELLWETHER_PROXY_([A-Z_]+[A-Z])", text):
            assert variable == "CONFIG" or variable.lower() in CHECKS, (name, variable)


def test_the_container_is_not_root_and_checks_its_health(
    tmp_path: Path, upstream: UpstreamDouble, proxy: ProxyProgram
) -> None:
    text = (FOLDER / "Containerfile").read_text("utf-8")
    check = text.split('"-c", \\\n    "')[1].split('"]')[0]

    assert re.search(r"^USER [1-9][0-9]*:[1-9][0-9]*$", text, re.MULTILINE)
    assert "--require-hashes" in text

    def health(port: int) -> int:
        command = [sys.executable, "-c", check.replace("8080", str(port))]
        return subprocess.run(command, check=False, capture_output=True, timeout=20).returncode

    assert health(proxy.port) == 0
    with ProxyProgram(settings(upstream.url), tmp_path / "log") as gone:
        pass
    assert health(gone.port) != 0


def test_the_health_route_serves_an_ordinary_client(proxy: ProxyProgram) -> None:
    connection = http.client.HTTPConnection("127.0.0.1", proxy.port, timeout=10)
    connection.request("GET", "/healthz")
    answer = connection.getresponse()

    assert (answer.status, answer.read()) == (200, b'{"status":"alive"}')
    connection.close()
