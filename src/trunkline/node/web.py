"""Where people find the dashboard."""

import ipaddress

from trunkline.settings import Settings


def url(settings: Settings) -> str:
    """With the first of `web.hosts`, if there is one; behind a proxy, at the proxy's HTTPS port."""
    web = settings.web
    if web.proxies:
        return f"https://{(web.hosts or [settings.sip.domain])[0]}/"
    anywhere = not web.address or ipaddress.ip_address(web.address).is_unspecified
    host = (web.hosts or [settings.sip_advertised if anywhere else web.address])[0]
    return f"https://{f'[{host}]' if ':' in host else host}:{web.port}/"
