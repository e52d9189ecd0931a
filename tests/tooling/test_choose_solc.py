"""The choice of the compiler: native where it is the pinned one, npm's build in every other case."""

import contextlib
import http.server
import json
import os
import shutil
import subprocess
import threading
from collections.abc import Iterator
from pathlib import Path

import pytest

from tools import choose_solc
from tools.choose_solc import UnfitCompilerError

VERSION = choose_solc.pinned_version()
STAND_IN = choose_solc.ROOT / "tools" / "solc" / f"solc-v{VERSION}"

# Fake native compilers. The first hands everything to npm's build, as a true one would answer.
SAME = f'#!/bin/sh\nSOLC_WASM=1 exec "{STAND_IN}" "$@"\n'
NOT_RUNNING = "this is no program\n"
ENDLESS = "#!/bin/sh\nexec sleep 60\n"
OTHER_COMMIT = f'#!/bin/sh\necho "Version: {VERSION}+commit.00000000.Linux.g++"\n'
NIGHTLY = f'#!/bin/sh\necho "Version: {VERSION}-nightly.2026.1.1+commit.f401782d.Linux.g++"\n'
OTHER_BYTES = f"""#!/bin/sh
if [ "$1" = --version ]; then SOLC_WASM=1 exec "{STAND_IN}" --version; fi
cat > /dev/null
echo '{{"contracts": {{"Probe.sol": {{"Probe": {{"evm": {{"bytecode": {{"object": "6000"}}}}}}}}}}}}'
"""


@contextlib.contextmanager
def mirror(folder: Path, binary: str | None) -> Iterator[str]:
    """A site with the layout of the compiler's own, serving `binary` as the pinned version for any system."""
    for system in ("linux-amd64", "macosx-amd64"):
        (folder / system).mkdir(parents=True)
        releases = {} if binary is None else {VERSION: "solc-native"}
        (folder / system / "list.json").write_text(json.dumps({"releases": releases}))
        if binary is not None:
            (folder / system / "solc-native").write_text(binary)

    class Quiet(http.server.SimpleHTTPRequestHandler):
        def __init__(self, *args: object) -> None:
            super().__init__(*args, directory=str(folder))  # type: ignore[arg-type]

        def log_message(self, *_: object) -> None:
            pass

    server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), Quiet)
    thread = threading.Thread(target=server.serve_forever)
    thread.start()
    try:
        yield f"http://127.0.0.1:{server.server_port}"
    finally:
        server.shutdown()
        server.server_close()
        thread.join()


def native(folder: Path, text: str) -> Path:
    path = folder / f"solc-v{VERSION}"
    folder.mkdir(exist_ok=True)
    path.write_text(text)
    path.chmod(0o755)
    return path


def test_the_stand_in_is_the_pinned_version() -> None:
    assert choose_solc.identify(STAND_IN).identity.startswith(f"{VERSION}+commit.")


def test_takes_the_native_compiler_that_a_site_has(tmp_path: Path) -> None:
    with mirror(tmp_path / "site", SAME) as url:
        chosen, why = choose_solc.choose(STAND_IN, tmp_path / "solcx", mirror=url)
    assert chosen.path == tmp_path / "solcx" / f"solc-v{VERSION}"
    assert chosen.identity == choose_solc.identify(STAND_IN).identity
    assert why.endswith(": native")


def test_keeps_a_native_compiler_without_asking_any_site(tmp_path: Path) -> None:
    path = native(tmp_path / "solcx", SAME)
    chosen, _ = choose_solc.choose(STAND_IN, tmp_path / "solcx", mirror="http://127.0.0.1:9")
    assert chosen.path == path


