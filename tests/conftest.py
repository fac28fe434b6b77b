"""Every test has the harness; none sees the settings of this machine's own Trunkline."""

import os

from hypothesis import HealthCheck, settings

pytest_plugins = ["harness.plugin", "harness.node_plugin", "harness.parallel", "harness.again", "harness.long"]

for name in [name for name in os.environ if name.startswith("TRUNKLINE_") and "__" in name]:
    del os.environ[name]
os.environ["TRUNKLINE_HOME"] = "/nonexistent/trunkline-tests"

# How long an example takes says how busy the machine is, not whether the example is right.
settings.register_profile("busy", deadline=None, suppress_health_check=[HealthCheck.too_slow])
settings.load_profile("busy")
