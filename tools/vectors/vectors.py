"""Writes shared/credential/password/foreign/testdata/vectors.json: hashes by the
libraries of the systems that passwords are moved from.

    make vectors

Each run chooses new salts, so the file changes. Before a hash is written, the
library that made it has verified it.
"""

import base64
import hashlib
import json
import os
import pathlib
import subprocess
import sys

import django_vectors
import passlib_vectors
import versions

ROOT = pathlib.Path(__file__).resolve().parents[2]
OUT = ROOT / "shared/credential/password/foreign/testdata/vectors.json"

ASCII = "correct horse battery staple"
COMPOSED = "Grüße, 鍵🔑 café"
DECOMPOSED = "cafe\u0301 au lait"
LONG = "a long password " * 6  # 96 bytes, which bcrypt cuts off after 72
LONGER = "é" * 100 + " and more than one block of SHA-512"


def vector(system, stored, password):
    return {"system": system, "stored": stored, "password": password}


def werkzeug():
    """Yields what each version wrote, and then the same without the number of rounds."""
    passwords = {"": ASCII, "pbkdf2:sha512:1500": LONGER, "sha256": COMPOSED, "sha1": DECOMPOSED}
    for version, methods in {
        "0.9.6": ["", "pbkdf2:sha256", "pbkdf2:sha512:1500", "sha1", "sha224", "sha256", "sha384", "sha512", "md5", "plain"],
        "1.0.1": ["", "pbkdf2:sha1:2000", "pbkdf2:sha224:2000", "pbkdf2:sha384:2000", "sha1", "sha256", "pbkdf2:md5"],
        "2.2.3": ["", "pbkdf2:sha512:1500", "sha1", "sha512"],
        "2.3.8": ["", "pbkdf2", "pbkdf2:sha1:1", "scrypt:1024:4:2", "sha1", "sha256"],
        "3.1.9": ["", "pbkdf2", "pbkdf2:sha512:1500", "scrypt:16384:8:2"],
    }.items():
        system = "Werkzeug " + version
        process = versions.start(version)
        for method in methods:
            password = passwords.get(method, ASCII)
            stored = versions.ask(process, method, password)
            assert versions.verify(process, stored, password), stored
            yield vector(system, stored, password)
            short = without_rounds(stored)
            if short and method in ("", "pbkdf2"):
                assert versions.verify(process, short, password), short
                yield vector(system + ", no rounds named", short, password)


def without_rounds(stored):
    method, rest = stored.split("$", 1)
    if method.startswith("pbkdf2:"):
        return method.rsplit(":", 1)[0] + "$" + rest
    return "scrypt$" + rest if method == "scrypt:32768:8:1" else ""


def argon2():
    from argon2 import PasswordHasher, Type, low_level, __version__
    for kind in Type.ID, Type.I, Type.D:
        for password, memory, passes, lanes in (ASCII, 65536, 3, 4), (COMPOSED, 1024, 2, 1):
            hasher = PasswordHasher(passes, memory, lanes, type=kind)
            stored = hasher.hash(password)
            assert hasher.verify(stored, password)
            yield vector("argon2-cffi " + __version__, stored, password)
    old = low_level.hash_secret(ASCII.encode(), b"sixteen bytes...", 2, 1024, 1, 32, Type.ID, version=16)
    yield vector("argon2-cffi " + __version__ + ", version 1.0", old.decode(), ASCII)


def bcrypt():
    import bcrypt
    for prefix in b"2a", b"2b":
        for password in ASCII, COMPOSED, LONG, LONG[:72]:
            stored = bcrypt.hashpw(password.encode(), bcrypt.gensalt(5, prefix))
            assert bcrypt.checkpw(password.encode(), stored)
            yield vector("bcrypt " + bcrypt.__version__, stored.decode(), password)
    yield vector("bcrypt " + bcrypt.__version__, bcrypt.hashpw(ASCII.encode(), bcrypt.gensalt(12)).decode(), ASCII)


def firebase():
    """One user is the example of Firebase's own program (github.com/firebase/scrypt)."""
    import firebase_scrypt as fs
    key = "jxspr8Ki0RYycVU8zykbdLGjFQ3McFUH0uiiTvC8pVMXAn210wjLNmdZJzxUECKbm0QsEmYUSDzZvpjeJ9WmXA=="
    published = "lSrfV15cpx95/sZS2W9c9Kp6i/LVgQNDNC/qzrCnh1SAyZvqmZqAjTdn3aoItz+VHjoZilo78198JAdRuid5lQ=="
    for password, salt, separator, rounds, cost in (
        ("user1password", "42xEC+ixf3L2lw==", "Bw==", 8, 14),
        (COMPOSED, base64.b64encode(os.urandom(16)).decode(), "Bw==", 8, 14),
        (ASCII, base64.b64encode(os.urandom(16)).decode(), "", 4, 10),
    ):
        derived = fs.generate_derived_key(password, salt, separator, rounds, cost)
        tag = base64.b64encode(fs.encrypt(base64.b64decode(key), derived)).decode()
        assert password != "user1password" or tag == published
        assert fs.verify_password(password, tag, salt, separator, key, rounds, cost)
        yield vector("Firebase, firebase-scrypt 0.1.0", f"$fbscrypt$v=1,n={cost},r={rounds},p=1,ss={separator},sk={key}${salt}${tag}", password)


def phc():
    program = """
        const pbkdf2 = require('@phc/pbkdf2');
        (async () => {
          for (const [digest, password, iterations] of JSON.parse(process.argv[1])) {
            const stored = await pbkdf2.hash(password, {digest, iterations});
            if (!await pbkdf2.verify(stored, password)) throw new Error(stored);
            console.log(stored);
          }
        })();
    """
    given = [["sha1", ASCII, 2000], ["sha256", COMPOSED, 2000], ["sha512", LONGER, 25000]]
    folder = ROOT / ".ci/tools/vectors/node_modules"
    out = subprocess.run(["node", "-e", program, json.dumps(given)], env={**os.environ, "NODE_PATH": str(folder)},
                         capture_output=True, text=True, check=True).stdout
    for (_, password, _), stored in zip(given, out.split(), strict=True):
        yield vector("@phc/pbkdf2 1.1.14", stored, password)


def keycloak():
    """Keycloak keeps salt, tag and parameters apart. They are computed as its Pbkdf2PasswordHashProvider does."""
    b64 = lambda b: base64.b64encode(b).decode().rstrip("=")
    for name, rounds, length in ("sha1", 20_000, 64), ("sha256", 27_500, 64), ("sha512", 30_000, 64), ("sha512", 210_000, 64):
        salt = os.urandom(16)
        tag = hashlib.pbkdf2_hmac(name, COMPOSED.encode(), salt, rounds, length)
        yield vector("Keycloak, by Python's hashlib", f"$pbkdf2-{name}$i={rounds},l={length}${b64(salt)}${b64(tag)}", COMPOSED)


def main():
    versions.install()
    samples = [ASCII, COMPOSED, DECOMPOSED, LONG, LONGER]
    all = [v for make in (werkzeug, argon2, bcrypt, firebase, phc, keycloak) for v in make()]
    all += [vector(*v) for make in (django_vectors.all, passlib_vectors.all) for v in make(samples)]
    OUT.parent.mkdir(exist_ok=True)
    lines = ",\n".join("  " + json.dumps(v, ensure_ascii=False) for v in all)
    OUT.write_text("[\n" + lines + "\n]\n")
    print(len(all), "vectors", file=sys.stderr)


if __name__ == "__main__":
    main()
