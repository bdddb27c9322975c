locals {
a = concat(
[for x in y: {
name=x
}],
[
{
name = "z"
}
],
)
b = flatten([
for x in y : [
for z in x.zs : {
x=x.name
z = z
}
]
])
c = { for x in flatten([
for y in z : y
]) : x.name => x }
}
