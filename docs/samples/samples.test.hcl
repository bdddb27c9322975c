# The samples of test files: `reconciler test` runs them.

variables {
  tag = "2.1"
}

run "ports" {
  command = apply

  variables {
    tag = "2.2"
  }

  assert {
    condition     = length(output.ports) > 0
    error_message = "Each web task answers on a port."
  }
}

run "bad_tag" {
  variables {
    tag = "Latest!"
  }

  expect_failures = [var.tag]
}

run "mail" {
  module {
    source = "./harness"
  }

  assert {
    condition     = output.host == "mail-smtp"
    error_message = "The host is called after the module."
  }
}
