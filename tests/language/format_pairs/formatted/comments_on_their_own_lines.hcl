# at the top
# indented for no reason
service "web" { # behind the brace
  // slashes
  a = 1
  # before the next
  b = 2
  /* a block */
  c = 3
  # at the end
}
// after everything
