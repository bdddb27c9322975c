service "web" {
  count = var.enabled ? 1 : 0
  lifecycle {
    create_before_destroy = true
    ignore_changes        = [desired_count, tags["a"], ]
    replace_triggered_by  = [task_definition.web]
    precondition {
      condition     = alltrue([for x in var.y : x > 0])
      error_message = "Each must be positive, but is ${join(",", var.y)}."
    }
  }
}
moved {
  from = service.a
  to   = service.b["x"]
}
removed {
  from = service.old
  lifecycle { destroy = false }
}
check "alive" {
  assert {
    condition     = service.web.desired_count > 0
    error_message = "Nothing runs."
  }
}
