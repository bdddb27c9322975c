locals {
  row = { a : 1, b : 2, "c" : 3 }
  lines = {
    a : 1
    long_name : 2
    "quoted" : 3
    (computed) : 4
    mixed = 5
    b     = 6
  }
}
