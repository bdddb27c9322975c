locals {
  a = { for k, v in y : k => v }
  b = { for x in y : x.name => x... }
  c = { for k, v in y : k => v if v != "" }
  d = {
    for k, v in y :
    k => v
    if v
  }
  e = {
    for k, v in y : k => {
      name  = k
      value = v
    }
  }
  f = { for k, v in y : k => [for z in v : z] if length(v) > 0 }
  g = { for x in y : x => x... if x }
}
