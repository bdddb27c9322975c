# What acts beside deployments, as long as `reconciler watch` runs.

autoscaling "web" {
  service      = service.web
  min_capacity = 2
  max_capacity = 10

  target_tracking "cpu" {
    metric            = "cpu"
    target_value      = 60
    scale_in_cooldown = "10m"
  }

  target_tracking "queue" {
    target_value     = 100
    disable_scale_in = true

    prometheus {
      url   = "http://localhost:9090"
      query = "queue_length / count(up{job='web'})"
    }
  }

  step_scaling "backlog" {
    threshold                    = 1000
    adjustment_type              = "PercentChangeInCapacity"
    minimum_adjustment_magnitude = 2

    prometheus {
      url   = "http://localhost:9090"
      query = "sum(jobs_waiting)"
    }

    step {
      lower_bound = 0
      adjustment  = 25
    }
  }

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
    max_capacity = 10
  }
}

autoscaling "site" {
  service      = service.site
  min_capacity = 1
  max_capacity = 10

  step_scaling "burst" {
    metric    = "requests_per_target"
    threshold = 1000
    cooldown  = "1m"

    step {
      lower_bound = 0
      upper_bound = 500
      adjustment  = 1
    }

    step {
      lower_bound = 500
      adjustment  = 3
    }
  }
}

scheduled_task "report" {
  task_definition = task_definition.report
  schedule        = "cron(0 3 * * ? *)"
  timezone        = "Europe/Berlin"
  retries         = 2
  timeout         = "30m"
  catch_up_window = "6h"

  overrides {
    container "app" {
      command     = ["./report", "--all"]
      environment = { DAY = "yesterday" }
    }
  }
}

task_definition "report" {
  container "app" {
    image  = local.image
    memory = 128
  }
}

notification "chat" {
  url    = "https://chat.example/hooks/shop"
  events = ["deployment", "scaling", "schedule"]
}

notification "pager" {
  command = ["./page.sh"]
  events  = ["task"]
}
