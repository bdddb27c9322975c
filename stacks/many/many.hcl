# Many services out of few blocks: for_each makes one of each entry of a map, count makes a number of them.
#
#   reconciler plan --stack stacks/many --var visitor_count=4
#   reconciler status --stack stacks/many

variable "shops" {
  type = map(object({
    greeting      = string
    desired_count = optional(number, 1)
  }))
  default = {
    berlin = { greeting = "Hallo", desired_count = 2 }
    oslo   = { greeting = "Hei" }
    paris  = { greeting = "Bonjour", desired_count = 2 }
  }
  description = "A web service for each city. Removing a city removes its service and touches no other."
}

variable "visitor_count" {
  type        = number
  default     = 2
  description = "How many visitor services to run; each asks one shop, in turn."
}

locals {
  port   = 8080
  cities = keys(var.shops) # in alphabetical order
}

# Addresses: task_definition.shop["berlin"], service.shop["berlin"]. On the network: shop-berlin.
task_definition "shop" {
  for_each = var.shops

  container "web" {
    image        = "reconciler-demo/web:1"
    memory       = 64
    stop_timeout = "5s"
    environment  = { GREETING = "${each.value.greeting} (${each.key})" }

    port_mapping {
      container_port = local.port
    }

    health_check {
      command  = ["CMD-SHELL", "wget -q -O- http://localhost:${local.port}/health"]
      interval = "2s"
      timeout  = "2s"
    }
  }
}

service "shop" {
  for_each = var.shops

  task_definition = task_definition.shop[each.key]
  desired_count   = each.value.desired_count
}

# Addresses: service.visitor[0], service.visitor[1].
task_definition "visitor" {
  count = var.visitor_count

  container "worker" {
    image        = "reconciler-demo/worker:1"
    memory       = 64
    stop_timeout = "5s"
    environment  = { TARGET = "shop-${local.cities[count.index % length(local.cities)]}:${local.port}" }
  }
}

service "visitor" {
  count = var.visitor_count

  task_definition = task_definition.visitor[count.index]
  desired_count   = 1
  depends_on      = [service.shop]

  deployment_configuration {
    minimum_healthy_time = "2s"
  }
}

output "cities" {
  value = local.cities
}
