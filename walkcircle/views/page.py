"""Page: one HTML file that needs nothing else, and a policy that allows exactly what belongs in it, by hashes."""

from __future__ import annotations

import base64
import hashlib
import re
from collections.abc import Collection, Iterator, Sequence
from functools import cache
from importlib import resources

from branca.element import Element, Figure
from jinja2 import Template

from walkcircle.errors import OutputError

#: The page's own scripts, in the order in which they are joined; each stands on those before it.
SCRIPTS = (
    "unpack.js", "state.js", "sheet.js", "graph.js", "footing.js", "engine.js", "snap.js", "cuts.js", "outline.js",
    "ground.js", "areas.js", "marks.js", "walks.js", "whatif.js", "door.js", "plans.js", "pointer.js", "panel.js",
    "card.js", "legend.js", "controls.js", "interface.js", "start.js",
)  # fmt: skip

#: Where a policy goes that can be written only when all scripts are known.
_POLICY_SLOT = "<!-- policy -->"

_SCRIPT = re.compile(r"<script(?P<attributes>[^>]*)>(?P<body>.*?)</script>", re.DOTALL)
_LOADS = re.compile(r"<(?:script|img|iframe|source|video|audio|embed)\b[^>]*\ssrc\s*=\s*[\"']?([^\"' >]+)|"
                    r"<link\b[^>]*\shref\s*=\s*[\"']?([^\"' >]+)")  # fmt: skip
_CSS_LOADS = re.compile(r"@import\s+[^;]+|url\(\s*[\"']?(?!data:|#)([^)\"']+)")


class Page(Figure):
    """The HTML around a map: its language, its landmarks, and where the rest goes."""

    _template = Template(
        "<!DOCTYPE html>\n"
        '<html lang="{{ this.lang }}">\n'
        "<head>\n"
        '<meta charset="utf-8">\n'
        f"{_POLICY_SLOT}\n"
        '<meta name="viewport" content="width=device-width, initial-scale=1">\n'
        '<meta name="referrer" content="no-referrer">\n'
        "<title>walkcircle</title>\n"
        "{{ this.header.render(**kwargs) }}\n"
        "</head>\n"
        "<body>\n"
        "{{ this.html.render(**kwargs) }}\n"
        "<script>\n{{ this.script.render(**kwargs) }}\n</script>\n"
        "</body>\n"
        "</html>\n"
    )

    def __init__(self, lang: str) -> None:
        """Make an empty page in a language (an HTML ``lang``)."""
        super().__init__(height="640px")
        self.lang = lang
        self.header._children.clear()  # noqa: SLF001 - branca's own meta tag; the template has a shorter one


@cache
def read_asset(name: str) -> str:
    """Return the text of a file beside this module."""
    return (resources.files("walkcircle.views") / name).read_text(encoding="utf-8")


@cache
def encode_image(name: str) -> str:
    """Return an image beside this module as a data URI."""
    data = (resources.files("walkcircle.views") / name).read_bytes()
    return "data:image/png;base64," + base64.b64encode(data).decode("ascii")


def join_scripts() -> str:
    """Return the page's own scripts as one, with ``walkcircle`` as its only name."""
    parts = [read_asset(f"live/{name}") for name in SCRIPTS]
    body = "\n".join(parts)
    return f'window.walkcircle = (() => {{\n"use strict";\n{body}\nreturn {{ start }};\n}})();'


def assemble_leaflet() -> tuple[str, str]:
    """Return Leaflet's CSS and script with its images inside."""
    css = read_asset("assets/leaflet/leaflet.css").replace("behavior: url(#default#VML);", "")
    for name in ("layers-2x.png", "layers.png", "marker-icon.png"):
        css = css.replace(f"url(images/{name})", f'url("{encode_image(f"assets/leaflet/{name}")}")')
    icon = {
        "iconUrl": encode_image("assets/leaflet/marker-icon.png"),
        "iconRetinaUrl": encode_image("assets/leaflet/marker-icon-2x.png"),
        "shadowUrl": encode_image("assets/leaflet/marker-shadow.png"),
    }
    options = ", ".join(f'{key}: "{uri}"' for key, uri in icon.items())
    script = read_asset("assets/leaflet/leaflet.js").replace("//# sourceMappingURL=leaflet.js.map", "")
    return css, f'{script}\nL.Icon.Default.imagePath = ""; L.Icon.Default.mergeOptions({{{options}}});'


