locals {
a="x${y}z"
b = "${ x }-${ y }"
c="${x}${y}"
d = "${ f( x,y ) } ${ x+1 } ${ x?1:2 }"
e="x${ [1,2] }"
f = "x${ {a=1} }"
g="x${{a=1}.a}"
h = "x${ "inner ${ deep } text" }"
i="a${
x
}b"
j = "a${ f(
x,
y
) }b"
k="${~ x ~} y"
l = " ${~x}${y~} "
m="a${ /* c */ x }"
}
