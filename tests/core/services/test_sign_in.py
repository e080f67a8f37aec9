"""Signing in and out: window, proxy, accounts and keyring, each of them failing in its own way."""

import json
import threading
import time
from collections.abc import Callable, Iterator
from typing import Any

import pytest
from PySide6.QtCore import QObject, Signal

from core.domain.environment import Coverage, Environment
from core.domain.grant import Grant, SignedIn
from core.domain.profile import ConnectionProfile
from core.domain.secret import Secret
from core.domain.sign_in_phase import SignInPhase
from core.errors import AppError, Offline, OutcomeUnknown, SignInExpired, SignInFailed, StorageFailed
from core.net.lanes import JOIN_S, Lane
from core.protocol.signin import CodeGrant, Declined, Failed, Outcome, SignInLineInvalid
from core.services import sign_in as sign_in_module
from core.services.sign_in import SignIn
from core.store.vault import SERVICE, Vault
from tests.core.store.test_vault import Keyring, LockedKeyring
from tests.fakes.broker import TOKEN, Broker, accept_and_babble, hang, lose, refuse
from tests.fakes.scripted_server import free_port
from tests.patience import PATIENCE_S

Phase = SignInPhase
CODE = CodeGrant(code="code-1")


class Window(QObject):
    """Stands where the sign-in window stands, and answers when it is told to."""

    answered = Signal(object)

    def __init__(self) -> None:
        super().__init__()
        self.opened: list[ConnectionProfile] = []
        self.closed = 0
        self.refuses = False

    def open(
        self,
        profile: ConnectionProfile,
        _random_text: Callable[[int], str],
        *,
        theme: str,
        centre: tuple[int, int] | None,
        pictures: str | None = None,
    ) -> str | None:
        if self.refuses:
            raise SignInLineInvalid("The redirect address is not a plain address with a path.")
        self.opened.append(profile)
        return "verifier-1" if profile.pkce else None

    def close(self) -> None:
        self.closed += 1

    def answer(self, outcome: Outcome) -> None:
        self.answered.emit(outcome)


class SlowKeyring(Keyring):
    """Hangs in every call until it is released."""

    def __init__(self) -> None:
        super().__init__()
        self.released = threading.Event()

    def get_password(self, service: str, username: str) -> str | None:
        self.released.wait(2 * PATIENCE_S)
        return super().get_password(service, username)

    def set_password(self, service: str, username: str, password: str) -> None:
        self.released.wait(2 * PATIENCE_S)
        super().set_password(service, username, password)


class Bench:
    """A sign-in with a window, a keyring and two lanes, and everything it said."""

    def __init__(self, profile: ConnectionProfile, keyring: Keyring | None) -> None:
        self.window, self.keyring = Window(), keyring
        self.lanes = Lane("sign-in"), Lane("keyring")
        self.sign_in = SignIn(
            profile,
            self.window,  # type: ignore[arg-type]
            open_vault=lambda: Vault(keyring),
            lane=self.lanes[0],
            keyring_lane=self.lanes[1],
            user_agent="Bellwether/test",
        )
        self.phases: list[SignInPhase] = []
        self.failures: list[AppError] = []
        self.notices: list[AppError] = []
        self.signed_in: list[SignedIn] = []
        self.signed_out: list[bool] = []
        self.sign_in.phase_changed.connect(self.phases.append)
        self.sign_in.failed.connect(self.failures.append)
        self.sign_in.noticed.connect(self.notices.append)
        self.sign_in.signed_in.connect(self.signed_in.append)
        self.sign_in.signed_out.connect(lambda: self.signed_out.append(True))

    def begin(self, outcome: Outcome | None = CODE) -> None:
        self.sign_in.begin("dark", None)
        if outcome is not None:
            self.window.answer(outcome)

    def stop(self) -> None:
        if isinstance(self.keyring, SlowKeyring):
            self.keyring.released.set()
        self.sign_in.stop()
        for lane in self.lanes:
            lane.stop()


@pytest.fixture
def bench(qapp, broker: Broker) -> Iterator[Callable[..., Bench]]:
    benches: list[Bench] = []

    def make(keyring: Keyring | None = None, coverage: Coverage = Coverage.PAPER, **changes: Any) -> Bench:
        benches.append(Bench(broker.profile(coverage, **changes), keyring))
        return benches[-1]

    yield make
    for each in benches:
        each.stop()


