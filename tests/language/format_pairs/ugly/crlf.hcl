service "web" {
a=1 # one
bbb = 2

  c = <<EOT
  text ${ x }
EOT
}
