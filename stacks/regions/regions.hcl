# One module, used once for each region: what belongs together stands in a folder, and is repeated as a whole.
#
#   reconciler plan --stack stacks/regions
#   reconciler console --stack stacks/regions     then: module.web["oslo"].host

variable "regions" {
  type = map(object({
    greeting      = string
    desired_count = optional(number, 1)
  }))
  default = {
    berlin = { greeting = "Hallo", desired_count = 2 }
    oslo   = { greeting = "Hei" }
  }
  description = "A web service for each region."

  validation {
    condition     = length(var.regions) > 0
    error_message = "Without a region there is nothing to run."
  }
}

network "back" {
  internal = true
}

# Addresses: module.web["berlin"].service.web. On the network: web-berlin-web.
module "web" {
  source   = "./web"
  for_each = var.regions

  greeting      = each.value.greeting
  desired_count = each.value.desired_count
  network       = network.back
}

task_definition "visitor" {
  container "worker" {
    image        = "reconciler-demo/worker:1"
    memory       = 64
    stop_timeout = "5s"
    environment  = { TARGET = "${module.web["berlin"].host}:8080" }
  }
}

service "visitor" {
  task_definition = task_definition.visitor
  depends_on      = [module.web]

  deployment_configuration {
    minimum_healthy_time = "2s"
  }
}

# When a module or a block gets another name, a moved block keeps what runs:
#
#   moved {
#     from = module.web
#     to   = module.shop
#   }

check "no_region_is_lonely" {
  assert {
    condition     = alltrue([for region in values(var.regions) : region.desired_count > 0])
    error_message = "A region has no task."
  }
}

output "hosts" {
  value       = { for region, web in module.web : region => web.host }
  description = "The names that answer on the stack's network."
}
