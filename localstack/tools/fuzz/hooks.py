"""Hooks of schemathesis: sign-in, protection of the test users, and a check for leaked internal errors."""

import json
import os
import re
import urllib.error
import urllib.request

import schemathesis

BASE = os.environ["FUZZ_URL"]
SIGN_IN = json.dumps({"phone": os.environ["FUZZ_PHONE"], "password": os.environ["FUZZ_PASSWORD"]}).encode()
OWN = set(os.environ["FUZZ_OWN"].split())  # ids of the test users
OTHER = os.environ["FUZZ_OTHER"]  # id of a user that may be changed and deleted


@schemathesis.auth(refresh_interval=300)
class TestUser:
    """Provides the access token of the test user. It keeps the last token if a new login fails."""

    token = ""

    def get(self, case, context):
        request = urllib.request.Request(BASE + "/login", data=SIGN_IN, headers={"content-type": "application/json"})
        try:
            with urllib.request.urlopen(request, timeout=30) as response:
                TestUser.token = json.load(response)["accessToken"]
        except urllib.error.HTTPError:
            if not TestUser.token:  # login attempts of the fuzzer may have locked the account
                raise
        return TestUser.token

    def set(self, case, data, context):
        case.headers["Authorization"] = "Bearer " + data


@schemathesis.hook
def map_path_parameters(context, path_parameters):
    """Replaces the ids of test users, which must keep their rights until the end of the run."""
    if path_parameters and path_parameters.get("id") in OWN:
        path_parameters["id"] = OTHER
    return path_parameters


def may_be_null(schema):
    """Allows null for optional members of request bodies, as the OpenAPI document states in prose."""
    for child in schema.values() if isinstance(schema, dict) else schema if isinstance(schema, list) else ():
        may_be_null(child)
    if not isinstance(schema, dict) or not isinstance(schema.get("properties"), dict):
        return
    for name, member in schema["properties"].items():
        if name not in schema.get("required", []):
            schema["properties"][name] = {"anyOf": [member, {"type": "null"}]}


@schemathesis.hook
def before_load_schema(context, raw_schema):
    """Applies may_be_null to all request bodies."""
    for item in raw_schema["paths"].values():
        for operation in item.values():
            if isinstance(operation, dict):
                may_be_null(operation.get("requestBody", {}))
    for name in ("CategoryInput", "LocalizedText", "NotificationPreferencesInput"):
        may_be_null({"only": raw_schema["components"]["schemas"][name]})


LEAK = re.compile(
    r"dynamodb|operation error|ConditionalCheck|TransactionCanceled|ResourceNotFoundException|api error|goroutine \d|"
    r"runtime error|panic:|\.go:\d|arn:aws|dial tcp|unexpected EOF|json: |strconv\.|invalid character ['\\]",  # as encoding/json says it
    re.IGNORECASE,
)


@schemathesis.check
def no_leaked_error(ctx, response, case):
    """Fails if an error response contains internal error text."""
    if response.status_code < 400:
        return
    found = LEAK.search(response.text)
    if found and found.group() not in f"{case.formatted_path} {case.query} {case.body}":  # an echo of the request is allowed
        raise AssertionError(f"leaked internal error: {found.group()!r}")
