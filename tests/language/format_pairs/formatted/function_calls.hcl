locals {
  a = f()
  b = f(x)
  c = f(x, y, z)
  d = f(
    x,
    y
  )
  e = f(x,
    y,
  z)
  f = f(g(h(1)))
  g = f(g(
    h(
      1
  )))
  h = merge(local.a, {
    b  = 1
    cc = 2
  })
  i = merge({
    a = 1
    }, {
    b = 2
    },
  )
  j = f([
    1,
    2
    ], {
    a = 1
  })
  k = jsonencode({ a = 1, b = [1, 2] })
  l = f(list...)
  m = f(a, list...)
  n = "x"
  oooo = f(x,
  y)
}
