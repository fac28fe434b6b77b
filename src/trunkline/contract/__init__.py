"""What the parts of Trunkline hand to each other: the edge's store and the journal.

Standard library only, because the edge imports it inside Kamailio's workers.
"""
