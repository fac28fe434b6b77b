"""Configurations for customers' PBXs: pure generators, dataclasses in, text out.

`registry.generate("asterisk", trunk, options)` is all that others need. A PBX is one file of `systems/` and one folder
of `templates/`; docs/pbx/README.md says how to add one.
"""

from trunkline.pbx.errors import PbxError

__all__ = ["PbxError"]
