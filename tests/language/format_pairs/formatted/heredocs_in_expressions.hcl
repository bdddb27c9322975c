locals {
  a = f(<<EOT
text
EOT
  )
  b = f(<<EOT
text
EOT
  , x)
  c = [
    <<EOT
text
EOT
    , <<EOT
more
EOT
    ,
  ]
  d = {
    e         = <<EOT
text
EOT
    long_name = 1
  }
  f = join("\n", [<<-EOT
    text
  EOT
  , "x"])
  g = trimspace(<<-EOT
    text
    EOT
  )
  h = 1
}
