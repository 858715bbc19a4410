"""Restores the table and the files of a stack to a point in time.

Usage: restore.py STACK AT, for example ticketsystem-prod 2026-03-01T10:15:00Z. `latest` is
the last moment that can be restored.

The table is restored into a new one, which gets the stream, TTL, point-in-time recovery and
deletion protection of the template. Then the stack is pointed at it with three updates of
CloudFormation (ADR 0039): one that names the new table instead of the resource Table, one
that imports the new table as the resource Table, and one back to the template of before,
without its canaries.
Files get the versions of that time. Nothing is deleted: the old table stays.

A run that was interrupted may be repeated with the same arguments. YES=1 answers the
questions. `restore.py --detach NAME ARN STREAM` is for tests: it rewrites a template.
"""

import copy
import datetime
import json
import os
import pathlib
import re
import sys
import time

TABLE = "Table"  # the logical id


def detach(template, values):
    """Returns the template without the table, whose references become values.

    values has the name ("") and the attributes ("Arn", "StreamArn") of another table.
    """

    def replaced(node):
        if isinstance(node, list):
            return [replaced(item) for item in node]
        if not isinstance(node, dict):
            return node
        if node.get("Ref") == TABLE and len(node) == 1:
            return values[""]
        if len(node) == 1 and "Fn::GetAtt" in node:
            target = node["Fn::GetAtt"]
            name, attribute = target if isinstance(target, list) else target.split(".", 1)
            return values[attribute] if name == TABLE else node
        if len(node) == 1 and "Fn::Sub" in node:
            return {"Fn::Sub": substituted(node["Fn::Sub"])}
        return {key: replaced(item) for key, item in node.items()}

    def substituted(argument):
        text, local = (argument, None) if isinstance(argument, str) else argument
        if TABLE not in (local or {}):
            text = re.sub(r"\$\{Table(?:\.(\w+))?\}", lambda found: values[found[1] or ""], text)
        return text if local is None else [text, replaced(local)]

    result = copy.deepcopy(template)
    del result["Resources"][TABLE]
    for resource in result["Resources"].values():
        depends = resource.get("DependsOn", [])
        rest = [name for name in ([depends] if isinstance(depends, str) else depends) if name != TABLE]
        resource.pop("DependsOn", None)
        if rest:
            resource["DependsOn"] = rest
    for section in ("Resources", "Outputs"):
        result[section] = replaced(result.get(section, {}))
    return with_new_versions(result, values[""])


def with_new_versions(template, table):
    """Returns the template with a new version of each function that has one, used at once.

    A version keeps the variables that it was published with, so an alias would stay on the old
    table. Lambda publishes only what has changed: one variable is there until the last update.
    """
    resources = template["Resources"]
    versions = [name for name, resource in resources.items() if resource["Type"] == "AWS::Lambda::Version"]
    for name in versions:
        function = resources[resources[name]["Properties"]["FunctionName"]["Ref"]]["Properties"]
        function.setdefault("Environment", {}).setdefault("Variables", {})["RESTORED_TABLE"] = table
    text = json.dumps(without_canaries(template))
    for name in versions:  # they end with a hash, so no other text contains them
        text = text.replace(name, f"{name}Restored")
    return json.loads(text)


def without_canaries(template):
    """Returns the template with aliases that move at once.

    A canary would use both tables, and CodeDeploy starts none while its alarm is raised. The
    next deployment brings the canaries back.
    """
    result = copy.deepcopy(template)
    for resource in result["Resources"].values():
        if resource["Type"] == "AWS::Lambda::Alias":
            resource.pop("UpdatePolicy", None)
    return result


def with_table(detached, template):
    """Returns the template of the import: the detached one and the resource Table."""
    return {**detached, "Resources": {**detached["Resources"], TABLE: template["Resources"][TABLE]}}


def confirm(question):
    if os.environ.get("YES") != "1" and input(f"{question} (yes/no) ") != "yes":
        sys.exit("stopped; nothing else was changed")


def wait(what, ready, every=float(os.environ.get("POLL_SECONDS", "15"))):
    print(f"waiting for {what} ", end="", flush=True)
    while not ready():
        print(".", end="", flush=True)
        time.sleep(every)
    print(" done")


