service "web" {
first=1
second_name = [
1,
2
]
third=3
fourth_name   = {
a=1
}
fifth = 5
sixth_name=6
e = <<EOT
text
EOT
seventh_name = 7
}
