# Tasks that run at certain times, each run once, also when two watches run or one dies.
#
#   reconciler apply --stack stacks/scheduled
#   reconciler watch --stack stacks/scheduled               # schedules are kept while a watch runs
#   reconciler schedule list --stack stacks/scheduled       # what is due next
#   reconciler schedule run report --stack stacks/scheduled # now, besides
#   reconciler schedule history --stack stacks/scheduled

variable "timezone" {
  type        = string
  default     = "Europe/Berlin"
  description = "Whose three o'clock it is: when clocks change, too, the report is made once a night."
}

volume "reports" {}

task_definition "report" {
  memory = 64

  volume "reports" {
    source = volume.reports
  }

  container "report" {
    image   = "reconciler-demo/web:1"
    memory  = 32
    command = ["sh", "-c", "date >>/reports/$KIND && wc -l /reports/$KIND"]

    environment = {
      KIND = "small"
    }

    mount_point {
      source_volume  = "reports"
      container_path = "/reports"
    }
  }
}

# Every quarter of an hour. A run that is due while the one before still runs is skipped.
scheduled_task "small" {
  task_definition = task_definition.report
  schedule        = "rate(15 minutes)" # or "*/15 * * * *"
  timeout         = "5m"
}

# Every night at three: another variable, three tries, and once more in the morning if the machine was off at night.
scheduled_task "report" {
  task_definition = task_definition.report
  schedule        = "cron(0 3 * * ? *)" # AWS's six fields; five work as well: "0 3 * * *"
  timezone        = var.timezone
  retries         = 2
  timeout         = "30m"
  catch_up_window = "6h"

  overrides {
    container "report" {
      environment = {
        KIND = "large"
      }
    }
  }
}

# The last day of each month. What still runs of it then gives way to the new one.
scheduled_task "close" {
  task_definition = task_definition.report
  schedule        = "cron(30 23 L * ? *)"
  timezone        = var.timezone
  overlap         = "replace"

  overrides {
    container "report" {
      command = ["sh", "-c", "rm -f /reports/small && echo closed"]
    }
  }
}
