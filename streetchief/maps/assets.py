"""folium pages that open with the network cut: every outside link is replaced by our own checked file.

folium asks other hosts for its libraries.  Here the rendered header is walked, each link is looked up in the manifest
and the file is written into the page; a link that the manifest does not know raises (fail closed), and so does an
outside address anywhere else in the page.  folium's class-level lists of links are read, never changed.
"""

from __future__ import annotations

import base64
import mimetypes
import posixpath
import re
from collections.abc import Collection

import folium

from streetchief.errors import BadInput
from streetchief.maps.manifest import manifest, read_asset

OFFLINE_POLICY = "default-src 'unsafe-inline' data: blob:; connect-src 'none'; base-uri 'none'; form-action 'none'"
"""Content-Security-Policy of an inlined page: the browser itself refuses what the walk should have missed."""
DEEPEST_ZOOM = 19
ROTATE = "<rotate>"
UNNEEDED_FONTS = (".eot", ".ttf", ".svg", ".woff")
"""Every face also comes as woff2, which each browser of the last ten years reads."""

_TAG = re.compile(
    r"<script\b[^>]*\bsrc\s*=\s*[\"']([^\"']*)[\"'][^>]*>\s*</script>|<link\b[^>]*\bhref\s*=\s*[\"']([^\"']*)[\"'][^>]*>",
    re.IGNORECASE,
)
_CSS_URL = re.compile(r"url\(\s*([\"']?)(.*?)\1\s*\)", re.IGNORECASE | re.DOTALL)
_CSS_IMPORT = re.compile(r"@import\b[^;]*;?", re.IGNORECASE)
_ADDRESS = re.compile(r"\b(?:https?|wss?|ftp):\\?/\\?/[^\s\"'<>()`\\]+", re.IGNORECASE)
_RELATIVE = re.compile(r"(?:\b(?:src|href)\s*=\s*[\"']?|url\(\s*[\"']?|[\"'`])(//[\w-]+(?:\.[\w-]+)+[^\s\"'<>()`\\]*)")
_ANCHOR = re.compile(
    r"(?:<|\\u003c|&lt;)a\b[^<>]*\bhref\s*=\s*(?:\\?[\"']|\\u0022|\\u0027|&quot;|&#34;)?$", re.IGNORECASE
)
_FRAME = re.compile(r"data:text/html[^,\"']*;base64,([A-Za-z0-9+/=]+)")
_NAMESPACES = "http://www.w3.org/"


def script_code(name: str) -> str:
    """A shipped script, fit to be written into a ``<script>`` element."""
    code = read_asset(name).decode("utf-8")
    code = re.sub(r"//[#@] sourceMappingURL=\S+", "", code)
    return closed(code + _offline_leaflet() if name == "leaflet/dist/leaflet.js" else code, "script")


def style_code(name: str) -> str:
    """A shipped stylesheet with its images and fonts inside, fit to be written into a ``<style>`` element."""
    return closed(whole_css(read_asset(name).decode("utf-8"), name), "style")


def closed(code: str, element: str) -> str:
    """Code that cannot end the element it is written into.  Raises `ValueError` when it holds the closing tag."""
    if re.search(rf"</{element}|<!--", code, re.IGNORECASE):
        raise ValueError(f"code for <{element}> would leave its element")
    return code


def whole_css(css: str, name: str) -> str:
    """A stylesheet with each ``url()`` as ``data:``.

    `name` is its place in the manifest, from which relative addresses are read.  Old font formats are emptied.
    Raises `BadInput` for an address outside the manifest and for any ``@import``.
    """
    found = _CSS_IMPORT.search(css)
    if found:
        raise BadInput("map_outside_link", link=found.group(0)[:200])

    def put(match: re.Match[str]) -> str:
        address = match.group(2).strip()
        if address.startswith(("data:", "#")):
            return match.group(0)
        target = posixpath.normpath(posixpath.join(posixpath.dirname(name), re.split(r"[?#]", address)[0]))
        if target in manifest().sums:
            return f'url("{data_uri(target)}")'
        if target.endswith(UNNEEDED_FONTS) and not re.match(r"(?:\w+:)?//", address):
            return "url(data:,)"
        raise BadInput("map_outside_link", link=address[:200])

    return _CSS_URL.sub(put, css)


