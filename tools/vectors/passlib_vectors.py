"""Hashes by passlib."""

import warnings

with warnings.catch_warnings():
    warnings.simplefilter("ignore")
    import passlib
    from passlib import hash as h


def all(samples):
    """Yields system, hash and password."""
    system = "passlib " + passlib.__version__
    verified = [
        h.pbkdf2_sha1.using(rounds=1000), h.pbkdf2_sha256.using(rounds=1000), h.pbkdf2_sha512.using(rounds=1000),
        h.scrypt.using(rounds=10), h.bcrypt.using(rounds=5, ident="2y", truncate_error=False), h.bcrypt_sha256.using(rounds=5),
        h.ldap_salted_sha1, h.ldap_salted_sha256, h.ldap_salted_sha512,
        h.django_pbkdf2_sha256.using(rounds=1000), h.django_salted_sha1,
    ]
    for hasher in verified:
        for password in samples:
            yield from made(system, hasher, password)
    for hasher in h.pbkdf2_sha256, h.pbkdf2_sha512, h.scrypt, h.argon2, h.django_argon2.using(type="I", memory_cost=1024):
        yield from made(system, hasher, samples[0])
    refused = [
        h.md5_crypt, h.apr_md5_crypt, h.phpass, h.sun_md5_crypt, h.sha256_crypt, h.sha512_crypt, h.ldap_md5, h.ldap_sha1, h.ldap_salted_md5,
        h.ldap_plaintext, h.ldap_md5_crypt, h.hex_md5, h.hex_sha1, h.hex_sha256, h.hex_sha512, h.bcrypt_sha256.using(version=1, rounds=5),
        h.django_des_crypt, h.sha1_crypt, h.grub_pbkdf2_sha512, h.cta_pbkdf2_sha1, h.mysql41, h.nthash,
    ]
    for hasher in refused:
        yield from made(system, hasher, samples[0])


def made(system, hasher, password):
    stored = hasher.hash(password)
    assert hasher.verify(password, stored), stored
    yield system + " " + hasher.name, stored, password
