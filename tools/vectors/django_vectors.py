"""Hashes by Django 4.2, the last version with all of its hashers."""

import django
from django.conf import settings


def all(samples):
    """Yields system, hash and password. The rounds are fewer than Django's own where that changes nothing else."""
    settings.configure(PASSWORD_HASHERS=[])
    from django.contrib.auth import hashers
    system = "Django " + django.__version__
    for name, rounds in (
        ("PBKDF2PasswordHasher", 1000), ("PBKDF2SHA1PasswordHasher", 1000), ("BCryptSHA256PasswordHasher", 5), ("BCryptPasswordHasher", 5),
    ):
        hasher = type(name, (getattr(hashers, name),), {"rounds": rounds})()
        for password in samples:
            yield from made(system, hasher, password, rounds if rounds > 500 else None)
    for name in ("PBKDF2PasswordHasher", "Argon2PasswordHasher", "ScryptPasswordHasher", "SHA1PasswordHasher", "MD5PasswordHasher",
                 "UnsaltedSHA1PasswordHasher", "UnsaltedMD5PasswordHasher"):
        for password in samples[:2]:
            yield from made(system, getattr(hashers, name)(), password)
    yield system, hashers.make_password(None), ""


def made(system, hasher, password, iterations=None):
    salt = hasher.salt()
    stored = hasher.encode(password, salt, iterations) if iterations else hasher.encode(password, salt)
    assert hasher.verify(password, stored), stored
    yield system, stored, password
