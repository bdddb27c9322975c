locals {
a=[for x in y:x]
b = [ for k,v in y : "${k}=${v}" if v!=null ]
c = [for x in[1,2]:x]
d = [for x in [ ]:x]
e = [
for x in y:
x
if x
]
f = [for x in y: {
a=x
bb=x
}]
g = [
  for x in [
1,
2
] : x
]
h = [for x in (y):[for z in x:z]]
i = list.in[0]
}
