service "web" {
  a         = 1
  long_name = 2
  mid_name  = "x"

  after_blank = 3
  b           = 4
  # a comment in between keeps lines apart
  c             = 5
  longer_than_c = 6
}
