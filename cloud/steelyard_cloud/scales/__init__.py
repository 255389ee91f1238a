"""The registry of scales: types, enrolment, place, verifications, permits, and what is read of them.

Each service is a function of a connection in a transaction of the caller's, the acting person and the time. What a
service changes it also writes to the audit log and, where it matters to judging, to the `changes` feed, from which the
owner of the scale's shard judges the scale again: there is one place that judges.

`queries` finds a scale for somebody who is signed in; what is read or changed of one scale takes what it gave. `public`
is for anybody. `store`, `facts` and `standings` take bare ids, for this package and ingest.
"""
