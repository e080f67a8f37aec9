"""What may happen to a person in the sign-in window; each function runs alone in a child process."""

import json
import tempfile
from pathlib import Path

import psutil
from PySide6.QtCore import Qt, QUrl

from tests.ui.signin.broker import BrokerDouble, Page
from tests.ui.signin.certificates import FAULTS, Certificate, faulty
from tests.ui.signin.rows import CB, OK, body, redirect, script
from tests.ui.signin.stage import Facts, Stage, attempt_line, opened

_FILLING = "style='position:fixed;inset:0;display:block'"


def page_loads() -> Facts:
    """A page that would like to be somebody else."""
    with opened(Page("<title>Evil Bank - locked</title><h1>hello</h1>")) as stage:
        stage.wait_loaded()
        return stage.facts() | {"port": stage.broker.port, "off_the_record": stage.profile.isOffTheRecord()}


def nobody_answers() -> Facts:
    with BrokerDouble.serving() as broker:
        line = attempt_line(broker)
    stage = Stage(line)
    stage.wait(lambda: stage.window.message.isVisible())
    facts = stage.facts()
    stage.window.footer.cancel.click()
    facts["outcomes"] = stage.facts()["outcomes"]
    stage.clear()
    return facts


def retry_after_a_failure() -> Facts:
    """The page hangs up at first and answers when asked again."""
    with opened(Page("x", 200, (("Content-Encoding", "gzip"),))) as stage:
        stage.wait(lambda: stage.window.message.isVisible())
        stage.broker.pages["/authorize"] = Page("<h1>fine</h1>")
        stage.window.footer.retry.click()
        stage.wait_loaded()
        facts = stage.facts()
        stage.window.footer.cancel.click()
        facts["outcomes"] = stage.facts()["outcomes"]
        return facts


def renderer_killed() -> Facts:
    with opened(Page("<h1>hello</h1>")) as stage:
        stage.wait_loaded()
        psutil.Process(stage.window.page.renderProcessPid()).kill()
        stage.wait(lambda: stage.window.message.isVisible())
        crashed = stage.facts()
        stage.window.footer.retry.click()
        stage.wait_loaded()
        again = stage.facts()
        psutil.Process(stage.window.page.renderProcessPid()).kill()
        stage.wait(lambda: stage.window.message.isVisible())
        stage.window.footer.cancel.click()
        return {"crashed": crashed, "again": again, "given_up": stage.facts()}


def window_closed() -> Facts:
    with opened(Page("<h1>hello</h1>")) as stage:
        stage.wait_loaded()
        stage.window.close()
        return stage.facts()


def cancelled() -> Facts:
    with opened(Page("<h1>hello</h1>")) as stage:
        stage.wait_loaded()
        stage.window.footer.cancel.click()
        stage.window.footer.cancel.click()
        return stage.facts()


def time_runs_out() -> Facts:
    with opened(Page("<h1>hello</h1>"), deadline_s=1.0) as stage:
        stage.wait(lambda: stage.outcomes)
        return stage.facts()


def about_blank() -> Facts:
    with opened(script("location='about:blank'")) as stage:
        stage.wait(lambda: stage.window.page.url().toString() == "about:blank")
        stage.wait(lambda: stage.window.bar.site.trust.name == "NO_SITE")
        return stage.facts()


def link_to_another_site() -> Facts:
    """A person clicks a link to another site and then asks for it in their own browser."""
    from PySide6.QtCore import QObject, Slot
    from PySide6.QtGui import QDesktopServices
    from PySide6.QtWidgets import QPushButton

    shown: list[str] = []

    class Browser(QObject):
        @Slot(QUrl)
        def show(self, url: QUrl) -> None:
            shown.append(url.toString())

    link = body(f"<a href='https://help.example/faq?code=C1#x' {_FILLING}>help</a>")
    with opened(link) as stage:
        browser = Browser()
        QDesktopServices.setUrlHandler("https", browser, "show")  # type: ignore[arg-type]  # the stub wants bytes, the binding text
        stage.wait_loaded()
        stage.click_page_until(lambda: stage.window.notice.isVisible())
        stage.wait_loaded()  # the bar goes back to the page that was there
        facts = stage.facts()
        buttons = {button.text(): button for button in stage.window.notice.findChildren(QPushButton)}
        buttons["Open in my browser"].click()
        stage.wait(lambda: shown)
        facts["opened"] = shown
        QDesktopServices.unsetUrlHandler("https")
        return facts


