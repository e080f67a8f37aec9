"""One upstream double and one proxy for all tests that do not need their own."""

from collections.abc import Iterator

import pytest

from tests.token_proxy.program import ProxyProgram, settings
from tests.token_proxy.upstream import UpstreamDouble


@pytest.fixture(scope="session")
def shared_upstream() -> Iterator[UpstreamDouble]:
    with UpstreamDouble() as double:
        yield double


@pytest.fixture(scope="session")
def shared_proxy(
    shared_upstream: UpstreamDouble, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[ProxyProgram]:
    log = tmp_path_factory.mktemp("proxy") / "log"
    with ProxyProgram(settings(shared_upstream.url, LOG_LEVEL="debug"), log) as program:
        yield program


@pytest.fixture
def upstream(shared_upstream: UpstreamDouble) -> UpstreamDouble:
    shared_upstream.reset()
    return shared_upstream


@pytest.fixture
def proxy(shared_proxy: ProxyProgram, upstream: UpstreamDouble) -> ProxyProgram:
    assert upstream.calls == []
    return shared_proxy