class Restore:
    def __init__(self, session, stack, at):
        self.dynamodb, self.s3, self.cloudformation = (session.client(name) for name in ("dynamodb", "s3", "cloudformation"))
        self.stack, self.at = stack, at
        described = self.cloudformation.describe_stacks(StackName=stack)["Stacks"][0]
        self.parameters = [{"ParameterKey": p["ParameterKey"], "UsePreviousValue": True} for p in described.get("Parameters", [])]
        self.prod = any(p["ParameterKey"] == "Stage" and p["ParameterValue"] == "prod" for p in described.get("Parameters", []))

    def physical(self, name):
        detail = self.cloudformation.describe_stack_resource(StackName=self.stack, LogicalResourceId=name)
        return detail["StackResourceDetail"]["PhysicalResourceId"]

    def table_of_stack(self):
        """Returns the name of the stack's table, or None between the first two updates."""
        resources = self.cloudformation.get_paginator("list_stack_resources").paginate(StackName=self.stack)
        names = [r["PhysicalResourceId"] for page in resources for r in page["StackResourceSummaries"]
                 if r["LogicalResourceId"] == TABLE and not r["ResourceStatus"].startswith("DELETE")]
        return names[0] if names else None

    def table(self, name):
        """Returns the description of a table, or None."""
        try:
            return self.dynamodb.describe_table(TableName=name)["Table"]
        except self.dynamodb.exceptions.ResourceNotFoundException:
            return None

    def restore_table(self, source, target):
        """Starts the restore. A deleted table comes from the backup that its deletion made."""
        if self.table(source):
            moment = {"UseLatestRestorableTime": True} if self.at is None else {"RestoreDateTime": self.at}
            self.dynamodb.restore_table_to_point_in_time(SourceTableName=source, TargetTableName=target, **moment)
            return
        backups = self.dynamodb.list_backups(TableName=source, BackupType="SYSTEM")["BackupSummaries"]
        if not backups:
            sys.exit(f"the table {source} is gone, and there is no backup of its deletion")
        newest = max(backups, key=lambda backup: backup["BackupCreationDateTime"])
        self.dynamodb.restore_table_from_backup(TargetTableName=target, BackupArn=newest["BackupArn"])

    def configure(self, target, properties):
        """Gives the new table what a restore does not: stream, TTL, recovery, protection."""
        active = lambda: self.table(target)["TableStatus"] == "ACTIVE"
        wait(f"the table {target}", active)
        table = self.table(target)
        if not table.get("StreamSpecification", {}).get("StreamEnabled"):
            view = properties["StreamSpecification"]["StreamViewType"]
            self.dynamodb.update_table(TableName=target, StreamSpecification={"StreamEnabled": True, "StreamViewType": view})
            wait("the stream", active)
        attribute = properties["TimeToLiveSpecification"]["AttributeName"]
        ttl = self.dynamodb.describe_time_to_live(TableName=target)["TimeToLiveDescription"]
        if ttl["TimeToLiveStatus"] not in ("ENABLED", "ENABLING"):
            self.dynamodb.update_time_to_live(TableName=target, TimeToLiveSpecification={"Enabled": True, "AttributeName": attribute})
        self.dynamodb.update_continuous_backups(TableName=target, PointInTimeRecoverySpecification={"PointInTimeRecoveryEnabled": True})
        if self.prod:
            self.dynamodb.update_table(TableName=target, DeletionProtectionEnabled=True)
            wait("the protection", active)

    def missing_indexes(self, target, properties):
        has = {index["IndexName"] for index in self.table(target).get("GlobalSecondaryIndexes", [])}
        return sorted({index["IndexName"] for index in properties.get("GlobalSecondaryIndexes", [])} - has)

    def upload(self, template):
        """Returns the URL of a template, which is too large for a request."""
        managed = self.cloudformation.describe_stacks(StackName="aws-sam-cli-managed-default")["Stacks"][0]["Outputs"]
        bucket = next(output["OutputValue"] for output in managed if output["OutputKey"] == "SourceBucket")
        key = f"{self.stack}/restore-{time.time_ns()}.json"
        self.s3.put_object(Bucket=bucket, Key=key, Body=json.dumps(template).encode())
        return self.s3.generate_presigned_url("get_object", Params={"Bucket": bucket, "Key": key}).split("?")[0]

    def apply(self, template, kind, **options):
        """Applies a template by a change set of the kind UPDATE or IMPORT."""
        name = f"restore-{time.time_ns()}"
        change = {"StackName": self.stack, "ChangeSetName": name}
        self.cloudformation.create_change_set(
            **change, ChangeSetType=kind, TemplateURL=self.upload(template), Parameters=self.parameters,
            Capabilities=["CAPABILITY_IAM", "CAPABILITY_NAMED_IAM"], **options,
        )
        status = lambda: self.cloudformation.describe_change_set(**change)
        wait(f"the change set ({kind})", lambda: status()["Status"] in ("CREATE_COMPLETE", "FAILED"))
        made = status()
        if made["Status"] == "FAILED":
            if "didn't contain changes" in made.get("StatusReason", "") or "No updates" in made.get("StatusReason", ""):
                return
            sys.exit(f"{kind}: {made.get('StatusReason')}")
        for item in made.get("Changes", []):
            print("  {Action} {LogicalResourceId}".format(**item["ResourceChange"]))
        confirm(f"execute this {kind}?")
        self.cloudformation.execute_change_set(**change)
        stack = lambda: self.cloudformation.describe_stacks(StackName=self.stack)["Stacks"][0]["StackStatus"]
        wait("the stack", lambda: not stack().endswith("IN_PROGRESS"))
        if stack() not in ("UPDATE_COMPLETE", "IMPORT_COMPLETE"):
            sys.exit(f"{kind}: the stack is {stack()}; see its events")

    def switch(self, target, template):
        """Makes the new table the resource Table of the stack, from wherever an earlier run stopped."""
        table, current = self.table(target), self.table_of_stack()
        template = without_canaries(template)
        detached = detach(template, {"": target, "Arn": table["TableArn"], "StreamArn": table["LatestStreamArn"]})
        if current not in (None, target):
            self.apply(detached, "UPDATE")
        if current != target:
            resource = {"ResourceType": "AWS::DynamoDB::Table", "LogicalResourceId": TABLE, "ResourceIdentifier": {"TableName": target}}
            self.apply(with_table(detached, template), "IMPORT", ResourcesToImport=[resource])
        self.apply(template, "UPDATE")

    def users(self, table):
        """Returns the partition keys of all users: the index of creation lists them (pkg/dynamo/keys_user.go)."""
        pages = self.dynamodb.get_paginator("query").paginate(
            TableName=table, IndexName="all-created", KeyConditionExpression="qc = :users", ExpressionAttributeValues={":users": {"S": "USERS"}})
        return {item["PK"]["S"] for page in pages for item in page["Items"]}

    def files(self, bucket):
        """Restores the files that were changed or deleted since. Returns their number."""
        versions = {}
        pages = self.s3.get_paginator("list_object_versions").paginate(Bucket=bucket, Prefix="files/")
        for page in pages:
            for kind in ("Versions", "DeleteMarkers"):
                for version in page.get(kind, []):
                    versions.setdefault(version["Key"], []).append((version["LastModified"], version["VersionId"], kind == "Versions"))
        restored = 0
        for key, history in versions.items():
            history.sort(reverse=True)
            then = next((version for version in history if self.at is None or version[0] <= self.at), None)
            if then and then[2] and then != history[0]:
                self.s3.copy_object(Bucket=bucket, Key=key, CopySource={"Bucket": bucket, "Key": key, "VersionId": then[1]})
                restored += 1
        return restored


