locals {
for=1
in = 2
if=3
else = 4
endif=5
null_value = null
true_value=true
a = var.for.in.if
b=for_each
c = {if=1,in=2}
d = x.null
}
for {
in = 1
}
if "else" {}
null {}
