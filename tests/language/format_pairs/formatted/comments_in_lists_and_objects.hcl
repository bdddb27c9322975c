locals {
  list = [
    # before the first
    1, # one
    # between
    2,
    // three comes
    3 // last
    # at the end
  ]
  object = {
    # before the first
    a    = 1  # one
    bbbb = 2, # two

    // between
    "c"           = 3
    /* block */ d = 4
  }
}
