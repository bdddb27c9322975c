"""One expression to one value, with Terraform's meaning."""
