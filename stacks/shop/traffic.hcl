# The way in: one port of the host in front of all web tasks, whichever run just now. It goes on working when no
# reconciler does, and comes back with the engine.
load_balancer "public" {
  image = "reconciler-demo/haproxy:2.6" # default: haproxy:3.0

  listener "http" {
    port = var.listener_port
    bind = "127.0.0.1"

    forward {
      target_group = target_group.web
    }
  }
}

target_group "web" {
  deregistration_delay = "10s" # what requests in flight get at most when a task is to stop

  health_check {
    path     = "/health"
    interval = "2s"
    timeout  = "1s"
  }
}
