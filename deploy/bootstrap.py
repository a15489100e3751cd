"""Make `.venv` ready on a machine that has Python and nothing else: `python3 deploy/bootstrap.py`, called by make.

uv does the installing. It is the one on PATH where there is a recent one; else the one pinned in
requirements/uv.txt, fetched by pip into `.cache/uv`. A Python that came without pip may still hold a pip wheel for
its venvs; where it does not, a package index that is configured (PIP_INDEX_URL or pip.conf) yields one.
Every file that is fetched is checked against a committed hash, and the machine's own Python is left as it was.

Standard library only, and readable by old Pythons, so that they can say what is wrong.
"""

from __future__ import annotations

import configparser
import hashlib
import html
import os
import re
import shutil
import ssl
import subprocess
import sys
import sysconfig
from collections.abc import Sequence
from pathlib import Path
from urllib.parse import urljoin
from urllib.request import Request, urlopen

ROOT = Path(__file__).resolve().parent.parent
VENV = ROOT / ".venv"
READY = VENV / ".ready"
CACHE = ROOT / ".cache"
REQUIREMENTS = ROOT / "requirements"

OLDEST_UV = (0, 9, 17)  # the first to understand `exclude-newer = "7 days"`
OLDEST_PYTHON = (3, 11)
NEWEST_WITH_WHEELS = (3, 13)  # later ones compile immutables 0.21, and so need a C compiler


class CannotSetUp(Exception):
    """What the person at the keyboard has to do first."""


def main() -> None:
    use_a_suitable_python()
    uv, environment = find_uv(), uv_environment()
    if not venv_is_usable():
        run([uv, "venv", "--quiet", "--clear", "--no-project", "--python", sys.executable, VENV], environment)
    READY.unlink(missing_ok=True)
    into_venv = ["--quiet", "--python", str(VENV / "bin" / "python")]
    # What builds comes first: a build of its own environment would fetch tools that no hash of ours covers.
    run([uv, "pip", "install", *into_venv, "--require-hashes", "-r", REQUIREMENTS / "build.txt"], environment)
    in_venv = [*into_venv, "--no-build-isolation"]
    run([uv, "pip", "sync", *in_venv, "--require-hashes", REQUIREMENTS / "dev.txt"], environment)
    ours = [word for member in members() for word in ("--editable", str(member))]
    run([uv, "pip", "install", *in_venv, "--no-deps", *ours], environment)
    READY.write_text("%s\n" % ROOT)


def members() -> list[Path]:
    """The directories of the workspace's own packages."""
    patterns = ("libs/*/pyproject.toml", "services/*/pyproject.toml", "deploy/*/pyproject.toml")
    return [found.parent for pattern in patterns for found in sorted(ROOT.glob(pattern))]


def run(command: Sequence[str | Path], environment: dict[str, str]) -> None:
    """Run uv away from the workspace: what is pinned is installed as it is, whatever pyproject.toml says to uv."""
    done = subprocess.run([str(word) for word in command], cwd=ROOT.anchor, env=environment, check=False)
    if done.returncode:
        raise CannotSetUp("`%s` failed, see above" % " ".join(map(str, command[:3])))


def venv_is_usable() -> bool:
    """Whether `.venv` has a suitable Python and was made in this directory (its scripts name their directory)."""
    if READY.exists() and READY.read_text().strip() != str(ROOT):
        return False
    version = version_of(str(VENV / "bin" / "python"))
    return version is not None and version >= OLDEST_PYTHON


# Python


def use_a_suitable_python() -> None:
    """Go on in the Python that runs this, or hand over to a better one on PATH."""
    current = sys.version_info[:2]
    if OLDEST_PYTHON <= current <= NEWEST_WITH_WHEELS:
        return
    versions = [(3, minor) for minor in range(NEWEST_WITH_WHEELS[1], OLDEST_PYTHON[1] - 1, -1)]
    if current < OLDEST_PYTHON:
        versions += [(3, 14), (3, 15)]
    for version in versions:
        python = shutil.which("python%d.%d" % version)
        if python and version_of(python) == version:
            os.execv(python, [python, *sys.argv])  # noqa: S606 - no shell is wanted
    if current < OLDEST_PYTHON:
        raise CannotSetUp("Mandate needs Python 3.11 or later; this is %d.%d, and PATH has no other" % current)


def version_of(python: str) -> tuple[int, int] | None:
    """The version of an interpreter, or None when it does not start."""
    answer = output_of([python, "-c", "import sys; print(*sys.version_info[:2])"])
    major, _, minor = answer.partition(" ")
    return (int(major), int(minor)) if minor else None


def output_of(command: list[str]) -> str:
    """What a command prints, or nothing when it cannot run."""
    try:
        done = subprocess.run(command, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, check=False)
    except OSError:
        return ""
    return "" if done.returncode else done.stdout.decode().strip()


# uv


def find_uv() -> str:
    """The path of a uv to use, fetched where there is none."""
    on_path = shutil.which("uv")
    if on_path and uv_version(on_path) >= OLDEST_UV:
        return on_path
    ours = CACHE / "uv" / "bin" / "uv"
    if uv_version(str(ours)) != tuple(map(int, pinned("uv")[0].split("."))):
        fetch_uv()
    return str(ours)


def uv_version(uv: str) -> tuple[int, ...]:
    found = re.match(r"uv (\d+)\.(\d+)\.(\d+)", output_of([uv, "--version"]))
    return tuple(map(int, found.groups())) if found else ()


