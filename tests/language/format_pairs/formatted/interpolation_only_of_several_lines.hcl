locals {
  a = x
  b = (x
  + y)
  c = (f(
    x
  ))
  d = (
    x
    + y
  )
  e = (x ? {
    a = 1
    } : {
    b = 2
  })
  f = ([
    1,
    2
  ])
}