@pytest.mark.parametrize(
    ("binary", "reason"),
    [
        (NOT_RUNNING, "could not be installed"),
        (OTHER_COMMIT, "commit.00000000, wanted"),
        (NIGHTLY, "names no released version"),
        (OTHER_BYTES, "writes other bytecode"),
    ],
    ids=["not running", "other commit", "nightly", "other bytes"],
)
def test_refuses_and_removes_a_native_compiler_that_is_not_the_pinned_one(
    tmp_path: Path, binary: str, reason: str
) -> None:
    with mirror(tmp_path / "site", binary) as url:
        chosen, why = choose_solc.choose(STAND_IN, tmp_path / "solcx", mirror=url)
    assert chosen.path == STAND_IN
    assert reason in why
    assert not list((tmp_path / "solcx").glob("solc-v*"))


def test_takes_npms_build_when_the_site_has_no_such_version(tmp_path: Path) -> None:
    with mirror(tmp_path / "site", None) as url:
        chosen, why = choose_solc.choose(STAND_IN, tmp_path / "solcx", mirror=url)
    assert chosen.path == STAND_IN
    assert "not available" in why


def test_takes_npms_build_when_no_site_can_be_reached(tmp_path: Path) -> None:
    chosen, why = choose_solc.choose(STAND_IN, tmp_path / "solcx", mirror="http://127.0.0.1:9")
    assert chosen.path == STAND_IN
    assert "no way to the native compiler" in why


def test_does_not_wait_for_a_silent_site(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(choose_solc, "REACH_SECONDS", 0.2)
    server = http.server.HTTPServer(("127.0.0.1", 0), http.server.BaseHTTPRequestHandler)
    try:  # it listens and never answers
        chosen, why = choose_solc.choose(
            STAND_IN, tmp_path / "solcx", mirror=f"http://127.0.0.1:{server.server_port}"
        )
    finally:
        server.server_close()
    assert chosen.path == STAND_IN
    assert "Timeout" in why


def test_gives_up_a_compiler_that_never_answers(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(choose_solc, "RUN_SECONDS", 0.5)
    with pytest.raises(UnfitCompilerError, match=r"does not run: .*timed out"):
        choose_solc.identify(native(tmp_path / "solcx", ENDLESS))


def test_uses_npms_build_when_asked_to(tmp_path: Path) -> None:
    path = native(tmp_path / "solcx", SAME)
    chosen, why = choose_solc.choose(STAND_IN, tmp_path / "solcx", native=False)
    assert chosen.path == STAND_IN
    assert why.endswith("as asked")
    assert not path.exists()


def test_pinned_version_must_be_exact(tmp_path: Path) -> None:
    (tmp_path / "brownie-config.yaml").write_text("compiler:\n  solc:\n    version: null\n")
    with pytest.raises(UnfitCompilerError, match="pins no exact solc version"):
        choose_solc.pinned_version(tmp_path)


def test_brownie_and_forge_use_the_pinned_version() -> None:
    forge = (choose_solc.ROOT / "foundry.toml").read_text()
    assert f'solc = "tools/solc/solc-v{VERSION}"' in forge
    lock = json.loads((choose_solc.ROOT / "package-lock.json").read_text())
    assert lock["packages"]["node_modules/solc"]["version"] == VERSION


def test_the_stand_in_hands_over_to_the_native_compiler(tmp_path: Path) -> None:
    folder = tmp_path / "tools" / "solc"
    folder.mkdir(parents=True)
    stand_in = shutil.copy(STAND_IN, folder)
    native(tmp_path / ".solcx", '#!/bin/sh\necho "native got $*"\ncat\nexit 7\n')
    run = subprocess.run(
        [stand_in, "--standard-json", "-"], input="input", capture_output=True, text=True, check=False
    )
    assert (run.stdout, run.returncode) == ("native got --standard-json -\ninput", 7)
    npm = subprocess.run(
        [stand_in, "--version"],
        capture_output=True,
        text=True,
        check=True,
        cwd=choose_solc.ROOT,
        env={**os.environ, "SOLC_WASM": "1"},
    )
    assert f"Version: {VERSION}+commit." in npm.stdout
