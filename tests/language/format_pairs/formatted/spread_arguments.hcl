locals {
  a = f(x...)
  b = f(x, y...)
  c = f(
    x...
  )
  d = f([for z in y : z]...)
  e = { for x in y : x => x... }
}
