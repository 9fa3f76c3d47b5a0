"""Writes tokens of botocore's generate_db_auth_token, to compare ours with.

    pip install botocore
    python tools/rdsauth/tokens.py >shared/aws/rdsauth/testdata/tokens.json

The keys are AWS's own examples and open nothing.
"""

import datetime
import json

import botocore
import botocore.auth
import botocore.session

KEY = "AKIAIOSFODNN7EXAMPLE"
SECRET = "wJalrXUtnFEMI/K7MDENG/bPxRfiCYEXAMPLEKEY"
SESSION = "IQoJb3JpZ2luX2VjEXAMPLE//////////wEaDGV1LWNlbnRyYWwtMSJ+/=="

CASES = [
    ("a long-term key", "eu-central-1", "db.c9akciq32.eu-central-1.rds.amazonaws.com", 5432, "roster", ""),
    ("a session, as functions have", "eu-central-1", "db.c9akciq32.eu-central-1.rds.amazonaws.com", 5432, "roster", SESSION),
    ("a cluster on another port", "us-east-1", "app.cluster-c9akciq32.us-east-1.rds.amazonaws.com", 5433, "roster_functions", SESSION),
    ("a proxy", "ap-southeast-2", "app.proxy-c9akciq32.ap-southeast-2.rds.amazonaws.com", 5432, "roster", SESSION),
    ("China", "cn-north-1", "db.c9akciq32.rds.cn-north-1.amazonaws.com.cn", 5432, "roster", SESSION),
    ("a user with odd letters", "eu-central-1", "db.c9akciq32.eu-central-1.rds.amazonaws.com", 5432, "r o/s+t&e=r~ü", SESSION),
]

NOW = datetime.datetime(2026, 11, 27, 8, 30, 15, tzinfo=datetime.timezone.utc)


def token(region, host, port, user, session):
    botocore.auth.get_current_datetime = lambda: NOW
    client = botocore.session.Session().create_client(
        "rds", region_name=region, aws_access_key_id=KEY, aws_secret_access_key=SECRET, aws_session_token=session or None
    )
    return client.generate_db_auth_token(DBHostname=host, Port=port, DBUsername=user, Region=region)


print(
    json.dumps(
        {
            "made_by": f"botocore {botocore.__version__}",
            "at": NOW.isoformat(),
            "key": KEY,
            "secret": SECRET,
            "tokens": [
                {"name": name, "region": region, "host": host, "port": port, "user": user, "session": session,
                 "token": token(region, host, port, user, session)}
                for name, region, host, port, user, session in CASES
            ],
        },
        indent=2,
        ensure_ascii=False,
    )
)
