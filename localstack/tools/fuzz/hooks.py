"""What schemathesis must know of this house: who it is, what it must leave alone, what a leak is."""

import json
import os
import re
import urllib.error
import urllib.request

import schemathesis

BASE = os.environ["FUZZ_URL"]
SIGN_IN = json.dumps({"phone": os.environ["FUZZ_PHONE"], "password": os.environ["FUZZ_PASSWORD"]}).encode()
OWN = set(os.environ["FUZZ_OWN"].split())  # the people of this trial
OTHER = os.environ["FUZZ_OTHER"]  # somebody who may be changed and removed


@schemathesis.auth(refresh_interval=300)
class Person:
    """Tokens of one of the trial's people; the last one stays where a new one is not to be had."""

    token = ""

    def get(self, case, context):
        request = urllib.request.Request(BASE + "/login", data=SIGN_IN, headers={"content-type": "application/json"})
        try:
            with urllib.request.urlopen(request, timeout=30) as answer:
                Person.token = json.load(answer)["accessToken"]
        except urllib.error.HTTPError:
            if not Person.token:  # somebody has guessed at our password in the meantime, as fuzzers do
                raise
        return Person.token

    def set(self, case, data, context):
        case.headers["Authorization"] = "Bearer " + data


@schemathesis.hook
def map_path_parameters(context, path_parameters):
    """Nobody of this trial loses rights or is removed: the rest of it would find closed doors."""
    if path_parameters and path_parameters.get("id") in OWN:
        path_parameters["id"] = OTHER
    return path_parameters


def may_be_null(schema):
    """Optional members of a body may be null, as the description says."""
    for child in schema.values() if isinstance(schema, dict) else schema if isinstance(schema, list) else ():
        may_be_null(child)
    if not isinstance(schema, dict) or not isinstance(schema.get("properties"), dict):
        return
    for name, member in schema["properties"].items():
        if name not in schema.get("required", []):
            schema["properties"][name] = {"anyOf": [member, {"type": "null"}]}


@schemathesis.hook
def before_load_schema(context, raw_schema):
    """Says in each body's schema what the description says once for all."""
    for item in raw_schema["paths"].values():
        for operation in item.values():
            if isinstance(operation, dict):
                may_be_null(operation.get("requestBody", {}))
    for name in ("CategoryEdit", "Texts", "Notifications"):
        may_be_null({"only": raw_schema["components"]["schemas"][name]})


LEAK = re.compile(
    r"dynamodb|operation error|ConditionalCheck|TransactionCanceled|ResourceNotFoundException|api error|goroutine \d|"
    r"runtime error|panic:|\.go:\d|arn:aws|dial tcp|unexpected EOF|json: |strconv\.|invalid character",
    re.IGNORECASE,
)


@schemathesis.check
def no_inner_error(ctx, response, case):
    """A refusal says what was wrong with the request, never what went wrong inside."""
    if response.status_code < 400:
        return
    found = LEAK.search(response.text)
    if found and found.group() not in f"{case.formatted_path} {case.query} {case.body}":  # what was sent may be told back
        raise AssertionError(f"an inner error shows: {found.group()!r}")
