class PbxError(ValueError):
    """No configuration can be made of this; the text says why, and what to do instead."""
