"""Which address a request is counted under, and how many exchanges it gets."""

import asyncio
from ipaddress import ip_network
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tests.token_proxy.program import ProxyProgram, exchange_fields, settings
from tests.token_proxy.upstream import UpstreamDouble
from token_proxy.callers import counted_address
from token_proxy.limiter import WINDOW_S, MemoryLimiter

HOPS = (ip_network("10.0.0.0/8"), ip_network("2001:db8:f::/48"))


@pytest.mark.parametrize(
    ("peer", "forwarded_for", "counted"),
    [
        ("203.0.113.9", [], "203.0.113.9"),
        ("203.0.113.9", ["198.51.100.1"], "203.0.113.9"),  # not a hop of ours: its word counts for nothing
        ("10.0.0.1", [], "10.0.0.1"),
        ("10.0.0.1", ["198.51.100.1"], "198.51.100.1"),
        ("10.0.0.1", ["1.1.1.1, 198.51.100.1"], "198.51.100.1"),  # the caller wrote the first entry itself
        ("10.0.0.1", ["1.1.1.1", "198.51.100.1"], "198.51.100.1"),
        ("10.0.0.1", ["198.51.100.1, 10.0.0.2"], "198.51.100.1"),
        ("10.0.0.1", ["1.1.1.1, 198.51.100.1, 10.0.0.3, 10.0.0.2"], "198.51.100.1"),
        ("10.0.0.1", ["10.0.0.2"], "10.0.0.2"),
        ("10.0.0.1", [""], "10.0.0.1"),
        ("10.0.0.1", ["unknown"], "10.0.0.1"),
        ("10.0.0.1", ["198.51.100.1, <script>"], "10.0.0.1"),
        ("10.0.0.1", ["198.51.100.1:4711"], "10.0.0.1"),
        ("10.0.0.1", ["198.51.100.1,"], "10.0.0.1"),
        ("10.0.0.1", ["1.1.1.1," * 3000 + "198.51.100.1"], "198.51.100.1"),
        ("::ffff:10.0.0.1", ["::ffff:198.51.100.1"], "198.51.100.1"),
        ("2001:db8:f::1", ["2001:db8:1:2:3:4:5:6"], "2001:db8:1:2::/64"),
        ("2001:db8:1:2:aaaa::1", [], "2001:db8:1:2::/64"),
        ("2001:db8:1:2:bbbb::1", [], "2001:db8:1:2::/64"),
        ("2001:db8:1:3:bbbb::1", [], "2001:db8:1:3::/64"),
        ("fe80::1%eth0", [], "fe80::/64"),
        ("", [], "unknown"),
        ("a socket file", ["1.1.1.1"], "unknown"),
    ],
)
def test_a_forwarded_address_is_believed_as_far_as_trusted_hops_reach(
    peer: str, forwarded_for: list[str], counted: str
) -> None:
    assert counted_address(peer, forwarded_for, HOPS) == counted


class Clock:
    now = 1000.0

    def __call__(self) -> float:
        return self.now


def test_an_address_gets_its_exchanges_in_any_minute_and_is_told_when_to_return() -> None:
    clock = Clock()
    limiter = MemoryLimiter(per_address=3, in_all=100, monotonic_s=clock)

    async def scenario() -> None:
        for _ in range(3):
            assert await limiter.wait_s("a") == 0
            clock.now += 10
        assert await limiter.wait_s("a") == 30
        assert await limiter.wait_s("b") == 0
        clock.now += 29
        assert await limiter.wait_s("a") == 1
        clock.now += 1
        assert await limiter.wait_s("a") == 0
        assert await limiter.wait_s("a") == 10

    asyncio.run(scenario())


def test_all_addresses_together_have_a_limit_too() -> None:
    clock = Clock()
    limiter = MemoryLimiter(per_address=3, in_all=5, monotonic_s=clock)

    async def scenario() -> None:
        assert [await limiter.wait_s(f"address {n}") for n in range(6)] == [0, 0, 0, 0, 0, 60]
        clock.now += 60
        assert await limiter.wait_s("another") == 0

    asyncio.run(scenario())


@given(st.lists(st.tuples(st.sampled_from("abc"), st.floats(0, 40)), max_size=120))
def test_no_window_ever_holds_more_than_the_limits(asked: list[tuple[str, float]]) -> None:
    clock = Clock()
    limiter = MemoryLimiter(per_address=4, in_all=7, monotonic_s=clock)
    admitted: list[tuple[float, str]] = []

    async def scenario() -> None:
        for address, pause in asked:
            clock.now += pause
            wait = await limiter.wait_s(address)
            assert 0 <= wait <= WINDOW_S
            if wait == 0:
                admitted.append((clock.now, address))
            recent = [who for when, who in admitted if when > clock.now - WINDOW_S]
            assert len(recent) <= 7
            assert recent.count(address) <= 4
            assert wait == 0 or len(recent) == 7 or recent.count(address) == 4

    asyncio.run(scenario())


def test_the_eleventh_exchange_of_a_minute_is_refused_before_the_broker_hears_of_it(
    tmp_path: Path, upstream: UpstreamDouble
) -> None:
    variables = settings(upstream.url, PER_ADDRESS_PER_MINUTE=None, GLOBAL_PER_MINUTE=None)
    with ProxyProgram(variables, tmp_path / "log") as program:
        spoofed = [f"X-Forwarded-For: 198.51.100.{n}" for n in range(11)]
        answers = [program.post(exchange_fields(code=header), header) for header in spoofed]
        refused_unread = program.post(b"nonsense")

    assert [answer.status for answer in answers] == [200] * 10 + [429]
    assert answers[10].error == "rate_limited"
    assert 1 <= int(answers[10].headers["retry-after"]) <= 60
    assert len(upstream.calls) == 10
    assert refused_unread.status == 400  # what never reaches the broker is not counted


def test_behind_a_trusted_hop_each_caller_has_a_minute_of_its_own(
    tmp_path: Path, upstream: UpstreamDouble
) -> None:
    variables = settings(upstream.url, PER_ADDRESS_PER_MINUTE="1", TRUSTED_HOPS="127.0.0.1")
    with ProxyProgram(variables, tmp_path / "log") as program:
        statuses = [
            program.post(exchange_fields(), f"X-Forwarded-For: {forwarded}").status
            for forwarded in (
                "192.0.2.1",
                "192.0.2.2",
                "192.0.2.1",
                "6.6.6.6, 192.0.2.1",
                "2001:db8::1",
                "2001:db8::2",
            )
        ]

    assert statuses == [200, 200, 429, 429, 200, 429]
