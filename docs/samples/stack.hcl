# The samples of reference.md: one stack in which every block occurs. `reconciler validate` accepts it; its images
# and secrets exist nowhere.

stack "samples" {
  required_version = ">= 0.1"
}

cluster "remote" {
  engine = "tcp://docker.example:2376"

  tls {
    ca   = "/etc/reconciler/ca.pem"
    cert = "/etc/reconciler/cert.pem"
    key  = "/etc/reconciler/key.pem"
  }
}

variable "tag" {
  type        = string
  default     = "1.0"
  description = "The version of the web image to deploy."

  validation {
    condition     = can(regex("^[a-z0-9.]+$", var.tag))
    error_message = "A tag has lower-case letters, digits and dots."
  }
}

locals {
  port  = 8080
  image = "shop/web:${var.tag}"
}

network "back" {
  internal = true
}

volume "uploads" {
  labels = { backup = "daily" }
}

secret "db_password" {
  env = "DB_PASSWORD" # or file = "db_password.txt", or command = ["pass", "show", "db"]
}

output "ports" {
  value       = service.web.host_ports
  description = "Where the web tasks answer on the engine's machine."

  precondition {
    condition     = var.tag != ""
    error_message = "Without a tag nothing answers."
  }
}
