# What must be true of this stack, checked without Docker:
#
#   reconciler test --stack stacks/shop

# Values that all runs share; a run may give others.
variables {
  web_count = 4
}

run "defaults" {
  assert {
    condition     = service.web.desired_count == 4
    error_message = "There are as many web tasks as asked for."
  }

  assert {
    condition     = task_definition.web.container["app"].image == "reconciler-demo/web:1"
    error_message = "Version 1 is what runs unless told otherwise."
  }

  assert {
    condition     = alltrue([for each in task_definition.web.container : each.memory <= 64])
    error_message = "No container of a web task may take more than 64 MiB."
  }
}

run "another_version" {
  variables {
    tag      = "2"
    greeting = "Good morning"
  }

  assert {
    condition     = output.web_image == "reconciler-demo/web:2"
    error_message = "The output is the image that runs."
  }

  assert {
    condition     = task_definition.web.container["app"].environment.GREETING == var.greeting
    error_message = "The greeting gets to the container."
  }
}

# Passes because the variable's own rule refuses the value.
run "unknown_version" {
  variables {
    tag = "latest"
  }

  expect_failures = [var.tag]
}

# Applied on an engine that is simulated: what is known only of what runs is known then.
run "applied" {
  command = apply

  assert {
    condition     = length(distinct(service.web.host_ports["http"])) == 4
    error_message = "Each web task gets a host port of its own."
  }
}

# A later run finds what an earlier one applied, and may refer to its outputs.
run "rolled_out" {
  command = apply

  variables {
    tag = "2"
  }

  assert {
    condition     = output.web_image != run.applied.web_image
    error_message = "The update changes the image."
  }
}
