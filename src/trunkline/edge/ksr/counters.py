"""Hash tables shared by all workers."""

import KSR


class Counters:
    """`limits.Counters` over Kamailio's hash tables."""

    get = staticmethod(KSR.htable.sht_get)
    put = staticmethod(KSR.htable.sht_sets)
    add = staticmethod(KSR.htable.sht_inc)
    subtract = staticmethod(KSR.htable.sht_dec)

    @staticmethod
    def take(table: str, key: str) -> str | None:
        """Remove an entry and return it; of two workers that try, one gets it."""
        KSR.htable.sht_lock(table, key)
        try:
            entry = KSR.htable.sht_get(table, key)
            if entry is not None:
                KSR.htable.sht_rm(table, key)
        finally:
            KSR.htable.sht_unlock(table, key)
        return entry
