#!/usr/bin/env python3
"""Compare functions/testdata/resources.txt with what SAM's translator makes of template.yaml.

The Go test TestResources counts by SAM's rules; this shows that the rules are right, and that SAM keeps the order in which
functions wait for the schema. It also looks at what only the translation shows: that routes, other stacks and their API
Gateways lead to aliases.

It needs the Python package aws-sam-translator, which comes with aws-sam-cli. Without it, it prints a message and succeeds.
"""

import json
import logging
import os
import pathlib
import sys

ROOT = pathlib.Path(__file__).resolve().parent.parent
os.environ.setdefault("AWS_DEFAULT_REGION", "eu-central-1")  # any region: nothing is called

try:
    from samtranslator.parser.parser import Parser
    from samtranslator.translator.translator import Translator
    from samtranslator.yaml_helper import yaml_parse
except ImportError:
    print("count-resources: skipped, the Python package aws-sam-translator is not installed (pip install aws-sam-cli)")
    sys.exit(0)

logging.disable(logging.WARNING)  # about feature toggles, which do not matter here

PARAMETERS = {
    "StageName": "prod",
    "DatabaseUrl": "postgres://db.example/roster",
    "MailFrom": "no-reply@example.com",
    "AdminEmail": "ops@example.com",
}


def functions(template):
    """Return the logical IDs of the template's functions, in the order of the file."""
    return [name for name, r in template["Resources"].items() if r["Type"] == "AWS::Serverless::Function"]


def translate(template):
    """Return the CloudFormation template. The translator needs addresses of uploaded code instead of folders."""
    for name in functions(template):
        template["Resources"][name]["Properties"]["CodeUri"] = "s3://bucket/" + name
    return Translator({}, Parser()).translate(template, dict(PARAMETERS))


def count(names, resources):
    lines = []
    for name in names:
        n = sum(1 for r in resources if r.startswith(name))
        waits = resources[name].get("DependsOn")
        lines.append(f"{name} {n}" + (f", after {waits}" if waits else ""))
    lines.append(f"total {len(resources)}")
    return "\n".join(lines) + "\n"


def problems_in(names, translated):
    resources = translated["Resources"]
    for name in names:
        if name + "Aliaslive" not in resources:
            yield f"{name} has no alias live"
    for route, integration in integrations(resources["Api"]["Properties"]["Body"]["paths"]):
        if "Aliaslive}/invocations" not in json.dumps(integration["uri"]):
            yield f"{route} does not invoke an alias"
        if integration["payloadFormatVersion"] != "2.0":
            yield f"{route} has another payload format than 2.0"
    schema = resources["Schema"]["Properties"]
    if schema["ServiceToken"] != {"Ref": "SeedAdminFunctionAliaslive"} or "SeedAdminFunctionVersion" not in schema["Version"]["Ref"]:
        yield f"Schema calls {schema}"
    alias = {"Ref": "AuthorizerFunctionAliaslive"}
    if resources["InvokeAuthorizer"]["Properties"]["FunctionName"] != alias or translated["Outputs"]["AuthorizerArn"]["Value"] != alias:
        yield "other stacks do not call the authorizer by its alias"


def integrations(paths):
    """Yield each route with its integration."""
    for path, methods in paths.items():
        for method, operation in methods.items():
            yield f"{method} {path}", operation["x-amazon-apigateway-integration"]


def main():
    template = yaml_parse((ROOT / "template.yaml").read_text())
    names = functions(template)
    translated = translate(template)
    problems = list(problems_in(names, translated))
    want = (ROOT / "functions" / "testdata" / "resources.txt").read_text()
    got = count(names, translated["Resources"])
    if got != want:
        problems.append(f"functions/testdata/resources.txt has\n{want}and SAM makes\n{got}")
    for problem in problems:
        print("count-resources:", problem, file=sys.stderr)
    if not problems:
        print("count-resources: SAM makes what TestResources counts,", got.splitlines()[-1])
    return 1 if problems else 0


if __name__ == "__main__":
    sys.exit(main())
