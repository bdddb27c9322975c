service "web" {
  a=1
  bbb = 2
  inner {
  x=1
    yyyy=2
  }
  cccccc = 3
  d=4
  one { z=1 }
  e=5
}
