# A first stack: one service that keeps two tasks of one container running.
# See what an apply would do with `reconciler plan`, then `reconciler apply`.

variable "image" {
  type        = string
  default     = "IMAGE"
  description = "what to run"
}

task_definition "web" {
  memory = 128 # MiB, for the task as a whole

  container "app" {
    image = var.image

    # Reached from this machine; take it out when nothing outside the stack needs it.
    port_mapping {
      name           = "http"
      container_port = PORT
      host_port      = 0 # a free port, shown by `reconciler ps`
    }
  }
}

service "web" {
  task_definition = task_definition.web
  desired_count   = 2

  deployment_configuration {
    minimum_healthy_percent = 50
    maximum_percent         = 150
    minimum_healthy_time    = "5s"
  }
}

output "ports" {
  value       = service.web.host_ports
  description = "where the tasks answer on this machine"
}
