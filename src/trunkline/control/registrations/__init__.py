"""Which PBXs are registered, as the nodes tell it, for those whose PBXs they are."""
