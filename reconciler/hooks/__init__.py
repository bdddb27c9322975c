"""Effects beside the engine: commands and URLs that deployments ask (lifecycle hooks, alarms)."""
