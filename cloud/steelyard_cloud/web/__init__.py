"""The regulator's cloud as people and programs see it: the REST API, server-sent events and the pages.

Routes are plain functions with a synchronous database connection; only the event stream is asynchronous. Everything
that a route decides about evidence is asked of the pure core (`judge`). No route speaks SQL: what it reads and changes
goes through the functions of a domain, which want to know who is asking.
"""
