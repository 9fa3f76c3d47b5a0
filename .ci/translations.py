#!/usr/bin/env python3
"""Look at what SAM's translator makes of template.yaml.

It compares functions/testdata/resources.txt with the translation: the Go test TestResources counts by SAM's rules, and this
shows that they are right, and that SAM keeps the order in which functions wait for the schema. It checks what only the
translation shows: that routes, other stacks and their API Gateways lead to aliases. It changes each parameter in turn and shows
that the secret with the keys stays the same resource with the same properties. And it looks for resources that need each other in
a circle, in every combination of the conditions that change the graph, as written and resolved.

    translations.py [FOLDER]    FOLDER takes each resolved translation as a JSON file, for cfn-lint

Needs the Python package aws-sam-translator, which comes with aws-sam-cli. Without it, it says so and succeeds.
"""

import copy
import itertools
import json
import logging
import os
import pathlib
import re
import sys

ROOT = pathlib.Path(__file__).resolve().parent.parent
os.environ.setdefault("AWS_DEFAULT_REGION", "eu-central-1")  # any: nothing is called

try:
    from samtranslator.parser.parser import Parser
    from samtranslator.translator.translator import Translator
    from samtranslator.yaml_helper import yaml_parse
except ImportError:
    print("translations: skipped, the Python package aws-sam-translator is not installed (pip install aws-sam-cli)")
    sys.exit(0)

logging.disable(logging.WARNING)  # of feature toggles, which do not matter here

PARAMETERS = {
    "StageName": "prod",
    "DatabaseUrl": "postgres://db.example/roster?sslmode=verify-full",
    "MailFrom": "no-reply@example.com",
    "AdminEmail": "ops@example.com",
}


def functions(template):
    """The logical IDs of the template's functions, in the file's order."""
    return [name for name, r in template["Resources"].items() if r["Type"] == "AWS::Serverless::Function"]


def translate(template, parameters):
    """CloudFormation's view; the translator wants uploaded code, not folders."""
    for name in functions(template):
        template["Resources"][name]["Properties"]["CodeUri"] = "s3://bucket/" + name
    return Translator({}, Parser()).translate(template, dict(parameters))


def count(names, resources):
    lines = []
    for name in names:
        n = sum(1 for r in resources if r.startswith(name))
        waits = resources[name].get("DependsOn")
        lines.append(f"{name} {n}" + (f", after {waits}" if waits else ""))
    lines.append(f"total {len(resources)}")
    return "\n".join(lines) + "\n"


def faults(names, translated):
    resources = translated["Resources"]
    for name in names:
        if name + "Aliaslive" not in resources:
            yield f"{name} has no alias live"
    for method, integration in integrations(resources["Api"]["Properties"]["Body"]["paths"]):
        if "Aliaslive}/invocations" not in json.dumps(integration["uri"]):
            yield f"{method} does not lead to an alias"
        if integration["payloadFormatVersion"] != "2.0":
            yield f"{method} has another payload than 2.0"
    for step, function in (("SigningKeys", "RotateKeys"), ("Schema", "SeedAdmin"), ("ApiAddress", "RotateKeys"), ("Administrator", "SeedAdmin")):
        called = resources[step]["Properties"]
        version = called.get("Version", {"Ref": function + "FunctionVersion"})["Ref"]
        if called["ServiceToken"] != {"Ref": function + "FunctionAliaslive"} or function + "FunctionVersion" not in version:
            yield f"{step} calls {called}"
    alias = {"Ref": "AuthorizerFunctionAliaslive"}
    if resources["InvokeAuthorizer"]["Properties"]["FunctionName"] != alias or translated["Outputs"]["AuthorizerArn"]["Value"] != alias:
        yield "the authorizer that others call is not its alias"


def versions(text, parameters):
    """The logical IDs of the functions' versions."""
    resources = translate(yaml_parse(text), parameters)["Resources"]
    return sorted(name for name, r in resources.items() if r["Type"] == "AWS::Lambda::Version")


def version_faults(text):
    """A new version needs a change of the function, and reserved concurrency is none: Lambda would refuse to publish it."""
    if versions(text, PARAMETERS) != versions(text, PARAMETERS | {"DatabaseConnections": "150"}):
        yield "another DatabaseConnections publishes versions without a change, which Lambda refuses"


def integrations(paths):
    for path, methods in paths.items():
        for method, operation in methods.items():
            yield f"{method} {path}", operation["x-amazon-apigateway-integration"]


IAM = {"DatabaseResourceId": "cluster-ABCDEFGHIJKLMNOP"}

# What changes the graph: each of these parameters in each of its ways, in every combination.
CHOICES = {
    "stage": [{"StageName": "dev"}, {"StageName": "prod", "DatabaseConnections": "75"}],
    "secret": [
        {},
        {"ExistingSecretArn": "arn:aws:secretsmanager:eu-central-1:123456789012:secret:roster-AbCdEf", "DatabaseUrl": "", **IAM},
    ],
    "network": [{}, {"VpcSubnetIds": ["subnet-0123456789abcdef0"], "VpcSecurityGroupIds": ["sg-0123456789abcdef0"]}],
    "topic": [{}, {"AlarmTopicArn": "arn:aws:sns:eu-central-1:123456789012:alarms"}],
}


