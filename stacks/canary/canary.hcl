# Canary: a new revision gets a tenth of the traffic first, and all of it when nothing has gone wrong until then. The
# service beside it shifts in equal steps (linear). Both stand behind one load balancer, told apart by the host.
#
#   reconciler apply --stack stacks/canary
#   reconciler apply --stack stacks/canary --var tag=2
#   while sleep 0.2; do curl -s http://127.0.0.1:8092/; done   # see the share of version 2 grow
#   curl -H "Host: api.example.com" http://127.0.0.1:8092/     # the other service

variable "tag" {
  type        = string
  default     = "1"
  description = "The version of the web image to deploy."
}

locals {
  port = 8080
}

load_balancer "public" {
  image      = "reconciler-demo/haproxy:2.6" # default: haproxy:3.0
  access_log = true                          # what latency_p95 is made of

  listener "http" {
    port = 8092
    bind = "127.0.0.1"

    forward {
      target_group = target_group.web
    }

    # The lowest priority is asked first; what no rule takes is the listener's own.
    rule "api" {
      priority    = 10
      host_header = ["api.example.com", "*.api.example.com"]

      forward {
        target_group = target_group.api
      }
    }

    rule "old" {
      priority    = 20
      host_header = ["old.example.com"]

      redirect {
        host        = "www.example.com"
        status_code = 301
      }
    }

    rule "closed" {
      priority     = 30
      path_pattern = ["/legacy/*"]

      fixed_response {
        status_code = 410
        body        = "gone\n"
      }
    }
  }
}

target_group "web" {
  health_check {
    path     = "/health"
    interval = "2s"
    timeout  = "1s"
  }

  stickiness { # a client stays with the revision, and the task, that it met first
    duration = "1h"
  }
}

target_group "api" {
  health_check {
    path     = "/health"
    interval = "2s"
    timeout  = "1s"
  }
}

task_definition "web" {
  container "app" {
    image        = "reconciler-demo/web:${var.tag}"
    memory       = 64
    stop_timeout = "5s"

    port_mapping {
      container_port = local.port
    }
  }
}

service "web" {
  task_definition = task_definition.web
  desired_count   = 2

  load_balancer {
    target_group   = target_group.web
    container_name = "app"
    container_port = local.port
  }

  deployment_configuration {
    strategy             = "CANARY"
    minimum_healthy_time = "2s"
    bake_time            = "10s" # once all traffic has shifted

    canary {
      percent   = 10
      bake_time = "20s" # with a tenth of the traffic
    }

    # Rolls back when a twentieth of the requests take longer than half a second.
    alarm "slow" {
      metric       = "latency_p95"
      greater_than = 0.5
      period       = "5s"
    }
  }
}

service "api" {
  task_definition = task_definition.web
  desired_count   = 2

  load_balancer {
    target_group   = target_group.api
    container_name = "app"
    container_port = local.port
  }

  deployment_configuration {
    strategy             = "LINEAR"
    minimum_healthy_time = "2s"

    linear {
      step_percent   = 25
      step_bake_time = "5s"
    }
  }
}

output "url" {
  value       = load_balancer.public.listener.http.url
  description = "Where both services answer."
}
