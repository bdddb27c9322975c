# The smallest stack: one service that keeps one task of one container running.
#
#   reconciler apply --stack stacks/hello
#   reconciler ps --stack stacks/hello        # shows the port it got; try curl on it
#   reconciler destroy --stack stacks/hello

# What a task consists of. Whenever something in here changes, it becomes a new revision: hello:1, hello:2, ...
task_definition "hello" {
  container "web" {
    image  = "reconciler-demo/web:1"
    memory = 64 # MiB

    port_mapping {
      container_port = 8080
      host_port      = 0 # a free port of this machine
    }
  }
}

# How many of them to keep running. Remove the container by hand, apply again, and there is a new one.
service "hello" {
  task_definition = task_definition.hello
  desired_count   = 1
}
