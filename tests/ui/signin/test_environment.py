"""What reaches the engine from outside, and what we tell it ourselves."""

from ui.signin.environment import configure_engine, resolver_rules
from ui.signin.inherited import clean


def test_what_steers_the_engine_is_removed_and_nothing_else() -> None:
    environ = {
        "QTWEBENGINE_CHROMIUM_FLAGS": "--no-sandbox",
        "QTWEBENGINE_DISABLE_SANDBOX": "1",
        "QTWEBENGINE_REMOTE_DEBUGGING": "9222",
        "QTWEBENGINEPROCESS_PATH": "/x",
        "QT_PLUGIN_PATH": "/x",
        "QT_QPA_PLATFORM_PLUGIN_PATH": "/x",
        "QT_LOGGING_RULES": "*=true",
        "QT_LOGGING_CONF": "/x",
        "CHROME_LOG_FILE": "/x",
        "SSLKEYLOGFILE": "/x",
        "QT_QPA_PLATFORM": "offscreen",
        "QT_SCALE_FACTOR": "2",
        "HOME": "/home/x",
        "https_proxy": "http://proxy.example",
    }
    clean(environ)
    assert set(environ) == {"QT_QPA_PLATFORM", "QT_SCALE_FACTOR", "HOME", "https_proxy"}


def test_the_sandbox_is_switched_off_only_when_it_is_said() -> None:
    environ: dict[str, str] = {}
    configure_engine(environ, rules="", sandboxed=True)
    assert environ == {"QTWEBENGINE_CHROMIUM_FLAGS": "--disable-gpu"}
    configure_engine(environ, rules="", sandboxed=False)
    assert environ["QTWEBENGINE_DISABLE_SANDBOX"] == "1"


def test_the_redirect_host_has_no_address() -> None:
    rules = resolver_rules("https://example.com/oauth/callback", ["https://auth.broker.example"])
    assert rules == "MAP example.com ~NOTFOUND, MAP example.com. ~NOTFOUND"
    environ: dict[str, str] = {}
    configure_engine(environ, rules=rules, sandboxed=True)
    assert f'--host-resolver-rules="{rules}"' in environ["QTWEBENGINE_CHROMIUM_FLAGS"]


def test_a_redirect_on_the_host_of_the_sign_in_page_keeps_its_address() -> None:
    assert resolver_rules("http://127.0.0.1/callback", ["http://127.0.0.1:8765"]) == ""
    assert resolver_rules("http://[::1]:1/callback", ["http://127.0.0.1:8765"]) == ""
