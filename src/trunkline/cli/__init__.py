"""The `trunkline` command. Each module holds one group of sub-commands, named like it."""
