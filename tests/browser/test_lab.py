"""Every chapter in the real JupyterLab: all cells run in Chromium, and what a reader sees is there.

The screenshots, a page each at a laptop's size in both themes, go to the folder that the variable
MINITORCH_SHOTS names, or to pytest's temporary one. Server, settings and notebooks are private
copies on 127.0.0.1; the page must ask no other host.
"""

import json
import os
import re
import shutil
import socket
import subprocess
import sys
import time
import urllib.request
from contextlib import contextmanager
from importlib.util import find_spec
from pathlib import Path
from urllib.parse import urlsplit

import nbformat
import pytest

NOTEBOOKS = Path(__file__).parents[2] / "notebooks"
CHAPTERS = sorted(NOTEBOOKS.glob("*.ipynb"))
CHROMIUM = shutil.which("chromium")
LAPTOP = {"width": 1366, "height": 768}
THEMES = {"light": "JupyterLab Light", "dark": "JupyterLab Dark"}
SECONDS = 120

pytestmark = [
    pytest.mark.browser,
    pytest.mark.skipif(CHROMIUM is None, reason="needs Chromium, no program `chromium` found"),
    pytest.mark.skipif(find_spec("playwright") is None, reason="needs playwright, not installed"),
]

# ---- server and browser ------------------------------------------------------------------------

# By plugin: no pop-up that asks the network, every cell in the page, no blank last screen.
SETTINGS = {
    "apputils-extension/notification": {"fetchNews": "false", "checkForUpdates": False},
    "notebook-extension/tracker": {"windowingMode": "none", "scrollPastEnd": False},
}


def free_port():
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return probe.getsockname()[1]


def private_environment(home):
    """Neither the reader's settings nor kernels, history or workspaces: all in `home`."""
    for name, values in SETTINGS.items():
        path = home / "settings" / "@jupyterlab" / f"{name}.jupyterlab-settings"
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(json.dumps(values))
    folders = {
        "JUPYTER_CONFIG_DIR": "config",
        "JUPYTER_DATA_DIR": "data",
        "JUPYTER_RUNTIME_DIR": "runtime",
        "JUPYTERLAB_WORKSPACES_DIR": "workspaces",
        "JUPYTERLAB_SETTINGS_DIR": "settings",
        "IPYTHONDIR": "ipython",
    }
    env = {name: value for name, value in os.environ.items() if name != "MPLBACKEND"}
    return env | {name: str(home / folder) for name, folder in folders.items()}


def wait_for(url, server, log):
    end = time.monotonic() + SECONDS
    while time.monotonic() < end and server.poll() is None:
        try:
            with urllib.request.urlopen(url, timeout=5):
                return
        except OSError:
            time.sleep(0.1)
    pytest.fail(f"JupyterLab does not answer:\n{log.read_text()}")


def copy_unrun(folder):
    """The notebooks without their outputs, so that nothing stored can be taken for a result."""
    shutil.copytree(NOTEBOOKS, folder)
    for path in folder.glob("*.ipynb"):
        notebook = nbformat.read(path, as_version=4)
        for cell in notebook.cells:
            if cell.cell_type == "code":
                cell.outputs, cell.execution_count = [], None
        nbformat.write(notebook, path)


@contextmanager
def serving(home):
    """The address of a JupyterLab that serves `home/notebooks`."""
    port = free_port()
    options = {
        "ServerApp.ip": "127.0.0.1",
        "ServerApp.port": port,
        "ServerApp.port_retries": 0,
        "ServerApp.root_dir": home / "notebooks",
        "ServerApp.password": "",
        "IdentityProvider.token": "",
        "LabApp.expose_app_in_browser": True,
    }
    command = [sys.executable, "-m", "jupyterlab", "--no-browser", "--allow-root"]
    command += [f"--{name}={value}" for name, value in options.items()]
    log = home / "server.log"
    with log.open("w") as output:
        server = subprocess.Popen(
            command, env=private_environment(home), stdout=output, stderr=subprocess.STDOUT
        )
        try:
            wait_for(f"http://127.0.0.1:{port}/api/status", server, log)
            yield f"http://127.0.0.1:{port}"
        finally:
            server.terminate()
            try:
                server.wait(20)
            except subprocess.TimeoutExpired:
                server.kill()
                server.wait()


@pytest.fixture(scope="module")
def lab(tmp_path_factory):
    """The address of a JupyterLab that serves a copy of the notebooks."""
    home = tmp_path_factory.mktemp("lab")
    copy_unrun(home / "notebooks")
    with serving(home) as address:
        yield address


@pytest.fixture
def page():
    """A new page of a new browser; at the end, no request may have gone to another host."""
    from playwright.sync_api import sync_playwright

    quiet = "background-networking component-update sync gpu quic".split()
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(
            executable_path=CHROMIUM,
            args=["--no-sandbox", "--no-first-run", *(f"--disable-{part}" for part in quiet)],
        )
        page, hosts = browser.new_page(viewport=LAPTOP), set()
        page.set_default_timeout(SECONDS * 1000)
        page.on("request", lambda request: hosts.add(urlsplit(request.url).hostname))
        yield page
        browser.close()
        assert hosts - {None} == {"127.0.0.1"}  # None: data and blob addresses


