locals {
a={b=1}
ccc = [{d=1}]
e=f({g=1,
h=2})
i = {j={k=1}}
}
