"""Writes the CloudFormation template that SAM generates, including roles and stages."""

import json
import pathlib
import sys

import samtranslator
from cfnlint.decode.cfn_yaml import load
from samtranslator.translator.transform import transform


class ManagedPolicies:
    """AWS managed policies from the data of the translator."""

    def load(self):
        listed = pathlib.Path(samtranslator.__file__).parent / "internal" / "data" / "aws_managed_policies.json"
        return json.loads(listed.read_text())["aws"]


source, target = sys.argv[1:]
template = json.loads(json.dumps(load(source)))  # plain values without source positions
template["Globals"]["Function"].pop("CodeUri")
for resource in template["Resources"].values():
    if resource["Type"] == "AWS::Serverless::Function":
        resource["Properties"]["CodeUri"] = "s3://bucket/key"  # `sam package` sets this
apis = {name: r for name, r in template["Resources"].items() if r["Type"] == "AWS::Serverless::WebSocketApi"}
expanded = transform(json.loads(json.dumps(template)), {}, ManagedPolicies())
for name, api in apis.items():  # SAM does not copy the metadata to the stage
    expanded["Resources"][f"{name}{api['Properties']['StageName']}Stage"]["Metadata"] = api.get("Metadata", {})
pathlib.Path(target).write_text(json.dumps(expanded, indent=1))
