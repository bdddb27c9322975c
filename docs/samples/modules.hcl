module "mail" {
  source   = "./mail"
  for_each = toset(["eu", "us"])

  tag     = var.tag
  network = network.back

  depends_on = [service.db]
}

moved {
  from = module.post
  to   = module.mail["eu"]
}

removed {
  from = service.cache

  lifecycle {
    destroy = false
  }
}

check "web_is_no_single_task" {
  assert {
    condition     = service.web.desired_count > 1
    error_message = "One task is no service."
  }
}
