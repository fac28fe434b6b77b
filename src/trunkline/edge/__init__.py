"""What runs inside Kamailio's workers: it decides what happens to each request.

Standard library, `trunkline.sip` and `trunkline.contract` only. `main` has the callbacks, `ksr` alone touches
Kamailio, and every other module takes facts and returns a decision.
"""
