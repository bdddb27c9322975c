locals {
a=var . x . y
b = var.x .y
c=module.m [ "k" ] . out
d = f( x ) . y
e=( x ) . y
f = "x" . y
}
