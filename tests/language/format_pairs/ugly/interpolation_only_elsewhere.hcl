locals {
list=["${x}","${ y }"]
object = {a="${x}"}
key = {"${x}"=1}
parentheses=("${x}")
argument = f("${x}")
two="${x}${y}"
text = "${x}-"
space=" ${x}"
operand = "${x}"=="a"
directive="%{if x}${y}%{endif}"
heredoc = <<EOT
${x}
EOT
}
block { a = "${x}" }
a {
b { c="${x}" }
}
