"""What is committed: lock files that name no host, no path of a machine, no command that isn't there."""

import json
import re
import subprocess
from collections.abc import Iterator
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[2]
LOCKS = [
    "requirements.lock",
    *(f"tools/{name}.lock" for name in ("bootstrap", "schemathesis", "slither", "halmos")),
]
# an absolute path into a folder that holds one person's or one machine's files
FOLDERS = "home|Users|root|work|workspace|tmp|opt|mnt"
MACHINE_PATH = re.compile(rf"(?<![\w.~$}})*-])/(?:{FOLDERS})/[\w.]")


def tracked() -> list[Path]:
    """The files under version control; in a checkout without it, everything that .gitignore doesn't name."""
    listing = subprocess.run(["git", "ls-files", "-z"], cwd=ROOT, capture_output=True, text=True, check=False)
    if listing.returncode == 0:
        return [ROOT / name for name in listing.stdout.split("\0") if name and (ROOT / name).is_file()]
    ignored = {line.strip("/") for line in (ROOT / ".gitignore").read_text().splitlines()}
    files = (path for path in ROOT.rglob("*") if path.is_file())
    return [path for path in files if not ignored & {*path.relative_to(ROOT).parts}]


def texts() -> Iterator[tuple[str, str]]:
    for path in tracked():
        try:
            yield str(path.relative_to(ROOT)), path.read_text(encoding="utf-8")
        except UnicodeDecodeError:
            continue


def names(requirements: str) -> dict[str, str]:
    """Requirement name, as PEP 503 writes it, to the rest of its line."""
    found = re.findall(r"^([A-Za-z0-9._-]+)(?:\[[^\]]*\])?([^#\n]*)", requirements, re.MULTILINE)
    return {re.sub(r"[-_.]+", "-", name).lower(): rest for name, rest in found}


@pytest.mark.parametrize("lock", LOCKS)
def test_locked_requirements_are_exact_and_hashed_and_name_no_host(lock: str) -> None:
    text = (ROOT / lock).read_text()
    assert "://" not in text
    assert "--index-url" not in text
    entries = re.split(r"\n(?=[A-Za-z0-9])", text.strip())
    for entry in entries:
        assert re.match(r"[A-Za-z0-9._-]+==[^ ]+", entry), f"not exact: {entry.splitlines()[0]}"
        assert "--hash=sha256:" in entry, f"no hash: {entry.splitlines()[0]}"


@pytest.mark.parametrize("source, lock", [("requirements.in", LOCKS[0]), ("tools/bootstrap.in", LOCKS[1])])
def test_everything_asked_for_is_locked(source: str, lock: str) -> None:
    wanted, locked = names((ROOT / source).read_text()), names((ROOT / lock).read_text())
    for name, rest in wanted.items():
        assert name in locked, f"{name} is in {source}, not in {lock}: make lock"
        exact = re.match(r"==([^ ;]+)", rest)
        assert not exact or locked[name].startswith(f"=={exact.group(1)} "), f"{name}: make lock"


def test_package_lock_names_no_host_and_checks_every_package() -> None:
    package = json.loads((ROOT / "package.json").read_text())
    lock = json.loads((ROOT / "package-lock.json").read_text())
    assert "://" not in re.sub(r'"url": "[^"]*"', "", (ROOT / "package-lock.json").read_text())
    top = lock["packages"].pop("")
    for kind in ("dependencies", "devDependencies", "optionalDependencies"):
        assert top.get(kind, {}) == package.get(kind, {}), f"{kind}: make lock"
    for path, entry in lock["packages"].items():
        assert "resolved" not in entry, path
        assert entry["integrity"].startswith("sha512-"), path


def test_no_path_of_a_machine_is_committed() -> None:
    found = [
        f"{name}:{text[: hit.start()].count(chr(10)) + 1}: {hit.group()}"
        for name, text in texts()
        for hit in MACHINE_PATH.finditer(text)
    ]
    assert found == []


@pytest.mark.parametrize("before", ["", " ", '"', "=", ":", "file://", "("])
def test_a_path_of_a_machine_would_be_seen(before: str) -> None:
    for folder in FOLDERS.split("|"):
        assert MACHINE_PATH.search(f"{before}/{folder}/somebody")
    assert not MACHINE_PATH.search(f"{before}docs/work/plan")


def test_every_make_command_that_is_mentioned_exists() -> None:
    targets = set(re.findall(r"^([a-z][a-z-]*):", (ROOT / "Makefile").read_text(), re.MULTILINE))
    mentioned = {}
    for name, text in texts():
        if name.endswith(".md"):
            spans = re.findall(r"`make ([a-z-]+)", text)
            lines = re.findall(r"^(?:\$ )?make ([a-z-]+)", text, re.MULTILINE)
        elif name in ("Makefile", ".ci/run"):
            spans = re.findall(r"`make ([a-z-]+)`", text)
            lines = re.findall(r"^make ([a-z-]+)", text, re.MULTILINE)
        else:
            continue
        mentioned.update(dict.fromkeys([*spans, *lines], name))
    assert {"test", "demo"} <= mentioned.keys()
    assert {target: name for target, name in mentioned.items() if target not in targets} == {}


def test_make_help_lists_every_target() -> None:
    text = (ROOT / "Makefile").read_text()
    phony = set(re.findall(r"^\.PHONY: ([a-z-]+)$", text, re.MULTILINE))
    shown = subprocess.run(["make", "help"], cwd=ROOT, capture_output=True, text=True, check=True).stdout
    assert set(re.findall(r"^  make ([a-z-]+)", shown, re.MULTILINE)) == phony
    for line in shown.splitlines():
        assert len(line.split(maxsplit=2)[2]) > 10, f"says too little: {line}"


def test_the_readmes_map_names_every_folder_and_page() -> None:
    """One row a folder: those at the top, and those within `largesse/` and `tests/`; one row a page."""
    section = (ROOT / "README.md").read_text(encoding="utf-8").partition("## Where things are")[2]
    first = re.findall(r"^\| (.+?) \|", section, re.MULTILINE)
    folders = sorted(name for cell in first for name in re.findall(r"`([\w./-]+/)`", cell))
    pages = sorted(name for cell in first for name in re.findall(r"\]\((.+?\.md)\)", cell))
    parts = [path.relative_to(ROOT).parts for path in tracked()]
    wanted = {part[0] for part in parts if len(part) > 1} - {"tests"}
    wanted |= {f"{part[0]}/{part[1]}" for part in parts if len(part) > 2 and part[0] in ("largesse", "tests")}
    assert folders == sorted(f"{name}/" for name in wanted)
    assert pages == sorted(
        "/".join(part)
        for part in parts
        if part[-1].endswith(".md") and (part[0] == "docs" or len(part) == 1) and part != ("README.md",)
    )
