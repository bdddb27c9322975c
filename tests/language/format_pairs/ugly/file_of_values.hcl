tag="1.2"
desired_count = 3
regions=["oslo","bergen" ,]
labels = {
team="shop"
    "cost-centre" = "42"
}
enabled=true
nothing = null
script=<<-EOT
  echo hello
EOT
