path "secret/*" {
  capabilities = ["read", "list"]
  allowed_parameters = {
    "*" = []
  }
}
path "secret/admin" { capabilities = ["deny"] }
listener "tcp" {
  address     = "0.0.0.0:8200"
  tls_disable = 1
}
