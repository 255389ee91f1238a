"""Pages say nothing of scales that nobody listens to: their verdict would be that of yesterday."""

from fastapi import Request

from steelyard_cloud.scales import codes
from steelyard_cloud.web.http.context import Here
from steelyard_cloud.web.http.problems import NothingReceived


def ingest_works(request: Request, here: Here) -> None:
    """Raise NothingReceived for the page of a scale without a living worker, for other pages where no worker lives.

    The shards without one are left in `request.state.silent` for a note on lists. What is sent is still taken.
    """
    dead = here.workers.dead() if request.method == "GET" else frozenset()
    request.state.silent = shards = "".join(sorted(dead))
    code = codes.read(request.path_params.get("code", ""))
    if (code[0] in dead if code else here.workers.all_dead()) and shards:
        raise NothingReceived
