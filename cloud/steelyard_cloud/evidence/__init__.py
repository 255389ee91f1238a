"""Evidence files: what an alert rests on, in one file that anybody can check offline.

A file holds signed statements byte for byte, the scale's keys, and what the registry vouches for (verifications,
permits, approved software), sealed by the platform's authority key under the root that scales carry. `docs/evidence.md`
describes the format, so that a reader can be written from it alone.
"""
