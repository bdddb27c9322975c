# The demo: a web service whose tasks hold three containers, and a worker service that talks to it by name.
# All *.hcl files of this folder are one stack; which block stands in which file makes no difference.
#
#   reconciler plan --stack stacks/shop --var tag=2       # what would change, and why
#   reconciler apply --stack stacks/shop --var tag=2      # a rolling update: never fewer than 3 healthy tasks
#   reconciler logs --stack stacks/shop -f service.worker # watch the answers change from version 1 to version 2
#   curl http://127.0.0.1:8080/                           # through the load balancer, which never misses a task

stack "shop" {
  required_version = ">= 0.1"
}

variable "tag" {
  type        = string
  default     = "1"
  description = "The version of the web image to deploy."

  validation {
    condition     = contains(["1", "2"], var.tag)
    error_message = "The demo's images have the tags 1 and 2."
  }
}

variable "greeting" {
  type        = string
  default     = "Hello"
  description = "What the web server says."
}

variable "web_count" {
  type        = number
  default     = 3
  description = "How many web tasks to keep running."
}

variable "listener_port" {
  type        = number
  default     = 8080
  description = "The port of 127.0.0.1 that the shop answers on."
}

locals {
  port      = 8080
  web_image = "reconciler-demo/web:${var.tag}"
}

# A named volume: it outlives the tasks that mount it.
volume "catalogue" {}

# The value is read when a task starts and is never stored. A real stack keeps the file out of version control, or
# takes the value from the environment (env = "API_KEY") or from a password manager (command = [...]).
secret "api_key" {
  file = "api_key.example"
}

output "url" {
  value       = load_balancer.public.listener.http.url
  description = "Where the shop answers."
}

output "web_image" {
  value       = local.web_image
  description = "The image that the web tasks run."
}
