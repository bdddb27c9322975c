"""The table of `load_balancer`, its listeners and their rules (ELB v2)."""

from __future__ import annotations

from reconciler.language.schema import LIFECYCLE, META, Attribute, Block, Kind

FORWARD = Block(
    "forward",
    "Send the request to a target group; of several, each gets its weight's share.",
    (
        Attribute("target_group", Kind.REFERENCE, "The target group.", required=True, of=("target_group",)),
        Attribute("weight", Kind.INTEGER, "Its part of the sum of all weights.", default=1, minimum=0, maximum=999),
    ),
    field="forwards",
    repeated=True,
    aws_only={"target_group_arn": "target_group", "stickiness": "a stickiness block in the target group"},
)

REDIRECT = Block(
    "redirect",
    "Answer with another place. #{protocol}, #{host}, #{port}, #{path} and #{query} are the request's.",
    (
        Attribute(
            "protocol",
            Kind.STRING,
            "The protocol there.",
            default="#{protocol}",
            choices=("HTTP", "HTTPS", "#{protocol}"),
        ),
        Attribute("host", Kind.STRING, "The host.", default="#{host}"),
        Attribute("port", Kind.STRING, "The port.", default="#{port}"),
        Attribute("path", Kind.STRING, "The path, from its first / on.", default="/#{path}"),
        Attribute("query", Kind.STRING, "The query, without its ?.", default="#{query}"),
        Attribute("status_code", Kind.INTEGER, "301 or 302.", default=302, minimum=301, maximum=302),
    ),
)

FIXED_RESPONSE = Block(
    "fixed_response",
    "Answer with this.",
    (
        Attribute("status_code", Kind.INTEGER, "A status of 2xx, 4xx or 5xx.", default=200, minimum=200, maximum=599),
        Attribute(
            "content_type",
            Kind.STRING,
            "What the body is.",
            default="text/plain",
            choices=("text/plain", "text/css", "text/html", "application/javascript", "application/json"),
        ),
        Attribute("body", Kind.STRING, "The body, up to 1024 characters.", default=""),
    ),
    aws_only={"message_body": "body"},
)

ACTIONS = (FORWARD, REDIRECT, FIXED_RESPONSE)

RULE = Block(
    "rule",
    "What is done with requests that meet all of its conditions, each by any one value. Lowest priority first.",
    (
        Attribute(
            "priority",
            Kind.INTEGER,
            "Its place among the listener's rules; no two have the same.",
            required=True,
            minimum=1,
            maximum=50_000,
        ),
        Attribute("host_header", Kind.STRINGS, "Hosts, in any case; * is any characters, ? is any one."),
        Attribute("path_pattern", Kind.STRINGS, "Paths, in this case; * is any characters, ? is any one."),
        Attribute("http_method", Kind.STRINGS, "Methods, such as GET."),
        Attribute("source_ip", Kind.STRINGS, "Addresses of clients, such as 10.0.0.0/8."),
    ),
    (
        Block(
            "http_header",
            "A header that the request must have; of several blocks all must hold.",
            (
                Attribute("name", Kind.STRING, "Its name, in any case.", required=True),
                Attribute("values", Kind.STRINGS, "Its value, in any case; * and ? as in a path.", required=True),
            ),
            field="http_headers",
            repeated=True,
        ),
        Block(
            "query_string",
            "A parameter of the query; of several blocks any one will do.",
            (
                Attribute("key", Kind.STRING, "Its name; without it any parameter will do."),
                Attribute("value", Kind.STRING, "Its value, in any case; * and ? as in a path.", required=True),
            ),
            field="query_strings",
            repeated=True,
        ),
        *ACTIONS,
    ),
    field="rules",
    labelled=True,
    aws_only={
        "condition": "host_header, path_pattern, http_method, source_ip, http_header and query_string",
        "action": "forward, redirect or fixed_response",
        "listener_arn": "nothing: a rule stands in its listener",
        "authenticate_cognito": "nothing",
        "authenticate_oidc": "nothing",
        "transform": "nothing",
    },
)