def combinations():
    """Each combination as a name and the parameters of a deployment."""
    for chosen in itertools.product(*(enumerate(ways) for ways in CHOICES.values())):
        name = "-".join(f"{choice}{number}" for choice, (number, _) in zip(CHOICES, chosen))
        parameters = dict(PARAMETERS)
        for _, given in chosen:
            parameters.update(given)
        yield name, parameters


class Conditions:
    """CloudFormation's conditions under the parameters of a deployment."""

    def __init__(self, template, parameters):
        self.template = template
        self.values = {name: p.get("Default", "") for name, p in template["Parameters"].items()}
        self.values.update(parameters)

    def value(self, form):
        """The value of a form that a condition may hold."""
        if not isinstance(form, dict):
            return form
        (key, argument), = form.items()
        if key == "Ref":
            value = self.values[argument]
            is_list = self.template["Parameters"][argument]["Type"].startswith(("List", "CommaDelimitedList"))
            return ([] if value == "" else value) if is_list else str(value)
        if key == "Condition":
            return self.value(self.template["Conditions"][argument])
        if key == "Fn::Equals":
            return self.value(argument[0]) == self.value(argument[1])
        if key == "Fn::Not":
            return not self.value(argument[0])
        if key == "Fn::And":
            return all(self.value(a) for a in argument)
        if key == "Fn::Or":
            return any(self.value(a) for a in argument)
        if key == "Fn::Join":
            return argument[0].join(self.value(a) for a in self.value(argument[1]))
        raise ValueError(f"a condition with {key}: teach .ci/translations.py")

    def holds(self, name):
        return self.value({"Condition": name})

    def resolve(self, form):
        """The form with each Fn::If replaced by the branch that is taken."""
        if isinstance(form, list):
            return [r for r in map(self.resolve, form) if r != {"Ref": "AWS::NoValue"}]
        if not isinstance(form, dict):
            return form
        if set(form) == {"Fn::If"}:
            name, yes, no = form["Fn::If"]
            return self.resolve(yes if self.holds(name) else no)
        if set(form) == {"Fn::FindInMap"}:
            name, first, second = form["Fn::FindInMap"]
            return self.template["Mappings"][name][str(self.value(first))][self.value(second)]
        resolved = {key: self.resolve(value) for key, value in form.items()}
        return {key: value for key, value in resolved.items() if value != {"Ref": "AWS::NoValue"}}

    def resolved(self):
        """The template as CloudFormation makes it: without what has a condition that does not hold."""
        kept = lambda part: {k: self.resolve(v) for k, v in part.items() if "Condition" not in v or self.holds(v["Condition"])}
        for part in ("Resources", "Outputs"):
            self.template[part] = {k: {n: w for n, w in v.items() if n != "Condition"} for k, v in kept(self.template[part]).items()}
        for part in ("Metadata", "Conditions", "Mappings", "Rules"):
            self.template.pop(part, None)
        used = set(needs([self.template["Resources"], self.template["Outputs"]], self.template["Parameters"]))
        self.template["Parameters"] = {name: p for name, p in self.template["Parameters"].items() if name in used}
        for name, p in self.template["Parameters"].items():  # the deployment's value, for a linter that looks at defaults
            value = self.values[name]
            p["Default"] = ",".join(value) if isinstance(value, list) else value
        return self.template


def needs(form, resources):
    """The resources that a form names: by Ref, GetAtt, Sub and DependsOn, in UpdatePolicy too."""
    if isinstance(form, list):
        for item in form:
            yield from needs(item, resources)
    elif isinstance(form, dict):
        for key, value in form.items():
            names = []
            if key in ("Ref", "DependsOn"):
                names = value if isinstance(value, list) else [value]
            elif key == "Fn::GetAtt":
                names = [value[0] if isinstance(value, list) else value.split(".")[0]]
            elif key == "Fn::Sub":
                names = re.findall(r"\$\{([A-Za-z0-9]+)[.}]", value[0] if isinstance(value, list) else value)
            yield from (name for name in names if isinstance(name, str) and name in resources)
            yield from needs(value, resources)


def circle(resources):
    """Resources that need each other, the first once more at the end, or None."""
    done, path = set(), []

    def visit(name):
        if name in path:
            return path[path.index(name):] + [name]
        if name in done:
            return None
        done.add(name)
        path.append(name)
        for other in sorted(set(needs(resources[name], resources))):
            found = visit(other)
            if found:
                return found
        path.pop()
        return None

    for name in sorted(resources):
        found = visit(name)
        if found:
            return found
    return None


