locals {
a=1+2-3*4/5%6
b = x==y
c=x!=y&&y!=z||!z
d = x<1||x>2&&x<=3&&x>=4
e = (1+2)*(3-4)
f = ( 1 )
g = ((x))
h = x   +   y
i = x-1
j = x - 1
k = a-b
l = (1
+ 2
+3)
m = (
x&&
y||
z
)
}