def plain(at):
    return re.sub("[^0-9A-Za-z]", "", at)


def planned(restore, at, plan, now):
    """Returns the tables and the template of a run, which a repeated run reads from the file plan.

    The last moment is another one in each run, so the name of its table has the time of the run.
    """
    if plan.exists():
        saved = json.loads(plan.read_text())
        confirm(f"go on with the interrupted restore of {saved['target']}? To begin a new one, delete {plan}")
        return saved
    target = f"{restore.stack}-{plain(at)}" + (f"-{now:%Y%m%dT%H%M%SZ}" if at == "latest" else "")
    template = restore.cloudformation.get_template(StackName=restore.stack, TemplateStage="Processed")["TemplateBody"]
    source, existing = restore.table_of_stack(), restore.table(target)
    if source in (None, target):
        sys.exit(f"the stack has the table {source}; continue an interrupted run in its folder, with its AT")
    print(f"{restore.stack}: table {source} as of {at} becomes {target}")
    confirm(f"use {target}, which exists since {existing['CreationDateTime']}?" if existing else "restore?")
    saved = {"source": source, "target": target, "template": json.loads(template) if isinstance(template, str) else template}
    plan.parent.mkdir(exist_ok=True)
    plan.write_text(json.dumps(saved))
    return saved


def main(stack, at):
    import boto3

    moment = None if at == "latest" else datetime.datetime.fromisoformat(at)
    if moment is not None and moment.tzinfo is None:
        sys.exit("AT needs a time zone, for example 2026-03-01T10:15:00Z")
    restore = Restore(boto3.Session(), stack, moment)
    plan = pathlib.Path(f".cache/restore-{stack}-{plain(at)}.json")  # what a repeated run needs
    saved = planned(restore, at, plan, datetime.datetime.now(datetime.timezone.utc))
    source, target, template = saved["source"], saved["target"], saved["template"]
    properties = template["Resources"][TABLE]["Properties"]
    if restore.table(target) is None:
        restore.restore_table(source, target)
    restore.configure(target, properties)
    if missing := restore.missing_indexes(target, properties):
        sys.exit(f"the restored table lacks the indexes {missing}; add them one by one, then run this again")
    restore.switch(target, template)
    print(f"restored {restore.files(restore.physical('Bucket'))} files")
    if restore.table(source):
        for user in sorted(restore.users(target) - restore.users(source)):
            print(f"deleted since, and back: {user.removeprefix('U#')}")
    plan.unlink()
    print(f"the old table {source} is kept; run `make replay STACK={stack}`, then see docs/operate.md")


if __name__ == "__main__":
    if sys.argv[1] == "--detach":
        print(json.dumps(detach(json.load(sys.stdin), dict(zip(["", "Arn", "StreamArn"], sys.argv[2:])))))
    else:
        main(*sys.argv[1:])
