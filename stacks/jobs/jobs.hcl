# Tasks that run once: definitions without a service. Applying the stack makes its network; `run` registers and starts one.
#
#   reconciler apply --stack stacks/jobs
#   reconciler run --stack stacks/jobs --wait --logs report
#   echo $?                                   # the exit code of the essential container

volume "reports" {}

task_definition "report" {
  memory = 64

  volume "reports" {
    source = volume.reports
  }

  container "collect" {
    image     = "reconciler-demo/web:1"
    essential = false
    memory    = 32
    command   = ["sh", "-c", "seq 1 10 >/reports/numbers && echo collected 10 numbers"]

    mount_point {
      source_volume  = "reports"
      container_path = "/reports"
    }
  }

  # The task ends when its essential container does, with that container's exit code.
  container "report" {
    image   = "reconciler-demo/web:1"
    memory  = 32
    command = ["sh", "-c", "awk '{ sum += $1 } END { print \"the sum is\", sum }' /reports/numbers"]

    depends_on {
      container = "collect"
      condition = "SUCCESS"
    }

    mount_point {
      source_volume  = "reports"
      container_path = "/reports"
      read_only      = true
    }
  }
}
