task_definition "worker" {
  container "worker" {
    image        = "reconciler-demo/worker:1"
    memory       = 64
    stop_timeout = "5s"
    environment  = { TARGET = "web:${local.port}" }
  }
}

service "worker" {
  task_definition = task_definition.worker
  desired_count   = 2
  depends_on      = [service.web] # starts once the web service is steady

  # 2 tasks: an update stops one, starts its successor, then does the other; there are never more than 2.
  deployment_configuration {
    minimum_healthy_percent = 50
    maximum_percent         = 100
    minimum_healthy_time    = "2s" # without a health check, a task counts as healthy after this
  }
}