def test_a_code_becomes_a_token_an_account_and_a_kept_sign_in(bench, broker, qtbot):
    keyring = Keyring()
    one = bench(keyring)
    one.begin()
    qtbot.waitUntil(lambda: len(one.signed_in) == 1)
    assert one.phases == [Phase.WAITING_FOR_PERSON, Phase.EXCHANGING, Phase.PROBING, Phase.SIGNED_IN]
    (signed_in,) = one.signed_in
    assert (signed_in.grant.token.reveal(), signed_in.remembered) == (TOKEN, True)
    assert signed_in.accounts[Environment.PAPER].number == "PA3SIM00001"
    assert signed_in.missing_scopes == frozenset()
    (exchange,) = broker.sent("POST", "/exchange")
    assert json.loads(exchange) == {
        "code": "code-1",
        "redirect_uri": "https://bellwether.invalid/oauth/callback",
        "client_id": "client",
        "code_verifier": "verifier-1",
    }
    assert list(keyring.entries) == [(SERVICE, "Practice/client")]
    assert one.failures == one.notices == []


def test_the_next_start_is_signed_in_without_a_window(bench, broker, qtbot):
    keyring = Keyring()
    Vault(keyring).keep("Practice/client", Grant(token=Secret("kept-token"), scopes=frozenset({"data"})))
    one = bench(keyring)
    one.sign_in.restore()
    qtbot.waitUntil(lambda: len(one.signed_in) == 1)
    assert one.window.opened == []
    assert one.signed_in[0].remembered
    assert one.signed_in[0].missing_scopes == {"account:write", "trading"}
    assert broker.tokens_seen == {"Bearer kept-token"}
    assert broker.sent("POST") == []


def test_an_empty_keyring_leaves_the_person_signed_out_without_a_word(bench, broker, qtbot):
    one = bench(Keyring())
    one.sign_in.restore()
    qtbot.waitUntil(lambda: one.phases == [Phase.READING_KEYRING, Phase.SIGNED_OUT])
    assert one.failures == one.notices == []
    assert not one.sign_in.keyring_unavailable
    assert broker.requests == []


def test_without_a_keyring_the_session_lives_in_memory_and_that_is_said(bench, qtbot):
    one = bench(None)
    one.sign_in.restore()
    qtbot.waitUntil(lambda: one.sign_in.keyring_unavailable)
    one.begin()
    qtbot.waitUntil(lambda: len(one.signed_in) == 1)
    assert not one.signed_in[0].remembered
    assert one.sign_in.keyring_unavailable


def test_a_locked_keyring_is_told_and_costs_only_the_memory(bench, qtbot):
    one = bench(LockedKeyring())
    one.sign_in.restore()
    qtbot.waitUntil(lambda: len(one.notices) == 1)
    one.begin()
    qtbot.waitUntil(lambda: len(one.signed_in) == 1)
    assert not one.signed_in[0].remembered
    assert [type(notice) for notice in one.notices] == [StorageFailed, StorageFailed]
    assert one.failures == []


@pytest.mark.parametrize("reason", ["access_denied", "server_error", "temporarily_unavailable", "other"])
def test_a_denied_sign_in_has_its_own_words_and_can_be_tried_again(bench, broker, qtbot, reason):
    one = bench()
    one.begin(Declined(reason=reason))
    assert [type(error) for error in one.failures] == [SignInFailed]
    assert one.failures[0].remedy
    assert broker.requests == []
    one.begin()
    qtbot.waitUntil(lambda: len(one.signed_in) == 1)


FAILURES = ["state_mismatch", "malformed_answer", "expired", "closed", "renderer_gone", "root_refused"]


def test_each_failure_of_the_window_has_its_own_words_and_exchanges_nothing(bench, broker):
    one = bench()
    for reason in FAILURES:
        one.begin(Failed(reason=reason))  # type: ignore[arg-type]
    assert len({error.headline for error in one.failures}) == len(FAILURES)
    assert broker.requests == []
    assert one.sign_in.phase is Phase.SIGNED_OUT


def test_only_one_answer_of_a_window_counts(bench, broker, qtbot):
    one = bench()
    one.begin()
    one.window.answer(CodeGrant(code="code-2"))
    one.window.answer(Declined(reason="access_denied"))
    qtbot.waitUntil(lambda: len(one.signed_in) == 1)
    assert len(broker.sent("POST", "/exchange")) == 1
    one.window.answer(CodeGrant(code="code-3"))
    assert one.failures == []


