"""The demo: personas, a local mailbox and one command that runs every process. Never used in production."""

import tomllib
from pathlib import Path

#: What people do and say in the demo.
DATA = tomllib.loads(Path(__file__).with_name("demo_data.toml").read_text(encoding="utf-8"))
