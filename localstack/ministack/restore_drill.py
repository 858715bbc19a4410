"""The restore drill: loses items and files of a stack, runs infra/restore.py, compares each.

It runs on ministack, with the table and the bucket of template.yaml, the roles, variables
and stream mappings of two functions, and code that does nothing. The emulator has no history
of a table: its copy is the table at the time of the restore, so it is made before the loss.
"""

import datetime
import json
import os
import pathlib
import socket
import subprocess
import sys
import time
import urllib.request

ROOT = pathlib.Path(__file__).resolve().parents[2]
STACK, ITEMS, FILES = "restore-drill", 500, 40
KEEP = ["Table", "Bucket", "SearchIndexQueue", "SearchIndexDLQ", "StreamDLQ"]


def free_port():
    with socket.socket() as s:
        s.bind(("localhost", 0))
        return s.getsockname()[1]


PORT = free_port()
os.environ.update(
    GATEWAY_PORT=str(PORT), BIND_HOST="127.0.0.1", AWS_ENDPOINT_URL=f"http://localhost:{PORT}", AWS_ACCESS_KEY_ID="test", AWS_SECRET_ACCESS_KEY="test",
    AWS_REGION="us-east-1", AWS_DEFAULT_REGION="us-east-1", YES="1", POLL_SECONDS="0.2",
)
for name in ("AWS_PROFILE", "AWS_SESSION_TOKEN"):
    os.environ.pop(name, None)

import boto3  # noqa: E402
import yaml  # noqa: E402

dynamodb, s3, cloudformation, functions = (boto3.client(name) for name in ("dynamodb", "s3", "cloudformation", "lambda"))


def load_template():
    """Returns template.yaml with the long forms of the intrinsic functions."""

    class Loader(yaml.SafeLoader):
        pass

    def construct(loader, suffix, node):
        value = {
            yaml.ScalarNode: lambda: loader.construct_scalar(node),
            yaml.SequenceNode: lambda: loader.construct_sequence(node, deep=True),
            yaml.MappingNode: lambda: loader.construct_mapping(node, deep=True),
        }[type(node)]()
        if suffix == "GetAtt" and isinstance(value, str):
            value = value.split(".", 1)
        return {suffix if suffix in ("Ref", "Condition") else f"Fn::{suffix}": value}

    Loader.add_multi_constructor("!", construct)
    return yaml.load((ROOT / "template.yaml").read_text(), Loader)


def plain_function(declared, mapping):
    """Returns the resources of a function: role, function, stream mapping."""
    name, source = declared
    properties = source["Properties"]
    return {
        f"{name}Role": {"Type": "AWS::IAM::Role", "Properties": {
            "AssumeRolePolicyDocument": {"Version": "2012-10-17", "Statement": [{"Effect": "Allow", "Principal": {"Service": "lambda.amazonaws.com"}, "Action": "sts:AssumeRole"}]},
            "Policies": [{"PolicyName": "own", "PolicyDocument": {"Version": "2012-10-17", "Statement": properties["Policies"][0]["Statement"][:2]}}],
        }},
        name: {"Type": "AWS::Lambda::Function", "Properties": {
            "Runtime": "python3.12", "Handler": "index.handler", "Role": {"Fn::GetAtt": [f"{name}Role", "Arn"]},
            "Code": {"ZipFile": "def handler(event, context):\n    return {}\n"}, "Environment": {"Variables": {"TABLE_NAME": {"Ref": "Table"}}},
        }},
        f"{name}Version0123456789": {"Type": "AWS::Lambda::Version", "DeletionPolicy": "Retain", "Properties": {"FunctionName": {"Ref": name}}},
        f"{name}Aliaslive": {"Type": "AWS::Lambda::Alias", "Properties": {
            "Name": "live", "FunctionName": {"Ref": name}, "FunctionVersion": {"Fn::GetAtt": [f"{name}Version0123456789", "Version"]},
        }},
        f"{name}Changes": {"Type": "AWS::Lambda::EventSourceMapping", "Properties": {
            "FunctionName": {"Ref": name}, "EventSourceArn": mapping["Stream"], "StartingPosition": mapping["StartingPosition"], "BatchSize": mapping["BatchSize"],
        }},
    }


def drill_template():
    full = load_template()
    resources = {name: full["Resources"][name] for name in KEEP}
    resources["Bucket"]["Properties"].pop("CorsConfiguration")
    for name in ("StreamProjectFunction", "StreamDeliverFunction"):
        declared = full["Resources"][name]
        resources.update(plain_function((name, declared), declared["Properties"]["Events"]["Changes"]["Properties"]))
    parameters = {name: full["Parameters"][name] for name in ("Stage", "TableCapacity", "TableUnits")}
    conditions = {name: full["Conditions"][name] for name in ("IsProd", "IsProvisioned")}
    outputs = {name: full["Outputs"][name] for name in ("TableName", "BucketName")}
    return {"AWSTemplateFormatVersion": "2010-09-09", "Parameters": parameters, "Conditions": conditions, "Resources": resources, "Outputs": outputs}