def test_an_answer_without_an_attempt_is_nobodys(bench, broker, qapp):
    one = bench()
    one.window.answer(CODE)
    qapp.processEvents()
    assert (one.phases, broker.requests) == ([], [])


PROXY_FAULTS = {
    "expired code": (refuse(400, "x", error="invalid_grant"), "took too long or was used before"),
    "rate limited": (refuse(429, "x", error="rate_limited"), "Too many sign-ins"),
    "misconfigured": (refuse(502, "x", error="server_misconfigured"), "not set up correctly"),
    "HTML": (accept_and_babble, "gave no usable answer"),
    "cut": (lose, "gave no usable answer"),
    "unheard of": (refuse(500, "x", error="<b>new</b>"), "cannot read"),
}


@pytest.mark.parametrize(("fault", "words"), PROXY_FAULTS.values(), ids=PROXY_FAULTS.keys())
def test_a_proxy_that_fails_has_its_own_words_and_is_asked_once(bench, broker, qtbot, fault, words):
    one = bench(Keyring())
    broker.faults.exchange.append(fault)
    one.begin()
    qtbot.waitUntil(lambda: len(one.failures) == 1)
    assert words in one.failures[0].headline
    assert isinstance(one.failures[0], SignInFailed | OutcomeUnknown)
    assert len(broker.sent("POST", "/exchange")) == 1
    assert one.sign_in.phase is Phase.SIGNED_OUT
    assert one.keyring.entries == {}


def test_a_proxy_that_is_down_is_offline(bench, qtbot):
    one = bench(proxy_url=f"http://127.0.0.1:{free_port()}/exchange")
    one.begin()
    qtbot.waitUntil(lambda: len(one.failures) == 1)
    assert type(one.failures[0]) is Offline
    assert "token proxy could not be reached" in one.failures[0].headline


def test_a_reduced_scope_is_known(bench, broker, qtbot):
    async def reduced(_broker, _request, _act):
        from aiohttp import web

        return web.json_response({"access_token": TOKEN, "token_type": "bearer", "scope": "data"})

    one = bench()
    broker.faults.exchange.append(reduced)
    one.begin()
    qtbot.waitUntil(lambda: len(one.signed_in) == 1)
    assert one.signed_in[0].missing_scopes == {"account:write", "trading"}
    assert not one.signed_in[0].grant.may_trade


UNAUTHORIZED = refuse(401, "request is not authorized")


@pytest.mark.parametrize(
    ("paper", "live", "covered"),
    [
        (None, None, {Environment.PAPER, Environment.LIVE}),
        (UNAUTHORIZED, None, {Environment.LIVE}),
        (None, UNAUTHORIZED, {Environment.PAPER}),
        (None, refuse(403, "forbidden."), {Environment.PAPER}),
        (None, lose, {Environment.PAPER}),
        (None, accept_and_babble, {Environment.PAPER}),
    ],
)
def test_the_accounts_that_answer_are_the_ones_covered(bench, broker, qtbot, paper, live, covered):
    async def usual(_broker, _request, act):
        from aiohttp import web

        return web.json_response(act())

    one = bench(coverage=Coverage.BOTH)
    broker.faults.account.extend([paper or usual, live or usual])
    one.begin()
    qtbot.waitUntil(lambda: len(one.signed_in) == 1)
    assert set(one.signed_in[0].accounts) == covered


@pytest.mark.parametrize(
    ("faults", "kind"),
    [
        ([UNAUTHORIZED, UNAUTHORIZED], SignInExpired),
        ([lose, lose], Offline),
        ([UNAUTHORIZED, lose], Offline),
        ([refuse(403, "forbidden."), UNAUTHORIZED], SignInExpired),
    ],
)
def test_a_token_for_no_account_is_no_sign_in_and_silence_is_no_verdict(bench, broker, qtbot, faults, kind):
    keyring = Keyring()
    one = bench(keyring, coverage=Coverage.BOTH)
    broker.faults.account.extend(faults)
    one.begin()
    qtbot.waitUntil(lambda: len(one.failures) == 1)
    assert type(one.failures[0]) is kind
    assert keyring.entries == {}
    assert one.sign_in.phase is Phase.SIGNED_OUT


