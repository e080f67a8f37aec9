"""The sign-in window as a person meets it, each time in a process of its own with the real engine."""

import json
import subprocess
import sys
from collections.abc import Callable
from typing import Any

import pytest

from tests.ui.signin.certificates import FAULTS
from tests.ui.signin.conftest import REPOSITORY
from ui.signin.environment import is_root

Facts = dict[str, Any]
Play = Callable[[str], Facts]


@pytest.fixture
def play(quiet_environment: dict[str, str]) -> Play:
    """Return a function that plays a scenario of scenarios.py and returns what it saw."""

    def played(scenario: str) -> Facts:
        child = subprocess.run(
            [sys.executable, "-m", "tests.ui.signin.stage", scenario],
            cwd=REPOSITORY,
            env=quiet_environment,
            capture_output=True,
            timeout=90,
            check=False,
        )
        assert child.returncode == 0, child.stderr.decode()[-3000:]
        assert b"Expect troubles" not in child.stderr, "the profile went before its page"
        facts: Facts = json.loads(child.stdout.splitlines()[-1])
        return facts

    return played


def failed(reason: str) -> list[dict[str, str]]:
    return [{"outcome": "failed", "reason": reason}]


def test_a_loopback_page_is_shown_with_its_port_and_never_as_verified(play: Play) -> None:
    facts = play("page_loads")
    assert facts["site"] == f"127.0.0.1:{facts['port']}"
    assert facts["trust"] == "THIS_COMPUTER"
    assert "not encrypted" in facts["sentence"]
    assert facts["off_the_record"]


def test_a_window_without_the_sandbox_says_so_and_only_that_one(play: Play) -> None:
    warning = play("page_loads")["warning"]
    assert ("sandbox is off" in warning) == is_root()


def test_the_title_is_ours_whatever_the_page_calls_itself(play: Play) -> None:
    assert play("page_loads")["title"] == "Sign in - Bellwether"


def test_a_site_that_does_not_answer_has_a_message_and_a_way_on(play: Play) -> None:
    facts = play("nobody_answers")
    assert facts["trust"] == "FAILED"
    assert facts["headline"] == "The sign-in page could not be loaded."
    assert facts["site"] in facts["remedy"]
    assert facts["can_retry"]
    assert facts["outcomes"] == failed("page_unreachable")


def test_retry_loads_the_page_again_and_a_later_cancel_is_just_a_cancel(play: Play) -> None:
    facts = play("retry_after_a_failure")
    assert facts["trust"] == "THIS_COMPUTER"
    assert facts["headline"] == ""
    assert not facts["can_retry"]
    assert facts["outcomes"] == failed("cancelled")


def test_a_killed_renderer_has_a_message_a_retry_and_a_reason(play: Play) -> None:
    facts = play("renderer_killed")
    assert facts["crashed"]["headline"] == "The page stopped working."
    assert facts["crashed"]["trust"] == "FAILED"
    assert facts["crashed"]["can_retry"]
    assert facts["again"]["trust"] == "THIS_COMPUTER"
    assert facts["given_up"]["outcomes"] == failed("renderer_gone")


def test_closing_the_window_is_an_outcome(play: Play) -> None:
    assert play("window_closed")["outcomes"] == failed("closed")


def test_two_clicks_on_cancel_are_one_outcome(play: Play) -> None:
    assert play("cancelled")["outcomes"] == failed("cancelled")


def test_the_attempt_ends_when_its_time_is_over(play: Play) -> None:
    assert play("time_runs_out")["outcomes"] == failed("expired")


def test_an_empty_page_is_no_site(play: Play) -> None:
    facts = play("about_blank")
    assert facts["site"] == ""
    assert facts["outcomes"] == []


def test_a_link_to_another_site_is_refused_by_name_and_opens_elsewhere_without_its_query(play: Play) -> None:
    facts = play("link_to_another_site")
    assert "help.example" in facts["notice"]
    assert facts["trust"] == "THIS_COMPUTER"
    assert facts["opened"] == ["https://help.example/faq"]
    assert facts["outcomes"] == []


