"""HAProxy as a balancer: its configuration, its runtime commands, its answers, and the effects that use them."""
