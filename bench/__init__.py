"""Load tests: Trunkline beside a minimal native configuration of the same engines. See docs/performance.md."""
