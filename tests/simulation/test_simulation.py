"""Bad days by the hundred: no order doubled, lost or wrongly believed dead, and every unknown one shown."""

from collections import Counter
from pathlib import Path
from typing import Any

import pytest
from msgspec.structs import replace

from core.domain.evidence import Failure, FailureKind
from core.errors import AppError, OutcomeUnknown
from core.protocol.call import Call
from core.protocol.proof import failure_of
from core.services import orders as desk_module
from core.services.inquiries import Inquiries
from core.services.investigation import Investigation
from core.services.look_ups import LookUps
from tests.simulation.line import Fate, SimulatedTransport
from tests.simulation.run import ORDERS, Verdict, run_seed

CI_SEEDS, LONG_SEEDS = 100, 1_000
# What the weather, the broker and the machine have to have done by the end, besides every fate of a request.
TROUBLE = (
    "duplicate_id", "read_lag", "left_out_of_list", "stream_cut", "half_open", "event_twice", "event_dropped",
    "event_out_of_order", "crash", "crash_before_journal", "crash_after_journal", "crash_after_send",
    "torn_record", "disk_full", "clock_jump", "fill_beat_cancel", "fill_beat_replace",
    "partition_of_ten_minutes", "clogged", "double_click", "second_instance", "retry",
)  # fmt: skip


@pytest.fixture(autouse=True)
def quiet(caplog):
    """What goes wrong is logged as it should be, and here it goes wrong all the time."""
    caplog.set_level("CRITICAL")


def run_all(seeds: range, folder: Path) -> list[Verdict]:
    return [run_seed(seed, folder / str(seed)) for seed in seeds]


def judge(verdicts: list[Verdict], figure) -> None:
    met: Counter[str] = sum((verdict.met for verdict in verdicts), Counter())
    failures = [failure for verdict in verdicts for failure in verdict.failures]
    placed, accepted = (sum(getattr(one, name) for one in verdicts) for name in ("placed", "accepted"))
    kinds = ("doubled", "lost", "believed_dead", "hidden", "resent")
    counts = " ".join(f"{kind}={sum(len(getattr(one, kind)) for one in verdicts)}" for kind in kinds)
    detail = f"{counts} placed={placed} accepted={accepted} faults={sum(met.values()) - met['well']}"
    figure("order_simulation", len(verdicts), len(failures), detail)
    assert not failures, "\n".join(failures)
    assert placed == len(verdicts) * ORDERS
    never_met = [kind for kind in (*TROUBLE, *(fate.value for fate in Fate)) if not met[kind]]
    assert not never_met


def test_a_hundred_bad_days_double_lose_and_bury_nothing(tmp_path, figure):
    judge(run_all(range(CI_SEEDS), tmp_path), figure)


@pytest.mark.long
@pytest.mark.timeout(3_600)
def test_a_thousand_bad_days_double_lose_and_bury_nothing(tmp_path, figure):
    judge(run_all(range(LONG_SEEDS), tmp_path), figure)


@pytest.mark.parametrize("seed", [3, 14, 15])
def test_the_same_seed_makes_the_same_day_to_the_last_detail(tmp_path, seed):
    first, second = (run_seed(seed, tmp_path / name) for name in ("a", "b"))
    assert first.trace == second.trace
    assert first == second


def test_another_seed_makes_another_day(tmp_path):
    assert run_seed(1, tmp_path / "a").trace != run_seed(2, tmp_path / "b").trace


def found(tmp_path: Path, seeds: int = 12) -> str:
    return "\n".join(f for verdict in run_all(range(seeds), tmp_path) for f in verdict.failures)


def test_a_desk_that_takes_a_time_out_for_a_refusal_would_be_found_out(tmp_path, monkeypatch):
    def wrong(error: AppError) -> Failure:
        return replace(failure_of(error), kind=FailureKind.REFUSED)

    monkeypatch.setattr(desk_module, "failure_of", wrong)
    assert "believed dead" in found(tmp_path)


def test_a_line_that_sends_again_under_a_new_id_would_be_found_out(tmp_path, monkeypatch):
    """As a library that repeats a POST for us would, if it also made the ids."""
    send = SimulatedTransport._send

    def twice(transport: SimulatedTransport, call: Call[Any], *told: Any) -> Any:
        try:
            return send(transport, call, *told)
        except OutcomeUnknown:
            again = replace(call, body=(call.body or b"").replace(b'"bw-', b'"again-'))
            return send(transport, again if call.method == "POST" else call, *told)

    monkeypatch.setattr(SimulatedTransport, "_send", twice)
    assert "nobody asked for" in found(tmp_path)


def test_a_desk_that_only_listens_would_be_found_out(tmp_path, monkeypatch):
    """Without look-ups and lists, what the stream dropped is never known."""
    monkeypatch.setattr(Inquiries, "ask", lambda _self, _key, _look_ups: None)
    monkeypatch.setattr(Investigation, "_take_list", lambda _self, _orders: None)
    monkeypatch.setattr(LookUps, "is_caught_up", property(lambda _self: True))
    assert "lost" in found(tmp_path)