LISTENER = Block(
    "listener",
    "A port that is listened on. Its own forward, redirect or fixed_response is for requests that no rule takes; "
    "without one they get 404.",
    (
        Attribute("port", Kind.INTEGER, "The port.", required=True, minimum=1, maximum=65535),
        Attribute(
            "protocol",
            Kind.STRING,
            "What clients speak.",
            default="HTTP",
            choices=("HTTP", "HTTPS", "TCP"),
            unsupported={
                "UDP": 'Publish the port of the container itself: a port_mapping with protocol = "udp".',
                "TCP_UDP": 'Use "TCP"; UDP is published by a port_mapping of the container itself.',
                "TLS": 'Use "HTTPS" with a certificate, or "TCP" and let the container speak TLS.',
                "QUIC": 'Use "HTTPS".',
            },
        ),
        Attribute("bind", Kind.STRING, "The address of the host that it is published on.", default="0.0.0.0"),
        Attribute(
            "publish",
            Kind.BOOL,
            "Whether the host answers on it; on the stack's network the balancer's name does anyway.",
            default=True,
        ),
    ),
    (
        Block(
            "certificate",
            "What an HTTPS listener shows. Of several, the client's host chooses, else their files' order.",
            (
                Attribute("file", Kind.STRING, "The certificate and its chain: PEM.", required=True),
                Attribute("key", Kind.STRING, "Its key: PEM.", required=True),
            ),
            field="certificates",
            repeated=True,
        ),
        *ACTIONS,
        RULE,
    ),
    field="listeners",
    labelled=True,
    required=True,
    aws_only={
        "default_action": "forward, redirect or fixed_response",
        "load_balancer_arn": "nothing: a listener stands in its load_balancer",
        "certificate_arn": "a certificate block",
        "ssl_policy": "nothing: TLS 1.2 and 1.3 are on",
        "alpn_policy": "nothing: HTTPS offers HTTP/2",
        "mutual_authentication": "nothing",
        "tcp_idle_timeout_seconds": "idle_timeout of the load_balancer",
        "tags": "nothing",
    },
)

LOAD_BALANCER = Block(
    "load_balancer",
    "A proxy in a container that is always there. Its name answers on the stack's network.",
    (
        Attribute(
            "type",
            Kind.STRING,
            "HTTP and HTTPS, or TCP.",
            default="application",
            choices=("application", "network"),
            unsupported={"gateway": 'Use "application" or "network".', "classic": 'Use "application".'},
        ),
        Attribute("image", Kind.STRING, "The image, with HAProxy 2.6 or later in it.", default="haproxy:3.0"),
        Attribute(
            "idle_timeout",
            Kind.DURATION,
            "Time without a byte after which a connection is closed.",
            default=60,
            minimum=1,
            maximum=4000,
        ),
        Attribute("access_log", Kind.BOOL, "Whether each request is a line of its log.", default=False),
        *META,
    ),
    (LISTENER, LIFECYCLE),
    labelled=True,
    aws_only={
        "internal": "bind, or publish = false, in the listener",
        "scheme": "bind, or publish = false, in the listener",
        "load_balancer_type": "type",
        "security_groups": "bind of the listener, or source_ip of a rule",
        "subnets": "nothing: it is on the stack's network",
        "subnet_mapping": "nothing: it is on the stack's network",
        "vpc_id": "nothing: it is on the stack's network",
        "ip_address_type": "bind of the listener",
        "access_logs": "access_log",
        "connection_logs": "access_log",
        "enable_deletion_protection": "prevent_destroy in a lifecycle block",
        "enable_http2": "nothing: HTTPS offers HTTP/2",
        "enable_cross_zone_load_balancing": "nothing",
        "drop_invalid_header_fields": "nothing",
        "desync_mitigation_mode": "nothing",
        "preserve_host_header": "nothing: the host is kept",
        "xff_header_processing_mode": "nothing: X-Forwarded-For is appended to",
        "client_keep_alive": "idle_timeout",
        "enable_waf_fail_open": "nothing",
        "web_acl": "nothing",
        "name_prefix": "nothing: the block's label is the name",
        "tags": "nothing",
    },
)