def page_wanders_off() -> Facts:
    """A page goes to another site by itself: nothing is offered, the page stays."""
    from PySide6.QtWidgets import QPushButton

    page = script("onload=()=>setTimeout(()=>location='https://xn--exmple-4nf.com/<b>bold</b>')")
    with opened(page) as stage:
        stage.wait(lambda: stage.window.notice.isVisible())
        stage.wait_loaded()
        buttons = stage.window.notice.findChildren(QPushButton)
        return stage.facts() | {"offers": [button.text() for button in buttons if button.isVisible()]}


def popup() -> Facts:
    from PySide6.QtWidgets import QApplication

    with opened(body(f"<a href='/terms' target=_blank {_FILLING}>terms</a>")) as stage:
        stage.wait_loaded()
        stage.click_page_until(lambda: stage.window.notice.isVisible())
        return stage.facts() | {
            "windows": len(QApplication.topLevelWidgets()),
            "paths": stage.broker.paths(),
        }


def http_login() -> Facts:
    with opened(Page("x", 401, (("WWW-Authenticate", 'Basic realm="x"'),))) as stage:
        stage.wait(lambda: "password" in stage.window.message.remedy.text())
        return stage.facts() | {"asked": len(stage.broker.requests)}


def slow_page() -> Facts:
    """The page comes, one picture of it never does."""
    page = body("<h1>hello</h1><img src='/never'>")
    with opened(page, {"/never": Page(hangs=True)}) as stage:
        stage.window.slow_after_ms = 300
        stage.wait(lambda: stage.window.notice.isVisible())
        return stage.facts()


def redirect_after_a_form() -> Facts:
    """The person clicks; the broker answers the form with a redirect that carries the code."""
    form = f"<form method=post action='/allow'><button {_FILLING}>Allow</button></form>"
    with opened(body(form), {"/allow": redirect(303, CB + OK)}) as stage:
        stage.wait_loaded()
        stage.click_page_until(lambda: stage.outcomes)
        facts = stage.facts() | {"url": stage.window.page.url().toString()}
        facts["history"] = [item.url().toString() for item in stage.window.page.history().items()]
        return facts


def _probe(name: str, expression: str) -> str:
    return (
        f"try {{ results.{name} = await within({expression}) }} catch (e) {{ results.{name} = 'refused' }}\n"
    )


_PROBES = {
    "location": "new Promise((y, n) => navigator.geolocation.getCurrentPosition(() => y('granted'), n))",
    "notifications": "Notification.requestPermission().then(p => { if (p != 'granted') throw p; return p })",
    "camera": "navigator.mediaDevices.getUserMedia({video: true}).then(() => 'granted')",
    "microphone": "navigator.mediaDevices.getUserMedia({audio: true}).then(() => 'granted')",
    "screen": "navigator.mediaDevices.getDisplayMedia({video: true}).then(() => 'granted')",
    "clipboard": "navigator.clipboard.readText().then(() => 'granted')",
    "clipboard_write": "navigator.clipboard.writeText('x').then(() => 'granted')",
    "fonts": "queryLocalFonts().then(list => { if (!list.length) throw list; return 'granted' })",
    "file": "showOpenFilePicker().then(() => 'granted')",
    "folder": "showDirectoryPicker().then(() => 'granted')",
    "save": "showSaveFilePicker().then(() => 'granted')",
    "full_screen": "document.documentElement.requestFullscreen().then(() => 'granted')",
    "pointer_lock": "document.body.requestPointerLock().then(() => 'granted')",
    "quota": "navigator.storage.persist().then(p => { if (!p) throw p; return 'granted' })",
    "usb": "navigator.usb.requestDevice({filters: []}).then(() => 'granted')",
    "webgl": "new Promise((y, n) => new OffscreenCanvas(9, 9).getContext('webgl') ? y('granted') : n())",
    "confirm": "new Promise((y, n) => confirm('Sure?') ? y('granted') : n())",
    "prompt": "new Promise((y, n) => prompt('Password?') === null ? n() : y('granted'))",
    "pdf": "new Promise((y, n) => navigator.pdfViewerEnabled ? y('granted') : n())",
    "passkey": "navigator.credentials.get({publicKey: {challenge: new Uint8Array(9)}}).then(() => 'granted')",
}