def start_emulator():
    log = open(ROOT / ".cache" / "restore-drill.log", "w")
    process = subprocess.Popen([sys.executable, "localstack/ministack/launcher.py"], cwd=ROOT, stdout=log, stderr=log, start_new_session=True)
    for _ in range(600):
        try:
            urllib.request.urlopen(f"http://localhost:{PORT}/_ministack/health")
            return process
        except OSError:
            time.sleep(0.2)
    sys.exit("ministack did not start; see .cache/restore-drill.log")


def items(table):
    found = {}
    for page in dynamodb.get_paginator("scan").paginate(TableName=table, ConsistentRead=True):
        for item in page["Items"]:
            found[item["PK"]["S"], item["SK"]["S"]] = item
    return found


def files(bucket):
    found = {}
    for page in s3.get_paginator("list_objects_v2").paginate(Bucket=bucket, Prefix="files/"):
        for entry in page.get("Contents", []):
            found[entry["Key"]] = s3.get_object(Bucket=bucket, Key=entry["Key"])["Body"].read()
    return found


def fill(table, bucket):
    for i in range(ITEMS):
        item = {"PK": {"S": f"T#{i % 50}"}, "SK": {"S": f"M#{i:010}"}, "body": {"S": "سلام " * (i % 40)}, "n": {"S": str(i)}, "tags": {"L": [{"N": str(i)}, {"NULL": True}]}}
        if i % 10 == 0:
            item |= {"u": {"S": f"T#{i % 7}"}, "a": {"S": str(i)}, "row": {"M": {"title": {"S": "a"}}}, "ttl": {"N": str(int(time.time()) + 86400)}}
        dynamodb.put_item(TableName=table, Item=item)
    for user in "ABC":
        dynamodb.put_item(TableName=table, Item={"PK": {"S": f"U#{user}"}, "SK": {"S": "~U"}, "qc": {"S": "USERS"}, "n": {"S": "1"}})
    for i in range(FILES):
        s3.put_object(Bucket=bucket, Key=f"files/{i}", Body=os.urandom(1000 + i))


def lose(table, bucket):
    dynamodb.delete_item(TableName=table, Key={"PK": {"S": "U#B"}, "SK": {"S": "~U"}})
    for i, key in enumerate(key for key in items(table) if key[0].startswith("T#")):
        if i % 3 == 0:
            dynamodb.delete_item(TableName=table, Key={"PK": {"S": key[0]}, "SK": {"S": key[1]}})
        elif i % 7 == 0:
            dynamodb.put_item(TableName=table, Item={"PK": {"S": key[0]}, "SK": {"S": key[1]}, "body": {"S": "overwritten"}})
    for i in range(0, FILES, 2):
        s3.delete_object(Bucket=bucket, Key=f"files/{i}")
    s3.put_object(Bucket=bucket, Key="files/1", Body=b"overwritten")


held = []  # what was checked


def check(what, got, want):
    if got != want:
        cause = f"{what}: got {str(got)[:500]}, want {str(want)[:500]}"
        record("checks", f"{len(held)} hold, then one fails", "all hold", False, cause)
        sys.exit(cause)
    held.append(what)
    print(f"  ok    {what}")


def compare(what, got, want):
    """Compares items or files one by one."""
    same = sum(got.get(key) == value for key, value in want.items())
    record(f"{what} after the loss and the restore", f"{same} of {len(want)} as before, {len(got.keys() - want)} more", f"{len(want)} as before", got == want)
    check(f"{len(want)} {what}", got, want)


def record(name, value, target, passed, note=""):
    """Keeps a result for the quality report, as localstack/testkit/report does."""
    folder = os.environ.get("QUALITY_DIR")
    if not folder:
        return
    result = {"Check": "restore", "Name": name, "Value": value, "Target": target, "Pass": passed, "Note": note, "At": datetime.datetime.now(datetime.timezone.utc).isoformat()}
    path = pathlib.Path(folder, "restore", f"{name}.json")
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(json.dumps(result))


def settings(table):
    """Returns what a restore does not keep, and the indexes."""
    described = dynamodb.describe_table(TableName=table)["Table"]
    backups = dynamodb.describe_continuous_backups(TableName=table)["ContinuousBackupsDescription"]
    return {
        "stream": described["StreamSpecification"], "ttl": dynamodb.describe_time_to_live(TableName=table)["TimeToLiveDescription"],
        "recovery": backups["PointInTimeRecoveryDescription"]["PointInTimeRecoveryStatus"], "protection": described.get("DeletionProtectionEnabled", False),
        "indexes": sorted((i["IndexName"], json.dumps(i["KeySchema"]), json.dumps(i["Projection"])) for i in described["GlobalSecondaryIndexes"]),
    }


