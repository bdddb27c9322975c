# The module: what it needs are its variables, what it gives are its outputs.

variable "greeting" {
  type = string
}

variable "desired_count" {
  type    = number
  default = 1
}

variable "network" {
  type        = any
  description = "A network besides the stack's own."
}

locals {
  ports = { http = 8080 }
}

task_definition "web" {
  networks = [var.network]

  container "web" {
    image        = "reconciler-demo/web:1"
    memory       = 64
    stop_timeout = "5s"
    environment  = { GREETING = var.greeting }

    dynamic "port_mapping" {
      for_each = local.ports

      content {
        name           = port_mapping.key
        container_port = port_mapping.value
      }
    }

    health_check {
      command  = ["CMD-SHELL", "wget -q -O- http://localhost:${local.ports.http}/health"]
      interval = "2s"
      timeout  = "2s"
    }
  }
}

service "web" {
  task_definition = task_definition.web
  desired_count   = var.desired_count
}

output "host" {
  value = service.web.name
}
