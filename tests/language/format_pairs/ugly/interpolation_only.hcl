locals {
a="${var.x}"
b = "${ f( "x" ) }"
long_name="${x ? "a" : "b"}"
c = "${x}" # comment
d="${[for y in x:y]}"
e = "${{a=1}}"
f="${~ x ~}"
g = "${x["${y}"]}"
h="${"text"}"
i = "${"a${b}"}"
}
