locals {
  a-b  = 1
  a_b  = 2
  _c   = 3
  d1   = 4
  E    = 5
  a--b = 6
}
