# The module mail with what it needs, for samples.test.hcl.

network "back" {}

module "mail" {
  source  = "../mail"
  tag     = "1.0"
  network = network.back
}

output "host" {
  value = module.mail.host
}
