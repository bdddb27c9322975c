"""The table of `target_group` (ELB v2)."""

from __future__ import annotations

from reconciler.language.schema import LIFECYCLE, META, Attribute, Block, Kind

_TARGET_HEALTH_CHECK = Block(
    "health_check",
    "How a balancer asks whether a target is well.",
    (
        Attribute(
            "protocol",
            Kind.STRING,
            "How it asks; default: as the group speaks.",
            choices=("HTTP", "HTTPS", "TCP"),
        ),
        Attribute("path", Kind.STRING, "The path that it asks for.", default="/"),
        Attribute("port", Kind.INTEGER, "Another port than the target's.", minimum=1, maximum=65535),
        Attribute("matcher", Kind.STRING, "Statuses that are well: 200,202 or 200-399.", default="200-399"),
        Attribute("interval", Kind.DURATION, "Time between two checks.", default=5, minimum=1, maximum=300),
        Attribute(
            "timeout", Kind.DURATION, "Time after which a check has failed.", default=3, minimum=0.1, maximum=120
        ),
        Attribute(
            "healthy_threshold",
            Kind.INTEGER,
            "Checks in a row that make a target healthy.",
            default=2,
            minimum=1,
            maximum=10,
        ),
        Attribute(
            "unhealthy_threshold",
            Kind.INTEGER,
            "Checks in a row that make it unhealthy.",
            default=2,
            minimum=1,
            maximum=10,
        ),
    ),
    aws_only={"enabled": "nothing: targets are always checked"},
)

_STICKINESS = Block(
    "stickiness",
    "A client comes back to the same target while that is healthy.",
    (
        Attribute(
            "type",
            Kind.STRING,
            "A cookie of the balancer's, a cookie of the application's, or the client's address (TCP).",
            default="lb_cookie",
            choices=("lb_cookie", "app_cookie", "source_ip"),
            unsupported={
                "source_ip_dest_ip": 'Use "source_ip".',
                "source_ip_dest_ip_proto": 'Use "source_ip".',
            },
        ),
        Attribute("duration", Kind.DURATION, "For how long.", default=86_400, minimum=1, maximum=604_800),
        Attribute("cookie_name", Kind.STRING, "The application's cookie, with app_cookie."),
    ),
    aws_only={"enabled": "nothing: the block turns it on", "cookie_duration": "duration"},
)

TARGET_GROUP = Block(
    "target_group",
    "Targets that are alike: tasks that services register in it.",
    (
        Attribute(
            "protocol",
            Kind.STRING,
            "What targets speak.",
            default="HTTP",
            choices=("HTTP", "HTTPS", "TCP"),
            unsupported={
                "UDP": 'Publish the port of the container itself: a port_mapping with protocol = "udp".',
                "TCP_UDP": 'Use "TCP"; UDP is published by a port_mapping of the container itself.',
                "TLS": 'Use "TCP", or "HTTPS".',
                "GENEVE": 'Use "TCP".',
            },
        ),
        Attribute(
            "protocol_version",
            Kind.STRING,
            "Which HTTP they speak.",
            default="HTTP1",
            choices=("HTTP1", "HTTP2", "GRPC"),
        ),
        Attribute(
            "deregistration_delay",
            Kind.DURATION,
            "Time that requests in flight get when a target leaves; it leaves at once when it is idle.",
            default=30,
            minimum=0,
            maximum=3600,
        ),
        Attribute(
            "slow_start",
            Kind.DURATION,
            "Time in which a new target's share grows; 0 or from 1 s.",
            default=0,
            minimum=0,
            maximum=900,
        ),
        Attribute(
            "algorithm",
            Kind.STRING,
            "Which target gets a request.",
            default="round_robin",
            choices=("round_robin", "least_outstanding_requests"),
            unsupported={"weighted_random": 'Use "round_robin" or "least_outstanding_requests".'},
        ),
        Attribute(
            "elb_defaults",
            Kind.BOOL,
            "Whether what is not set is as in AWS: deregistration_delay 300s, checks every 30s that take up to 6s "
            "(TCP and HTTPS 10s), 5 make healthy, 2 unhealthy, matcher 200.",
            default=False,
        ),
        *META,
    ),
    (_TARGET_HEALTH_CHECK, _STICKINESS, LIFECYCLE),
    labelled=True,
    aws_only={
        "target_type": "nothing: targets are tasks",
        "vpc_id": "nothing: it is on the stack's network",
        "port": "container_port in the service's load_balancer block",
        "load_balancing_algorithm_type": "algorithm",
        "load_balancing_anomaly_mitigation": "nothing",
        "load_balancing_cross_zone_enabled": "nothing",
        "ip_address_type": "nothing",
        "preserve_client_ip": "nothing: the client's address is in X-Forwarded-For",
        "proxy_protocol_v2": "nothing",
        "connection_termination": "deregistration_delay",
        "lambda_multi_value_headers_enabled": "nothing",
        "target_failover": "nothing",
        "target_health_state": "nothing",
        "target_group_health": "nothing: with no healthy target, requests go to all of them",
        "name_prefix": "nothing: the block's label is the name",
        "tags": "nothing",
    },
)
