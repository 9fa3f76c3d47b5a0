"""Test a running Roster against openapi.yaml, with Schemathesis.

It builds and starts localdev with a folder of its own, and sends what Schemathesis
makes of the description: without an access token, with one of a USER, and with one
of an ADMIN. It fails if one of the three has a finding.

    python tools/schemathesis/run.py [--seconds N] [--max-examples N] [STATE ...]
"""

import argparse
import os
import queue
import re
import secrets
import subprocess
import sys
import tempfile
import threading
from pathlib import Path

HERE = Path(__file__).resolve().parent
ROOT = HERE.parent.parent
SCHEMATHESIS = Path(sys.executable).parent / "schemathesis"
LOG = ROOT / ".ci" / "artefacts" / "schemathesis-localdev.log"
# The waits after wrong passwords stay. What they refuse, 429, is described.
WIDE_LIMITS = {
    "LIMIT_" + name: "1000000/1h"
    for name in (
        "LOGIN_ACCOUNT_NETWORK", "LOGIN_NETWORK", "REGISTER_NETWORK", "EMAIL_ACCOUNT",
        "FORGET_ACCOUNT", "FORGET_NETWORK", "RESET_NETWORK",
    )
}
STATE_SECONDS = 300  # most of the time it takes 20
START_SECONDS = 180  # localdev may have to download PostgreSQL


def start(folder, password):
    """Build and start localdev; return its process and its URL."""
    program = folder / "localdev"
    subprocess.run(["go", "build", "-o", program, "./localdev"], cwd=ROOT, check=True)
    LOG.parent.mkdir(exist_ok=True)
    with LOG.open("w") as log:
        process = subprocess.Popen(
            [program, "-addr", "127.0.0.1:0", "-data", folder / "data"],
            cwd=folder,  # so that it reads no .env
            env={**os.environ, **WIDE_LIMITS, "ADMIN_PASSWORD": password},
            stdout=subprocess.PIPE, stderr=log, text=True,
        )
    urls = queue.Queue()
    threading.Thread(target=read, args=(process, urls), daemon=True).start()
    try:
        url = urls.get(timeout=START_SECONDS)
    except queue.Empty:
        url = None
    if url is None:
        stop(process)
        sys.exit(f"run.py: localdev did not start:\n{LOG.read_text()}")
    return process, url


def read(process, urls):
    """Put the URL of localdev's banner into urls, or None at its end."""
    for line in process.stdout:
        if found := re.match(r"  API +(http://\S+)", line):
            urls.put(found[1])
    urls.put(None)


def stop(process):
    process.terminate()
    try:
        process.wait(timeout=60)
    except subprocess.TimeoutExpired:
        process.kill()


def examine(state, url, password, options):
    """Run Schemathesis in one state; return whether it found nothing."""
    print(f"\n-- Schemathesis, {state}", flush=True)
    role = state if state in ("USER", "ADMIN") else "none"
    return subprocess.run(
        [
            SCHEMATHESIS, "--config-file", HERE / "schemathesis.toml", "run", ROOT / "openapi.yaml",
            "--url", url, "--max-examples", str(options.max_examples),
            *(["--max-time", str(options.seconds)] if options.seconds else []),
            *(["--seed", str(options.seed)] if options.seed else []),
        ],
        cwd=HERE,
        env={**os.environ, "TEST_URL": url, "TEST_ROLE": role, "ADMIN_PASSWORD": password},
        timeout=STATE_SECONDS + (options.seconds or 0),
    ).returncode == 0


def main():
    parser = argparse.ArgumentParser()
    parser.add_argument("--seconds", type=int, help="for each state; without it, each phase runs once")
    parser.add_argument("--max-examples", type=int, default=10, help="for each operation and phase")
    parser.add_argument("--seed", type=int, help="of a run that failed")
    parser.add_argument("states", nargs="*", default=["none", "USER", "ADMIN"], metavar="none|USER|ADMIN")
    options = parser.parse_args()
    password = secrets.token_urlsafe(24)
    with tempfile.TemporaryDirectory() as folder:
        process, url = start(Path(folder), password)
        try:
            bad = [s for s in options.states if not examine(s, url, password, options)]
        finally:
            stop(process)
    if bad:
        sys.exit(f"run.py: findings in {', '.join(bad)}")


if __name__ == "__main__":
    main()