def test_a_look_alike_is_named_in_its_encoded_spelling(play: Play) -> None:
    facts = play("page_wanders_off")
    assert "xn--exmple-4nf.com" in facts["notice"]
    assert facts["site"].startswith("127.0.0.1:")


def test_a_popup_is_blocked_and_said(play: Play) -> None:
    facts = play("popup")
    assert facts["notice"] == "The page wanted to open another window. Blocked."
    assert facts["windows"] == 1
    assert "/terms" not in facts["paths"]


def test_a_password_prompt_of_the_engine_is_cancelled_and_explained(play: Play) -> None:
    facts = play("http_login")
    assert "password in a prompt of its own" in facts["remedy"]
    assert facts["can_retry"]
    assert facts["asked"] <= 2


def test_a_page_that_takes_long_can_be_retried_while_it_still_loads(play: Play) -> None:
    facts = play("slow_page")
    assert facts["trust"] == "CONNECTING"
    assert facts["notice"] == "The page is still loading. Retry starts it again."
    assert facts["can_retry"]


def test_a_click_that_leads_to_the_redirect_gives_the_code_and_leaves_no_trace_of_it(play: Play) -> None:
    facts = play("redirect_after_a_form")
    assert facts["outcomes"] == [{"outcome": "code", "code": "C1"}]
    assert "C1" not in facts["url"]
    assert not any("C1" in address for address in facts["history"])


def test_the_page_is_granted_nothing_it_asks_for(play: Play) -> None:
    facts = play("permissions")
    assert len(facts["results"]) >= 20
    assert set(facts["results"].values()) == {"refused"}
    assert facts["other_windows"] == 0
    assert not facts["is_full_screen"]


def test_the_live_page_has_just_the_settings_we_chose(play: Play) -> None:
    facts = play("settings")
    assert set(facts["on"]) == {
        "AutoLoadImages",
        "JavascriptEnabled",
        "LocalStorageEnabled",
        "PlaybackRequiresUserGesture",
        "WebRTCPublicInterfacesOnly",
        # Neither widens what a page can reach:
        "Accelerated2dCanvasEnabled",
        "LinksIncludedInFocusChain",
        "PrintElementBackgrounds",
        "ReadingFromCanvasEnabled",
        "ShowScrollBars",
    }
    assert facts["unknown_schemes"] == "DisallowUnknownUrlSchemes"
    assert facts["takes_drops"] == []
    assert not facts["spell_check"]
    assert not facts["push"]


def test_the_context_menu_edits_and_does_nothing_else(play: Play) -> None:
    assert play("context_menu")["actions"] == ["Cut", "Copy", "Paste", "Select all"]


def test_every_label_is_plain_text_and_every_control_has_a_name(play: Play) -> None:
    facts = play("words_and_access")
    assert facts["notice"] == "<b>not bold</b>"
    assert facts["rich"] == []
    assert facts["nameless"] == []
    assert facts["badges"] == ["PAPER", "LIVE"]
    assert facts["width"] == 360


def test_eight_bad_certificates_are_rejected_and_a_right_one_is_verified(play: Play) -> None:
    facts = play("certificates")
    seen = facts["seen"]
    assert seen["good"]["trust"] == "VERIFIED"
    assert seen["good"]["sentence"] == "Verified connection to the broker's own site"
    assert set(seen) == {"good", *FAULTS}
    for fault in FAULTS:
        assert seen[fault]["trust"] == "FAILED", fault
        assert seen[fault]["headline"] == "This connection is not safe.", fault
        assert seen[fault]["site"] == f"{fault}.broker.example"
    assert set(facts["hosts"]) == {"good.broker.example"}


def test_no_request_goes_to_the_redirect_host_and_the_brokers_page_keeps_working(play: Play) -> None:
    forbidden = play("requests_forbidden")
    assert {address for address, is_forbidden in forbidden.items() if not is_forbidden} == {
        "https://auth.broker.example/x",
        "https://www.example.com/x",
        "https://captcha.example/x",
        "http://127.0.0.1:8765/authorize",
        "http://127.0.0.1:8765/callback.css",
    }
