"""Runs a Pulumi program in Python: `runPython.py [flags] PROGRAM`, as the launcher of its SDK does."""

import argparse
import asyncio
import os
import runpy

import pulumi

parser = argparse.ArgumentParser()
for name in ["project", "stack", "organization", "root-directory", "monitor", "engine"]:
    parser.add_argument(f"--{name}")
parser.add_argument("--parallel", type=int)
parser.add_argument("--dry-run", type=bool)
parser.add_argument("--pwd")
parser.add_argument("program")
options = vars(parser.parse_args())
folder, program = options.pop("pwd"), options.pop("program")

pulumi.runtime.set_all_config(
    pulumi.runtime.get_config_env(), pulumi.runtime.get_config_secret_keys_env()
)
pulumi.runtime.configure(pulumi.runtime.Settings(**options))
os.chdir(folder)
asyncio.run(pulumi.runtime.run_in_stack(lambda: runpy.run_path(program, run_name="__main__")))
