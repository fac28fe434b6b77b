"""The change sequence that every node follows."""
