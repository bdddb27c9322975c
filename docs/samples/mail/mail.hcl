# The module that modules.hcl calls.

variable "tag" {
  type = string
}

variable "network" {
  type        = any
  description = "The network that mail is sent in."
}

task_definition "smtp" {
  networks = [var.network]

  container "smtp" {
    image  = "shop/smtp:${var.tag}"
    memory = 64
  }
}

service "smtp" {
  task_definition = task_definition.smtp
}

output "host" {
  value = service.smtp.name
}
