locals {
a = <<EOT
${f(
x,
  y)}
${[
1,
2]} text ${{
a=1
bb=2
}.a}
EOT
b = <<-EOT
  ${ jsonencode({
    a=1
    b = [1,2]
  }) }
  EOT
}