def test_a_paper_profile_never_asks_the_live_host(bench, broker, qtbot):
    one = bench(coverage=Coverage.PAPER)
    one.begin()
    qtbot.waitUntil(lambda: len(one.signed_in) == 1)
    assert not [path for _, path, _ in broker.requests if path.startswith("/live")]


@pytest.mark.parametrize(("fault", "stays"), [(UNAUTHORIZED, False), (lose, True)])
def test_a_kept_token_is_erased_when_it_is_refused_and_not_when_nobody_answers(
    bench, broker, qtbot, fault, stays
):
    keyring = Keyring()
    Vault(keyring).keep("Practice/client", Grant(token=Secret("kept"), scopes=frozenset()))
    one = bench(keyring)
    broker.faults.account.append(fault)
    one.sign_in.restore()
    qtbot.waitUntil(lambda: len(one.failures) == 1)
    qtbot.waitUntil(lambda: bool(keyring.entries) is stays)


@pytest.mark.parametrize("phase", [Phase.WAITING_FOR_PERSON, Phase.EXCHANGING, Phase.PROBING])
def test_cancelling_in_the_middle_ends_it_and_a_late_answer_changes_nothing(bench, broker, qtbot, phase):
    keyring = Keyring()
    one = bench(keyring)
    if phase is Phase.EXCHANGING:
        broker.faults.exchange.append(_late)
    if phase is Phase.PROBING:
        broker.faults.account.append(_late)
    one.begin(None if phase is Phase.WAITING_FOR_PERSON else CODE)
    qtbot.waitUntil(lambda: one.sign_in.phase is phase)
    expected = {Phase.WAITING_FOR_PERSON: 0, Phase.EXCHANGING: 1, Phase.PROBING: 2}[phase]
    qtbot.waitUntil(lambda: len(broker.requests) == expected)
    one.sign_in.cancel()
    assert one.sign_in.phase is Phase.SIGNED_OUT
    broker.release()
    one.window.answer(CODE)
    home = threading.Event()
    one.lanes[0].submit(lambda: None, done=lambda _: home.set())
    qtbot.waitUntil(home.is_set)
    assert (one.signed_in, one.failures, keyring.entries) == ([], [], {})
    assert one.window.closed >= 1


async def _late(broker, _request, act):
    from aiohttp import web

    from tests.fakes.app_thread import either

    await either(broker.released.wait(), broker.stopping.wait())
    return web.json_response(act())


def test_a_second_attempt_replaces_the_first(bench, broker, qtbot):
    one = bench()
    broker.faults.exchange.append(_late)
    one.begin(CodeGrant(code="first"))
    qtbot.waitUntil(lambda: len(broker.requests) == 1)
    one.begin(CodeGrant(code="second"))
    qtbot.waitUntil(lambda: len(one.signed_in) == 1)
    codes = [json.loads(body)["code"] for body in broker.sent("POST", "/exchange")]
    assert codes == ["first", "second"]


def test_a_profile_that_is_not_filled_in_says_so_without_a_window(bench):
    one = bench(client_id="")
    one.begin(None)
    assert "is not complete" in one.failures[0].headline
    assert one.window.opened == []


@pytest.mark.expects_log("makes no sign-in")
def test_a_profile_that_makes_no_attempt_ends_it_with_words(bench):
    one = bench()
    one.window.refuses = True
    one.begin(None)
    assert [type(error) for error in one.failures] == [SignInFailed]
    assert one.sign_in.phase is Phase.SIGNED_OUT


def test_without_pkce_there_is_no_verifier(bench, broker, qtbot):
    one = bench(pkce=False)
    one.begin()
    qtbot.waitUntil(lambda: len(one.signed_in) == 1)
    assert "code_verifier" not in json.loads(broker.sent("POST", "/exchange")[0])


def test_signing_out_forgets_here_and_in_the_keyring(bench, qtbot):
    keyring = Keyring()
    one = bench(keyring)
    one.begin()
    qtbot.waitUntil(lambda: len(one.signed_in) == 1)
    one.sign_in.sign_out()
    assert one.signed_out == [True]
    assert one.sign_in.phase is Phase.SIGNED_OUT
    qtbot.waitUntil(lambda: keyring.entries == {})


def test_ending_the_program_keeps_the_token(bench, qtbot):
    keyring = Keyring()
    one = bench(keyring)
    one.begin()
    qtbot.waitUntil(lambda: len(one.signed_in) == 1)
    one.stop()
    assert len(keyring.entries) == 1


