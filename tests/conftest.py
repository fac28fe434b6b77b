"""Every test has the harness; none sees the settings of this machine's own Trunkline."""

import os

pytest_plugins = ["harness.plugin", "harness.node_plugin", "harness.parallel"]

for name in [name for name in os.environ if name.startswith("TRUNKLINE_") and "__" in name]:
    del os.environ[name]
os.environ["TRUNKLINE_HOME"] = "/nonexistent/trunkline-tests"