def name_elements(html: str, root: Element) -> str:
    """Give the elements of a page names that depend only on their order, so that the same map is the same bytes."""
    for number, element in enumerate(_elements(root), 1):
        html = html.replace(element._id, f"{number:04d}")  # noqa: SLF001 - branca names elements at random
    return html


def add_policy(html: str, *, image_hosts: Sequence[str] = ()) -> str:
    """Allow exactly the scripts that are in the page, and no connection but to the given image hosts.

    Raises
    ------
    OutputError
        Something would be loaded from outside.
    """
    _refuse_links(html)
    scripts = {m["body"] for m in _SCRIPT.finditer(html) if "octet-stream" not in m["attributes"]}
    policy = write_policy(scripts=scripts, images=("data:", "blob:", *image_hosts))
    return html.replace(_POLICY_SLOT, f'<meta http-equiv="Content-Security-Policy" content="{policy}">', 1)


def write_policy(
    *, scripts: Collection[str] = (), styles: Collection[str] | None = None, images: Sequence[str] = ()
) -> str:
    """Write what a page may do, as a Content-Security-Policy: nothing but what is named.

    Parameters
    ----------
    scripts
        Text of the scripts that may run; none when empty.
    styles
        Text of the styles that count; all that are in the page when None, for Leaflet writes styles of its own.
    images
        Where images may come from; there are none when empty.

    Examples
    --------
    >>> write_policy(styles=["b { color: red }"])  # doctest: +ELLIPSIS
    "default-src 'none'; script-src 'none'; style-src 'sha256-...'; img-src 'none'; connect-src 'none'; base-uri ..."
    """
    return "; ".join(
        [
            "default-src 'none'",
            f"script-src {_allow(scripts)}",
            f"style-src {_allow(styles)}" if styles is not None else "style-src 'unsafe-inline'",
            " ".join(["img-src", *images]) if images else "img-src 'none'",
            "connect-src 'none'",
            "base-uri 'none'",
            "form-action 'none'",
        ]
    )


def _allow(texts: Collection[str]) -> str:
    """Name texts by their hashes."""
    return " ".join(f"'{name}'" for name in sorted(map(hash_script, set(texts)))) or "'none'"


def hash_script(body: str) -> str:
    """Return the name by which a policy allows a script or a style.

    Examples
    --------
    >>> hash_script("alert(1)")
    'sha256-bhHHL3z2vDgxUt0W3dWQOrprscmda2Y5pLsLg4GF+pI='
    """
    digest = hashlib.sha256(body.encode()).digest()
    return "sha256-" + base64.b64encode(digest).decode("ascii")


def _refuse_links(html: str) -> None:
    """Raise if the page would load anything from outside."""
    # the text of scripts may well hold markup; only what the browser reads as markup loads
    markup = _SCRIPT.sub(lambda m: f"<script{m['attributes']}></script>", html)
    loads = [next(filter(None, m.groups())) for m in _LOADS.finditer(markup)]
    styles = "".join(re.findall(r"<style[^>]*>(.*?)</style>", markup, re.DOTALL))
    loads += [m.group(0) for m in _CSS_LOADS.finditer(styles)]
    outside = [link for link in loads if not link.startswith(("data:", "#"))]
    if outside:
        msg = (
            f"the map would load {', '.join(sorted(set(outside)))} from outside and not work offline; leave out the "
            "Folium plugin or icon that needs it (markers without icon=, circles, GeoJson and popups need nothing)"
        )
        raise OutputError(msg)


def _elements(root: Element) -> Iterator[Element]:
    """Go through an element tree from the top."""
    yield root
    # a figure and a popup keep parts of themselves beside their children
    parts = [getattr(root, name, None) for name in ("header", "html", "script")]
    children = list(root._children.values())  # noqa: SLF001 - the tree has no other door
    for child in [*children, *(part for part in parts if isinstance(part, Element))]:
        yield from _elements(child)