def data_uri(name: str) -> str:
    """A shipped file as a ``data:`` address."""
    kind = "font/woff2" if name.endswith(".woff2") else mimetypes.guess_type(name)[0] or "application/octet-stream"
    return f"data:{kind};base64,{base64.b64encode(read_asset(name)).decode('ascii')}"


def _offline_leaflet() -> str:
    """What Leaflet must be told when it is inlined and there is no basemap.

    It guesses where its pin is from a stylesheet address, and takes its deepest zoom from the basemap: without either,
    pins are broken pictures and a `MarkerCluster` stops the page ("Map has no maxZoom specified").
    """
    image = "leaflet/dist/images/marker-"
    return (
        f";L.Map.mergeOptions({{maxZoom:{DEEPEST_ZOOM}}});"
        "L.Icon.Default.imagePath='';L.Icon.Default.mergeOptions({"
        f"iconUrl:'{data_uri(image + 'icon.png')}',iconRetinaUrl:'{data_uri(image + 'icon-2x.png')}',"
        f"shadowUrl:'{data_uri(image + 'shadow.png')}'}});"
    )


def _replacement(link: str, page: str) -> str:
    """What stands in the page for one link of folium's."""
    name = manifest().links.get(link)
    if name is None:
        raise BadInput("map_outside_link", link=link[:200])
    if name == ROTATE:
        turns = sorted({int(n) for n in re.findall(r"fa-rotate-(\d{1,3})\b", page)})
        return "<style>" + "".join(f".fa-rotate-{n}{{transform:rotate({n}deg)}}" for n in turns) + "</style>"
    return f"<style>{style_code(name)}</style>" if name.endswith(".css") else f"<script>{script_code(name)}</script>"


def outside_links(text: str, harmless: Collection[str] = ()) -> tuple[str, ...]:
    """Addresses of other hosts that a page names, in order, framed pages (base64) included.

    Left out are XML namespaces, links that a reader may follow (``<a href=…>``: they ask nothing by themselves) and
    those that begin with one of `harmless`.
    """
    found: list[str] = []
    for match in _ADDRESS.finditer(text):
        link = match.group(0)
        if link.startswith((_NAMESPACES, *harmless)) or _ANCHOR.search(
            text[max(0, match.start() - 300) : match.start()]
        ):
            continue
        found.append(link)
    found += [m.group(1) for m in _RELATIVE.finditer(text) if not m.group(1).startswith(tuple(harmless) or "\0")]
    for frame in _FRAME.finditer(text):
        found += outside_links(base64.b64decode(frame.group(1)).decode("utf-8", "replace"), harmless)
    return tuple(found)


def inline(m: folium.Map, harmless: Collection[str] = ()) -> str:
    """A folium map as one whole HTML page with no outside link.

    Covers folium's own map, `HeatMap`, `MarkerCluster`, markers with either icon set and branca's colour legends.
    `harmless` lists beginnings of addresses that stand in the data as text and are never asked for.
    Raises `BadInput` naming the link when a plugin or a basemap needs another host, `Unavailable` when a shipped file
    is missing or changed.  The map is rendered, otherwise left as it was.
    """
    root = m.get_root()
    page = root.render()
    header = root.header.render()  # type: ignore[attr-defined]  # the root of a rendered map is a branca Figure
    if header not in page:
        raise ValueError("the rendered header is not in the page")
    before, after = page.split(header, 1)
    rest = _TAG.sub("", header)
    for link in outside_links(before + rest + after, harmless):
        raise BadInput("map_outside_link", link=link[:200])
    whole = _TAG.sub(lambda tag: _replacement(tag.group(1) or tag.group(2), page), header)
    policy = f'<meta http-equiv="Content-Security-Policy" content="{OFFLINE_POLICY}">'
    return before + policy + whole + after
