locals {
hugging = [{
a=1
bb=2
},{
a=3
bb=4
}]
loose = [
{
a=1
},
  { b = 2, cc=3 },
{
d=4
}
]
pairs = {
x = [{ a=1 },
{ b=2 }]
y=[
{c=3}]
}
}
