# Autoscaling: how many tasks there are is no number in a file, but what the load asks for, between two bounds.
#
#   reconciler apply --stack stacks/autoscaled
#   reconciler watch --stack stacks/autoscaled                 # autoscaling works while a watch runs
#   while :; do curl -s http://127.0.0.1:8095/ >/dev/null; done    # in another terminal: load
#   reconciler autoscaling history --stack stacks/autoscaled   # what was decided, and why
#
# `plan` shows the count that autoscaling wants, and no difference: desired_count is only where it begins.

task_definition "web" {
  cpu = 256 # a quarter of one CPU: what the percent of the metric cpu is of

  container "app" {
    image        = "reconciler-demo/web:1"
    memory       = 64
    stop_timeout = "5s"

    port_mapping {
      container_port = 8080
    }
  }
}

service "web" {
  task_definition = task_definition.web
  desired_count   = 2

  load_balancer {
    target_group   = target_group.web
    container_name = "app"
    container_port = 8080
  }
}

autoscaling "web" {
  service      = service.web
  min_capacity = 2
  max_capacity = 6

  # Each of the tasks shall be busy for about 60% of its CPU. Twice that for three minutes doubles them; fewer than
  # needed come quickly, and what is too many goes slowly: after fifteen quiet minutes.
  target_tracking "cpu" {
    metric       = "cpu"
    target_value = 60
  }

  # Besides, a rush of requests is met at once. The largest count that a policy wants is the one.
  step_scaling "rush" {
    metric    = "requests_per_target" # a minute
    threshold = 600
    period    = "10s"
    cooldown  = "1m"

    step {
      lower_bound = 0 # 600 to 1,200
      upper_bound = 600
      adjustment  = 1
    }

    step {
      lower_bound = 600 # above 1,200
      adjustment  = 2
    }
  }

  # Nobody is there at night, in the time of whoever sleeps.
  scheduled_action "night" {
    schedule     = "cron(0 22 * * ? *)"
    timezone     = "Europe/Berlin"
    min_capacity = 1
    max_capacity = 2
  }

  scheduled_action "morning" {
    schedule     = "cron(0 6 * * ? *)"
    timezone     = "Europe/Berlin"
    min_capacity = 2
    max_capacity = 6
  }
}

target_group "web" {
  deregistration_delay = "10s"

  health_check {
    path     = "/health"
    interval = "2s"
    timeout  = "1s"
  }
}

load_balancer "public" {
  image = "reconciler-demo/haproxy:2.6" # default: haproxy:3.0

  listener "http" {
    port = 8095
    bind = "127.0.0.1"

    forward {
      target_group = target_group.web
    }
  }
}

# Whoever wants to know gets each event as JSON: a command on its standard input, a URL by POST.
notification "log" {
  command = ["logger", "-t", "reconciler"]
  events  = ["scaling"]
}
