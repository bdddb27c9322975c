locals {
  empty          = {}
  row            = { a = 1, b = 2 }
  row_of_strings = { "a" = "x", "b" = "y", }
  lines = {
    a               = 1
    long_name       = 2
    "quoted"        = 3
    (computed)      = 4
    "${template}-x" = 5

    last = 6
  }
  commas = {
    a         = 1,
    long_name = 2,
    b         = 3
  }
  nested = {
    a = {
      b = {
        c = 1
    } }
  }
  empty_lines = {
  }
}
