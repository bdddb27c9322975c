locals {
a=x[*].y
b = x [ * ] . y
c=x.*.y
d = x . * . y
e=x[0]
f = x [ 0 ]
g=x["k"].y[1][2]
h = x.0.y
i = x[ y[ 0 ] ]
j = f(x)[0]
k = [1,2][0]
l = {a=1}["a"]
m = {a=1}.a
n = (x)[0]
o = "x"[0]
p = x[*].y[*].z
q = x[
0
]
r = x[-1]
s = x["${y}"]
}
