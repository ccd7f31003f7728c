"""The pages that people open.

Owns which address shows which page, to whom, and what the page is given. The contexts are the frozen classes
of ``server.views``, one a template: every template gets ``frame`` and ``view`` and nothing else.

Boot data, ``frame.boot`` (JSON for the page's module), by page:

desk, tablet   {"language", "csrf", "base_url", "demo", "me": {"name", "role", "places"},
and admin      "codes": [refusal codes], "places": [{"slug", "name", "timezone", "lease_seconds",
               "wall_days", "wall_max", "kinds", "stances"}], "now"}; ``now`` is RFC 3339: relative times are
               kept against the server's clock
screen         {"language", "languages", "base_url", "organisation", "demo", "paired": bool, "place": null or
               {"slug", "name", "timezone", "lease_seconds", "kinds", "stances", "write_url", "write_qr"}};
               ``write_qr`` is the path of an SVG. Pairing: POST /screen/pairing -> {"code", "expires_in"};
               GET /screen/pairing -> {"state": "waiting" | "paired" | "expired"}; at ``paired`` the device
               cookie is set and the page loads itself again
others         None
"""