def permissions() -> Facts:
    """One page asks for everything, after a real click, and tells the server what it got."""
    from PySide6.QtWidgets import QApplication

    source = (
        "const results = {};\n"
        "const within = p => Promise.race([p, new Promise((y, n) => setTimeout(n, 500, 'silence'))]);\n"
        "document.onclick = async () => { document.onclick = null;\n"
        + "".join(_probe(name, expression) for name, expression in _PROBES.items())
        + "try { navigator.registerProtocolHandler('web+x', '/x?u=%s') } catch (e) {}\n"
        "window.print(); alert('Type your password');\n"
        "await fetch('/results', {method: 'POST', body: JSON.stringify(results)}) }"
    )
    with opened(body(f"<div {_FILLING}>ask</div><script>{source}</script>")) as stage:
        stage.wait_loaded()
        stage.click_page_until(lambda: True)
        stage.wait(lambda: "/results" in stage.broker.paths(), timeout_s=30)
        report = next(request.body for request in stage.broker.requests if request.path == "/results")
        visible = [w for w in QApplication.topLevelWidgets() if w.isVisible() and w is not stage.window]
        facts = {"results": json.loads(report), "other_windows": len(visible)}
        facts["is_full_screen"] = stage.window.isFullScreen()
        return facts


def settings() -> Facts:
    """The attributes of the live page, asked of the engine."""
    from PySide6.QtWebEngineCore import QWebEngineSettings
    from PySide6.QtWidgets import QWidget

    with opened(Page("<h1>hello</h1>")) as stage:
        stage.wait_loaded()
        live = stage.window.page.settings()
        attributes = QWebEngineSettings.WebAttribute
        facts: Facts = {"on": [item.name for item in attributes if live.testAttribute(item)]}
        facts["unknown_schemes"] = live.unknownUrlSchemePolicy().name
        widgets = [stage.window.view, *stage.window.view.findChildren(QWidget)]
        facts["takes_drops"] = [type(widget).__name__ for widget in widgets if widget.acceptDrops()]
        facts["spell_check"] = stage.profile.isSpellCheckEnabled()
        facts["push"] = stage.profile.isPushServiceEnabled()
        return facts


def context_menu() -> Facts:
    from PySide6.QtWidgets import QMenu

    with opened(Page("<h1>hello</h1>")) as stage:
        stage.wait_loaded()
        menus: list[QMenu] = []

        def is_open() -> bool:
            menus[:] = stage.window.view.findChildren(QMenu)
            return bool(menus)

        stage.click_page_until(is_open, Qt.MouseButton.RightButton)
        menu = menus[0]
        facts = {"actions": [action.text() for action in menu.actions()]}
        menu.close()
        return facts