# Another value of each parameter, for key_faults.
CHANGED = {
    "StageName": "dev",
    "PublicUrl": "https://accounts.example.com",
    "CorsOrigins": "https://app.example.com",
    "DisableApiEndpoint": "true",
    "DatabaseUrl": "postgres://other.example/roster?sslmode=verify-full",
    "ExistingSecretArn": "arn:aws:secretsmanager:eu-central-1:123456789012:secret:own-AbCdEf",
    "MigrateSecretArn": "arn:aws:secretsmanager:eu-central-1:123456789012:secret:owner-AbCdEf",
    "KeysSecretArn": "arn:aws:secretsmanager:eu-central-1:123456789012:secret:keys-AbCdEf",
    "MailFrom": "accounts@example.com",
    "AdminEmail": "admin@example.com",
    "JwtKmsKeyArn": "arn:aws:kms:eu-central-1:123456789012:key/11111111-2222-3333-4444-555555555555",
    "DatabaseResourceId": "cluster-ABCDEFGHIJKLMNOP",
    "DatabaseConnections": "150",
    "Architecture": "x86_64",
    "LogRetentionDays": "90",
    "AuditRetentionDays": "730",
    "AlarmTopicArn": "arn:aws:sns:eu-central-1:123456789012:alarms",
    "ImportBucket": "roster-imports",
    "VpcSubnetIds": ["subnet-0123456789abcdef0"],
    "VpcSecurityGroupIds": ["sg-0123456789abcdef0"],
}

# The secret that must change with a parameter, which shows that a change is seen.
ADDRESSES = {"DatabaseUrl": "DatabaseSecret"}


def deployed(text, parameters):
    """The resources of a deployment, each with its properties as CloudFormation would compare them."""
    resources = Conditions(translate(yaml_parse(text), parameters), parameters).resolved()["Resources"]
    values = Conditions(yaml_parse(text), parameters).values

    def fill(form):
        if isinstance(form, list):
            return [fill(f) for f in form]
        if not isinstance(form, dict):
            return form
        if set(form) == {"Ref"} and form["Ref"] in values:
            return values[form["Ref"]]
        if set(form) == {"Fn::Sub"} and isinstance(form["Fn::Sub"], str):
            return re.sub(r"\$\{(\w+)\}", lambda m: str(values.get(m[1], m[0])), form["Fn::Sub"])
        return {key: fill(value) for key, value in form.items()}

    return fill(resources)


def key_faults(text):
    """A parameter whose change would write the keys again, or the settings that people added."""
    known = set(yaml_parse(text)["Parameters"])
    for name in sorted(known ^ set(CHANGED)):
        yield f"CHANGED has another value for each parameter, and {name} is only in one of the two: change .ci/translations.py"
    before = deployed(text, PARAMETERS)
    for name in sorted(known & set(CHANGED)):
        after = deployed(text, {**PARAMETERS, name: CHANGED[name]})
        for secret in ("KeysSecret", "PublicSecret", "SettingsSecret"):
            if before[secret] != after.get(secret):
                yield f"a change of {name} changes {secret} from {before[secret]} to {after.get(secret)}"
        if name in ADDRESSES and before.get(ADDRESSES[name]) == after.get(ADDRESSES[name]):
            yield f"a change of {name} is not seen in {ADDRESSES[name]}"
    removed = {name for name in before if before[name]["Type"] == "AWS::SecretsManager::Secret" and before[name].get("DeletionPolicy") != "RetainExceptOnCreate"}
    for name in removed:
        yield f"{name} would be deleted with the stack"


def graph_faults(translated, parameters, name):
    for what, resources in (
        ("as written", translated["Resources"]),
        ("resolved", Conditions(copy.deepcopy(translated), parameters).resolved()["Resources"]),
    ):
        found = circle(resources)
        if found:
            yield f"{name}, {what}: CloudFormation would refuse the stack: {' → '.join(found)}"


def main():
    text = (ROOT / "template.yaml").read_text()
    names = functions(yaml_parse(text))
    translated = translate(yaml_parse(text), PARAMETERS)
    problems = list(faults(names, translated)) + list(version_faults(text))
    want = (ROOT / "functions" / "testdata" / "resources.txt").read_text()
    got = count(names, translated["Resources"])
    if got != want:
        problems.append(f"functions/testdata/resources.txt has\n{want}and SAM makes\n{got}")
    problems.extend(key_faults(text))
    folder = pathlib.Path(sys.argv[1]) if len(sys.argv) > 1 else None
    made = 0
    for name, parameters in combinations():
        translated = translate(yaml_parse(text), parameters)
        problems.extend(graph_faults(translated, parameters, name))
        made += 1
        if folder:
            folder.mkdir(parents=True, exist_ok=True)
            resolved = Conditions(translated, parameters).resolved()
            (folder / f"{name}.json").write_text(json.dumps(resolved, indent=1))
    for problem in problems:
        print("translations:", problem, file=sys.stderr)
    if not problems:
        print(f"translations: the keys stay when any of {len(CHANGED)} parameters changes; no circle in {made} combinations; SAM makes what TestResources counts, {got.splitlines()[-1]}")
    return 1 if problems else 0


if __name__ == "__main__":
    sys.exit(main())