def resources_of_stack():
    pages = cloudformation.get_paginator("list_stack_resources").paginate(StackName=STACK)
    return {r["LogicalResourceId"]: r["PhysicalResourceId"] for page in pages for r in page["StackResourceSummaries"] if not r["ResourceStatus"].startswith("DELETE")}


def check_stack(target):
    now = resources_of_stack()
    check("the stack's table", now.get("Table"), target)
    stream = dynamodb.describe_table(TableName=target)["Table"]["LatestStreamArn"]
    for name in ("StreamProjectFunction", "StreamDeliverFunction"):
        for qualifier in ("$LATEST", "live"):
            variables = functions.get_function_configuration(FunctionName=now[name], Qualifier=qualifier)["Environment"]["Variables"]
            check(f"the variables of {name} {qualifier}", variables, {"TABLE_NAME": target})
        sources = [m["EventSourceArn"] for m in functions.list_event_source_mappings(FunctionName=now[name])["EventSourceMappings"]]
        check(f"the stream of {name}", sources, [stream])
        policy = boto3.client("iam").get_role_policy(RoleName=now[f"{name}Role"], PolicyName="own")["PolicyDocument"]
        check(f"the policy of {name}", json.dumps(policy).count(f":table/{target}") > 0, True)
    outputs = {o["OutputKey"]: o["OutputValue"] for o in cloudformation.describe_stacks(StackName=STACK)["Stacks"][0]["Outputs"]}
    check("the output TableName", outputs["TableName"], target)


def template_of_stack():
    body = cloudformation.get_template(StackName=STACK, TemplateStage="Processed")["TemplateBody"]
    return body if isinstance(body, dict) else json.loads(body)


def drill():
    s3.create_bucket(Bucket="sam-bucket")
    managed = {"Resources": {"Topic": {"Type": "AWS::SNS::Topic"}}, "Outputs": {"SourceBucket": {"Value": "sam-bucket"}}}
    cloudformation.create_stack(StackName="aws-sam-cli-managed-default", TemplateBody=json.dumps(managed))
    s3.put_object(Bucket="sam-bucket", Key="drill.json", Body=json.dumps(drill_template()).encode())
    cloudformation.create_stack(
        StackName=STACK, TemplateURL=f"{os.environ['AWS_ENDPOINT_URL']}/sam-bucket/drill.json", Capabilities=["CAPABILITY_IAM"],
        Parameters=[{"ParameterKey": "Stage", "ParameterValue": "prod"}],
    )
    cloudformation.get_waiter("stack_create_complete").wait(StackName=STACK, WaiterConfig={"Delay": 1})
    before, template = resources_of_stack(), template_of_stack()
    table, bucket = before["Table"], before["Bucket"]
    fill(table, bucket)
    want_items, want_files = items(table), files(bucket)
    # The emulator does not give a table of a template its TTL and its recovery.
    want_settings = settings(table) | {"ttl": {"TimeToLiveStatus": "ENABLED", "AttributeName": "ttl"}, "recovery": "ENABLED"}
    print(f"filled {table} with {len(want_items)} items and {bucket} with {len(want_files)} files")
    time.sleep(1.1)  # times of versions are in seconds
    at = datetime.datetime.now(datetime.timezone.utc).isoformat(timespec="seconds")
    target = f"{STACK}-{''.join(c for c in at if c.isalnum())}"
    time.sleep(1.1)
    dynamodb.restore_table_to_point_in_time(SourceTableName=table, TargetTableName=target, UseLatestRestorableTime=True)
    lose(table, bucket)
    print(f"lost: {len(items(table))} items and {len(files(bucket))} files are left")
    begin = time.monotonic()
    restore = [sys.executable, "infra/restore.py", STACK, at]
    stopped = subprocess.run(restore, cwd=ROOT, env={**os.environ, "YES": ""}, input=b"yes\nyes\nno\n")
    check("\n  the run that was stopped before the import", (stopped.returncode, resources_of_stack().get("Table")), (1, None))
    output = subprocess.run(restore, cwd=ROOT, check=True, stdout=subprocess.PIPE, text=True).stdout
    print(output)
    check("the deleted user is named", [line for line in output.splitlines() if "deleted since" in line], ["deleted since, and back: B"])
    took = f"{time.monotonic() - begin:.0f} s"
    print(f"restored in {took}")
    compare("items", items(target), want_items)
    compare("files", files(bucket), want_files)
    check("stream, TTL, recovery, protection and indexes", settings(target), want_settings)
    check_stack(target)
    check("the template of the stack", template_of_stack(), template)
    check("the old table is kept", table in dynamodb.list_tables()["TableNames"], True)
    note = f"A run that was stopped before the import and its repetition took {took} on the emulator. Checked: {'; '.join(w.strip() for w in held)}."
    record("checks", f"{len(held)} of {len(held)} hold", "all hold", True, note)


emulator = start_emulator()
try:
    drill()
finally:
    emulator.terminate()
    emulator.wait()