def test_another_client_or_profile_does_not_find_the_token(bench, qtbot):
    keyring = Keyring()
    Vault(keyring).keep("Practice/somebody-else", Grant(token=Secret("kept"), scopes=frozenset()))
    Vault(keyring).keep("Other/client", Grant(token=Secret("kept"), scopes=frozenset()))
    one = bench(keyring)
    one.sign_in.restore()
    qtbot.waitUntil(lambda: one.phases == [Phase.READING_KEYRING, Phase.SIGNED_OUT])
    assert one.signed_in == []


@pytest.fixture
def hasty(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(sign_in_module, "KEYRING_LIMIT_MS", 60)


def test_the_real_limit_is_ten_seconds():
    assert sign_in_module.KEYRING_LIMIT_MS == 10_000


@pytest.mark.usefixtures("hasty")
def test_a_keyring_that_hangs_holds_nothing_up(bench, qtbot):
    one = bench(SlowKeyring())
    one.sign_in.restore()
    qtbot.waitUntil(lambda: len(one.notices) == 1)
    assert one.notices[0].headline == "The system keyring does not answer."
    assert one.sign_in.phase is Phase.SIGNED_OUT
    assert one.sign_in.keyring_unavailable
    one.begin()
    qtbot.waitUntil(lambda: len(one.signed_in) == 1)
    assert not one.signed_in[0].remembered
    assert len(one.notices) == 1


@pytest.mark.usefixtures("hasty")
def test_a_keyring_that_hangs_while_keeping_does_not_cost_the_sign_in(bench, qtbot):
    keyring = SlowKeyring()
    one = bench(keyring)
    one.begin()
    qtbot.waitUntil(lambda: len(one.signed_in) == 1)
    assert not one.signed_in[0].remembered
    assert one.sign_in.keyring_unavailable
    qtbot.waitUntil(lambda: len(one.notices) == 1)


@pytest.mark.usefixtures("hasty")
def test_what_a_slow_keyring_keeps_at_last_is_erased_by_the_sign_out(bench, qtbot):
    keyring = SlowKeyring()
    one = bench(keyring)
    one.begin()
    qtbot.waitUntil(lambda: len(one.signed_in) == 1)
    one.sign_in.sign_out()
    keyring.released.set()
    home = threading.Event()
    one.lanes[1].submit(lambda: None, done=lambda _: home.set())
    qtbot.waitUntil(home.is_set)
    assert keyring.entries == {}


@pytest.mark.usefixtures("hasty")
def test_a_keyring_that_answers_again_is_used_again(bench, qtbot):
    keyring = SlowKeyring()
    one = bench(keyring)
    one.sign_in.restore()
    qtbot.waitUntil(lambda: len(one.notices) == 1)
    keyring.released.set()
    home = threading.Event()
    one.lanes[1].submit(lambda: None, done=lambda _: home.set())
    qtbot.waitUntil(home.is_set)
    one.sign_in._keyring_limit.setInterval(60_000)  # haste was for the one that hung
    one.begin()
    qtbot.waitUntil(lambda: len(one.signed_in) == 1)
    assert one.signed_in[0].remembered
    assert not one.sign_in.keyring_unavailable


def test_neither_code_nor_token_reaches_an_error_or_the_log(bench, broker, qtbot, caplog):
    caplog.set_level("DEBUG")
    for fault in (lose, accept_and_babble, refuse(500, TOKEN), None):
        one = bench(Keyring())
        if fault is not None:
            broker.faults.exchange.append(fault)
        one.begin(CodeGrant(code="canary-code"))
        qtbot.waitUntil(lambda one=one: bool(one.failures or one.signed_in))
        for error in one.failures:
            shown = f"{error!r} {error} {error.detail} {error.remedy}"
            assert "canary" not in shown
    assert "canary" not in caplog.text


@pytest.mark.parametrize("queue", ["exchange", "account"])
def test_what_hangs_is_ended_with_the_attempt_and_not_waited_for_by_the_next(bench, broker, qtbot, queue):
    one = bench()
    getattr(broker.faults, queue).append(hang)
    one.begin()
    qtbot.waitUntil(lambda: len(broker.requests) == (1 if queue == "exchange" else 2))
    started = time.monotonic()
    one.sign_in.cancel()
    one.begin()
    qtbot.waitUntil(lambda: len(one.signed_in) == 1)
    one.stop()
    assert time.monotonic() - started < JOIN_S
