load_balancer "public" {
  type         = "application" # or "network", with TCP listeners
  idle_timeout = "60s"
  access_log   = true

  listener "http" {
    port = 8080

    redirect {
      protocol = "HTTPS"
      port     = "8443"
    }

    rule "old" {
      priority    = 10
      host_header = ["old.example.com"]

      redirect {
        host        = "example.com"
        status_code = 301
      }
    }
  }

  listener "alive" {
    port = 8082

    fixed_response {
      body = "The balancer is there.\n"
    }
  }

  listener "https" {
    port     = 8443
    protocol = "HTTPS"
    bind     = "127.0.0.1"

    certificate {
      file = "site.pem"
      key  = "site.key"
    }

    forward {
      target_group = target_group.web # what no rule takes
    }

    rule "api" {
      priority     = 10
      host_header  = ["api.example.com", "*.api.example.com"]
      path_pattern = ["/v1/*"]

      http_header {
        name   = "X-Client"
        values = ["mobile*"]
      }

      query_string {
        key   = "beta"
        value = "yes"
      }

      forward {
        target_group = target_group.api
        weight       = 9
      }

      forward {
        target_group = target_group.web
        weight       = 1
      }
    }

    rule "gone" {
      priority     = 20
      path_pattern = ["/legacy/*"]

      fixed_response {
        status_code  = 410
        content_type = "text/plain"
        body         = "gone\n"
      }
    }
  }

  listener "test" {
    port    = 8081
    publish = false # answers on the stack's network only

    forward {
      target_group = target_group.web
    }

    rule "api" {
      priority     = 10
      path_pattern = ["/v1/*"]

      forward {
        target_group = target_group.api
      }
    }
  }
}

target_group "web" {
  deregistration_delay = "30s"
  algorithm            = "least_outstanding_requests"

  health_check {
    path    = "/health"
    matcher = "200-399"
  }

  stickiness {
    type     = "lb_cookie"
    duration = "1d"
  }
}

target_group "api" {
  elb_defaults = true
}

output "url" {
  value = load_balancer.public.listener.https.url
}

task_definition "site" {
  container "app" {
    image  = local.image
    memory = 128

    port_mapping {
      container_port = local.port
    }
  }
}

service "site" {
  task_definition = task_definition.site
  desired_count   = 2

  load_balancer {
    target_group   = target_group.web
    container_name = "app"
    container_port = local.port
    test_listener  = load_balancer.public.listener.test
  }

  deployment_configuration {
    strategy  = "LINEAR"
    bake_time = "5m"

    linear {
      step_percent   = 20
      step_bake_time = "1m"
    }

    alarm "errors" {
      metric       = "http_5xx_percent"
      greater_than = 5
      period       = "10s"
      datapoints   = 2
    }

    alarm "queue" {
      greater_than = 1000

      prometheus {
        url   = "http://127.0.0.1:9090"
        query = "max(queue_length)"
      }
    }

    lifecycle_hook "migrate" {
      stages = ["PRE_SCALE_UP"]

      task {
        command = ["./migrate"]
      }
    }

    lifecycle_hook "smoke" {
      stages     = ["POST_TEST_TRAFFIC_SHIFT"]
      timeout    = "5m"
      on_timeout = "ROLLBACK"

      http {
        url = "http://127.0.0.1:9000/smoke"
      }
    }

    lifecycle_hook "approval" {
      stages = ["PRE_PRODUCTION_TRAFFIC_SHIFT"]
      pause  = true
    }
  }
}

service "api" {
  task_definition = task_definition.site

  load_balancer {
    target_group   = target_group.api
    container_name = "app"
    container_port = local.port
  }

  deployment_configuration {
    strategy = "CANARY"

    canary {
      percent   = 5
      bake_time = "5m"
    }
  }
}
