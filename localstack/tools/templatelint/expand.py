"""Writes the template as SAM hands it to CloudFormation, with the roles and stages that it makes."""

import json
import pathlib
import sys

import samtranslator
from cfnlint.decode.cfn_yaml import load
from samtranslator.translator.transform import transform


class ManagedPolicies:
    """The names of AWS's own policies, as the translator ships them."""

    def load(self):
        listed = pathlib.Path(samtranslator.__file__).parent / "internal" / "data" / "aws_managed_policies.json"
        return json.loads(listed.read_text())["aws"]


source, target = sys.argv[1:]
template = json.loads(json.dumps(load(source)))  # plain values without their places in the file
template["Globals"]["Function"].pop("CodeUri")
for resource in template["Resources"].values():
    if resource["Type"] == "AWS::Serverless::Function":
        resource["Properties"]["CodeUri"] = "s3://bucket/key"  # what `sam package` would put there
pathlib.Path(target).write_text(json.dumps(transform(template, {}, ManagedPolicies()), indent=1))
