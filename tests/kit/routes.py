"""Every route of the cloud's application, and those that anybody may ask."""

from steelyard_cloud.web.pages.routes import PARTS

from kit.world import World

PUBLIC = {
    ("get", "/"),
    ("get", "/sign-in"),
    ("get", "/f/{digits}"),
    ("get", "/r/{text}"),
    ("get", "/s"),
    ("get", "/s/{code}"),
    ("get", "/s/{code}/check"),
    ("post", "/s/{code}/check"),
    ("get", "/s/{code}/complaint"),
    ("post", "/s/{code}/complaint"),
    ("get", "/api/v1/health"),
    ("get", "/api/v1/root"),
    ("get", "/api/v1/openapi.json"),
}


def routes(world: World) -> set[tuple[str, str]]:
    """Every route of the application: those of the API by its own description, and the pages."""
    api = {(method, path) for path, item in world.app.openapi()["paths"].items() for method in item}
    pages = {
        (method.lower(), route.path)
        for part in PARTS
        for route in part.router.routes
        for method in route.methods
        if method != "HEAD"
    }
    return api | pages