# ---- what a chapter shows ----------------------------------------------------------------------

# tqdm's bar in the style of the chapters, and one that has come to its end.
BAR, FULL_BAR = r"\w+ \d+ of \d+ \|", r"\w+ (\d+) of \1 \|█+\|"


def outputs(notebook, *kinds):
    """The texts that a notebook's cells show as any of these kinds (stream names or MIME types)."""
    for cell in notebook["cells"]:
        for output in cell.get("outputs", []):
            shown = output.get("data") or {output.get("name"): output.get("text")}
            yield from ("".join(shown[kind]) for kind in kinds if kind in shown)


def unexpected_errors(notebook):
    """What went wrong in cells that announce no error, and which code cells were not run."""
    for number, cell in enumerate(c for c in notebook["cells"] if c["cell_type"] == "code"):
        if cell["execution_count"] is None:
            yield f"Cell {number} was not run"
        for output in cell["outputs"]:
            announced = "raises-exception" in cell["metadata"].get("tags", [])
            if output["output_type"] == "error" and not announced:
                yield f"Cell {number}: {output['ename']}: {output['evalue']}"


def run_all(page, address):
    """Opens a chapter, runs all its cells, and returns the notebook as JupyterLab holds it then."""
    page.goto(address)
    page.wait_for_function(
        "() => window.jupyterapp?.shell?.currentWidget?.sessionContext?.session?.kernel?.status"
        " === 'idle'"
    )
    page.evaluate("() => window.jupyterapp.commands.execute('notebook:run-all-cells')")
    page.wait_for_function(  # the kernel is idle between two cells as well: count the cells
        """() => {
            const panel = window.jupyterapp.shell.currentWidget
            const code = panel.content.model.toJSON().cells.filter(c => c.cell_type === 'code')
            const busy = panel.sessionContext.session.kernel.status !== 'idle'
            return !busy && code.every(c => c.execution_count !== null || !c.source.length)
        }"""
    )
    return page.evaluate("() => window.jupyterapp.shell.currentWidget.content.model.toJSON()")


def photograph(page, folder, name):
    """One screenshot a page, from the chapter's top to its end, in both themes."""
    page.evaluate("() => window.jupyterapp.commands.execute('application:toggle-left-area')")
    for theme, title in THEMES.items():
        page.evaluate(
            "theme => window.jupyterapp.commands.execute('apputils:change-theme', {theme})", title
        )
        page.wait_for_selector(f"body[data-jp-theme-name='{title}']", state="attached")
        page.wait_for_timeout(1000)  # the style sheet of a theme arrives after its name
        scroller = page.locator(".jp-WindowedPanel-outer").first
        height, shown = scroller.evaluate("panel => [panel.scrollHeight, panel.clientHeight]")
        for number, top in enumerate(range(0, height, shown - 40), 1):
            scroller.evaluate("(panel, top) => panel.scrollTo(0, top)", top)
            page.wait_for_timeout(200)
            page.screenshot(path=folder / f"{name}-{theme}-{number:02}.png")


# What a widget shows: its words and its pictures, without the controls themselves.
SHOWN = "live => live.innerText + [...live.querySelectorAll('img')].map(i => i.src).join()"
CONTROL = ".noUi-handle, button, input[type=checkbox]"
KEYS = ("ArrowRight", "ArrowLeft", "Enter", "Space")


def moves(page, live):
    """Whether a key on one of its controls changes what a widget shows."""
    before = live.evaluate(SHOWN)
    for control in live.locator(CONTROL).all():
        for key in KEYS:
            control.focus()
            page.keyboard.press(key)
            page.wait_for_timeout(500)
            if live.evaluate(SHOWN) != before:
                return True
    return False


@pytest.mark.parametrize("chapter", CHAPTERS, ids=lambda path: path.stem)
def test_chapter_runs_in_jupyterlab(chapter, lab, page, tmp_path):
    stored = nbformat.read(chapter, as_version=4)
    run = run_all(page, f"{lab}/lab/tree/{chapter.name}?reset")
    shots = Path(os.environ.get("MINITORCH_SHOTS", tmp_path))
    shots.mkdir(parents=True, exist_ok=True)
    photograph(page, shots, chapter.stem)

    assert list(unexpected_errors(run)) == []
    figures = len(list(outputs(stored, "image/png", "image/svg+xml")))
    assert page.locator(".jp-OutputArea-output :is(img, svg)").count() >= figures
    bars = [text for text in outputs(stored, "stdout") if re.search(BAR, text)]
    shown, full = (
        page.locator(".jp-OutputArea-output", has_text=re.compile(bar)).count()
        for bar in (BAR, FULL_BAR)
    )
    assert shown == full and bool(shown) == bool(bars)
    assert page.get_by_text("Error displaying widget").count() == 0
    assert page.get_by_text("Loading widget").count() == 0
    widgets = page.locator(".mt-live").all()
    assert len(widgets) == len(list(outputs(run, "application/vnd.jupyter.widget-view+json")))
    assert all(moves(page, live) for live in widgets if live.locator(CONTROL).count())
    if chapter.stem.startswith("00"):
        assert figures and bars
