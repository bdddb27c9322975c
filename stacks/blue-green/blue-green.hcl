# Blue/green: the new revision runs beside the old one, is tried behind a listener of its own, and then takes over all
# of the traffic in one step. Until the bake time is over the old tasks are kept, so that going back is one step too.
#
#   reconciler apply --stack stacks/blue-green
#   curl http://127.0.0.1:8090/
#   reconciler apply --stack stacks/blue-green --var tag=2     # tried on port 8091, then live on port 8090
#   reconciler rollback web --stack stacks/blue-green          # in the bake time: back at once

variable "tag" {
  type        = string
  default     = "1"
  description = "The version of the web image to deploy."
}

locals {
  port      = 8080
  test_port = 8091
}

load_balancer "public" {
  image = "reconciler-demo/haproxy:2.6" # default: haproxy:3.0

  listener "http" {
    port = 8090
    bind = "127.0.0.1"

    forward {
      target_group = target_group.web
    }
  }

  # Before the traffic shifts, only what comes in here reaches the new revision.
  listener "test" {
    port = local.test_port
    bind = "127.0.0.1"

    forward {
      target_group = target_group.web
    }
  }
}

target_group "web" {
  deregistration_delay = "10s" # what requests in flight get at most

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
      container_port = local.port # without host_port: only the load balancer reaches it
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
    test_listener  = load_balancer.public.listener.test
  }

  deployment_configuration {
    strategy             = "BLUE_GREEN"
    bake_time            = "20s"
    minimum_healthy_time = "2s" # a task counts as healthy after this, once its target is

    # Asks the new revision before it is live; anything but exit code 0 rolls the deployment back.
    lifecycle_hook "smoke" {
      stages  = ["POST_TEST_TRAFFIC_SHIFT"]
      command = ["sh", "-c", "curl -fsS http://127.0.0.1:${local.test_port}/ | grep 'version ${var.tag} '"]
      timeout = "30s"
    }

    # Rolls back when more than 5 % of the answers are 500 and above, twice in a row.
    alarm "errors" {
      metric       = "http_5xx_percent"
      greater_than = 5
      period       = "5s"
      datapoints   = 2
    }
  }
}

output "url" {
  value       = load_balancer.public.listener.http.url
  description = "Where the service answers."
}
