locals {
a=1
bbb = f(x,[
1
])
cc=2
ddddd = "${f(
x
)}-"
e=3
ffffff = { a = [
1
] }
g=4
}
