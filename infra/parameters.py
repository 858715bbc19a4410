"""Prints the parameters of a deployment, quoted for a shell.

Usage: parameters.py ENV [Name=value …]. They are the defaults of template.yaml, then the
parameters of the environment ENV in samconfig.toml, then the arguments; of two with one name
the SAM CLI uses the later. Every parameter with a default is named, because CloudFormation
keeps the previous value of one that is not.
"""

import re
import shlex
import sys
import tomllib


def defaults(template):
    """Returns Name=value of each parameter with a default. The SAM CLI removes the quotes of YAML."""
    section = re.search(r"^Parameters:\n(.*?)^\S", template, re.MULTILINE | re.DOTALL)[1]
    return [f"{name}={value}" for name, value in re.findall(r"^  (\w+):\n(?:    .*\n)*?    Default: (.*)$", section, re.MULTILINE)]


with open("template.yaml", encoding="utf-8") as template, open("samconfig.toml", "rb") as config:
    settings = tomllib.load(config)[sys.argv[1]]["deploy"]["parameters"]["parameter_overrides"]
    print(shlex.join(defaults(template.read()) + settings + sys.argv[2:]))
