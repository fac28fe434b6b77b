"""The audit log: who changed what, when and from where.

A model that is `audited.Audited` is written down whenever its rows are saved, updated or removed, by whatever service;
`actor.acting` says on whose behalf.
"""
