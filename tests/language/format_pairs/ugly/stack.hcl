stack "shop" { required_version=">= 0.1" }
  variable "tag" {
type=string
    default = "1"
  validation {
condition=contains(["1","2"],var.tag)
error_message = "The images have the tags 1 and 2."
}
}
locals { port=8080 }
task_definition "web" {
cpu=256
  memory = 512 # MiB
container "app" {
image="shop/web:${ var.tag }"
essential = true
  environment={
PORT=local.port
    GREETING = var.greeting # said to everybody
    "X-Y"="z"
}
  port_mapping {
container_port=local.port
  host_port = 0
  }
health_check {
command=["CMD-SHELL","curl -f http://localhost:${local.port}/ || exit 1"]
interval = "5s"
}
depends_on { 
container="db" 
condition = "HEALTHY"
 }
}
}
service "web" {
for_each=toset(["oslo","bergen"])
task_definition = task_definition.web
desired_count=each.key=="oslo"?3:1
deployment_configuration {
minimum_healthy_percent=50
maximum_percent = 200
}
}
output "ports" {
value={for k,s in service.web:k=>s.host_ports}
}