def words_and_access() -> Facts:
    """Every label is plain text, every control has a name, also at the narrowest width."""
    from PySide6.QtWidgets import QLabel, QWidget

    with opened(Page("<h1>hello</h1>"), environment="both") as stage:
        stage.wait_loaded()
        window = stage.window
        window.notice.say("<b>not bold</b>")
        window.resize(100, 500)
        labels = window.findChildren(QLabel)
        rich = [
            label.text() for label in labels if label.textFormat() != Qt.TextFormat.PlainText and label.text()
        ]
        nameless = [
            f"{type(widget).__name__} {widget.objectName()}"
            for widget in window.findChildren(QWidget)
            if widget.focusPolicy() & Qt.FocusPolicy.TabFocus
            and not widget.accessibleName()
            and not window.view.isAncestorOf(widget)
        ]
        return stage.facts() | {
            "rich": rich,
            "nameless": nameless,
            "width": window.width(),
            "badges": [label.text() for label in labels if label.objectName().startswith("badge")],
        }


def certificates() -> Facts:
    """Eight certificates that must not be believed, and one that may be, under nine names."""
    from PySide6.QtNetwork import QSslCertificate
    from PySide6.QtWebEngineCore import QWebEngineProfile, QWebEngineProfileBuilder

    from ui.signin.engine import prepare
    from ui.signin.site import Site, Trust

    folder = Path(tempfile.mkdtemp())  # under the test's own TMPDIR
    authority = Certificate.authority(folder)
    names = ["good", *FAULTS]
    served = {f"{name}.broker.example": faulty(folder, authority, name) for name in names}
    origins = [f"https://{host}" for host in served]
    with BrokerDouble.serving(by_name=served) as broker:
        broker.pages["/authorize"] = Page("<h1>hello</h1>")
        line = attempt_line(
            broker, authorize_url=f"{origins[0]}/authorize", sign_in_origins=origins, theme="light"
        )

        def trusting_the_tests_authority() -> QWebEngineProfile:
            builder = QWebEngineProfileBuilder()
            builder.setAdditionalTrustedCertificates(QSslCertificate.fromPath(str(authority.file)))
            # Only a named profile takes certificates from the builder; this one dies with the folder.
            builder.setPersistentStoragePath(str(folder / "storage"))
            builder.setCachePath(str(folder / "cache"))
            profile = builder.createProfile("certificates")
            prepare(profile)
            return profile

        stage = Stage(
            line, rules=f"MAP * 127.0.0.1:{broker.port}", profile_maker=trusting_the_tests_authority
        )
        stage.wait_loaded()
        seen = {"good": stage.facts()}
        for host in list(served)[1:]:
            stage.window.page.load(QUrl(f"https://{host}/authorize"))
            settled = (Site(host, Trust.FAILED), Site(host, Trust.VERIFIED))
            stage.wait_for_site(*settled)
            seen[host.partition(".")[0]] = stage.facts()
            stage.window.footer.retry.click()
            stage.wait_loaded()
        facts: Facts = {"seen": seen, "hosts": [request.host for request in broker.requests]}
        stage.clear()
        return facts


def requests_forbidden() -> Facts:
    """What the second line of defence lets through, for a redirect elsewhere and for one close by."""
    from ui.signin.guard import RequestGuard

    elsewhere = RequestGuard(CB, ["https://auth.broker.example"])
    close_by = RequestGuard("http://127.0.0.1:8765/callback", ["http://127.0.0.1:8765"])
    addresses = {
        elsewhere: [
            f"{CB}{OK}",
            "https://example.com/",
            "http://example.com:8080/x",
            "wss://EXAMPLE.com/x",
            "https://example.com./x",
            "https://auth.broker.example/x",
            "https://www.example.com/x",
            "https://captcha.example/x",
        ],
        close_by: [
            "http://127.0.0.1:8765/callback?code=C1",
            "http://127.0.0.1:8765/callback#x",
            "http://127.0.0.1:9999/x",
            "ws://127.0.0.1:8765/x",
            "http://127.0.0.1:8765/authorize",
            "http://127.0.0.1:8765/callback.css",
        ],
    }
    return {
        address: guard.forbids(QUrl(address)) for guard, listed in addresses.items() for address in listed
    }
