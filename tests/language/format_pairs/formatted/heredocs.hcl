locals {
  a         = <<EOT
text
  indented   text
EOT
  long_name = <<EOT

# no comment
a=1   {

EOT
  b         = <<-EOT
    flush
      text
    EOT
  c         = <<-EOF
	tabs
	EOF
  empty     = <<EOT
EOT
  d         = 1
}
