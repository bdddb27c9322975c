locals {
a=""
b = "a  b   c"
c="tab\tnewline\nquote\"backslash\\"
d = "é\u00e9\U0001F600"
e="a=b  #  no comment // no /* no */"
f = "{[( unbalanced"
g=")]}"
h = "$ % $x %x $$ %%"
i="$${ not  x }%%{ if  y }"
j = "$$${ x }"
}
