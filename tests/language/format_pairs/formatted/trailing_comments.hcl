locals {
  a         = 1   # one
  long_name = "x" # two
  b         = 2   // three

  c         = 3 #four
  d_without = 4
  e = [ # opened
    1,  # first
    22, # second
    333 # third
  ]     # closed
  f    = 6 /* block at the end */
  gggg = 7 /* block */ # and a line
}
