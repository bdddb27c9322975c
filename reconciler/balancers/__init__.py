"""Effects on traffic: what a load balancer is told, and what it says."""
