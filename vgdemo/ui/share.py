"""A panel with the page's link, which says all that the page shows, as an address that others can open."""

from __future__ import annotations

import socket
from pathlib import Path
from urllib.parse import urlencode, urlsplit

import segno
import streamlit as st

from vgdemo.ui.address import own_url
from vgdemo.ui.session import session

_HERE = Path(__file__).parent
LOCAL_HOSTS = ("localhost", "127.0.0.1", "::1")
ALL_ADDRESSES = ("", "0.0.0.0", "::")
ALONE = """This dashboard listens on this machine alone, so others cannot open the link. They can if you start it with
`streamlit run app.py --server.address 0.0.0.0` and share again."""
IN_THE_NETWORK = """The address is this machine's in its network. If others know it by another, start the dashboard with
`--browser.serverAddress` and that name."""
QUIET_ZONE = 4  # Modules of white around the code, as the standard asks.

_mount = st.components.v2.component(
    "vgdemo_share",
    html='<div class="vgdemo-share"><input aria-label="Link to this page" readonly>'
    '<button type="button">Copy</button></div>',
    css=(_HERE / "share.css").read_text(encoding="utf-8"),
    js=(_HERE / "share.js").read_text(encoding="utf-8"),
)


@st.fragment
def share(page: str) -> None:
    """Draw the panel; its link is made when it is opened."""
    panel = st.popover("Share", type="tertiary", key="share", on_change="rerun")
    if panel.open:
        with panel:
            _draw(page)


def link_to(url: str, query: dict[str, str], host: str) -> str:
    """The page's link, with another host if there is one to use.

    Example:
        >>> link_to("http://localhost:8501/Compare", {"a": "units-9 epochs-20"}, "192.0.2.7")
        'http://192.0.2.7:8501/Compare?a=units-9+epochs-20'
    """
    address = urlsplit(url)
    port = f":{address.port}" if address.port else ""
    place = f"{f'[{host}]' if ':' in host else host}{port}" if host else address.netloc
    return address._replace(netloc=place, query=urlencode(query), fragment="").geturl()


def is_local(url: str) -> bool:
    """Whether an address leads to the machine that asks for it."""
    return urlsplit(url).hostname in LOCAL_HOSTS


def host_for_others() -> str:
    """What others call this machine; empty if they cannot reach the dashboard."""
    named = str(st.get_option("browser.serverAddress") or "")
    bound = str(st.get_option("server.address") or "")
    if bound in LOCAL_HOSTS:
        return ""
    if named not in ("", *LOCAL_HOSTS):
        return named
    return _address_in_the_network() if bound in ALL_ADDRESSES else bound


def code_of(link: str) -> str:
    """A QR code as the address of an SVG, black on white in every theme; empty for a link that is too long for one."""
    try:
        code = segno.make_qr(link)
    except segno.DataOverflowError:
        return ""
    return str(code.svg_data_uri(border=QUIET_ZONE, dark="#000", light="#fff", omitsize=True))


def _draw(page: str) -> None:
    visited, url = session().visited.get(page), own_url()
    host = host_for_others() if is_local(url) else ""
    link = link_to(url, visited.query if visited else st.query_params.to_dict(), host)
    _mount(data={"link": link}, key="link")
    if is_local(link):
        st.warning(ALONE)
        return
    if host:
        st.caption(IN_THE_NETWORK)
    code = code_of(link)
    if code:
        st.html(f'<img class="vgdemo-code" src="{code}" alt="QR code of the link">')  # The page takes no SVG itself.
    else:
        st.caption("The link is too long for a QR code.")


def _address_in_the_network() -> str:
    """Which of its addresses this machine uses for the network: a datagram's socket knows, without sending one."""
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as probe:
        try:
            probe.connect(("192.0.2.1", 9))  # An address for examples, port "discard".
        except OSError:
            return ""
        return str(probe.getsockname()[0])