def fetch_uv() -> None:
    print("fetching uv ...", flush=True)
    target = CACHE / "uv"
    shutil.rmtree(target, ignore_errors=True)
    # Without the settings that do not go with --target; the index, certificates and proxy still apply.
    quiet = {"PIP_DISABLE_PIP_VERSION_CHECK": "1", "PIP_ROOT_USER_ACTION": "ignore"}
    environment = {**os.environ, **quiet, "PIP_USER": "no", "PIP_REQUIRE_VIRTUALENV": "no"}
    options = ["install", "--quiet", "--no-deps", "--only-binary", ":all:", "--require-hashes"]
    run([*find_pip(), *options, "--target", target, "--requirement", REQUIREMENTS / "uv.txt"], environment)


def find_pip() -> list[str | Path]:
    """A command that is pip: this Python's own, the wheel it keeps for its venvs, or the pinned one."""
    if output_of([sys.executable, "-m", "pip", "--version"]):
        return [sys.executable, "-m", "pip"]
    kept = [
        Path(os.__file__).parent / "ensurepip" / "_bundled",
        Path(sysconfig.get_config_var("WHEEL_PKG_DIR") or "/usr/share/python-wheels"),
    ]
    wheels = [wheel for directory in kept for wheel in sorted(directory.glob("pip-*.whl"))]
    return [sys.executable, (wheels[0] if wheels else fetch_pip()) / "pip"]


def fetch_pip() -> Path:
    """The pinned pip wheel, from the configured package index."""
    version, hashes = pinned("pip")
    name = "pip-%s-py3-none-any.whl" % version
    settings = pip_settings()
    index = settings.get("index-url") or os.environ.get("UV_DEFAULT_INDEX") or os.environ.get("UV_INDEX_URL")
    if not index:
        raise CannotSetUp(
            "this Python came without pip, and no package index is configured. Do one of these, then run make again:\n"
            "  - install pip with your system's packages (Debian, Ubuntu: apt install python3-venv)\n"
            "  - install uv (any way its manual offers)\n"
            "  - set PIP_INDEX_URL to your package index"
        )
    trust = ssl.create_default_context(cafile=settings.get("cert"))
    page = urljoin(index.rstrip("/") + "/", "pip/")
    listing = download(page, trust).decode()
    links = [html.unescape(link) for link in re.findall(r'href="([^"]+)"', listing)]
    link = next((link for link in links if link.partition("#")[0].endswith("/" + name)), None)
    if link is None:
        raise CannotSetUp("the configured package index has no %s" % name)
    wheel = download(urljoin(page, link.partition("#")[0]), trust)
    if hashlib.sha256(wheel).hexdigest() not in hashes:
        raise CannotSetUp("%s from the configured package index is not the file we pinned" % name)
    CACHE.mkdir(exist_ok=True)
    (CACHE / name).write_bytes(wheel)
    return CACHE / name


def download(address: str, trust: ssl.SSLContext) -> bytes:
    try:
        with urlopen(Request(address, headers={"Accept": "text/html"}), timeout=60, context=trust) as answer:  # noqa: S310 - the owner's own index
            content: bytes = answer.read()
    except OSError as error:
        raise CannotSetUp("the configured package index does not answer: %s" % error) from error
    return content


def pinned(package: str) -> tuple[str, list[str]]:
    """A version and its hashes, from requirements/uv.txt."""
    pins = (REQUIREMENTS / "uv.txt").read_text()
    found = re.search(r"^%s==(\S+)((?: \\\n +--hash=\S+)+)" % package, pins, re.MULTILINE)
    if found is None:
        raise CannotSetUp("requirements/uv.txt does not pin %s" % package)
    return found.group(1), re.findall(r"sha256:(\w+)", found.group(2))


# The configuration the machine's owner wrote for pip


def uv_environment() -> dict[str, str]:
    """This environment for uv, with what is set for pip only: its index, wheels and certificates."""
    settings, environment = pip_settings(), dict(os.environ)
    extra, links = settings.get("extra-index-url", "").split(), settings.get("find-links", "").split()
    translated = {
        "UV_PYTHON_DOWNLOADS": "never",
        "UV_DEFAULT_INDEX": settings.get("index-url", "") if "UV_INDEX_URL" not in environment else "",
        "UV_INDEX": " ".join(extra) if "UV_EXTRA_INDEX_URL" not in environment else "",
        # As pip does, look in every index for the file; its hash says whether it is the right one.
        "UV_INDEX_STRATEGY": "unsafe-best-match" if extra else "",
        "UV_FIND_LINKS": ",".join(links),
        "SSL_CERT_FILE": settings.get("cert", ""),
    }
    for name, value in translated.items():
        if value:
            environment.setdefault(name, value)
    return environment


def pip_settings() -> dict[str, str]:
    """What pip would use, from its files and, over them, its environment variables."""
    home, last = Path.home(), os.environ.get("PIP_CONFIG_FILE", "")
    files = [
        Path("/etc/xdg/pip/pip.conf"),
        Path("/etc/pip.conf"),
        home / ".pip" / "pip.conf",
        Path(os.environ.get("XDG_CONFIG_HOME") or home / ".config") / "pip" / "pip.conf",
        home / "Library" / "Application Support" / "pip" / "pip.conf",
        Path(sys.prefix) / "pip.conf",
    ]
    parser = configparser.RawConfigParser()
    parser.read([] if last == os.devnull else [*files, *([last] if last else [])])
    settings: dict[str, str] = {}
    for section in ("global", "install"):
        if parser.has_section(section):
            settings.update(parser.items(section))
    for name in ("index-url", "extra-index-url", "find-links", "cert"):
        value = os.environ.get("PIP_" + name.upper().replace("-", "_"))
        if value is not None:
            settings[name] = value
    return settings


if __name__ == "__main__":
    try:
        main()
    except CannotSetUp as reason:
        sys.exit("error: %s" % reason)
