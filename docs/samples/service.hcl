service "web" {
  task_definition           = task_definition.web
  desired_count             = 4
  health_check_grace_period = "30s"
  depends_on                = [service.db]

  lifecycle {
    prevent_destroy      = true
    ignore_changes       = [desired_count]
    replace_triggered_by = [volume.uploads]

    precondition {
      condition     = var.tag != "latest"
      error_message = "The tag latest cannot be rolled back."
    }

    postcondition {
      condition     = self.desired_count > 1
      error_message = "${self.name} needs two tasks."
    }
  }

  deployment_configuration {
    minimum_healthy_percent = 50
    maximum_percent         = 150
    timeout                 = "5m"

    deployment_circuit_breaker {
      reset_on_healthy_task = false

      threshold {
        type  = "COUNT"
        value = 5
      }
    }
  }
}

# The smallest definition and the smallest service.
task_definition "db" {
  container "postgres" {
    image  = "postgres:17"
    memory = 256
  }
}

service "db" {
  task_definition = task_definition.db
}
