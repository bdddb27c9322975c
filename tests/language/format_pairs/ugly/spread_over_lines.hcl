locals {
a = (
f(x)
)
b = [
for x in y :
x
]
c = x[
"k"
]
d = f(
(
x
)
)
e = (x
==
y)
f = (f(
x
).y
.z)
}
