"""Writes tokens of Flask-JWT-Extended, to test what reads them.

    pip install 'flask-jwt-extended==4.7.4' cryptography
    python tools/flask/tokens.py >shared/credential/flasktoken/testdata/tokens.json

The keys are of this file and open nothing.
"""

import datetime
import json

import flask
import flask_jwt_extended as jwt
from cryptography.hazmat.primitives import serialization
from cryptography.hazmat.primitives.asymmetric import rsa

SECRET = "7f3c1d0b9a5e48f2c6b7d8e9f0a1b2c3d4e5f60718293a4b"
OTHER = "0b9a5e48f2c6b7d8e9f0a1b2c3d4e5f60718293a4b7f3c1d"
ANN = {"id": 7, "username": "Ann", "role": "USER"}


def app(**settings):
    a = flask.Flask("original")
    a.config.update({"JWT_SECRET_KEY": SECRET, "JWT_ACCESS_TOKEN_EXPIRES": datetime.timedelta(days=365), **settings})
    jwt.JWTManager(a)
    return a


def access(identity=ANN, settings=None, **options):
    with app(**(settings or {})).app_context():
        return jwt.create_access_token(identity=identity, **options)


def refresh():
    with app().app_context():
        return jwt.create_refresh_token(identity=ANN)


key = rsa.generate_private_key(65537, 2048).private_bytes(
    serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption()
)

print(json.dumps({
    "secret": SECRET,
    "at": int(datetime.datetime.now(datetime.timezone.utc).timestamp()),
    "good": {
        "access": access(),
        "fresh": access(fresh=True),
        "with claims": access(additional_claims={"locale": "de"}),
        "with csrf": access(settings={"JWT_TOKEN_LOCATION": ["headers", "cookies"]}),
        "for a day": access(expires_delta=datetime.timedelta(days=1)),
    },
    "bad": {
        "refresh": refresh(),
        "no end": access(expires_delta=False),
        "expired": access(expires_delta=datetime.timedelta(seconds=-60)),
        "another key": access(settings={"JWT_SECRET_KEY": OTHER}),
        "HS512": access(settings={"JWT_ALGORITHM": "HS512"}),
        "RS256": access(settings={"JWT_ALGORITHM": "RS256", "JWT_PRIVATE_KEY": key}),
        "a text as identity": access(identity="Ann"),
        "a number as identity": access(identity=7),
        "an identity without an id": access(identity={"username": "Ann", "role": "USER"}),
        "an identity without a username": access(identity={"id": 7, "role": "USER"}),
        "an id that is a text": access(identity={"id": "7", "username": "Ann", "role": "USER"}),
    },
}, indent=1))
