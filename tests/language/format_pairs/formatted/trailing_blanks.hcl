a = 1
b = 2
service "web" {
  c = [
    1,
  ]
}
# comment with blanks   
