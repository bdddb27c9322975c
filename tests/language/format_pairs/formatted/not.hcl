locals {
  a = !x
  b = !x
  c = !!x
  d = !(x && y)
  e = !f(x)
  f = x && !y
  g = [!x]
  h = ![x][0]
}
